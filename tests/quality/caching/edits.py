"""Small changes to requests that several faults share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby

from tests.quality.caching.trajectories import Message, Turn

Note = Callable[[Turn], str]


def put(turn: Turn, text: str, place: str) -> Turn:
    """`text` in the system prompt: at its "top", in the "middle" (before the fourth heading) or at its "end"."""
    first, *rest = turn.system
    if place == "top":
        return turn._replace(system=(f"{text}\n\n{first}", *rest))
    if place == "end":
        *before, last = turn.system
        return turn._replace(system=(*before, f"{last}\n\n{text}"))
    headings = first.split("\n## ")
    first = "\n## ".join(headings[:3]) + f"\n{text}\n\n## " + "\n## ".join(headings[3:])
    return turn._replace(system=(first, *rest))


def by_conversation(turns: Iterable[Turn]) -> list[list[Turn]]:
    """The requests of each conversation in their order."""
    ordered = sorted(turns, key=lambda turn: (turn.conversation, turn.at))
    return [list(group) for _, group in groupby(ordered, key=lambda turn: turn.conversation)]


def in_time(conversations: Iterable[list[Turn]]) -> list[Turn]:
    """All requests in the order in which they begin."""
    return sorted((turn for conversation in conversations for turn in conversation), key=lambda turn: turn.at)


def said_once(turns: list[Turn], note: Note) -> list[Turn]:
    """`note` at the end of every user message, as it was when the message was sent first: the history never changes."""
    done = []
    for conversation in by_conversation(turns):
        notes: dict[int, str] = {}
        known = 0
        mended = []
        for turn in conversation:
            for position in range(known, len(turn.messages)):
                if turn.messages[position]["role"] == "user":
                    notes[position] = note(turn)
            known = max(known, len(turn.messages))
            messages = tuple(
                with_text(message, f"{message['content']}\n\n{notes[position]}") if position in notes else message
                for position, message in enumerate(turn.messages)
            )
            mended.append(turn._replace(messages=messages))
        done.append(mended)
    return in_time(done)


def with_text(message: Message, text: str) -> Message:
    """The message with another text."""
    return {**message, "content": text}


def rewrite(turn: Turn, change: Callable[[int, Message], Message]) -> Turn:
    """`change` applied to every message and its position."""
    return turn._replace(messages=tuple(change(position, message) for position, message in enumerate(turn.messages)))
