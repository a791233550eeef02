"""What a digest is made from: everything that was measured, before anything is left out."""

from __future__ import annotations

from typing import NamedTuple
from zoneinfo import ZoneInfo

from agent.digest.period import Day, Period
from agent.report import Event, Input, Report, Spend


class DayFacts(NamedTuple):
    """A day, and what it cost."""

    day: Day
    spend: Spend
    calls: int


class Analysed(NamedTuple):
    """A report that the analyst kept, and when it was made (unix seconds)."""

    at: float
    report: Report


class Stuck(NamedTuple):
    """Messages that a channel did not take: on their way still, or given up; `error` is the newest reason."""

    channel: str
    given_up: bool
    messages: int
    error: str


class Facts(NamedTuple):
    """Times are unix seconds."""

    period: Period
    zone: ZoneInfo
    spend: Spend
    received: Input
    spend_before: Spend
    calls_before: int
    days: tuple[DayFacts, ...]
    known_from: float | None
    """Start of the first hour of which there are totals."""
    read_until: float | None
    """When something was last read, or until when it is known that nothing waits to be read."""
    analysis: Analysed | None
    earlier: Analysed | None
    """The newest one at the time of the digest before."""
    events: tuple[Event, ...]
    """Those raised or resolved in the period or open at its end."""
    stuck: tuple[Stuck, ...] = ()
