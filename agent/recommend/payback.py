"""Whether a change brings in the work that it takes, and from which volume it would."""

from __future__ import annotations

from math import floor, log10

from agent.config.recommend_settings import RecommendSettings
from agent.recommend.kinds import days_of
from agent.recommend.opportunity import Opportunity


def needed(one: Opportunity, settings: RecommendSettings) -> float:
    """USD a month that it must save. The work of tuning is in its costs already."""
    if one.lever == "fine_tuning":
        return 0.0
    return _work(one.kind, settings)


def pays(saving: float, one: Opportunity, settings: RecommendSettings) -> bool:
    """Whether a saving (USD a month) is worth the work."""
    return saving > 0 and saving >= needed(one, settings)


def brings_in(saving: float, kind: str, settings: RecommendSettings) -> bool:
    """Whether a saving (USD a month) brings in the work that a kind of change takes."""
    return saving > 0 and saving >= _work(kind, settings)


def _work(kind: str, settings: RecommendSettings) -> float:
    return days_of(kind, settings.effort_days) * float(settings.usd_day) / settings.payback_months


def months(saving: float, one: Opportunity, settings: RecommendSettings) -> float | None:
    """Until the work is brought in; None where it never is."""
    return needed(one, settings) * settings.payback_months / saving if saving > 0 else None


def worth_it_from(saving: float, calls_month: float, one: Opportunity, settings: RecommendSettings) -> str:
    """The volume at which it would pay, of calls like today's; savings of a cache grow faster than that, if anything."""
    if saving <= 0 or calls_month <= 0:
        return "more calls of this kind"
    wanted = calls_month * needed(one, settings) / saving
    return f"about {_two_digits(wanted):,} such calls a month; {_two_digits(calls_month):,} now"


def _two_digits(number: float) -> int:
    if number < 1:
        return 1
    digits = max(0, floor(log10(number)) - 1)
    return int(round(number, -digits))
