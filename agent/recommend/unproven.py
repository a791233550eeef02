"""Cheaper models that the log does not prove to answer as well: what they would save, and which evidence is missing.

They are in no sum. One is named for each task, the one with most answers in the log or else the cheapest, and only where it would bring in the work of an evaluation on what the plan
leaves of the task's cost: what would not pay even if it answered as well is nobody's concern.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from agent.config.recommend_settings import RecommendSettings
from agent.recommend.models import answered
from agent.recommend.pace import Pace
from agent.recommend.payback import brings_in
from agent.recommend.world import State, World
from agent.report_caching import Restraint
from agent.report_tuning import CheaperModel, FineTuning, TuningTask
from analyzers.model_choice import CANDIDATES, LEAST_CALLS, MARGIN

_TELLING = 200
"""Answers of which none fails: the upper bound of 95 % is two points then (Wilson)."""


def unproven(
    world: World, end: State, tuned: FineTuning, pace: Pace, settings: RecommendSettings
) -> Iterator[Restraint]:
    """For each task without a proven cheaper model; `end` is what the plan leaves."""
    if pace.reason is not None:
        return
    numbers = {template.id: number for number, template in enumerate(world.templates)}
    providers = {model: provider for provider, model in CANDIDATES} | {
        bill.key.model: bill.key.provider for bill in world.bills
    }
    for task in tuned.tasks:
        number = numbers.get(task.id)
        if number is None or any(one.answers_as_well for one in task.cheaper_models):
            continue
        unknown = [one for one in task.cheaper_models if one.answers_as_well is None and one.model in providers]
        if not unknown:
            continue
        one = max(unknown, key=lambda one: one.answered_calls)
        after = answered(world, end, number, model=(providers[one.model], one.model))
        saving = float(np.sum(pace.month(end.cost - after.cost)))
        if brings_in(saving, "model_choice", settings):
            yield _restraint(task, one, saving)


def _restraint(task: TuningTask, one: CheaperModel, saving: float) -> Restraint:
    if not one.answered_calls:
        known = "the log holds no answer of it to these requests"
    elif one.answered_calls < LEAST_CALLS:
        known = f"the log holds {one.answered_calls:,} answers of it, fewer than {LEAST_CALLS}"
    else:
        known = f"{one.answered_calls:,} answers of it do not settle that it fails no more often"
    return Restraint(
        lever="model_choice",
        subject=task.label,
        verdict="cannot_tell",
        why=f"at its price {one.model} would take {saving:,.2f} USD a month off what the plan leaves, if it answered as well: {known}",
        worth_it_from=f"an evaluation, or some {_TELLING} of these requests answered by it that fail at most {100 * MARGIN:g} points "
        "more often than today's (upper bound of 95 %)",
    )
