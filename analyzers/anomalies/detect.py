"""One series of hours in, whether its end is abnormal out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate
from math import exp, hypot, log, sqrt
from statistics import median
from typing import Literal, NamedTuple

STRETCHES = (3, 24)
"""Hours that are looked at together: the short one sees it soon, the long one sees it in traffic that varies."""

WEEKS = 5
_DAY = 24
_WEEK = 7 * _DAY
_LEAST_DAYS = 5
_RATIO = 1.5
_DEVIATIONS = 5.0
_NORMAL = 1.4826
"""Standard deviations in a median deviation, were it normal."""
_OVER_THE_HIGHEST = 1.2
_LEAST_VARIATION = 0.02
_EPOCH_WEEKDAY = 3
"""1970-01-01 was a Thursday; Monday is 0."""


class Hour(NamedTuple):
    """What one hour of a series held."""

    usd: float
    calls: int
    tokens: int


Cause = Literal["volume", "price", "tokens_per_call"]


class Anomaly(NamedTuple):
    """Spend of a stretch that ends with hour `end` (unix time // 3600, excluded), and what had been usual; USD."""

    end: int
    hours: int
    usd: float
    usual_usd: float
    usd_day: float
    """The excess, for a whole day."""
    cause: Cause
    shares: dict[Cause, float]
    """Of the ratio's logarithm, by cause; they add up to 1."""
    days: int
    """Compared with."""


def find(series: Mapping[int, Hour], end: int, *, least_usd_day: float, already: bool = False) -> Anomaly | None:
    """Whether the spend before hour `end` (excluded) is abnormal; hours that are not in `series` held nothing.

    `already`: it was found abnormal before, and is until half of the excess is gone.
    """
    first = max(min(min(series, default=end), end), end - WEEKS * _WEEK - max(STRETCHES))
    sums = _Sums(series, first, end)
    found = (_stretch(sums, hours, least_usd_day, already) for hours in STRETCHES)
    return max((one for one in found if one is not None), key=lambda one: one.usd_day, default=None)


class _Sums:
    """Sums of any stretch at once."""

    def __init__(self, series: Mapping[int, Hour], first: int, end: int) -> None:
        nothing = Hour(0.0, 0, 0)
        hours = [series.get(hour, nothing) for hour in range(first, end)]
        self.first, self.end = first, end
        self.usd = list(accumulate((hour.usd for hour in hours), initial=0.0))
        self.calls = list(accumulate((hour.calls for hour in hours), initial=0))
        self.tokens = list(accumulate((hour.tokens for hour in hours), initial=0))

    def before(self, end: int, hours: int) -> Hour:
        """The stretch of `hours` that ends with `end` (excluded)."""
        b = end - self.first
        a = b - hours
        return Hour(self.usd[b] - self.usd[a], self.calls[b] - self.calls[a], self.tokens[b] - self.tokens[a])


def _stretch(sums: _Sums, hours: int, least_usd_day: float, already: bool) -> Anomaly | None:
    if sums.end - hours < sums.first:
        return None
    now = sums.before(sums.end, hours)
    ends = [end for end in _same_time(sums.end, hours) if end - hours >= sums.first and end <= sums.end - hours]
    if len(ends) < _LEAST_DAYS or now.usd <= 0:
        return None
    history = sorted(sums.before(end, hours).usd for end in ends)
    usual = median(history)
    if usual <= 0:
        return None
    excess = now.usd - usual
    usd_day = excess * _DAY / hours
    # To be over it has to fall to the half of what begins it.
    part = 0.5 if already else 1.0
    if excess < part * (_RATIO - 1) * usual or usd_day < part * least_usd_day:
        return None
    if not already and now.usd < _OVER_THE_HIGHEST * history[-2]:
        return None
    calls = median(sums.before(end, hours).calls for end in ends)
    # Few calls vary by their number alone.
    variation = hypot(max(_LEAST_VARIATION, _NORMAL * _deviation(sums, hours)), 1 / sqrt(max(calls, 1.0)))
    if excess < part * (exp(_DEVIATIONS * variation) - 1) * usual:
        return None
    shares = _shares(now, [sums.before(end, hours) for end in ends])
    if not shares:
        return None
    cause = max(shares, key=lambda name: shares[name])
    return Anomaly(sums.end, hours, now.usd, usual, usd_day, cause, shares, len(ends))


def _same_time(end: int, hours: int) -> Iterator[int]:
    """The same hour of the days before that begin and end on working days or on weekends as the stretch before `end` does."""
    kind = _days(end, hours)
    return (before for days in range(1, 7 * WEEKS + 1) if _days(before := end - days * _DAY, hours) == kind)


def _days(end: int, hours: int) -> tuple[bool, bool]:
    """Whether the first and the last hour of a stretch are of a weekend."""
    return _weekend(end - hours), _weekend(end - 1)


def _weekend(hour: int) -> bool:
    return (hour // _DAY + _EPOCH_WEEKDAY) % 7 >= 5


def _deviation(sums: _Sums, hours: int) -> float:
    """Median distance of a stretch from the median of its time of day, as the logarithm of their ratio."""
    by_time: dict[tuple[int, tuple[bool, bool]], list[float]] = {}
    for end in range(sums.first + hours, sums.end - hours + 1):
        by_time.setdefault((end % _DAY, _days(end, hours)), []).append(sums.before(end, hours).usd)
    distances = []
    for values in by_time.values():
        usual = median(values)
        if len(values) >= 3 and usual > 0:
            distances += [abs(log(value / usual)) for value in values if value > 0]
    return median(distances) if distances else 0.0


def _shares(now: Hour, history: list[Hour]) -> dict[Cause, float]:
    """How much of the rise is calls, price of a token and tokens a call; empty where it cannot be told."""
    known = [one for one in history if one.usd > 0 and one.tokens and one.calls]
    if not known or not now.calls or not now.tokens:
        return {}
    ratios: dict[Cause, float] = {
        "volume": now.calls / median(one.calls for one in known),
        "price": now.usd / now.tokens / median(one.usd / one.tokens for one in known),
        "tokens_per_call": now.tokens / now.calls / median(one.tokens / one.calls for one in known),
    }
    logs = {name: log(ratio) for name, ratio in ratios.items()}
    whole = sum(logs.values())
    return {name: value / whole for name, value in logs.items()} if whole > 0 else {}
