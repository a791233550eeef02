"""The order of resort: which verdict a task gets, by which number, and what would change it.

| rung | asked                                              | verdict when so                       |
|------|----------------------------------------------------|---------------------------------------|
| 0    | less than 14 days or 1,000 calls, or stale prices? | cannot_tell                           |
| 1    | does knowledge fail, and more than behaviour?      | no: retrieval                         |
| 2    | does caching still save a tenth of the bill?       | not_yet: caching first                |
| 3    | is JSON missed that the provider would enforce?    | not_yet: the strict schema first      |
| 4    | does a cheaper base answer as well?                | no: the cheaper base                  |
| 5    | does capability fail, and more than behaviour?     | no: a better base, or smaller steps   |
| 6    | does a route exist, long enough, and pay, and are there examples? | no, not_yet or trial   |
| 7    | did a trial keep its promise?                      | pays                                  |

A rung is climbed only when the one below gave no verdict: knowledge above behaviour stays retrieval even where the arithmetic
says that tuning pays.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from analyzers.fine_tuning.assumptions import Assumptions
from analyzers.fine_tuning.facts import LIMITS, Facts, Limits, Trial, alternative
from analyzers.fine_tuning.options import Option, options
from analyzers.fine_tuning.routes import Routes
from analyzers.fine_tuning.rungs import RUNGS, Judged


def judge(facts: Facts, routes: Routes, assumed: Assumptions, today: date, limits: Limits = LIMITS) -> Judged:
    """The verdict on one task."""
    offered = tuple(options(facts, routes, assumed, today, limits))
    open_ = [one for one in offered if not one.refused]
    best = max(open_, key=lambda one: (_reached(one, facts), one.value, one.found.route.id), default=None)
    for rung in RUNGS:
        judged = rung(facts, limits)
        if judged is not None:
            return judged._replace(options=offered, best=best)
    if facts.trial is not None and facts.trial.no_worse and alternative(facts) is not None:
        return _tried(facts, facts.trial)._replace(options=offered, best=best)
    if routes.rows and all(routes.stale(route, today) for route in routes.rows):
        oldest = f"the prices of all {len(routes.rows)} routes are older than {routes.max_age_days} days (of {routes.version})"
        return Judged("cannot_tell", 0, oldest, "newer rows in [[fine_tuning.routes]]", offered)
    judged = _arithmetic(facts, offered, best, limits)
    if facts.trial is not None:
        came = "worse than the base" if facts.trial.no_worse is False else "too few to tell whether it is no worse"
        judged = judged._replace(
            deciding=f"{judged.deciding}; {facts.trial.model} answered {facts.trial.n:,} calls, {came}"
        )
    return judged._replace(options=offered, best=best)


def _tried(facts: Facts, trial: Trial) -> Judged:
    cost = alternative(facts) or Decimal(0)
    if trial.usd >= cost:
        why = f"{trial.model} costs {trial.usd:.5f} USD a call over {trial.n:,} calls, the best alternative {cost:.5f}"
        return Judged("no", 7, why, "a cheaper route for the tuned model")
    why = f"{trial.model} answered {trial.n:,} calls no worse at {1 - trial.usd / cost:.0%} less than the best alternative"
    return Judged("pays", 7, why, "errors, format or feedback of the tuned model falling behind the base")


def _reached(one: Option, facts: Facts) -> bool:
    return one.found.calls_month is not None and facts.calls_month >= one.found.calls_month


def _arithmetic(facts: Facts, offered: Sequence[Option], best: Option | None, limits: Limits) -> Judged:
    reachable = [one for one in offered if not one.closed]
    if not reachable:
        first = offered[0] if offered else None
        why = f"no route is open: {first.found.route.name}: {first.refused}" if first else "no route has a price"
        return Judged("no", 6, why, "a route that is open, long enough and dated")
    volumes = [one.found.calls_month for one in reachable if one.found.calls_month is not None]
    if not volumes:
        found = reachable[0].found
        why = f"a tuned call costs {found.tuned_usd:.6f} USD on {found.route.name}, one without tuning {found.alternative_usd:.6f}"
        return Judged("no", 6, why, "a dearer alternative, or a cheaper route")
    needed = min(volumes)
    if facts.calls_month < needed:
        why = f"{facts.calls_month:,.0f} calls a month, break-even at {needed:,.0f}"
        return Judged(
            "not_yet",
            6,
            why,
            f"{needed / facts.calls_month:.1f} times the volume" if facts.calls_month else "any volume",
        )
    if best is None or not _reached(best, facts):
        slow, late = min(
            ((one.pays_from, one) for one in reachable if one.pays_from is not None), key=lambda each: each[0]
        )
        why = (
            f"{facts.calls_month:,.0f} calls a month, break-even at {needed:,.0f}, but what it takes to build comes back within half of the "
            f"{late.life_months:.0f} months that it can be counted on only from {slow:,.0f}"
        )
        return Judged("not_yet", 6, why, f"{slow / facts.calls_month:.1f} times the volume")
    if best.value <= 0:
        why = f"over {best.life_months:.0f} months of falling prices it loses {-best.value:,.0f} USD on {best.found.route.name}"
        return Judged("not_yet", 6, why, "more volume, or prices that fall more slowly")
    if facts.examples < limits.examples:
        why = f"{facts.examples} clean examples, {limits.examples} are the least to try with"
        return Judged("not_yet", 6, why, f"{limits.examples - facts.examples} more good answers")
    why = (
        f"{facts.calls_month:,.0f} calls a month, break-even at {best.found.calls_month or needed:,.0f} on {best.found.route.name}; "
        f"{best.saving_month:,.0f} USD a month"
    )
    return Judged("trial", 6, why, "a trial that is no better than the best alternative on held-out calls")
