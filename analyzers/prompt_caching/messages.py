"""The messages of a prompt as values that can be compared, and prompts with other messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from analyzers.prompt_caching.prompt import Prompt, Segment


class Turn(NamedTuple):
    """One message: equal turns are equal bytes. `parts` are (kind, text); marks and place are not part of it."""

    role: str
    parts: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """All parts as one text."""
        return self.parts[0][1] if len(self.parts) == 1 else "\n".join(text for _, text in self.parts)

    @property
    def length(self) -> int:
        """Characters of all parts."""
        return sum(len(text) for _, text in self.parts)


class Placed(NamedTuple):
    """A turn for a new prompt; `source` is the message of the old prompt whose marks it takes over, or -1."""

    turn: Turn
    source: int


def turns_of(prompt: Prompt) -> tuple[Turn, ...]:
    """The messages in order."""
    found: list[Turn] = []
    parts: list[tuple[str, str]] = []
    role, position = "", -1
    for segment in prompt.segments:
        if segment.level != "message":
            continue
        if segment.position != position:
            if parts:
                found.append(Turn(role, tuple(parts)))
                parts = []
            role, position = segment.role, segment.position
        parts.append((segment.kind, segment.text))
    if parts:
        found.append(Turn(role, tuple(parts)))
    return tuple(found)


def with_turns(prompt: Prompt, placed: Sequence[Placed]) -> Prompt:
    """The prompt with these messages. Breakpoints stay with the messages they were set on."""
    marks = _marks(prompt)
    segments = [segment for segment in prompt.segments if segment.level != "message"]
    for position, (turn, source) in enumerate(placed):
        own = marks.get(source, {})
        last = len(turn.parts) - 1
        at = {min(part, last): mark for part, mark in own.items()}
        segments += [
            Segment("message", position, part, turn.role, kind, text, at.get(part))
            for part, (kind, text) in enumerate(turn.parts)
        ]
    return prompt.with_segments(segments)


def _marks(prompt: Prompt) -> dict[int, dict[int, str]]:
    found: dict[int, dict[int, str]] = {}
    number, position, part = -1, -1, 0
    for segment in prompt.segments:
        if segment.level != "message":
            continue
        if segment.position != position:
            number, position, part = number + 1, segment.position, 0
        if segment.mark:
            found.setdefault(number, {})[part] = segment.mark
        part += 1
    return found
