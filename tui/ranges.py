"""The stretch of time that figures of spend are of."""

from __future__ import annotations

from typing import NamedTuple

_HOUR_S = 3_600


class Range(NamedTuple):
    """A stretch that ends now, by its name on the screen."""

    name: str
    hours: int


RANGES = (Range("1h", 1), Range("6h", 6), Range("24h", 24), Range("7d", 168), Range("30d", 720))
DEFAULT = RANGES[2]
BY_NAME = {each.name: each for each in RANGES}


class Hours(NamedTuple):
    """Hours (unix time // 3600) with `end` excluded. `past`: nothing came in for longer than the range, so it ends at the newest call."""

    start: int
    end: int
    past: bool = False


def hours_of(chosen: Range, now: float, newest: int | None) -> Hours:
    """The hours of a range that ends at `now`, the running hour included, or at the `newest` hour where that lies before it all."""
    end = int(now // _HOUR_S) + 1
    past = newest is not None and newest < end - chosen.hours - 1
    if past:
        assert newest is not None
        end = newest + 1
    # The running hour is not over: one more before it makes the range whole.
    return Hours(end - chosen.hours - (0 if past else 1), end, past)
