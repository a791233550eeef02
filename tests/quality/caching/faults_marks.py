"""Faults of breakpoints: where cache_control stands, for how long, and where it is missing."""

from __future__ import annotations

from random import Random

from tests.quality.caching import shapes
from tests.quality.caching.edits import by_conversation, in_time
from tests.quality.caching.log import varying
from tests.quality.caching.stream import Fault, Inject
from tests.quality.caching.trajectories import Mark, Message, Turn


def on_variable(style: str) -> Inject:
    """The only breakpoint is on a block that is new in every request: the question, or a context behind the static
    part of the system prompt; mended, it is on the static part.
    """

    def inject(rng: Random, turns: list[Turn]) -> Fault:
        written, block = shapes.clock(rng, "second"), shapes.person_block(rng)
        broken, fixed = [], []
        for turn in turns:
            if style == "question":
                *before, last = turn.messages
                marked: Message = {**last, "content": varying(last["content"])}
                broken.append(turn._replace(messages=(*before, marked), marks=(Mark("messages"),)))
                fixed.append(turn._replace(marks=(Mark("system"),)))
                continue
            context = f"Now: {written(turn.at)}\n{block(shapes.person(rng))}"
            broken.append(turn._replace(system=(*turn.system, varying(context)), marks=(Mark("system"),)))
            fixed.append(turn._replace(system=(*turn.system, context), marks=(Mark("system", 0),)))
        segment = "message" if style == "question" else "system"
        return Fault(broken, fixed, "breakpoint_on_variable", segment, style)

    return inject


def far(rng: Random, turns: list[Turn]) -> Fault:
    """Every user message brings more blocks than are looked back over; mended, the end of the last request is marked."""
    broken, fixed, missed = [], [], 0
    for conversation in by_conversation(turns):
        extended: list[Message] = []
        end = 0
        for turn in conversation:
            for message in turn.messages[len(extended) :]:
                snippets = [*rng.sample(shapes.MEMORIES, 20), str(message["content"])]
                blocks = [{"type": "text", "text": f"Search result: {line}"} for line in snippets[:-1]]
                blocks.append({"type": "text", "text": snippets[-1]})
                extended.append({**message, "content": blocks} if message["role"] == "user" else message)
            grown = turn._replace(messages=tuple(extended))
            broken.append(grown)
            missed += end > 0 and turn.messages[-1]["role"] == "user"
            before = (Mark("messages", end - 1),) if end else ()
            fixed.append(grown._replace(marks=(*turn.marks, *before)))
            end = len(extended)
    share = missed / len(turns)
    return Fault(in_time([broken]), in_time([fixed]), "lookback_exceeded", None, "20 blocks a message", share)


def lost(style: str) -> Inject:
    """Some requests arrive without breakpoints: every third ("some"), or all from one hour on ("since")."""

    def inject(rng: Random, turns: list[Turn]) -> Fault:
        since = turns[0].at + (turns[-1].at - turns[0].at) * rng.uniform(0.4, 0.6)
        broken, bare = [], 0
        for turn in turns:
            gone = rng.random() < 0.33 if style == "some" else turn.at >= since
            bare += gone
            broken.append(turn._replace(marks=()) if gone else turn)
        return Fault(broken, turns, "marker_lost", None, style, bare / len(turns))

    return inject


def wrong_ttl(rng: Random, turns: list[Turn]) -> Fault:
    """Entries are written to live an hour where the next request comes within minutes; mended, they live five."""
    marks = tuple(mark._replace(ttl="1h") for mark in turns[0].marks)
    return Fault([turn._replace(marks=marks) for turn in turns], turns, "wrong_ttl", None, "1h", 1.0)
