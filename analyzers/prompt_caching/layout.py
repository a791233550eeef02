"""A template's prompt in its order, piece by piece: what stays, what varies, and how far the cache reads it today."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.fault import Place
from analyzers.prompt_caching.prompt import Prompt, Segment
from analyzers.prompt_caching.slots import Slot, leading_slots, system_slots
from analyzers.prompt_caching.templates import tool_name

_SAMPLE = 300


class Piece(NamedTuple):
    """A stretch of the newest request. Of a tool `text` is its name, of the history there is none."""

    place: Place
    role: str
    text: str
    tokens: int
    varies: bool
    changes: float | None
    """Share of successive requests in which it differs; None for what stays and for the conversation."""
    cached: int
    """Of `tokens`, those that at least half of the requests read from the cache, as simulated."""


class Layout(NamedTuple):
    """The pieces, and how many tokens half of the requests read from the cache at least."""

    pieces: tuple[Piece, ...]
    read: int


def layout(case: Case) -> Layout | None:
    """Of the newest request, by what it has in common with those before it; None where the log has no text."""
    some = case.newest(_SAMPLE)
    if not some.prompts or not some.prompts[-1].segments:
        return None
    served = [tokens.read for tokens in case.served[-_SAMPLE:] if tokens is not None]
    read = round(median(served)) if served else 0
    slots = {(s.level, s.position, s.part): s for found in (system_slots(some), leading_slots(some)) for s in found}
    newest = len(some.prompts) - 1
    chain, prompt = some.chain(newest), some.prompts[newest]
    usual = _usual_tools(some.prompts)
    pieces: list[Piece] = []
    start = 0
    for segment, end in zip(prompt.segments, chain.tokens, strict=False):
        slot = slots.get((segment.level, segment.position, segment.part))
        own = list(_pieces(segment, slot, usual))
        whole = sum(len(piece.text) for piece in own) or 1
        characters, before = 0, chain.logged(start)
        for piece in own:
            characters += len(piece.text)
            after = chain.logged(start + round((end - start) * characters / whole))
            cached = max(0, min(read, after) - before)
            pieces.append(_named(piece)._replace(tokens=after - before, cached=cached))
            before = after
        start = end
    return Layout(tuple(_joined(pieces, prompt)), read)


def two_calls(case: Case) -> tuple[Prompt, Prompt] | None:
    """The newest request and the one before it that it should have shared a prefix with."""
    for after in range(len(case.prompts) - 1, -1, -1):
        before = case.earlier[after]
        if before >= 0:
            return case.prompts[before], case.prompts[after]
    return None


def _pieces(segment: Segment, slot: Slot | None, usual: frozenset[str]) -> Iterable[Piece]:
    text = segment.text
    if segment.level == "tools":
        yield _piece(segment, 0, len(text), varies=text not in usual)
        return
    gaps = None if slot is None else slot.gaps(text)
    if slot is None or gaps is None:
        yield _piece(segment, 0, len(text), varies=True)
        return
    at = 0
    for number, (start, end) in enumerate(gaps):
        if start > at:
            yield _piece(segment, at, start)
        if end > start:
            yield _piece(segment, start, end, varies=True, changes=_changes(slot.values(number, number)))
        at = end
    if at < len(text):
        yield _piece(segment, at, len(text))


def _piece(segment: Segment, start: int, end: int, *, varies: bool = False, changes: float | None = None) -> Piece:
    place = Place(segment.level, segment.position, start, end, segment.part)
    return Piece(place, segment.role, segment.text[start:end], 0, varies, changes, 0)


def _named(piece: Piece) -> Piece:
    return piece._replace(text=tool_name(piece.text)) if piece.place.segment == "tools" else piece


def _changes(values: Sequence[str | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(a != b for a, b in pairwise(known)) / (len(known) - 1) if len(known) > 1 else None


def _usual_tools(prompts: Sequence[Prompt]) -> frozenset[str]:
    """Tools that at least half of the requests send in the same words."""
    seen = Counter(text for prompt in prompts for text in {s.text for s in prompt.segments if s.level == "tools"})
    return frozenset(text for text, count in seen.items() if 2 * count >= len(prompts))


def _joined(pieces: Sequence[Piece], prompt: Prompt) -> Iterable[Piece]:
    """Messages behind the instructions as one piece of history, without their text, and the last message."""
    head = [
        piece for piece in pieces if piece.place.segment != "message" or not piece.varies or piece.changes is not None
    ]
    yield from head
    rest = [piece for piece in pieces if piece not in head]
    history = [piece for piece in rest if piece.place.position != prompt.last_message]
    for said, some in (("history", history), ("last message", [piece for piece in rest if piece not in history])):
        if some:
            tokens, cached = sum(piece.tokens for piece in some), sum(piece.cached for piece in some)
            yield some[0]._replace(role=said, text="", tokens=tokens, changes=None, cached=cached)
