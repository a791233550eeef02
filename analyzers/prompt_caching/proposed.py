"""A template as it is sent and as it should be: lines for a unified diff, with placeholders for what varies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from analyzers.prompt_caching.engine import Outcome
from analyzers.prompt_caching.fault import HEAD, HISTORY, Fault
from analyzers.prompt_caching.prompt import Prompt, Segment
from analyzers.prompt_caching.templates import tool_name

_LONGEST = 160
_WORDS = {
    "timestamp_before_static": "the time",
    "random_id_before_static": "an id",
    "user_data_before_static": "data of the user",
    "memory_before_static": "what was found or remembered",
    "state_before_history": "the state",
    "tool_text_varies": "what changed in the tool",
}


class Line(NamedTuple):
    """One line: `text` of the prompt, or `said` of what stands there (a tool's name, a placeholder), never both."""

    said: str
    text: str = ""


class Proposed(NamedTuple):
    """The order today and the order proposed."""

    today: tuple[Line, ...]
    then: tuple[Line, ...]


def proposed(outcome: Outcome) -> Proposed | None:
    """From the newest request and the same one mended; None where no fault moves or orders anything."""
    faults = [p.fault for p in outcome.faults if p.fault.stage in (HEAD, HISTORY)]
    if not faults or not outcome.case.prompts:
        return None
    now, then = outcome.case.prompts[-1], outcome.repaired.prompts[-1]
    today = (*_head(now, faults), Line("[history]"), Line("[last message]"))
    known = {s.text for s in now.segments}
    moved = [f for f in faults if f.kind in _WORDS]
    in_head = [s for s in then.segments if s.level == "system" and s.position >= _systems(now) and s.text not in known]
    behind = [f for f in moved if (value := _value(now, f)) and any(value in s.text for s in in_head)]
    after = (
        *_head(then.with_segments(s for s in then.segments if s not in in_head), ()),
        *(Line(_placeholder(f)) for f in behind),
        Line("[history]"),
        Line("[last message]"),
        *(Line(_placeholder(f)) for f in moved if f not in behind),
    )
    return Proposed(today, after) if today != after else None


def _value(prompt: Prompt, fault: Fault) -> str:
    """What stands at a fault's place in the prompt."""
    place = fault.place
    text = next((s.text for s in prompt.segments if _is_of(fault, s) and s.part == place.part), "")
    return text[place.start : place.end]


def _systems(prompt: Prompt) -> int:
    return max((s.position for s in prompt.segments if s.level == "system"), default=-1) + 1


def _head(prompt: Prompt, faults: Sequence[Fault]) -> Iterable[Line]:
    for segment in prompt.segments:
        if segment.level == "tools":
            yield Line(f"tool {tool_name(segment.text)}")
        elif segment.level == "system":
            yield from _lines(segment, [f for f in faults if _is_of(f, segment) and f.kind in _WORDS])


def _is_of(fault: Fault, segment: Segment) -> bool:
    return fault.place.segment == segment.level and fault.place.position == segment.position


def _lines(segment: Segment, faults: Sequence[Fault]) -> Iterable[Line]:
    text, at = segment.text, 0
    for fault in sorted(faults, key=lambda f: f.place.start):
        if fault.place.start < at:
            continue
        yield from _of(text[at : fault.place.start])
        yield Line(_placeholder(fault))
        at = fault.place.end
    yield from _of(text[at:])


def _of(text: str) -> Iterable[Line]:
    return (Line("", line[:_LONGEST]) for line in text.splitlines() if line.strip())


def _placeholder(fault: Fault) -> str:
    return f"⟪{_WORDS.get(fault.kind, fault.kind)}⟫"
