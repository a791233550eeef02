"""Recommendations as an analysis finds them."""

from __future__ import annotations

from decimal import Decimal

from agent.report import Input, Period, Report, Spend
from agent.report_plan import Interval, Recommendation

NOW = 1_795_392_000.0


def one(name: str = "pc-aaaaaa", likely: float | None = 100.0, *, measured: bool = True) -> Recommendation:
    """Something worth `likely` USD a month, under a name that nobody wishes to print."""
    saving = Interval()
    if likely is not None:
        saving = Interval(low=Decimal(str(likely)) / 2, likely=Decimal(str(likely)), high=Decimal(str(likely)) * 2)
    return Recommendation(
        id=name,
        kind="tool_order",
        lever="prompt_caching",
        subject="coder\x1b[31m · m",
        action="Sort the tools.",
        saving_usd_month=saving,
        saving_usd_month_reason=None if likely is not None else "too few",
        effort_days=0.5,
        risk="none",
        measured=measured,
        how=["Sort."],
    )


def report(*found: Recommendation) -> Report:
    """Nothing but these."""
    return Report(
        period=Period(), input=Input(), spend=Spend(total_usd=None, price_source="x"), recommendations=list(found)
    )
