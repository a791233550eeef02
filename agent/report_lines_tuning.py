"""What the report says about fine-tuning, apart from how it is drawn."""

from __future__ import annotations

from collections.abc import Iterable

from agent.report_table import SHOWN, Cell, Table, count, more, usd
from agent.report_tuning import SAME_PROMPT, FineTuning, TuningTask

_ARITHMETIC = 6
"""The rung of the order of resort on which routes are held against volume."""
SAID = {"pays": "pays", "trial": "try it", "not_yet": "not yet", "no": "no", "cannot_tell": "cannot tell"}
"""Verdicts in words."""


def summary(tuning: FineTuning) -> Iterable[str]:
    """One line for each task that tuning would pay for."""
    for task in tuning.tasks:
        if task.verdict in ("trial", "pays"):
            yield f"Fine-tuning, {task.label}: {SAID[task.verdict]}. {task.deciding[:1].upper()}{task.deciding[1:]}."


def tables(tuning: FineTuning) -> Iterable[Table]:
    """The verdicts, and every route of the tasks whose verdict is a matter of arithmetic: what is `no` or comes later for another reason has none."""
    yield from verdicts(tuning)
    counted = [task for task in tuning.tasks if task.rung >= _ARITHMETIC or task.verdict in ("trial", "pays")]
    for task in counted[:SHOWN]:
        if task.options:
            yield _routes(task, tuning)


def verdicts(tuning: FineTuning) -> Iterable[Table]:
    """A line for each task, where anything can be told of any."""
    if all(task.verdict == "cannot_tell" for task in tuning.tasks):
        return
    rows = tuple(
        (
            Cell(task.label, is_name=True),
            Cell(count(task.calls_month)),
            Cell("never" if task.breakeven_calls_month is None else count(task.breakeven_calls_month)),
            Cell(SAID[task.verdict]),
            Cell(task.deciding, is_name=True),
        )
        for task in tuning.tasks[:SHOWN]
    )
    yield Table("Fine-tuning", ("Task", "Calls/month", "Break-even", "Verdict", "Why"), rows, more(len(tuning.tasks)))


def _routes(task: TuningTask, tuning: FineTuning) -> Table:
    rows = tuple(
        (
            Cell(one.name),
            Cell(usd(one.fixed_usd_month)),
            Cell("never" if one.breakeven_calls_month is None else count(one.breakeven_calls_month)),
            Cell(usd(one.saving_usd_month)),
            Cell(one.refused or (f"until {one.available_until}" if one.available_until else "open")),
        )
        for one in task.options
    )
    return Table(
        f"Routes for {task.label}",
        ("Route", "Fixed USD/month", "Break-even", "Saves USD/month", "Notes"),
        rows,
        f"Prices of {tuning.prices_of}; modelled with the assumptions of [fine_tuning]. A trial decides.",
    )


def remarks(tuning: FineTuning) -> Iterable[str]:
    """What the figures rest on."""
    untold = [task for task in tuning.tasks if task.verdict == "cannot_tell"]
    if untold and len(untold) == len(tuning.tasks):
        yield f"Fine-tuning cannot be told yet: {untold[0].label}: {untold[0].deciding}."
    for task in tuning.tasks[:SHOWN]:
        paying = task.apart
        if paying and task.verdict not in ("trial", "pays"):
            named = ", ".join(
                f'"{kind.label}" ({kind.share_of_calls:.0%} of the calls{", one model for them" if kind is task.kinds_together else ""})'
                for kind in paying
            )
            yield (
                f"{task.label}: tuning would be worth a try for {named}, each by itself: {paying[0].deciding}. "
                "Such requests need a prompt of their own first."
            )
        if task.trial is not None:
            came = {True: "no worse", False: "worse", None: "too few to tell whether it is no worse"}[
                task.trial.no_worse
            ]
            yield (
                f"{task.label}: {task.trial.model} answered {count(task.trial.calls)} of the calls that were looked at, {came} than the model before, "
                f"at {task.trial.usd_call:.6f} USD each."
            )
            for why in sorted(set(task.trial.templates.values()) - {SAME_PROMPT}):
                yield f"{task.label}: {task.trial.model} is taken to answer this task: {why}."
        proven = [one for one in task.cheaper_models if one.answers_as_well]
        for one in proven[:1]:
            yield (
                f"{task.label}: {one.model} answered {count(one.answered_calls)} of these calls as well and would cost "
                f"{usd(one.usd_month)} USD a month for all of them."
            )
        if task.batch is not None and task.batch.saving_usd_month > 1:
            yield (
                f"{task.label}: nobody waits for {task.batch.share_of_calls:.0%} of the calls; as batch they would cost "
                f"{usd(task.batch.saving_usd_month)} USD a month less."
            )
