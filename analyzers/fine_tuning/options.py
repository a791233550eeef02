"""Every route for one task: what it would save, how long it can be counted on, and why it is out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from analyzers.fine_tuning.assumptions import Assumptions
from analyzers.fine_tuning.break_even import (
    BreakEven,
    break_even,
    life_months,
    monthly_saving,
    payback_months,
    pays_back_from,
    value,
)
from analyzers.fine_tuning.facts import Facts, Limits, alternative
from analyzers.fine_tuning.routes import Route, Routes


class Option(NamedTuple):
    """One route for the task."""

    found: BreakEven
    saving_month: Decimal
    payback_months: Decimal | None
    life_months: Decimal
    value: Decimal
    refused: str
    """Why it is out, or empty."""
    closed: bool
    """Out whatever the volume; refused and not closed: it would be paid back too late at this volume."""
    pays_from: Decimal | None
    """Calls a month from which it is paid back in time."""


def options(facts: Facts, routes: Routes, assumed: Assumptions, today: date, limits: Limits) -> Sequence[Option]:
    """Open ones first, each by what it is worth over its life; none without a price of the alternative."""
    cost = alternative(facts)
    if cost is None:
        return []
    made = (_option(route, facts, cost, routes, assumed, today, limits) for route in routes.rows if route.priced)
    return sorted(made, key=lambda one: (bool(one.refused), -one.value, one.found.route.id))


def _option(
    route: Route, facts: Facts, cost: Decimal, routes: Routes, assumed: Assumptions, today: date, limits: Limits
) -> Option:
    found = break_even(route, facts.shape, cost, assumed, peak_to_mean=facts.peak_to_mean)
    life = life_months(route, assumed, today)
    payback = payback_months(found, facts.shape, facts.calls_month, assumed, facts.peak_to_mean)
    pays_from = pays_back_from(found, facts.shape, assumed, life / 2, facts.peak_to_mean)
    reached = found.calls_month is not None and facts.calls_month >= found.calls_month
    late = reached and (life if payback is None else payback) >= life / 2
    closed = routes.closed(route, today)
    if closed is not None:
        refused = closed
    elif routes.stale(route, today):
        refused = f"its prices are of {route.date}, older than {routes.max_age_days} days"
    elif route.open_to != "everyone":
        refused = (
            f"open to {route.open_to.replace('_', ' ')} only"
            if route.open_to != "closing"
            else "closing to new customers"
        )
    elif facts.uses_tools and not route.tools:
        refused = "cannot be trained on tool calls"
    elif route.hosting_hour and (facts.weekly_variation or 0) > limits.unsteady:
        refused = f"volume is too unsteady to host for (variation {facts.weekly_variation:.2f} a week)"
    elif found.calls_month is not None and pays_from is None:
        refused = f"never paid back in time: it can be counted on for {life:.1f} months"
    else:
        refused = ""
    out = bool(refused)
    if not out and late and payback is not None:
        refused = f"paid back in {payback:.1f} months, of {life:.1f} that it can be counted on"
    return Option(
        found,
        monthly_saving(found, facts.shape, facts.calls_month, facts.peak_to_mean),
        payback,
        life,
        value(found, facts.shape, facts.calls_month, assumed, life, facts.peak_to_mean),
        refused,
        out,
        pays_from,
    )
