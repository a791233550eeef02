"""When a volume that rises gets to a level, and how sure that is.

The trend is the median of the slopes between any two points (Theil and Sen); nine in ten of them must rise, and there must be five points over two weeks. Its
bounds are the slopes that 95 % of trends like it lie between (Sen, "Estimates of the regression coefficient based on Kendall's tau", 1968). What is
not trend resembles what it was the day before where analyses look at nearly the same calls: so many points tell as little as fewer that are
independent, by their autocorrelation (Yue and Wang, "The Mann-Kendall test modified by effective sample size", 2004, equation 8, with one lag).
Of a volume with a rhythm of weeks the bounds are still too narrow, and of analyses whose days overlap much: in made trends they held the day in 93 of
100 with means of a week and in 71 with means of four. So they are told as what this trend gives, with no confidence beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise
from math import ceil, floor, sqrt
from statistics import fmean, median
from typing import NamedTuple

_DAY_S = 86_400.0
_LEAST_S = 14 * _DAY_S
_LEAST_POINTS = 5
_RISING = 0.9
_Z95 = 1.959964
_MOST_ALIKE = 0.95


class Point(NamedTuple):
    """Calls a month, as an analysis at that time (unix seconds) had it."""

    at: float
    calls_month: int


class Crossing(NamedTuple):
    """Unix seconds. `latest` is None where the slowest trend of the bounds does not rise."""

    likely: float
    earliest: float
    latest: float | None


def crossing(points: Sequence[Point], need: int) -> Crossing | None:
    """When the trend of the points (oldest first) is at `need`; None when it does not rise, or two weeks of it are not known yet."""
    daily = _last_of_each_day(points)
    if len(daily) < _LEAST_POINTS or daily[-1].at - daily[0].at < _LEAST_S:
        return None
    slopes = sorted((b.calls_month - a.calls_month) / (b.at - a.at) for a, b in combinations(daily, 2) if b.at > a.at)
    if sum(slope > 0 for slope in slopes) < _RISING * len(slopes):
        return None
    usual = median(slopes)
    low, high = _bounds(slopes, len(daily), _alike(daily, usual))
    likely = _at(daily, usual, need)
    return Crossing(
        likely, min(likely, _at(daily, high, need)), max(likely, _at(daily, low, need)) if low > 0 else None
    )


def _last_of_each_day(points: Sequence[Point]) -> list[Point]:
    """Analyses of the same day look at nearly the same calls: together they tell no more than one."""
    return list({int(point.at // _DAY_S): point for point in points}.values())


def _bounds(slopes: Sequence[float], points: int, alike: float) -> tuple[float, float]:
    half = _Z95 * sqrt(alike * points * (points - 1) * (2 * points + 5) / 18) / 2
    middle = len(slopes) / 2
    return slopes[max(floor(middle - half), 0)], slopes[min(ceil(middle + half), len(slopes) - 1)]


def _alike(points: Sequence[Point], slope: float) -> float:
    """Points for each independent one, at least 1, by what the points are off the trend and how that follows from the one before."""
    off = [point.calls_month - slope * (point.at - points[0].at) for point in points]
    count, mean = len(off), fmean(off)
    off = [one - mean for one in off]
    whole = sum(one * one for one in off)
    if not whole:
        return 1.0
    seen = sum(a * b for a, b in pairwise(off)) / whole
    # In a short series it is seen too small, by about this much.
    follows = min(max((count * seen + 1) / (count - 4), 0.0), _MOST_ALIKE)
    return 1 + 2 * sum((1 - lag / count) * follows**lag for lag in range(1, count))


def _at(points: Sequence[Point], slope: float, need: int) -> float:
    last = points[-1].at
    level = median(point.calls_month + slope * (last - point.at) for point in points)
    return last + max(0.0, need - level) / slope
