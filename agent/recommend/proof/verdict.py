"""From figures to a verdict: confirmed, not confirmed, or cannot tell, and from when it can.

Confirmed: the lower bound of 95 % is at least half of what was promised for the same calls. Not confirmed: the upper bound is below that.
Where nothing had been promised, a hundredth of what the calls would have cost takes the place of the half.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

from agent.recommend.interval import LEAST_GROUPS, spread
from agent.recommend.proof.measured import Measured
from agent.recommend.proof.state import Promise
from agent.report_plan import Interval, Realised
from agent.report_values import HOURS_A_MONTH

LEAST_S = 3_600.0
"""So much of the stream must have passed since."""
HALF = 0.5
_NOTHING = 0.01
_CENT = Decimal("0.000001")


class Span(NamedTuple):
    """From the first call that shows the change to the newest one (unix seconds); `scale`: all calls for each one looked at."""

    start: float
    end: float
    scale: float
    closed: bool = False
    """Another change of the same calls ends it: no more will be known."""

    @property
    def month(self) -> float:
        """Money of the calls looked at as that of all calls in a month, at the pace since."""
        return HOURS_A_MONTH * 3_600.0 / max(self.end - self.start, 1.0) * self.scale


def verdict(found: Measured, promise: Promise | None, span: Span, *, part: float = 1.0) -> Realised:
    """What became of it; `part` is its share of what several changes at once promised."""
    costs = _costs(found, promise, span)
    month = span.month * part
    bounds = spread(found.values * month, found.groups)
    likely = float(found.values.sum()) * month - costs
    low, high = bounds.low - costs, bounds.high - costs
    forecast = _forecast(found, promise, span)
    least = HALF * forecast if forecast is not None and forecast > 0 else _NOTHING * found.without * month
    why = _not_yet(found, span)
    said: Realised = Realised(
        verdict="cannot_tell",
        why=why or "",
        method=found.method,
        adopted_at=_at(span.start),
        calls=found.calls,
        forecast_usd_month=None if forecast is None else _usd(forecast),
    )
    if why is not None:
        return said
    saving = Interval(low=_usd(low), likely=_usd(likely), high=_usd(high))
    told = f"{found.told}; {_over(found, span)}"
    if low >= least and low > 0:
        return said.model_copy(update={"verdict": "confirmed", "why": told, "saving_usd_month": saving})
    if high < least or (high <= 0 and likely <= 0):
        return said.model_copy(update={"verdict": "not_confirmed", "why": told, "saving_usd_month": saving})
    return said.model_copy(
        update={"why": f"{_between(low, likely, high, least, span)}; {told}", "saving_usd_month": saving}
    )


def _costs(found: Measured, promise: Promise | None, span: Span) -> float:
    """USD a month that it is taken to cost."""
    if promise is None:
        return 0.0
    running = promise.running * found.without * span.month / promise.basis if promise.basis else 0.0
    return running + promise.fixed


def _forecast(found: Measured, promise: Promise | None, span: Span) -> float | None:
    if promise is None or promise.likely is None or promise.basis <= 0:
        return None
    # What it costs whatever the volume does not grow with the calls.
    share = (promise.likely + promise.fixed) / promise.basis
    return share * found.without * span.month - promise.fixed


def _not_yet(found: Measured, span: Span) -> str | None:
    if found.lacks:
        return found.lacks
    ended = ", and then the same calls were changed again" if span.closed else ""
    if span.end - span.start < LEAST_S:
        return (
            f"too little of the stream since: {(span.end - span.start) / 60:.0f} minutes{ended}"
            if ended
            else f"there is a verdict from {_at(span.start + LEAST_S):%Y-%m-%d %H:%M} UTC, after an hour of it"
        )
    if found.conversations < LEAST_GROUPS:
        more = LEAST_GROUPS - found.conversations
        until = ended or f": there is a verdict with {more} more"
        return f"{found.conversations} conversations since are too few{until}"
    return None


def _between(low: float, likely: float, high: float, least: float, span: Span) -> str:
    said = f"the bounds of 95 % hold both enough and too little ({least:,.2f} USD a month is half of the promise)"
    distance = abs(likely - least)
    if span.closed or not distance:
        return said
    half = max(likely - low, high - likely)
    hours = (span.end - span.start) / 3_600.0 * ((half / distance) ** 2 - 1)
    return f"{said}: there is a verdict in about {max(hours, 1.0):,.0f} hours at this pace"


def _over(found: Measured, span: Span) -> str:
    unknown = f", {found.unknown:,} of which tell nothing" if found.unknown else ""
    hours = (span.end - span.start) / 3_600.0
    return f"{found.calls:,} calls{unknown} in {hours:,.1f} hours"


def _usd(amount: float) -> Decimal:
    return Decimal(amount).quantize(_CENT) + 0  # which has no sign where nothing is left of it


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
