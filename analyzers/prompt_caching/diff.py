"""Where two texts differ, in characters; and which spans of a text vary over many versions of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_MOST_TOKENS = 1_500
_NEAR = 3
"""Changes so few characters apart are one change."""


class Change(NamedTuple):
    """`a[a0:a1]` became `b[b0:b1]`."""

    a0: int
    a1: int
    b0: int
    b1: int


def common_prefix(a: str, b: str) -> int:
    """Number of characters that both texts begin with."""
    low, high = 0, min(len(a), len(b))
    if a[:high] == b[:high]:
        return high
    while high - low > 1:
        middle = (low + high) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle
    return low


def common_suffix(a: str, b: str, most: int) -> int:
    """Number of characters, at most `most`, that both texts end with."""
    low, high = 0, min(len(a), len(b), most)
    if high and a[-high:] == b[-high:]:
        return high
    while high - low > 1:
        middle = (low + high) // 2
        if a[-middle:] == b[-middle:]:
            low = middle
        else:
            high = middle
    return low


@lru_cache(maxsize=4_096)
def changes(a: str, b: str) -> tuple[Change, ...]:
    """All changes from `a` to `b`, in order; none for equal texts. Whole words, unless a text is very long."""
    if a == b:
        return ()
    start = _word_start(a, common_prefix(a, b))
    end = common_suffix(a, b, min(len(a), len(b)) - start)
    while end and (a[len(a) - end].isalnum() and a[len(a) - end - 1 : len(a) - end].isalnum()):
        # The suffix begins inside a word of either text: give the word back whole.
        end -= 1
    middle_a, middle_b = a[start : len(a) - end], b[start : len(b) - end]
    found = _inner(middle_a, middle_b, start, start)
    return tuple(_joined(found))


def _word_start(text: str, position: int) -> int:
    while position and position < len(text) and text[position - 1].isalnum():
        position -= 1
    if position == len(text):
        while position and text[position - 1].isalnum():
            position -= 1
    return position


def _inner(a: str, b: str, at_a: int, at_b: int) -> list[Change]:
    if not a or not b:
        return [Change(at_a, at_a + len(a), at_b, at_b + len(b))]
    tokens_a, tokens_b = _WORDS.findall(a), _WORDS.findall(b)
    by_lines = len(tokens_a) > _MOST_TOKENS or len(tokens_b) > _MOST_TOKENS
    if by_lines:
        tokens_a, tokens_b = _LINES.findall(a), _LINES.findall(b)
        if len(tokens_a) > _MOST_TOKENS or len(tokens_b) > _MOST_TOKENS:
            return [Change(at_a, at_a + len(a), at_b, at_b + len(b))]
    starts_a, starts_b = _starts(tokens_a), _starts(tokens_b)
    found = []
    for tag, i0, i1, j0, j1 in SequenceMatcher(None, tokens_a, tokens_b, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        a0, a1, b0, b1 = starts_a[i0], starts_a[i1], starts_b[j0], starts_b[j1]
        inner_a, inner_b = a[a0:a1], b[b0:b1]
        if by_lines and len(_WORDS.findall(inner_a)) <= _MOST_TOKENS and len(_WORDS.findall(inner_b)) <= _MOST_TOKENS:
            found += _inner(inner_a, inner_b, at_a + a0, at_b + b0)
        else:
            found.append(Change(at_a + a0, at_a + a1, at_b + b0, at_b + b1))
    return found


def _starts(tokens: Sequence[str]) -> list[int]:
    starts = [0]
    for token in tokens:
        starts.append(starts[-1] + len(token))
    return starts


def _joined(found: Sequence[Change]) -> list[Change]:
    joined: list[Change] = []
    for change in found:
        if joined and change.a0 - joined[-1].a1 <= _NEAR and change.b0 - joined[-1].b1 <= _NEAR:
            last = joined[-1]
            joined[-1] = Change(last.a0, change.a1, last.b0, change.b1)
        else:
            joined.append(change)
    return joined


class Varying(NamedTuple):
    """A span of the reference that is not the same in all versions, and what stands there in each (the reference first)."""

    start: int
    end: int
    values: tuple[str, ...]


def varying(reference: str, others: Sequence[str]) -> list[Varying]:
    """Spans of `reference` that vary over `others`, in order, with the text that each version has in their place."""
    per_other = [changes(reference, other) for other in others]
    spans: list[list[int]] = []
    for change in sorted(c for some in per_other for c in some):
        if spans and change.a0 - spans[-1][1] <= _NEAR:
            spans[-1][1] = max(spans[-1][1], change.a1)
        else:
            spans.append([change.a0, change.a1])
    return [
        Varying(
            start,
            end,
            (
                reference[start:end],
                *(_image(other, found, start, end) for other, found in zip(others, per_other, strict=True)),
            ),
        )
        for start, end in spans
    ]


def _image(other: str, found: Sequence[Change], start: int, end: int) -> str:
    """What stands in `other` for `reference[start:end]`; the span holds its changes whole."""
    return other[mapped(found, start, before=True) : mapped(found, end, before=False)]


def mapped(found: Sequence[Change], position: int, *, before: bool) -> int:
    """Where a position of the text before the changes `found` is behind them; at an insertion, `before` or behind it."""
    shift = 0
    for change in found:
        if change.a0 > position or (before and change.a0 == position):
            break
        if change.a1 <= position:
            shift = change.b1 - change.a1
    return position + shift
