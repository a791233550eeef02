"""Days and weeks by the clock on the wall: when a period begins and ends, and when its digest is due.

A day lasts from midnight to midnight of its zone: 23, 24 or 25 hours. A time of day that a change of clocks leaves out counts as
the moment as long after the change as it would have been; one that comes twice counts the first time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

Kind = Literal["day", "week"]
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS = {"day": 1, "week": 7}
MIDNIGHT = time()


class Due(NamedTuple):
    """When digests of a kind are due: a time of day, of weekly ones on one day of the week (0 is Monday)."""

    at: time
    weekday: int = 0


class Period(NamedTuple):
    """A day, or seven days, of local time; all times are unix seconds, `end` is not part of it."""

    kind: Kind
    start: float
    end: float
    due: float
    """When its digest is to be sent."""


class Day(NamedTuple):
    """One day of local time."""

    date: date
    start: float
    end: float


def newest(kind: Kind, due: Due, zone: ZoneInfo, now: float) -> Period:
    """The newest period whose digest is due at `now`."""
    day = _local(now, zone).date() + timedelta(days=1)
    while True:
        if kind == "day" or day.weekday() == due.weekday:
            moment = unix(day, due.at, zone)
            if moment <= now:
                return Period(
                    kind, unix(day - timedelta(_DAYS[kind]), MIDNIGHT, zone), unix(day, MIDNIGHT, zone), moment
                )
        day -= timedelta(days=1)


def finished(kind: Kind, due: Due, zone: ZoneInfo, now: float) -> Period:
    """The newest period that is over at `now`, whether or not its digest is due."""
    over = newest(kind, due._replace(at=MIDNIGHT), zone, now)
    return over._replace(due=unix(_local(over.end, zone).date(), due.at, zone))


def before(period: Period, zone: ZoneInfo) -> Period:
    """The period before it."""
    first = _local(period.start, zone).date()
    start = unix(first - timedelta(_DAYS[period.kind]), MIDNIGHT, zone)
    return Period(period.kind, start, period.start, period.start)


def days(period: Period, zone: ZoneInfo, count: int) -> Iterator[Day]:
    """The last `count` days up to the end of the period, oldest first."""
    last = _local(period.end, zone).date()
    for back in range(count, 0, -1):
        day = last - timedelta(days=back)
        yield Day(day, unix(day, MIDNIGHT, zone), unix(day + timedelta(days=1), MIDNIGHT, zone))


def unix(day: date, at: time, zone: ZoneInfo) -> float:
    """A time on the wall as unix seconds."""
    return datetime.combine(day, at, zone).astimezone(UTC).timestamp()


def label(kind: Kind, start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """`Mon 23 Nov 2026`, or `Mon 16 Nov to Sun 22 Nov 2026`."""
    first = start.astimezone(zone)
    if kind == "day":
        return f"{first:%a} {first.day} {first:%b %Y}"
    last = (end - timedelta(seconds=1)).astimezone(zone)
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first:%a} {first.day} {first:%b}{year} to {last:%a} {last.day} {last:%b %Y}"


def clock(at: datetime, zone: ZoneInfo) -> str:
    """`Mon 23 Nov 08:00`."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %H:%M}"


def lasted(seconds: float) -> str:
    """`40 s`, `12 min`, `2 h 5 min`, `3 days 4 h`."""
    if seconds < 60:
        return f"{max(seconds, 0):.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    told = "1 day" if days == 1 else f"{days} days"
    return f"{told} {hours} h" if hours else told


def _local(at: float, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at, zone)
