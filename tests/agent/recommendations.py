"""Recommendations as an analysis finds them."""

from __future__ import annotations

from decimal import Decimal

from agent.recommend.record import record
from agent.report import Input, Period, Report, Spend
from agent.report_plan import Evidence, Interval, Recommendation
from agent.store import Store
from agent.store.analyses import Analysis, keep

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


DAY, OPPORTUNITIES, ANALYSES_A_DAY, DAYS = 86_400.0, 209, 48, 30
"""Some 10,000 findings a day for a month."""


def month(store: Store, opportunities: int = OPPORTUNITIES) -> Report:
    """What a month of analyses leaves in the store: the estimates of most opportunities move a little with every analysis, those of
    every tenth much. Returns the last report.
    """
    turns = 7
    reports = [report(*(_moving(number, turn) for number in range(opportunities))) for turn in range(turns)]
    made = reports[0]
    for number in range(DAYS * ANALYSES_A_DAY):
        at = NOW + number * DAY / ANALYSES_A_DAY
        made = record(store, reports[number % turns], at)
        # Of each day but the last the last analysis stays.
        if number % ANALYSES_A_DAY == ANALYSES_A_DAY - 1 or number >= (DAYS - 1) * ANALYSES_A_DAY:
            keep(store.engine, Analysis(at, None, None, number, 1.0, made.to_json(indent=None).encode()))
    return made


def _moving(number: int, turn: int) -> Recommendation:
    step = 20 if number % 10 == 0 else 0.5
    likely = Decimal(str(100 + number + step * (turn * (number + 1) % 7)))
    fact = "tool_order in the tools: {:,} of 10,000 calls, 2,000 tokens behind it in each"
    return one(f"pc-{number:06}").model_copy(
        update={
            "saving_usd_month": Interval(low=likely / 2, likely=likely, high=likely * 2),
            "evidence": [Evidence(fact=fact.format(9_000 + turn), n=10_000, hours=672.0)] * 3,
            "how": ["look at characters 10 to 2,000 of the system prompt of the application"] * 4,
        }
    )
