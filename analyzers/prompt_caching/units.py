"""A text as the units it is put together from: lines, and the sentences of long lines. Units joined are the text again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

_LINES = re.compile(r"[^\n]*\n+|[^\n]+")
_SENTENCES = re.compile(r"(?<=[.!?;|])(?=\s)|(?=<\w)|(?=\[\d+\])")
_ITEM_ENDS = re.compile(r"[,;|{}()\[\]\s]+")
_LONG_LINE = 160
_ENUMERATOR = re.compile(r"^((?:[^\w\n]|\b[^\W\d_]+\s){0,6})\d+(?=[\W_]|$)")
_LEAST_LETTERS = 8
_STRAY = 0.1
"""Share of a permuted stretch that may be text of its own."""


@lru_cache(maxsize=4_096)
def units(text: str) -> tuple[str, ...]:
    """Lines with the line ends behind them; of long lines the sentences."""
    found: list[str] = []
    for line in _LINES.findall(text):
        if len(line) <= _LONG_LINE:
            found.append(line)
        else:
            found += [piece for piece in _SENTENCES.split(line) if piece]
    return tuple(found)


@lru_cache(maxsize=100_000)
def key(unit: str) -> str:
    """What a unit is wherever it stands: without its number in a list, and without what ends it there."""
    return _ENUMERATOR.sub(r"\1#", unit.strip().rstrip(",;"), count=1)


def says_something(unit: str) -> bool:
    """Whether it has enough letters to be told from others; separators and closing tags have not."""
    return sum(c.isalnum() for c in unit) >= _LEAST_LETTERS


@lru_cache(maxsize=1_024)
def permuted(a: str, b: str) -> tuple[int, int] | None:
    """Units [i, j) of `a` that `b` has in another order; None where nothing is merely moved."""
    units_a, units_b = units(a), units(b)
    # What both begin and end with stands where it stood, also where something between says the same once more.
    start, end = _same_ends(units_a, units_b)
    found_a, found_b = (
        [(i, key(some[i])) for i in range(start, len(some) - end) if says_something(some[i])]
        for some in (units_a, units_b)
    )
    common = Counter(k for _, k in found_a) & Counter(k for _, k in found_b)
    kept_a, kept_b = _only(found_a, common), _only(found_b, common)
    first = next((n for n, (x, y) in enumerate(zip(kept_a, kept_b, strict=True)) if x[1] != y[1]), None)
    if first is None:
        return None
    last = len(kept_a)
    while kept_a[last - 1][1] == kept_b[last - 1][1]:
        last -= 1
    region_a = (kept_a[first][0], kept_a[last - 1][0] + 1)
    region_b = (kept_b[first][0], kept_b[last - 1][0] + 1)
    own_a = _stray(units_a, region_a, kept_a[first:last])
    own_b = _stray(units_b, region_b, kept_b[first:last])
    if max(own_a.share, own_b.share) > _STRAY:
        return None
    # Where more is new than moved, what is moved is a sentence that comes twice.
    new = max(own_a.letters, own_b.letters)
    return region_a if not new or _moved(units_a, kept_a[first:last], kept_b[first:last]) > new else None


def _same_ends(a: Sequence[str], b: Sequence[str]) -> tuple[int, int]:
    """How many units both begin with, and how many of the others both end with."""
    most = min(len(a), len(b))
    start = next((i for i in range(most) if a[i] != b[i]), most)
    return start, next((i for i in range(most - start) if a[-1 - i] != b[-1 - i]), most - start)


def _only(found: Sequence[tuple[int, str]], common: Counter[str]) -> list[tuple[int, str]]:
    left = Counter(common)
    kept = []
    for index, unit in found:
        if left[unit] > 0:
            left[unit] -= 1
            kept.append((index, unit))
    return kept


class _Own(NamedTuple):
    letters: int
    share: float


def _stray(some: Sequence[str], region: tuple[int, int], kept: Sequence[tuple[int, str]]) -> _Own:
    """Letters of a region that are in none of the kept units, and their share of it."""
    places = {index for index, _ in kept}
    whole = sum(len(unit) for unit in some[region[0] : region[1]])
    own = sum(len(some[i]) for i in range(*region) if i not in places and says_something(some[i]))
    return _Own(own, own / whole if whole else 1.0)


def _moved(some: Sequence[str], a: Sequence[tuple[int, str]], b: Sequence[tuple[int, str]]) -> int:
    """Letters of the units of `a` that are not in the order of `b`."""
    blocks = SequenceMatcher(
        None, [unit for _, unit in a], [unit for _, unit in b], autojunk=False
    ).get_matching_blocks()
    still = {a[block.a + step][0] for block in blocks for step in range(block.size)}
    return sum(len(some[index]) for index, _ in a if index not in still)


@lru_cache(maxsize=20_000)
def content(text: str) -> tuple[str, ...]:
    """The units of a text, sorted: equal for texts that differ in order only. Lists on one line count by their items."""
    found = [key(unit) for unit in units(text) if says_something(unit)]
    if len(found) > 1:
        return tuple(sorted(found))
    return tuple(sorted(item for item in _ITEM_ENDS.split(text) if item))
