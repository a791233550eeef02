"""The plan: the levers in their order, each priced on the calls as those before it leave them.

Every call that is looked at begins with what it was billed. Each opportunity in turn is applied to what is left (`world`): its
saving is what the calls cost less then. What does not bring in its work in time is left out of the walk, so that its end is what
the calls cost when everything that is recommended is done; what cannot be told yet is in no sum. The order is that of the levers and,
within one, of the places in the prompt: never that in which findings were listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from agent.config.recommend_settings import RecommendSettings
from agent.recommend.interval import spread, unsure
from agent.recommend.opportunity import Opportunity
from agent.recommend.pace import Pace
from agent.recommend.payback import pays
from agent.recommend.world import State, World


class Saving(NamedTuple):
    """USD a month, with bounds of 95 %; `doubt` says why there is no number."""

    likely: float
    low: float
    high: float
    doubt: str | None


class Step(NamedTuple):
    """An opportunity with what it saves after everything before it, and alone."""

    what: Opportunity
    saving: Saving
    alone: float


class Walk(NamedTuple):
    """`taken` are in the plan in its order; `unclear` have no number yet; `left` do not bring in their work."""

    taken: tuple[Step, ...]
    unclear: tuple[Step, ...]
    left: tuple[Step, ...]
    end: State
    aside: tuple[Step, ...] = ()
    """Dismissed: in no sum."""


def walk(
    world: World,
    found: Sequence[Opportunity],
    pace: Pace,
    settings: RecommendSettings,
    dismissed: frozenset[str] = frozenset(),
) -> Walk:
    """Everything that is worth doing, one after the other; what was `dismissed` is priced at its place and not done."""
    ordered = sorted(found, key=lambda one: one.order)
    worth = _worth(world, [one for one in ordered if one.id not in dismissed], pace, settings)
    state = world.today
    taken: list[Step] = []
    unclear: list[Step] = []
    left: list[Step] = []
    aside: list[Step] = []
    for one in ordered:
        after = one.done(world, state)
        saving = _saving(world, one, state, after, pace)
        if one.id in worth.for_later and one.reason is None:
            saving = saving._replace(doubt=pace.reason)
        step = Step(one, saving, saving.likely if state is world.today else _alone(world, one, pace))
        if saving.doubt is not None and pays(max(saving.likely, saving.high, step.alone), one, settings):
            unclear.append(step)
        elif (
            saving.doubt is not None
            or one.id in worth.dropped
            or (one.lever != "prompt_caching" and not pays(saving.likely, one, settings))
        ):
            left.append(step)
        elif one.id in dismissed:
            aside.append(step)
        else:
            taken.append(step)
            state = after
    return Walk(tuple(taken), tuple(unclear), tuple(left), state, tuple(aside))


class _Worth(NamedTuple):
    """Faults of prompts that do not bring in their work, and those that do so only by what they let the later ones save."""

    dropped: frozenset[str]
    for_later: frozenset[str]


def _worth(world: World, ordered: Sequence[Opportunity], pace: Pace, settings: RecommendSettings) -> _Worth:
    """Looked at from the last to the first: without an earlier fault mended, a later one may save nothing."""
    kept = [one for one in ordered if one.lever == "prompt_caching"]
    state, enough = world.today, set[str]()
    for one in kept:
        after = one.done(world, state)
        if pays(_saving(world, one, state, after, pace).likely, one, settings):
            enough.add(one.id)
        state = after
    dropped: set[str] = set()
    for_later: set[str] = set()
    for one in reversed(list(kept)):
        if one.id in enough:
            continue
        rest = [each for each in kept if each is not one]
        without = _all(world, rest)
        if pays(_saving(world, one, without, one.done(world, without), pace).likely, one, settings):
            for_later.add(one.id)
        else:
            dropped.add(one.id)
            kept = rest
    return _Worth(frozenset(dropped), frozenset(for_later))


def _all(world: World, done: Sequence[Opportunity]) -> State:
    state = world.today
    for one in done:
        state = one.done(world, state)
    return state


def _saving(world: World, one: Opportunity, before: State, after: State, pace: Pace) -> Saving:
    values = pace.month(before.cost - after.cost)
    groups = world.talks if one.groups is None else one.groups
    found = spread(values, groups, least=one.least, most=one.most)
    costs = pace.running(one.app, float(one.running)) + float(one.fixed_month)
    likely = float(np.sum(values)) - costs
    bounds = found._replace(low=found.low - costs, high=found.high - costs)
    doubt = one.reason or pace.reason or unsure(bounds, likely)
    return Saving(likely, bounds.low, bounds.high, doubt)


def _alone(world: World, one: Opportunity, pace: Pace) -> float:
    if one.alone is not None:
        return pace.period(one.app, sum(usd * world.billed(template) for template, usd in one.alone.items()))
    today = world.today
    after = one.done(world, today)
    costs = pace.running(one.app, float(one.running)) + float(one.fixed_month)
    return float(np.sum(pace.month(today.cost - after.cost))) - costs
