"""Which calls a task of fine-tuning is of: those of a template, and those of the same prompt that a tuned model answers already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from agent.report_values import HOURS_A_MONTH, LEAST_HOURS
from analyzers.core import Call
from analyzers.fine_tuning.measure import Caching, Looked, TaskCalls, is_tuned, look
from analyzers.prompt_caching.analyse import Template
from analyzers.prompt_caching.sharing import Sharing

_DAY_S = 86_400.0


class Entry(NamedTuple):
    """A task. `numbers` are those of the calls that are kept of it, in their order; `requests` are all of them, over `days`.

    `by_day` counts them by day (days since 1970, UTC).
    """

    template: Template
    looked: Looked
    numbers: Sequence[int]
    requests: int
    days: float
    by_day: Mapping[int, int]


def entries(
    templates: Sequence[Template],
    kept: Mapping[int, Call],
    tuned: frozenset[str],
    *,
    hours: float | None,
    scale: Decimal,
) -> list[Entry]:
    """Templates of which calls are kept; none where the log is too short for a month.

    A model is a template of its own as a rule. That of a tuned model is a trial of the task whose prompt it has, and no task itself; of several
    models with that prompt it is a trial of the one with most requests.
    """
    if hours is None or hours < LEAST_HOURS:
        return []
    numbers = {one.id: [p.number for p in one.outcome.repaired.prompts if p.number in kept] for one in templates}
    there = [one for one in templates if numbers[one.id]]
    trials = {one.id for one in there if all(is_tuned(kept[number].model, tuned) for number in numbers[one.id])}
    tried = {one.id: base.id for one in there if one.id in trials and (base := _base(one, there, trials)) is not None}
    return [
        _entry([one, *(each for each in there if tried.get(each.id) == one.id)], numbers, kept, hours, scale)
        for one in there
        if one.id not in tried
    ]


def label_of(template: Template | Sharing) -> str:
    """How a task is called."""
    return f"{template.app or '(no app)'} · {template.model}"


def _base(trial: Template, there: Sequence[Template], trials: set[str]) -> Template | None:
    kin: Iterator[Template] = (
        one
        for one in there
        if one.id not in trials and trial.kinship is not None and (one.app, one.kinship) == (trial.app, trial.kinship)
    )
    return max(kin, key=lambda one: (one.requests, one.id), default=None)


def _entry(
    parts: Sequence[Template],
    numbers: Mapping[str, Sequence[int]],
    kept: Mapping[int, Call],
    hours: float,
    scale: Decimal,
) -> Entry:
    """The first of the parts is the task, the others its trials."""
    first = parts[0]
    own = sorted((number for one in parts for number in numbers[one.id]), key=lambda n: (kept[n].started_at, n))
    requests = sum(one.requests for one in parts)
    month = Decimal(requests) * scale * HOURS_A_MONTH / Decimal(str(hours))
    calls = [kept[number] for number in own]
    looked = look(TaskCalls(first.id, label_of(first), first.app, calls, month, _caching(first)))
    seconds = max(one.end for one in parts) - min(one.start for one in parts)
    by_day = Counter(int(prompt.at // _DAY_S) for one in parts for prompt in one.outcome.case.prompts)
    return Entry(first, looked, own, requests, seconds / _DAY_S, by_day)


def _caching(template: Template) -> Caching | None:
    before, after = template.outcome.before, template.outcome.after
    if not before.requests or before.unpriced == before.requests or not before.total:
        return None
    share = min(1.0, after.read * before.total / max(after.total, 1) / max(template.static_tokens * before.requests, 1))
    return Caching(
        static_tokens=Decimal(template.static_tokens),
        saved_usd=(before.usd - after.usd) / before.requests,
        cached=Decimal(str(round(share, 6))),
    )
