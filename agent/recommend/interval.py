"""How sure a saving is: whole groups (conversations, equal questions) are drawn again, not single calls.

Calls of one conversation are alike, so their number says less than it seems. Groups come and go by themselves: each is drawn a
Poisson number of times with mean 1, which lets their number vary too. Few conversations are long: where chance left those out, the sum and
its spread are both too small. So it is the studentised sum that is drawn again (the bootstrap-t, Hall 1992), which puts the upper bound
further away; the lower one is the more cautious of this and the plain quantile. Of many groups both are what they converge to: the normal,
with the first term of its Cornish-Fisher expansion for skewness.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LEAST_GROUPS = 20
"""With fewer groups that contribute, there is no interval worth the name."""
WIDEST = 1.0
"""Times the likely saving that a bound may lie away from it."""
_DRAWS = 800
_MANY = 1_500
_Z = 1.959964
_SKEWED = (2 * _Z**2 + 1) / 6
"""Of the skewness of a sum: how far the quantile of its studentised sum lies beyond the normal's (a compound Poisson sum)."""
_QUANTILES = (0.025, 0.975)
_SEED = 20_261_124


class Spread(NamedTuple):
    """Bounds of 95 % around a sum, and how many groups it rests on."""

    low: float
    high: float
    groups: int


def spread(values: NDArray[np.float64], groups: NDArray[np.int64], *, least: float = 1.0, most: float = 1.0) -> Spread:
    """Of the sum of `values`, where equal `groups` belong together. The same input has the same bounds.

    `least` and `most` are bounds of a factor on the sum that is known from elsewhere; both kinds of doubt are independent.
    """
    touched = values != 0
    _, number = np.unique(groups[touched], return_inverse=True)
    sums: NDArray[np.float64] = np.zeros(0)
    if touched.any():
        sums = np.bincount(number.reshape(-1), weights=values[touched]).astype(np.float64)
    total = float(sums.sum())
    count = len(sums)
    if count < 2:
        return Spread(total, total, count)
    if count > _MANY:
        below, above = _of_many(sums)
    else:
        below, above = _of_few(sums, total)
    less, more = abs(total) * max(0.0, 1 - least), abs(total) * max(0.0, most - 1)
    return Spread(total - float(np.hypot(below, less)), total + float(np.hypot(above, more)), count)


def unsure(found: Spread, likely: float) -> str | None:
    """Which rule forbids a number, and when there will be one; None where none does."""
    if found.groups < LEAST_GROUPS:
        more = LEAST_GROUPS - found.groups
        return (
            f"it rests on {found.groups} conversations or questions; there is a number from {LEAST_GROUPS}, {more} more"
        )
    half = max(likely - found.low, found.high - likely)
    if half > WIDEST * abs(likely):
        times = (half / (WIDEST * abs(likely))) ** 2 if likely else 0.0
        when = f"with about {times:.1f} times as many calls" if likely else "when there is something to save"
        return f"the bounds of 95 % lie further away than the saving is large: there is a number {when}"
    return None


def _of_few(sums: NDArray[np.float64], total: float) -> tuple[float, float]:
    """How far the bounds lie below and above `total`."""
    times = np.random.default_rng(_SEED).poisson(1.0, (_DRAWS, len(sums))).astype(np.float64)
    drawn, variance = times @ sums, times @ np.square(sums)
    there = variance > 0
    studentised = (drawn[there] - total) / np.sqrt(variance[there])
    near, far = np.quantile(studentised, _QUANTILES) * np.sqrt(np.square(sums).sum())
    return max(float(far), total - float(np.quantile(drawn, _QUANTILES[0]))), -float(near)


def _of_many(sums: NDArray[np.float64]) -> tuple[float, float]:
    """The same, where drawing would say no more."""
    deviation = float(np.sqrt(np.square(sums).sum()))
    skewed = _SKEWED * float((sums**3).sum()) / deviation**3
    return deviation * max(_Z, _Z - skewed), deviation * max(_Z, _Z + skewed)
