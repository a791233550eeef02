"""The plan: the levers in their order, each priced on the calls as those before it leave them.

Every call that is looked at begins with what it was billed. Each opportunity in turn is applied to what is left (`world`): its
saving is what the calls cost less then. What does not bring in its work in time is left out of the walk, so that its end is what
the calls cost when everything that is recommended is done; what cannot be told yet is in no sum. The order is that of the levers and,
within one, of the places in the prompt: never that in which findings were listed.

A fault that hides a later one may save nothing by itself, or cost a little, and the later one nothing without it. Such two share what they
bring, each with the mean of what it saves done first and done last (their Shapley value); their sum is what both save.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from agent.config.recommend_settings import RecommendSettings
from agent.recommend.bills import Floats
from agent.recommend.interval import spread, unsure
from agent.recommend.opportunity import Opportunity
from agent.recommend.pace import Pace
from agent.recommend.payback import pays
from agent.recommend.world import State, World

_FILLS = (
    "the cache begins empty, and this log is too short to tell how much of it is used once it is full: there is a number with a longer one, at the "
    "latest when it is as long as entries live"
)


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
    values: dict[str, Floats] = {}
    for one in ordered:
        after = one.done(world, state)
        values[one.id] = pace.month(state.cost - after.cost)
        saving = _saving(world, one, values[one.id], pace)
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
    _share(world, taken, values, worth.for_later, pace)
    return Walk(tuple(taken), tuple(unclear), tuple(left), state, tuple(aside))


class _Worth(NamedTuple):
    """Faults of prompts that do not bring in their work, and those that do so only by what they let the later ones save.

    Of these, what each call costs less by them where all others are done (USD a month).
    """

    dropped: frozenset[str]
    for_later: Mapping[str, Floats]


def _worth(world: World, ordered: Sequence[Opportunity], pace: Pace, settings: RecommendSettings) -> _Worth:
    """Looked at from the last to the first: without an earlier fault mended, a later one may save nothing."""
    kept = [one for one in ordered if one.lever == "prompt_caching"]
    state, enough = world.today, set[str]()
    for one in kept:
        after = one.done(world, state)
        if pays(_saving(world, one, pace.month(state.cost - after.cost), pace).likely, one, settings):
            enough.add(one.id)
        state = after
    dropped: set[str] = set()
    for_later: dict[str, Floats] = {}
    for one in reversed(list(kept)):
        if one.id in enough:
            continue
        rest = [each for each in kept if each is not one]
        without = _all(world, rest)
        last = pace.month(without.cost - one.done(world, without).cost)
        if pays(_saving(world, one, last, pace).likely, one, settings):
            for_later[one.id] = last
        else:
            dropped.add(one.id)
            kept = rest
    return _Worth(frozenset(dropped), for_later)


def _share(
    world: World, taken: list[Step], values: dict[str, Floats], for_later: Mapping[str, Floats], pace: Pace
) -> None:
    """Let each that is done for a later one's sake share with the dearest later one of the same prompts."""
    for number, step in enumerate(taken):
        last = for_later.get(step.what.id)
        own = set(step.what.templates)
        later = [n for n in range(number + 1, len(taken)) if own.intersection(taken[n].what.templates)]
        if last is None or not later:
            continue
        other = max(later, key=lambda n: taken[n].saving.likely)
        shared = (last - values[step.what.id]) / 2
        for n, more in ((number, shared), (other, -shared)):
            one = taken[n].what
            values[one.id] = values[one.id] + more
            taken[n] = taken[n]._replace(saving=_saving(world, one, values[one.id], pace)._replace(doubt=pace.reason))


def _all(world: World, done: Sequence[Opportunity]) -> State:
    state = world.today
    for one in done:
        state = one.done(world, state)
    return state


def _saving(world: World, one: Opportunity, values: Floats, pace: Pace) -> Saving:
    """Of `values`, which each call costs less by it (USD a month)."""
    groups = world.talks if one.groups is None else one.groups
    found = spread(values, groups, least=one.least, most=one.most)
    costs = pace.running(one.app, float(one.running)) + float(one.fixed_month)
    likely = float(np.sum(values)) - costs
    bounds = found._replace(low=found.low - costs, high=found.high - costs)
    doubt = one.reason or pace.reason or unsure(bounds, likely)
    if doubt is not None and one.fuller > 1:
        drawn = spread(values, groups, least=one.least, most=one.most / one.fuller)
        if unsure(drawn._replace(low=drawn.low - costs, high=drawn.high - costs), likely) is None:
            doubt = one.reason or pace.reason or _FILLS
    return Saving(likely, bounds.low, bounds.high, doubt)


def _alone(world: World, one: Opportunity, pace: Pace) -> float:
    if one.alone is not None:
        return pace.period(one.app, sum(usd * world.billed(template) for template, usd in one.alone.items()))
    today = world.today
    after = one.done(world, today)
    costs = pace.running(one.app, float(one.running)) + float(one.fixed_month)
    return float(np.sum(pace.month(today.cost - after.cost))) - costs
