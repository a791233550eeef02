"""What the overview shows, as a frozen value."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from tui.ranges import Hours
from tui.reading import Reading

if TYPE_CHECKING:
    from agent.report import Report
    from agent.report_caching import Restraint
    from agent.report_plan import Recommendation
    from agent.spend_hours import Spent

HOURS_A_MONTH = 730
_LEAST_HOURS = 0.1


class Could(NamedTuple):
    """What all open recommendations together save, USD a month; `why` says why there is no figure."""

    low: Decimal | None
    likely: Decimal | None
    high: Decimal | None
    why: str = ""


class OverviewView(NamedTuple):
    """`before` is the stretch of the same length before the hours that are shown."""

    hours: Hours
    spent: Spent
    before: Spent
    elapsed_h: float
    """Hours that really passed between the first call and now, or the last call."""
    could: Could
    possible_cached: float | None
    """Share of input that the provider's cache could serve, of the newest analysis."""
    next: tuple[Recommendation, ...]
    """Open ones, the most saving first."""
    restraint: tuple[Restraint, ...]
    report_month_usd: Decimal | None
    analysed_at: float | None

    @property
    def month_usd(self) -> Decimal | None:
        """What a month (730 hours) costs at the pace of the range; None where it is too short to say."""
        if not self.spent.priced or self.elapsed_h < _LEAST_HOURS:
            return None
        return self.spent.usd * HOURS_A_MONTH / Decimal(str(self.elapsed_h))

    def pace_before(self, total: Decimal | float) -> float | None:
        """What `total` of the stretch before comes to in the time that this one has run; None where its beginning is not known."""
        length = self.hours.end - self.hours.start
        begun = self.before.hours and self.before.hours[0].hour - (self.hours.start - length) <= length / 20
        return float(total) * self.elapsed_h / length if begun and self.elapsed_h >= _LEAST_HOURS else None

    @property
    def calls_a_second(self) -> float | None:
        """On average over the range."""
        return self.spent.calls / (self.elapsed_h * 3_600) if self.elapsed_h >= _LEAST_HOURS else None


def read_overview(reading: Reading) -> OverviewView:
    """Raises StoreUnavailable."""
    from agent.recommend.record import current

    hours = reading.hours()
    length = hours.end - hours.start
    before, now = reading.database.spent(hours.start - length, hours.start, hours.end, reading.now)
    first = min((hour.start for hour in now.hours if hour.start is not None), default=None)
    last = max((hour.end for hour in now.hours if hour.end is not None), default=None)
    end = last if hours.past else reading.now
    found = reading.database.report()
    report = None if found is None else current(reading.store, found[1], reading.now)
    return OverviewView(
        hours=hours,
        spent=now,
        before=before,
        elapsed_h=0.0 if first is None or end is None else max(end - first, 0.0) / 3_600,
        could=could_save(report),
        possible_cached=_possible(report),
        next=() if report is None else tuple(one for one in report.recommendations if one.status == "open"),
        restraint=() if report is None else tuple(report.restraint),
        report_month_usd=None if report is None else report.spend.month_usd,
        analysed_at=None if found is None else found[0],
    )


def could_save(report: Report | None) -> Could:
    """Of the open recommendations."""
    if report is None:
        return Could(None, None, None, "not analysed yet")
    return could_of([one for one in report.recommendations if one.status == "open"])


def could_of(found: Sequence[Recommendation]) -> Could:
    """Of these; each is counted after those above it, so they add up. Bounds are sums of bounds: rather wide."""
    known = [one.saving_usd_month for one in found if one.saving_usd_month.likely is not None]
    if not known:
        why = next((one.saving_usd_month_reason for one in found if one.saving_usd_month_reason), None)
        return Could(None, None, None, why or "nothing to recommend")
    return Could(
        sum((one.low or Decimal(0) for one in known), Decimal(0)),
        sum((one.likely or Decimal(0) for one in known), Decimal(0)),
        sum((one.high or Decimal(0) for one in known), Decimal(0)),
    )


def _possible(report: Report | None) -> float | None:
    caching = None if report is None else report.prompt_caching
    return None if caching is None else caching.simulated.restructured.hit_ratio
