"""From the templates of prompt caching and the calls that were kept of them to the report's section on fine-tuning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

import msgspec

from agent.kinds_of_request import KindsOfApp, calls_of
from agent.report_caching import Restraint
from agent.report_tuning import (
    AxisScores,
    BatchShare,
    CheaperModel,
    CreditSplit,
    FineTuning,
    SignalCount,
    TuningTask,
)
from agent.tuning_kinds import Apart, made_of
from agent.tuning_looked import Entry, entries
from agent.tuning_routes import least, shown, tried_out
from analyzers.core import Call
from analyzers.fine_tuning.assumptions import PUBLISHED, Assumptions
from analyzers.fine_tuning.break_even import credit
from analyzers.fine_tuning.facts import LIMITS, Cheaper, Facts, Limits
from analyzers.fine_tuning.ladder import judge
from analyzers.fine_tuning.measure import Looked, facts_of, is_tuned
from analyzers.fine_tuning.options import Option
from analyzers.fine_tuning.routes import Routes
from analyzers.fine_tuning.rungs import Judged
from analyzers.model_choice import ModelChoice, Tried, model_choice
from analyzers.prices import Prices
from analyzers.prompt_caching.analyse import Analysis, Template
from analyzers.sample import keeper

CALLS_KEPT = 20_000
"""Calls, in whole conversations, whose texts are looked at for signals."""

_LATER = "the verdict is not to tune now"

NO_DAYS: Mapping[int, int] = {}
_DAY = timedelta(days=1)
_DAYS_TOLD = 63
"""Of those of which calls are counted, the newest: a trend is of no older ones."""


class Tuning(NamedTuple):
    """What is assumed, and which routes there are."""

    routes: Routes
    assumed: Assumptions = PUBLISHED
    limits: Limits = LIMITS
    tuned: frozenset[str] = frozenset()


class Kept:
    """Passes calls on, and keeps a share of their conversations by their number in the stream."""

    def __init__(self, calls: Iterable[Call], expected: int) -> None:
        self._calls = calls
        self._keep = keeper(min(1.0, CALLS_KEPT / max(expected, 1)))
        self.by_number: dict[int, Call] = {}

    def __iter__(self) -> Iterator[Call]:
        for number, call in enumerate(self._calls):
            if self._keep(call):
                self.by_number[number] = call
            yield call


def section(
    found: Analysis,
    kept: Mapping[int, Call],
    prices: Prices,
    tuning: Tuning,
    *,
    hours: float | None,
    scale: Decimal,
    now: float,
    kinds: Iterable[KindsOfApp] = (),
    by_day: Mapping[int, int] = NO_DAYS,
    show_text: bool = False,
) -> FineTuning:
    """The section. `scale`: how many calls of the period stand behind each that was looked at; `now` decides which prices hold.

    `kinds` are the kinds of request of the same calls; their words are masked unless `show_text`. `by_day` counts the calls among which templates
    were told apart, by day (days since 1970, UTC).
    """
    held = sum(one.requests for one in found.templates)
    # Of many calls only the newest are told apart: they stand for all of them.
    looked = entries(
        found.templates,
        kept,
        tuning.tuned,
        hours=hours,
        scale=scale * found.compared / max(held, 1),
        cut=found.compared > held,
    )
    kinds = list(kinds)
    asked = calls_of(kinds)
    made = made_of(kinds)
    tasks = []
    for own in looked:
        one = own.template
        task, cheaper = _task(own, _tried(own, looked, tuning), prices, tuning, now)
        others = [
            other.looked
            for other in looked
            if other.template.app == one.app
            and (other.template.kinship or other.template.id) != (one.kinship or one.id)
        ]
        apart = Apart(one, own.looked, own.numbers, made.get(one.id), cheaper, asked, own.days)
        parts, together = apart.kinds(prices, tuning, now, show_text=show_text)
        tasks.append(
            task.model_copy(
                update={
                    "calls_by_day": _dated(own.by_day) if by_day else {},
                    "figures": apart.figures(others),
                    "trial": task.trial and task.trial.model_copy(update={"templates": dict(own.trials)}),
                    "kinds": parts,
                    "kinds_together": together,
                }
            )
        )
    return FineTuning(
        tasks=sorted(tasks, key=lambda task: (-(task.usd_month or 0), task.id)),
        prices_of=tuning.routes.version,
        assumptions={name: float(value) for name, value in msgspec.structs.asdict(tuning.assumed).items()},
        calls_by_day=_dated(by_day),
    )


def _dated(days: Mapping[int, int]) -> dict[date, int]:
    return {date(1970, 1, 1) + day * _DAY: calls for day, calls in sorted(days.items())[-_DAYS_TOLD:]}


def tried(section: FineTuning) -> dict[str, str]:
    """By id of a template that a tuned model answers, the task whose trial that is."""
    return {name: task.id for task in section.tasks if task.trial is not None for name in task.trial.templates}


def restraints(section: FineTuning) -> list[Restraint]:
    """Tasks that are not to be tuned now, and why."""
    return [
        Restraint(
            lever="fine_tuning", subject=task.label, verdict=task.verdict, why=task.deciding, worth_it_from=task.flips
        )
        for task in section.tasks
        if task.verdict not in ("pays", "trial")
    ]


def _tried(own: Entry, looked: Sequence[Entry], tuning: Tuning) -> Mapping[str, Tried]:
    """What models did of the same prompt in other templates: each model has one of its own."""
    found: dict[str, Tried] = {}
    kinship = own.template.kinship
    for other in looked:
        if other is own or kinship is None or other.template.kinship != kinship:
            continue
        for call, bad in zip(other.looked.task.calls, other.looked.failing, strict=True):
            if call.model and not is_tuned(call.model, tuning.tuned):
                known = found.get(call.model, Tried(call.provider or "", 0, 0))
                found[call.model] = known._replace(answered=known.answered + 1, failing=known.failing + bad)
    return found


def _task(
    entry: Entry,
    tried: Mapping[str, Tried],
    prices: Prices,
    tuning: Tuning,
    now: float,
) -> tuple[TuningTask, Cheaper | None]:
    """The task, and the cheaper model that the log proves."""
    looked = entry.looked
    chosen = _choice(looked, tried, prices, tuning, now)
    cheaper = _cheaper(chosen, entry.template)
    facts = facts_of(looked, prices, cheaper, tuning.tuned)
    # A template knows all of its calls; the sample only tells what they are like.
    facts = facts._replace(calls=entry.requests, days=entry.days)
    judged = judge(facts, tuning.routes, tuning.assumed, datetime.fromtimestamp(now, UTC).date(), tuning.limits)
    return _shown(looked, facts, judged, chosen, tuning.assumed), cheaper


def _choice(looked: Looked, tried: Mapping[str, Tried], prices: Prices, tuning: Tuning, now: float) -> ModelChoice:
    own = [n for n, call in enumerate(looked.task.calls) if not is_tuned(call.model, tuning.tuned)]
    calls: Sequence[Call] = [looked.task.calls[n] for n in own]
    return model_choice(calls, [looked.failing[n] for n in own], prices, now, tried)


def _cheaper(chosen: ModelChoice, template: Template) -> Cheaper | None:
    """The cheapest model that the log proves to answer as well, its price lowered as caching lowers today's."""
    proven = next((one for one in chosen.choices if one.answers_as_well), None)
    if proven is None or not chosen.priced:
        return None
    before, after = template.outcome.before.usd, template.outcome.after.usd
    less = after / before if before and after < before else Decimal(1)
    return Cheaper(proven.model, proven.usd * less / chosen.priced, True, proven.answered)


def _shown(looked: Looked, facts: Facts, judged: Judged, chosen: ModelChoice, assumed: Assumptions) -> TuningTask:
    best, task, found = judged.best, looked.task, looked.diagnosis
    wins = judged.verdict in ("trial", "pays") and best is not None
    priced = max(chosen.priced, 1)
    return TuningTask(
        id=task.id,
        label=task.label,
        app=task.app,
        calls_month=int(task.calls_month),
        calls_looked_at=len(task.calls),
        days=round(facts.days, 2),
        weekly_variation=None if facts.weekly_variation is None else round(facts.weekly_variation, 4),
        verdict=judged.verdict,
        rung=judged.rung,
        deciding=judged.deciding,
        flips=judged.flips,
        diagnosis=AxisScores(**{score.axis: round(score.share, 4) for score in found}),
        signals=[
            SignalCount(name=one.name, axis=score.axis, calls=len(one.affected), of=one.of, counts=one.counts)
            for score in found
            for one in score.signals
        ],
        usd_month=None if facts.now_usd is None else _billed(facts, len(task.calls)) * task.calls_month,
        breakeven_calls_month=least(judged.options),
        breakeven_calls_month_reason=None if least(judged.options) is not None else _why_never(judged),
        saving_usd_month=best.saving_month if wins and best is not None else None,
        saving_usd_month_reason=None if wins else _LATER,
        credit=_credit(facts, best, task.calls_month, assumed),
        examples_ready=facts.examples,
        trial=tried_out(facts.trial),
        options=[shown(one) for one in judged.options],
        cheaper_models=[
            CheaperModel(
                model=one.model,
                usd_month=one.usd / priced * task.calls_month,
                answered_calls=one.answered,
                answers_as_well=one.answers_as_well,
            )
            for one in chosen.choices
        ],
        batch=None
        if chosen.batch is None
        else BatchShare(
            share_of_calls=round(chosen.batch.calls / chosen.calls, 4),
            saving_usd_month=(chosen.batch.usd - chosen.batch.usd_batch) / chosen.calls * task.calls_month,
        ),
    )


def _billed(facts: Facts, calls: int) -> Decimal:
    """USD of an average call, those of a trial included."""
    usd = facts.now_usd or Decimal(0)
    return usd if facts.trial is None else usd + (facts.trial.usd - usd) * facts.trial.n / calls


def _why_never(judged: Judged) -> str:
    open_ = [one for one in judged.options if not one.closed]
    if not judged.options:
        return "the cost of a call is not known"
    return open_[0].found.why if open_ else "no route is open for this task"


def _credit(facts: Facts, best: Option | None, month: Decimal, assumed: Assumptions) -> CreditSplit | None:
    if best is None or facts.now_usd is None or facts.cached_usd is None:
        return None
    parts = credit(best.found, facts.shape, facts.now_usd, facts.cached_usd, month, assumed)
    return CreditSplit(caching=parts.caching, model_swap=parts.model_swap, prompt_removal=parts.prompt_removal)
