"""Lines about one task of fine-tuning that only its own screen has room for: a route in full, and other ways to pay less."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.content import Content

from agent.printable import printable
from agent.task_figures import told
from tui import figures, text
from tui.tuning_lines import VERDICTS

if TYPE_CHECKING:
    from agent.report_tuning import TuningOption, TuningTask

_PROOF = {True: "answered as well", False: "did not answer as well", None: "an evaluation is needed"}


def route_facts(one: TuningOption, task: TuningTask) -> Content:
    """Every figure of a route, at the task's volume."""
    if one.breakeven_calls_month is not None:
        pays = f"from {one.breakeven_calls_month:,} calls a month; there are {task.calls_month:,}"
    else:
        pays = f"never: {printable(one.breakeven_calls_month_reason or 'it is dearer at any volume', 200)}"
    back = f"in {one.payback_months:.1f} months" if one.payback_months is not None else "never at this volume"
    until = f"until {one.available_until}" if one.available_until is not None else "no end is announced"
    saving = one.saving_usd_month
    rows: list[tuple[str, Content | str]] = [
        ("pays", pays),
        ("saves", text.said(f"{figures.dollars(saving)} a month", "good" if saving > 0 else "warn")),
        ("fixed", f"{figures.dollars(one.fixed_usd_month)} a month whatever the volume, building it included"),
        ("a call", figures.dollars(one.tuned_usd_call)),
        ("pays back", f"{back}; it can be counted on for {one.life_months:g} months"),
        ("to be had", until),
        ("prices", f"of {one.prices_of}, {printable(one.confidence, 40)}"),
    ]
    if one.refused:
        rows.insert(0, ("out", text.said(printable(one.refused, 300), "warn")))
    return Content("\n").join([text.name(one.name, 80), Content(""), text.pairs(rows, 11)])


def alike(task: TuningTask) -> Iterable[Content]:
    """What the task's requests and answers are like, and its kinds by themselves."""
    figures_told = told(task.figures)
    if figures_told:
        yield Content("")
        yield text.said("What it is like", "strong")
    for one in figures_told:
        yield Content.assemble(f"· {one.what}  ", one.value, text.said(f"  of {one.of:,}", "quiet"))
    if task.kinds:
        yield Content("")
        yield text.said(task.kinds_title, "strong")
    for kind in task.kinds_told:
        word, style = VERDICTS[kind.verdict]
        yield Content.assemble(
            "· ", text.name(kind.label, 40), f"  {figures.percent(kind.share_of_calls)} of the calls  ", text.said(word, style),
            text.said(f"  {printable(kind.deciding, 200)}", "quiet"),
        )  # fmt: skip


def other_ways(task: TuningTask) -> Iterable[Content]:
    """Cheaper models, batch, and the examples as a file."""
    if task.cheaper_models or task.batch is not None:
        yield Content("")
        yield text.said("Other ways, a month", "strong")
    for one in task.cheaper_models:
        answered = f" ({one.answered_calls:,} calls)" if one.answered_calls else ""
        yield Content.assemble(
            f"· {printable(one.model, 40)}  ",
            text.said(figures.dollars(one.usd_month), "money"),
            text.said(f"  {_PROOF[one.answers_as_well]}{answered}", "good" if one.answers_as_well else "quiet"),
        )
    if task.batch is not None:
        yield Content.assemble(
            "· batch  ",
            text.said(f"{figures.dollars(task.batch.saving_usd_month)} less", "money"),
            text.said(f"  nobody waits for {figures.percent(task.batch.share_of_calls)} of the calls", "quiet"),
        )
    if task.examples_ready:
        yield Content("")
        yield text.said(
            f"hone export {printable(task.id)} writes its {task.examples_ready:,} good answers, anonymised", "quiet"
        )
