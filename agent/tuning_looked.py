"""Which calls a task of fine-tuning is of: those of a template, and those of the same prompt that a tuned model answers already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from agent.report_tuning import SAME_PROMPT
from agent.report_values import HOURS_A_MONTH, LEAST_HOURS
from analyzers.core import Call
from analyzers.fine_tuning.measure import Caching, Looked, TaskCalls, is_tuned, look
from analyzers.fine_tuning.same_task import Sample, same_task, sample
from analyzers.prompt_caching.analyse import Template
from analyzers.prompt_caching.sharing import Sharing

_DAY_S = 86_400.0
_AT_ONCE = 0.05
"""Of the time in which calls are told apart: a task that was there by then did not begin in it."""


class Entry(NamedTuple):
    """A task. `numbers` are those of the calls that are kept of it, in their order; `requests` are all of them, over `days`.

    `by_day` counts them by day (days since 1970, UTC). `trials` are the templates among them that a tuned model answers, and why each is one.
    """

    template: Template
    looked: Looked
    numbers: Sequence[int]
    requests: int
    days: float
    by_day: Mapping[int, int]
    trials: Mapping[str, str]


def entries(
    templates: Sequence[Template],
    kept: Mapping[int, Call],
    tuned: frozenset[str],
    *,
    hours: float | None,
    scale: Decimal,
    cut: bool = False,
) -> list[Entry]:
    """Templates of which calls are kept; none where the log is too short for a month.

    A model is a template of its own as a rule. That of a tuned model is a trial of the task whose prompt it has, and no task itself; of several
    models with that prompt it is a trial of the one with most requests. Where no task has its prompt, it is one of the task that its calls
    resemble (`same_task`): what is tuned in is left out of the prompt.

    `cut`: only the newest calls of the `hours` are told apart. A task that was there when they begin was so before: what is known of how long are the
    hours that its calls stand for, not those in which the newest came.
    """
    if hours is None or hours < LEAST_HOURS:
        return []
    numbers = {one.id: [p.number for p in one.outcome.repaired.prompts if p.number in kept] for one in templates}
    there = [one for one in templates if numbers[one.id]]
    trials = {one.id for one in there if all(is_tuned(kept[number].model, tuned) for number in numbers[one.id])}
    samples = _Samples(numbers, kept)
    tried = {
        one.id: base
        for one in there
        if one.id in trials
        and (base := _base(one, there, trials) or _resembled(one, there, trials, samples)) is not None
    }
    told_apart = (min(one.start for one in templates), max(one.end for one in templates)) if templates else (0.0, 0.0)
    return [
        _entry(
            [one, *(each for each in there if each.id in tried and tried[each.id].id == one.id)],
            numbers,
            kept,
            hours,
            scale,
            {name: base.why for name, base in tried.items() if base.id == one.id},
            told_apart if cut else None,
        )
        for one in there
        if one.id not in tried
    ]


def label_of(template: Template | Sharing) -> str:
    """How a task is called."""
    return f"{template.app or '(no app)'} · {template.model}"


class _Base(NamedTuple):
    """The template that a trial is one of, and why."""

    id: str
    why: str


class _Samples:
    """Calls of templates as they are held against one another, each looked at once."""

    def __init__(self, numbers: Mapping[str, Sequence[int]], kept: Mapping[int, Call]) -> None:
        self._numbers, self._kept = numbers, kept
        self._known: dict[str, Sample] = {}

    def of(self, template: str) -> Sample:
        known = self._known.get(template)
        if known is None:
            calls = [self._kept[number] for number in self._numbers[template]]
            known = self._known[template] = sample(calls)
        return known


def _base(trial: Template, there: Sequence[Template], trials: set[str]) -> _Base | None:
    kin: Iterator[Template] = (
        one
        for one in there
        if one.id not in trials and trial.kinship is not None and (one.app, one.kinship) == (trial.app, trial.kinship)
    )
    found = max(kin, key=lambda one: (one.requests, one.id), default=None)
    return None if found is None else _Base(found.id, SAME_PROMPT)


def _resembled(trial: Template, there: Sequence[Template], trials: set[str], samples: _Samples) -> _Base | None:
    """Of one prompt on several models the one with most requests stands for all."""
    prompts: dict[str, Template] = {}
    for one in there:
        if one.id not in trials and one.app == trial.app:
            name = one.kinship or one.id
            prompts[name] = max(prompts.get(name, one), one, key=lambda each: (each.requests, each.id))
    tasks = list(prompts.values())
    found = same_task(samples.of(trial.id), [samples.of(one.id) for one in tasks]) if tasks else None
    return None if found is None else _Base(tasks[found.number].id, found.why)


def _entry(
    parts: Sequence[Template],
    numbers: Mapping[str, Sequence[int]],
    kept: Mapping[int, Call],
    hours: float,
    scale: Decimal,
    trials: Mapping[str, str],
    cut: tuple[float, float] | None,
) -> Entry:
    """The first of the parts is the task, the others its trials; `cut` is between when calls were told apart, where others were not."""
    first = parts[0]
    own = sorted((number for one in parts for number in numbers[one.id]), key=lambda n: (kept[n].started_at, n))
    requests = sum(one.requests for one in parts)
    month = Decimal(requests) * scale * HOURS_A_MONTH / Decimal(str(hours))
    calls = [kept[number] for number in own]
    looked = look(TaskCalls(first.id, label_of(first), first.app, calls, month, _caching(first)))
    start = min(one.start for one in parts)
    days = (max(one.end for one in parts) - start) / _DAY_S
    if cut is not None and start - cut[0] <= _AT_ONCE * (cut[1] - cut[0]):
        days = max(days, hours / 24)
    by_day = Counter(int(prompt.at // _DAY_S) for one in parts for prompt in one.outcome.case.prompts)
    return Entry(first, looked, own, requests, days, by_day, trials)


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
