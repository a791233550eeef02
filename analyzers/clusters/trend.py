"""Whether a kind of request becomes more or less, and how sure that is."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

_DAY_S = 86_400.0
_LEAST_DAYS = 6
_LEAST_CALLS = 30
_PARTS = 8
_CONFIDENCE = 0.99
_STEADY_WITHIN = 0.5
_NOTHING = 1e-6


class Trend(NamedTuple):
    """The slope over the period, relative to the mean: 0.5 is half as much again at the end as the mean, less at the start.

    `word` is None where the calls are too few or too uneven to tell: then the interval is wide, or there is none.
    """

    word: Literal["rising", "falling", "steady"] | None
    change: float | None
    low: float | None
    high: float | None
    of: Literal["volume", "share"]
    """Of calls a day, or, below six whole days (where the time of day would pass for a trend), of its share of the app's calls."""
    calls: int


def trend(at: NDArray[np.float64], all_at: NDArray[np.float64], start: float, end: float) -> Trend:
    """The trend of calls at `at` among the app's at `all_at` (unix seconds) from `start` to `end`."""
    days = int((end - start) // _DAY_S)
    if days >= _LEAST_DAYS:
        edges = end - _DAY_S * np.arange(days, -1, -1)
        calls = np.histogram(at, edges)[0].astype(float)
        return _slope(calls, np.ones(days), "volume", len(at))
    edges = np.linspace(start, end, _PARTS + 1)
    exposure = np.histogram(all_at, edges)[0].astype(float)
    some = exposure > 0
    return _slope(
        np.histogram(at, edges)[0].astype(float)[some], exposure[some], "share", len(at), np.flatnonzero(some)
    )


def _slope(
    calls: NDArray[np.float64],
    exposure: NDArray[np.float64],
    of: Literal["volume", "share"],
    total: int,
    part: NDArray[np.int64] | None = None,
) -> Trend:
    """A weighted line through calls / exposure; a part's rate varies at least as counts by chance do."""
    parts = len(calls)
    if total < _LEAST_CALLS or parts < 5 or not calls.sum():
        return Trend(None, None, None, None, of, total)
    place = np.arange(parts) if part is None else part
    last = (_PARTS if part is not None else parts) - 1
    x = place / last - 0.5
    rate = calls.sum() / exposure.sum()
    x = x - (exposure * x).sum() / exposure.sum()
    spread = (exposure * x * x).sum()
    if not spread:
        return Trend(None, None, None, None, of, total)
    relative = calls / exposure / rate
    slope = (exposure * x * (relative - 1)).sum() / spread
    residual = (exposure * (relative - 1 - slope * x) ** 2).sum() / (parts - 2)
    # Of a share, what is not this kind is not by chance: the binomial variance is the Poisson one times the rest.
    chance = (1 - min(rate, 1.0) if of == "share" else 1.0) / rate
    error = float(np.sqrt(max(residual, chance) / spread))
    from scipy.special import stdtrit

    width = float(stdtrit(parts - 2, (1 + _CONFIDENCE) / 2)) * error
    low, high = slope - width, slope + width
    word: Literal["rising", "falling", "steady"] | None = None
    if low > _NOTHING:
        word = "rising"
    elif high < -_NOTHING:
        word = "falling"
    elif max(-low, high) <= _STEADY_WITHIN:
        word = "steady"
    return Trend(word, float(slope), float(low), float(high), of, total)
