"""The volume from which a tuned model pays, on one route, against the best that can be had without tuning.

Method. With C_alt the cost of a call on the best alternative (today's bill after caching, a shorter prompt, a cheaper base), C_ft
its cost once tuned, and F everything that is paid whatever the volume (hosting, storage, training and retraining, evaluation, people):

    V* = F / (C_alt - C_ft) calls a month; never, where C_ft is not below C_alt.

Hosting grows by whole units: units = ceil(tokens answered a second at the peak / capacity). Building is spread over `amortise_months`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import ROUND_CEILING, Decimal
from functools import cache
from typing import NamedTuple

from analyzers.fine_tuning.assumptions import Assumptions
from analyzers.fine_tuning.call_cost import Shape, full_prompt_on, tuned_call
from analyzers.fine_tuning.routes import Route

HOURS_A_MONTH = Decimal(730)
_SECONDS_A_MONTH = HOURS_A_MONTH * 3_600
_MILLION = Decimal(1_000_000)
_DAYS_A_MONTH = Decimal("30.4167")


class Fixed(NamedTuple):
    """USD a month that do not depend on volume, with one unit of hosting."""

    hosting: Decimal
    storage: Decimal
    training: Decimal
    evaluation: Decimal
    building: Decimal
    retraining: Decimal

    @property
    def total(self) -> Decimal:
        """All of it."""
        return sum(self, Decimal(0))


class BreakEven(NamedTuple):
    """Where one route begins to pay."""

    route: Route
    fixed: Fixed
    tuned_usd: Decimal
    """A call, once tuned."""
    alternative_usd: Decimal
    """A call on the best alternative."""
    calls_month: Decimal | None
    """None: never, or not known (`why`)."""
    why: str = ""

    @property
    def saved_a_call(self) -> Decimal:
        """USD; negative where tuned is dearer."""
        return self.alternative_usd - self.tuned_usd


def fixed(route: Route, shape: Shape, assumed: Assumptions) -> Fixed:
    """What is paid every month. Raises ValueError for a route without a training price (`route.priced`)."""
    building, retraining = assumed.monthly_people
    return Fixed(
        hosting=route.hosting_hour * HOURS_A_MONTH,
        storage=route.storage_month,
        training=_a_run(route, shape, assumed) * assumed.runs_per_retrain / assumed.retrain_every_months,
        evaluation=assumed.eval_usd_per_retrain / assumed.retrain_every_months,
        building=building,
        retraining=retraining,
    )


def _a_run(route: Route, shape: Shape, assumed: Assumptions) -> Decimal:
    if route.train_mtok is not None:
        return route.train_mtok * assumed.examples * shape.tokens * assumed.epochs / _MILLION
    if route.train_run_usd is not None:
        return route.train_run_usd
    raise ValueError(f"{route.id} has no training price")


def break_even(
    route: Route, shape: Shape, alternative: Decimal, assumed: Assumptions, *, peak_to_mean: Decimal | None = None
) -> BreakEven:
    """Calls a month from which `route` costs less than `alternative` USD a call.

    `peak_to_mean`: how many times the mean the busiest time asks for; with it the capacity of hosted units is respected,
    without it one unit is taken to be enough.
    """
    costs = fixed(route, shape, assumed)
    tuned = tuned_call(shape, route, alternative, assumed)
    made = BreakEven(route, costs, tuned, alternative, None)
    saved = made.saved_a_call
    if saved <= 0:
        return made._replace(why="a tuned call costs no less than one without tuning")
    most = most_calls(route, shape, peak_to_mean)
    if most is None:
        return made._replace(calls_month=costs.total / saved)
    # With k units: (k h + o) / saved <= k most. Each further unit has to earn more than it costs.
    others = (costs.total - costs.hosting) / saved
    spare = most - costs.hosting / saved
    if spare <= 0:
        return made._replace(why="one unit serves fewer calls than it takes to pay for it")
    units = max((others / spare).to_integral_value(ROUND_CEILING), Decimal(1))
    return made._replace(calls_month=(units * costs.hosting) / saved + others)


def most_calls(route: Route, shape: Shape, peak_to_mean: Decimal | None) -> Decimal | None:
    """Calls a month that one hosted unit serves, or None where that is no matter."""
    if peak_to_mean is None or route.capacity_tokens_s is None or not shape.output:
        return None
    return Decimal(str(route.capacity_tokens_s)) * _SECONDS_A_MONTH / (shape.output * peak_to_mean)


def units_for(calls_month: Decimal, most: Decimal | None) -> Decimal:
    """Hosted units that so many calls need."""
    return Decimal(1) if most is None else max((calls_month / most).to_integral_value(ROUND_CEILING), Decimal(1))


def monthly_saving(
    found: BreakEven, shape: Shape, calls_month: Decimal, peak_to_mean: Decimal | None = None
) -> Decimal:
    """USD a month at this volume, everything paid; negative below break-even."""
    units = units_for(calls_month, most_calls(found.route, shape, peak_to_mean))
    return calls_month * found.saved_a_call - found.fixed.total - (units - 1) * found.fixed.hosting


def curve(
    found: BreakEven, shape: Shape, volumes: Iterable[Decimal], peak_to_mean: Decimal | None = None
) -> Iterator[tuple[Decimal, Decimal]]:
    """(calls a month, USD a month saved) for a plot."""
    for volume in volumes:
        yield volume, monthly_saving(found, shape, volume, peak_to_mean)


def payback_months(
    found: BreakEven, shape: Shape, calls_month: Decimal, assumed: Assumptions, peak_to_mean: Decimal | None = None
) -> Decimal | None:
    """Months until what building cost has come back; None when it never does at this volume."""
    running = monthly_saving(found, shape, calls_month, peak_to_mean) + found.fixed.building
    if running <= 0:
        return None
    return found.fixed.building * assumed.amortise_months / running


def pays_back_from(
    found: BreakEven, shape: Shape, assumed: Assumptions, months: Decimal, peak_to_mean: Decimal | None = None
) -> Decimal | None:
    """Calls a month from which what building cost has come back within `months`; None when it never does."""
    if found.calls_month is None or months <= 0:
        return None
    running = found.fixed.total - found.fixed.building - found.fixed.hosting
    back = running + found.fixed.building * assumed.amortise_months / months
    saved, hosting = found.saved_a_call, found.fixed.hosting
    most = most_calls(found.route, shape, peak_to_mean)
    if most is None:
        return max((back + hosting) / saved, found.calls_month)
    spare = most - hosting / saved
    units = max((back / saved / spare).to_integral_value(ROUND_CEILING), Decimal(1))
    return max((units * hosting + back) / saved, found.calls_month)


def life_months(route: Route, assumed: Assumptions, today: date) -> Decimal:
    """Months that a tuned model can be counted on: until it is switched off, until list prices have halved, or `amortise_months`."""
    ends: list[Decimal] = [assumed.amortise_months]
    if route.available_until is not None:
        ends.append(max(Decimal((route.available_until - today).days), Decimal(0)) / _DAYS_A_MONTH)
    if 0 < assumed.yearly_price_decline < 1:
        ends.append(Decimal(12) * Decimal("0.5").ln() / (1 - assumed.yearly_price_decline).ln())
    return min(ends)


def value(
    found: BreakEven,
    shape: Shape,
    calls_month: Decimal,
    assumed: Assumptions,
    months: Decimal,
    peak_to_mean: Decimal | None = None,
) -> Decimal:
    """USD over so many months while list prices of the alternative fall: the pessimistic saving that a trial is held to."""
    most = most_calls(found.route, shape, peak_to_mean)
    hosting = (units_for(calls_month, most) - 1) * found.fixed.hosting
    running = found.fixed.total - found.fixed.building + hosting
    total = -found.fixed.building * assumed.amortise_months
    whole, part = divmod(months, 1)
    for month in range(int(whole) + (1 if part else 0)):
        share = part if month == int(whole) else Decimal(1)
        then = found.alternative_usd * _left(assumed.yearly_price_decline, month)
        own = found.tuned_usd + assumed.fallback_share * (then - found.alternative_usd)
        total += share * (calls_month * (then - own) - running)
    return total


@cache
def _left(decline: Decimal, month: int) -> Decimal:
    """Of a list price, after so many months."""
    return (1 - decline) ** (Decimal(month) / 12)


class Credit(NamedTuple):
    """USD a month by what brings them, before what is fixed: only removal, and a swap that needs tuning, are tuning's own."""

    caching: Decimal
    model_swap: Decimal
    prompt_removal: Decimal


def credit(
    found: BreakEven, shape: Shape, now_usd: Decimal, cached_usd: Decimal, calls_month: Decimal, assumed: Assumptions
) -> Credit:
    """Where the difference between `now_usd` a call and a tuned call comes from.

    `cached_usd`: today's model with caching in order. The three add up to calls x (now - tuned).
    """
    swapped = full_prompt_on(shape, found.route, found.alternative_usd, assumed)
    return Credit(
        caching=calls_month * (now_usd - cached_usd),
        model_swap=calls_month * (cached_usd - swapped),
        prompt_removal=calls_month * (swapped - found.tuned_usd),
    )
