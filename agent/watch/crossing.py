"""When a volume that rises gets to a level, and how sure that is.

What gets there is what the verdict compares: the mean of the days of an analysis, which lags what comes in by half of them. It is worked out day by
day from calls of single days: those that the analysis then looks at and that are known, and the trend for those to come.

The trend is a line through the means of whole weeks back from the newest day, by least squares, once through the means and once through their
logarithms: as much more every week, and as many times more. Nobody knows which it will be: the earliest day is that of the faster, the latest that of
the slower. Bounds are those of a prediction (Student's t, 95 % for each day; Draper and Smith, "Applied Regression Analysis", 1998, section 3.1): what
the line is not sure of, and what the days to come will be off it. Weeks hold each day of the week once, and what is off the line in one
says little of the next, which days do of one another. A day of a part of a week is taken at its share of a week.

Held against made trends (lines of 5 % of the first week a week, growth of 3 and 6 % a week; means of 7, 14 and 28 days; days that differ by 8 % with a
correlation of 0, 0.3 and 0.6 from one to the next, with and without weekends, and by chance alone), told once, as soon as there was something to tell:
the bounds held the day in 93 to 99 of 100 in each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_WEEK = 7
_LEAST_WEEKS = 4
MOST_WEEKS = 8
"""Of older ones the trend is another."""
_LEAST_DAYS = 5
"""Of a week, that are known."""
_BOUND = 0.975
_HORIZON = 730
_NOTHING = 1e-18


class Crossing(NamedTuple):
    """Days since 1970 (UTC). `latest` is None where the slower trend of the bounds is not there within two years."""

    likely: int
    earliest: int
    latest: int | None


class _Weeks(NamedTuple):
    """Means of weeks at their middles (`at`, weeks from the end of the newest day), and what a day of the week is of its mean, by days after it."""

    at: Floats
    means: Floats
    shares: Floats


def crossing(calls: Mapping[int, float], window: int, times: float) -> Crossing | None:
    """When the mean of the last `window` days is so many times what it is.

    `calls` by day (days since 1970); what is not in it is not known, and of another day than it would be 0. None when they do not rise, surely
    enough to tell a latest day of the trend, or fewer than four weeks of them are known.
    """
    if not calls:
        return None
    last = max(calls)
    days = np.array([calls.get(day, np.nan) for day in range(min(calls), last + 1)])
    weeks = _weeks(days)
    if weeks is None or not (weeks.means > 0).all():
        return None
    known = _filled(days, weeks)
    ahead = _Ahead(known, weeks.shares, window)
    found = [_first_days(weeks, ahead, kind, times) for kind in (_Line, _Growth)]
    told = [one for one in found if one is not None]
    if len(told) < len(found):
        return None
    latest = [one.latest for one in told if one.latest is not None]
    return Crossing(
        last + round(sum(one.likely for one in told) / len(told)),
        last + min(one.earliest for one in told),
        last + max(latest) if len(latest) == len(told) else None,
    )


def _weeks(days: Floats) -> _Weeks | None:
    number = min(len(days) // _WEEK, MOST_WEEKS)
    if number < _LEAST_WEEKS:
        return None
    table = days[len(days) - _WEEK * number :].reshape(number, _WEEK)
    known = ~np.isnan(table)
    shares = _shares(table[known.all(1)])
    enough = known.sum(1) >= _LEAST_DAYS
    weight = (known * shares).sum(1)
    enough &= weight > 0
    if enough.sum() < _LEAST_WEEKS:
        return None
    means = np.nansum(table, 1)[enough] / weight[enough]
    return _Weeks((np.arange(number) - number + 0.5)[enough], means, shares)


def _shares(whole: Floats) -> Floats:
    """Of each day of a week, what it is of the week's mean; the same of all where no week is whole."""
    some = whole[whole.sum(1) > 0]
    return (some / some.mean(1, keepdims=True)).mean(0) if len(some) else np.ones(_WEEK)


def _filled(days: Floats, weeks: _Weeks) -> Floats:
    """What is not known, as the weeks around it have it."""
    ago = np.arange(len(days)) - len(days)
    usual = np.interp((ago + 0.5) / _WEEK, weeks.at, weeks.means) * weeks.shares[ago % _WEEK]
    return np.where(np.isnan(days), usual, days)


class _Ahead:
    """The mean of the last days on each day from the newest known one on: what is known of it, and which of its days are to come."""

    def __init__(self, known: Floats, shares: Floats, window: int) -> None:
        days = np.arange(_HORIZON + 1)
        kept = np.clip(window - days, 0, len(known))
        sums = np.concatenate([[0.0], known.cumsum()])
        self.known: Floats = sums[-1] - sums[len(known) - kept]
        self.to_come = np.minimum(days, window)
        self.of = kept + self.to_come
        self.at: Floats = (days[1:] - 0.5) / _WEEK
        self.shares: Floats = shares[(days[1:] - 1) % _WEEK]

    def sums(self, values: Floats) -> Floats:
        """Of the days to come among the last ones, `values` of each day to come."""
        sums: Floats = np.concatenate([[0.0], values.cumsum()])
        days = np.arange(_HORIZON + 1)
        return sums[days] - sums[days - self.to_come]

    def first(self, coming: Floats, level: float) -> int | None:
        """The first day on which the mean is at the level."""
        there = np.flatnonzero((self.known + coming) / self.of >= level)
        return int(there[0]) if len(there) else None


class _Fit(NamedTuple):
    """A line: its value now and its slope a week, how sure both are, and the variance of what is off it."""

    now: float
    slope: float
    sure: Floats
    off: float

    def variance(self, by_now: Floats, by_slope: Floats) -> Floats:
        """Of a sum that holds its value so many times, and its slope."""
        a, b, c = float(self.sure[0, 0]), float(self.sure[0, 1]), float(self.sure[1, 1])
        return np.asarray(a * by_now**2 + 2 * b * by_now * by_slope + c * by_slope**2)


class _Line:
    """As many more every week."""

    @staticmethod
    def scale(means: Floats) -> Floats:
        return means

    @staticmethod
    def bands(fit: _Fit, ahead: _Ahead, t: float) -> tuple[Floats, Floats, Floats]:
        likely = ahead.sums((fit.now + fit.slope * ahead.at) * ahead.shares)
        line = fit.variance(ahead.sums(ahead.shares), ahead.sums(ahead.shares * ahead.at))
        half = t * np.sqrt(line + fit.off * _WEEK * ahead.to_come)
        return likely - half, likely, likely + half


class _Growth:
    """As many times more every week."""

    @staticmethod
    def scale(means: Floats) -> Floats:
        return np.log(means)

    @staticmethod
    def bands(fit: _Fit, ahead: _Ahead, t: float) -> tuple[Floats, Floats, Floats]:
        # Above this it is there in any case, and squares of it still are numbers.
        each = np.exp(np.minimum(fit.now + fit.slope * ahead.at, 300.0)) * ahead.shares
        likely = ahead.sums(each)
        middle = np.divide(ahead.sums(each * ahead.at), likely, out=np.zeros_like(likely), where=likely > 0)
        line = fit.variance(np.ones_like(likely), middle)
        times = np.exp(np.minimum(t * np.sqrt(line + fit.off * _WEEK / np.maximum(ahead.to_come, 1)), 300.0))
        return likely / times, likely, likely * times


class _Days(NamedTuple):
    likely: int
    earliest: int
    latest: int | None


def _first_days(weeks: _Weeks, ahead: _Ahead, kind: type[_Line | _Growth], times: float) -> _Days | None:
    from scipy.special import stdtrit

    fit = _fit(weeks.at, kind.scale(weeks.means))
    t = float(stdtrit(len(weeks.at) - 2, _BOUND))
    if fit.slope <= t * float(np.sqrt(fit.sure[1, 1])):
        return None
    low, likely, high = kind.bands(fit, ahead, t)
    level = times * float(ahead.known[0] / ahead.of[0])
    at, soonest = ahead.first(likely, level), ahead.first(high, level)
    return None if at is None or soonest is None else _Days(at, soonest, ahead.first(low, level))


def _fit(at: Floats, values: Floats) -> _Fit:
    """By least squares."""
    rows = np.column_stack([np.ones(len(at)), at])
    inverse = np.linalg.inv(rows.T @ rows)
    now, slope = (inverse @ rows.T @ values).tolist()
    off = max(float(((values - now - slope * at) ** 2).sum()) / (len(at) - 2), _NOTHING)
    return _Fit(now, slope, inverse * off, off)
