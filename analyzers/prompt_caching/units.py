"""A text as the units it is put together from: lines, and the sentences of long lines. Units joined are the text again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence, Set
from difflib import Match, SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

_Unit = tuple[int, str]
"""Where a unit stands among all of its text, and its key."""

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
    kept_a, kept_b = _common(found_a, found_b)
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


def _common(a: Sequence[_Unit], b: Sequence[_Unit]) -> tuple[list[_Unit], list[_Unit]]:
    """The units that both have. Of one that one of them has more often, those that stand where they stand in the other."""
    counts = [Counter(k for _, k in some) for some in (a, b)]
    left = counts[0] & counts[1]
    still: tuple[set[int], set[int]] = (set(), set())
    if any(counts[0][k] != counts[1][k] for k in left):
        for block in _matching(a, b):
            still[0].update(range(block.a, block.a + block.size))
            still[1].update(range(block.b, block.b + block.size))
    return _only(a, left, still[0]), _only(b, left, still[1])


def _only(found: Sequence[_Unit], common: Counter[str], still: Set[int]) -> list[_Unit]:
    left = Counter(common)
    kept = set()
    for n in (*sorted(still), *(n for n in range(len(found)) if n not in still)):
        unit = found[n][1]
        if left[unit] > 0:
            left[unit] -= 1
            kept.add(n)
    return [one for n, one in enumerate(found) if n in kept]


def _matching(a: Sequence[_Unit], b: Sequence[_Unit]) -> list[Match]:
    keys_a, keys_b = ([unit for _, unit in some] for some in (a, b))
    return SequenceMatcher(None, keys_a, keys_b, autojunk=False).get_matching_blocks()


class _Own(NamedTuple):
    letters: int
    share: float


def _stray(some: Sequence[str], region: tuple[int, int], kept: Sequence[_Unit]) -> _Own:
    """Letters of a region that are in none of the kept units, and their share of it."""
    places = {index for index, _ in kept}
    whole = sum(len(unit) for unit in some[region[0] : region[1]])
    own = sum(len(some[i]) for i in range(*region) if i not in places and says_something(some[i]))
    return _Own(own, own / whole if whole else 1.0)


def _moved(some: Sequence[str], a: Sequence[_Unit], b: Sequence[_Unit]) -> int:
    """Letters of the units of `a` that are not in the order of `b`."""
    still = {a[block.a + step][0] for block in _matching(a, b) for step in range(block.size)}
    return sum(len(some[index]) for index, _ in a if index not in still)


@lru_cache(maxsize=20_000)
def content(text: str) -> tuple[str, ...]:
    """The units of a text, sorted: equal for texts that differ in order only. Lists on one line count by their items."""
    found = [key(unit) for unit in units(text) if says_something(unit)]
    if len(found) > 1:
        return tuple(sorted(found))
    return tuple(sorted(item for item in _ITEM_ENDS.split(text) if item))
