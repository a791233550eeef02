"""How sure a saving is: whole groups (conversations, equal questions) are drawn again, not single calls.

Calls of one conversation are alike, so their number says less than it seems. Groups come and go by themselves: each is drawn a
Poisson number of times with mean 1, which lets their number vary too. Of few groups the bounds are widened as Student's t is against the
normal; of many the normal itself is what resampling converges to.
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
    sums = np.bincount(number.reshape(-1), weights=values[touched]) if touched.any() else np.zeros(0)
    total = float(sums.sum())
    count = len(sums)
    if count < 2:
        return Spread(total, total, count)
    if count > _MANY:
        half = _Z * float(np.sqrt(np.square(sums).sum()))
        below = above = half
    else:
        rng = np.random.default_rng(_SEED)
        drawn = rng.poisson(1.0, (_DRAWS, count)) @ sums
        low, high = np.quantile(drawn, (0.025, 0.975))
        wider = _student(count - 1)
        below, above = (total - float(low)) * wider, (float(high) - total) * wider
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


def _student(freedom: int) -> float:
    """Quantile of Student's t over that of the normal, 97.5 % (Cornish and Fisher 1938)."""
    z, n = _Z, float(freedom)
    return 1 + ((z**2 + 1) / (4 * n)) + ((5 * z**4 + 16 * z**2 + 3) / (96 * n**2))
