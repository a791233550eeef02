"""JSON inside a text, such as a profile or an example: the same value with its keys in another order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache

from analyzers.prompt_caching.chain import Chains
from analyzers.prompt_caching.fault import Repair
from analyzers.prompt_caching.faults.moves import rewritten
from analyzers.prompt_caching.skeleton import Skeleton, Span
from analyzers.prompt_caching.slots import Slot
from analyzers.prompt_caching.tools import sorted_keys
from analyzers.values.canonical import canonical

_DECODER = json.JSONDecoder()
_MOST_BRACES = 40
_MOST_PAIRS = 24
_LEAST_PAIRS = 3
_NEARLY_ALL = 0.9


@lru_cache(maxsize=20_000)
def enclosing(text: str, start: int, end: int) -> Span | None:
    """The smallest JSON object that holds characters [start, end) of a text."""
    brace = start
    for _ in range(_MOST_BRACES):
        brace = text.rfind("{", 0, brace)
        if brace < 0:
            return None
        try:
            _, stop = _DECODER.raw_decode(text, brace)
        except (ValueError, RecursionError):
            continue
        if stop >= end:
            return brace, stop
    return None


def keys_reordered(slot: Slot, gap: int, talks: Sequence[int]) -> bool:
    """Whether the gap lies in JSON that says the same when it changes: within a conversation, else from one request to the next."""
    compared, same = _compared(slot, gap, talks)
    if compared < _LEAST_PAIRS:
        compared, same = _compared(slot, gap, [0] * len(talks))
    return compared >= _LEAST_PAIRS and same >= _NEARLY_ALL * compared


def _compared(slot: Slot, gap: int, talks: Sequence[int]) -> tuple[int, int]:
    """Changes of the gap, at most so many as tell, and how many of them leave the JSON around it as it was."""
    latest: dict[int, str] = {}
    compared = same = 0
    for talk, text in zip(talks, slot.texts, strict=True):
        if text is None:
            continue
        before = latest.get(talk)
        latest[talk] = text
        if before is None or before == text or _value(slot, before, gap) == _value(slot, text, gap):
            continue
        compared += 1
        one, two = _json(slot, before, gap), _json(slot, text, gap)
        same += one is not None and one == two
        if compared >= _MOST_PAIRS:
            break
    return compared, same


def _value(slot: Slot, text: str, gap: int) -> str | None:
    gaps = slot.gaps(text)
    return None if gaps is None else text[gaps[gap][0] : gaps[gap][1]]


def _json(slot: Slot, text: str, gap: int) -> str | None:
    gaps = slot.gaps(text)
    found = None if gaps is None else enclosing(text, *gaps[gap])
    return None if found is None else canonical(text[found[0] : found[1]])


def with_sorted_keys(slot: Slot, skeleton: Skeleton, gaps: Sequence[int], chains: Chains) -> Repair:
    """The JSON around these gaps with its keys sorted, in every request."""

    @lru_cache(maxsize=20_000)
    def in_order(text: str) -> str:
        spans = [skeleton.gap(text, gap, gap) for gap in gaps]
        found = {enclosing(text, *span) for span in spans if span is not None}
        for start, end in sorted((span for span in found if span is not None), reverse=True):
            text = text[:start] + sorted_keys(text[start:end]) + text[end:]
        return text

    return lambda prompts: rewritten(prompts, slot, chains, lambda talk, text: in_order(text))
