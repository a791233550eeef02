"""From the analyses to the report's plan, recommendations and what is not worth its work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from agent.config.recommend_settings import RecommendSettings
from agent.recommend import caches, models, prompts
from agent.recommend.bills import Floats
from agent.recommend.flights import Flights, flights
from agent.recommend.kinds import days_of, kind_of
from agent.recommend.opportunity import LEVERS, Opportunity
from agent.recommend.pace import Pace, Spent
from agent.recommend.payback import months, worth_it_from
from agent.recommend.plan import Step, Walk, walk
from agent.recommend.proof.over import over
from agent.recommend.unproven import unproven
from agent.recommend.world import World
from agent.report_caching import Restraint
from agent.report_plan import Interval, PlanStep, Recommendation
from agent.report_tuning import FineTuning
from analyzers.prompt_caching.analyse import Analysis
from analyzers.response_caching.analyse import Analysis as Answers

NOTHING_CHANGED: Mapping[str, float] = {}
_CENT = Decimal("0.000001")


class Advice(NamedTuple):
    """The report's sections; `restraint` is what would save something, and not enough. `found`, `world` and `pace` are what they rest on."""

    plan: list[PlanStep]
    recommendations: list[Recommendation]
    restraint: list[Restraint]
    found: tuple[Opportunity, ...]
    world: World
    pace: Pace
    flights: Mapping[str | None, Flights] = {}


def prompts_mended(
    world: World,
    found: Analysis,
    spent: Spent,
    settings: RecommendSettings,
    *,
    dismissed: frozenset[str] = frozenset(),
    changed: Mapping[str, float] = NOTHING_CHANGED,
) -> Floats:
    """Of each call, what it costs once what the plan says of prompts is done, for each USD that it costs now; see `advise`."""
    listed: list[Opportunity] = [*prompts.opportunities(found, spent.hours)]
    gone = over(world, listed, changed)
    left = [one for one in listed if one.id not in gone]
    end = walk(world, left, Pace(world.columns, spent, world.first), settings, dismissed).end
    now = world.today.cost
    return np.divide(end.cost, now, out=np.ones_like(now), where=now > 0)


def advise(
    world: World,
    found: Analysis,
    answers: Answers | None,
    tuned: FineTuning | None,
    spent: Spent,
    settings: RecommendSettings,
    *,
    accepted: frozenset[str] = frozenset(),
    dismissed: frozenset[str] = frozenset(),
    changed: Mapping[str, float] = NOTHING_CHANGED,
    unsure: frozenset[str] = frozenset(),
) -> Advice:
    """`world` is of the same calls as `found` and `answers`. `accepted` and `dismissed`: ids that a person has
    decided on, or that are proven; what is dismissed is in no sum. `changed` says since when (unix seconds) the
    prompts of a template are as was proposed: of what is found in earlier calls alone nothing is said, nor of `unsure`.
    """
    pace = Pace(world.columns, spent, world.first)
    listed: list[Opportunity] = [*prompts.opportunities(found, spent.hours)]
    if answers is not None:
        listed += caches.opportunities(answers, len(world.bills), spent.hours)
    if tuned is not None:
        listed += models.opportunities(found, tuned, world.bills, spent.hours, accepted)
    gone = over(world, listed, changed) | unsure
    listed = [one for one in listed if one.id not in gone]
    done = walk(world, listed, pace, settings, dismissed)
    return Advice(
        _plan(done, spent, pace),
        [_recommendation(step, settings) for step in _by_money((*done.taken, *done.aside, *done.unclear))],
        [
            *(_left(step, pace, settings) for step in _by_money(done.left)),
            *(unproven(world, done.end, tuned, pace, settings) if tuned is not None else ()),
        ],
        tuple(listed),
        world,
        pace,
        {} if answers is None else flights(answers.streams),
    )


def _by_money(steps: Sequence[Step]) -> list[Step]:
    """What has a number first, the most first."""
    return sorted(steps, key=lambda one: (one.saving.doubt is not None, -one.saving.likely, one.what.order))


def _plan(done: Walk, spent: Spent, pace: Pace) -> list[PlanStep]:
    if pace.reason is not None:
        return [PlanStep(step="today", usd_month=None, usd_month_reason=pace.reason)]
    left = spent.total * Decimal(pace.factor)
    steps = [PlanStep(step="today", usd_month=left)]
    for lever in LEVERS:
        own = [step for step in done.taken if step.what.lever == lever]
        saving = sum((_usd(step.saving.likely) for step in own), Decimal(0))
        left -= saving
        steps.append(
            PlanStep(step=lever, usd_month=left, saving_usd_month=saving, recommendations=[one.what.id for one in own])
        )
    return steps


def _recommendation(step: Step, settings: RecommendSettings) -> Recommendation:
    what, saving = step.what, step.saving
    sure = saving.doubt is None
    return Recommendation(
        id=what.id,
        kind=what.kind,
        lever=what.lever,
        subject=what.subject,
        app=what.app,
        model=what.model,
        template=what.template,
        action=what.action,
        saving_usd_month=Interval(low=_usd(saving.low), likely=_usd(saving.likely), high=_usd(saving.high))
        if sure
        else Interval(),
        saving_usd_month_reason=saving.doubt,
        alone_usd_month=_usd(step.alone) if sure or what.reason is not None else None,
        effort_days=days_of(what.kind, settings.effort_days),
        payback_months=_rounded(months(saving.likely, what, settings)) if sure else None,
        risk=kind_of(what.kind).risk,
        measured=what.measured,
        evidence=list(what.evidence),
        how=list(what.how),
    )


def _left(step: Step, pace: Pace, settings: RecommendSettings) -> Restraint:
    what, likely = step.what, step.saving.likely
    days = days_of(what.kind, settings.effort_days)
    # The lever stands beside it wherever it is shown.
    name = "" if what.kind == what.lever else f"{what.kind.replace('_', ' ')}: "
    if likely <= 0:
        why = f"{name}it would cost more than it saves once what is recommended is done"
    else:
        work = f"{days:g} {'day' if days == 1 else 'days'} of work at {settings.usd_day:,f} USD"
        why = f"{name}{likely:,.2f} USD a month do not bring in {work} within {settings.payback_months:g} months"
    return Restraint(
        lever=what.lever,
        subject=what.subject,
        verdict="not_yet",
        why=why,
        worth_it_from=worth_it_from(likely, pace.calls_month(what.app, what.calls), what, settings),
    )


def _usd(amount: float) -> Decimal:
    return Decimal(amount).quantize(_CENT)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
