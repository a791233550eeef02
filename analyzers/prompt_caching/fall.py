"""Where the share of tokens that requests read falls, or rises, for good."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import sqrt
from typing import NamedTuple

LEAST_BEFORE = 30
LEAST_AFTER = 10
NEWEST = 50
"""So many of the newest requests tell what holds now."""
LEAST_FALL = 0.10
_LEAST_RELATIVE = 0.25
_LEAST_Z = 5.0
_LEAST_SPREAD = 1e-4


class Read(NamedTuple):
    """One request: its position in the case, when it began (unix seconds), tokens read, tokens of its input."""

    position: int
    at: float
    read: int
    total: int


class Fall(NamedTuple):
    """Requests `start` to `split` read a larger share than those from `split` on; both count in the sequence that was looked at."""

    start: int
    split: int


def ratio(reads: Sequence[Read]) -> float:
    """Share of the tokens that is read."""
    whole = sum(one.total for one in reads)
    return sum(one.read for one in reads) / whole if whole else 0.0


def fall(reads: Sequence[Read]) -> Fall | None:
    """The fall that explains these requests best, when it is clear, and holds still in the newest of them.

    Of the requests before it only those count that follow the last rise: what was worse long ago is no standard.
    """
    shares = [one.read / one.total for one in reads]
    split = _step(shares, LEAST_BEFORE, LEAST_AFTER)
    if split is None:
        return None
    rise = _step([-share for share in shares[:split]], LEAST_AFTER, LEAST_BEFORE)
    if rise is not None:
        # Seen without what was before the rise, the fall may lie elsewhere.
        again = _step(shares[rise:], LEAST_BEFORE, LEAST_AFTER)
        if again is None:
            return None
        split = rise + again
    start = rise or 0
    half = (ratio(reads[start:split]) + ratio(reads[split:])) / 2
    return Fall(start, split) if ratio(reads[split:][-NEWEST:]) < half else None


def rise(reads: Sequence[Read]) -> int | None:
    """Where the first of those requests stands that read a clearly larger share than all before them, and that lasts until the newest."""
    split = _step([-one.read / one.total for one in reads], LEAST_AFTER, LEAST_AFTER)
    if split is None:
        return None
    half = (ratio(reads[:split]) + ratio(reads[split:])) / 2
    return split if ratio(reads[split:][-NEWEST:]) > half else None


def _step(shares: Sequence[float], least_before: int, least_after: int) -> int | None:
    """Where two means, the second one lower, fit these values best (least squares), or None where they hardly differ."""
    count = len(shares)
    if count < least_before + least_after:
        return None
    sums = list(accumulate(shares, initial=0.0))
    best, most = None, 0.0
    for k in range(1, count):
        drop = sums[k] / k - (sums[count] - sums[k]) / (count - k)
        gain = drop * drop * k * (count - k)
        if drop > 0 and gain > most:
            best, most = k, gain
    if best is None or best < least_before or count - best < least_after:
        return None
    before, after = _mean_and_spread(shares[:best]), _mean_and_spread(shares[best:])
    drop = before[0] - after[0]
    z = drop / sqrt(before[1] / best + after[1] / (count - best))
    clear = drop >= LEAST_FALL and drop >= _LEAST_RELATIVE * abs(before[0]) and z > _LEAST_Z
    return best if clear else None


def _mean_and_spread(values: Sequence[float]) -> tuple[float, float]:
    mean = sum(values) / len(values)
    return mean, max(sum((value - mean) ** 2 for value in values) / len(values), _LEAST_SPREAD)
