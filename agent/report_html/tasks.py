"""A task of fine-tuning in full: what its calls are like, its kinds of request, other ways to pay less, and its routes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agent.plots.curve import Axis, Chosen, Line, curve
from agent.report_html.figures import Figure
from agent.report_lines_tuning import SAID
from agent.report_table import SHOWN, Cell, Table, count, more, usd
from agent.report_tuning import FineTuning, TuningOption, TuningTask
from agent.task_figures import told

_ROUTES = ("first", "second", "third")
"""Classes of the lines in the plot: the routes that pay at the fewest calls."""
_POINTS = 2
"""A route is a straight line."""
_PROOF = {True: "answered as well", False: "did not answer as well", None: "an evaluation is needed"}


def sentences(task: TuningTask, tuning: FineTuning) -> Iterable[str]:
    """What was looked at, what would turn the verdict, what the answers lack, and how to have the good ones."""
    yield f"{task.deciding[:1].upper()}{task.deciding[1:]}. {f'Turns with: {task.flips}.' if task.flips else ''}".strip()
    lacks = task.diagnosis
    yield (
        f"{count(task.calls_looked_at)} calls of {task.days:.1f} days were looked at. Of those that could show it, answers lack knowledge in "
        f"{100 * lacks.knowledge:.1f} %, behave otherwise than asked in {100 * lacks.behaviour:.1f} %, and cannot do what is asked in "
        f"{100 * lacks.capability:.1f} %."
    )
    wanted = round(tuning.assumptions.get("examples", 0))
    if wanted:
        yield f"{count(task.examples_ready)} good answers of the {count(wanted)} that a training asks for; hone export {task.id} writes them, anonymised."


def figures(task: TuningTask) -> Iterable[Figure]:
    """What the routes that pay first save at each volume."""
    priced = [one for one in task.options if one.breakeven_calls_month and one.refused is None]
    drawn = sorted(priced, key=lambda one: one.breakeven_calls_month or 0)[: len(_ROUTES)]
    if not drawn or not task.calls_month:
        return
    most = 1.25 * max(task.calls_month, *(one.breakeven_calls_month or 0 for one in drawn))
    lines = [Line(kind, _points(one, most)) for one, kind in zip(drawn, _ROUTES, strict=False)]
    levels = [level for line in lines for _, level in line.points]
    ticks = [(level, f"{level:,.0f}".replace("-", "−")) for level in _round_levels(min(levels), max(*levels, 0.0))]
    x = Axis(0.0, most, [(at, count(round(at))) for at in _round_levels(0.0, most)])
    y = Axis(min(levels), max(*levels, 0.0), ticks)
    now = Chosen(
        task.calls_month, f"{count(task.calls_month)} now", [one.saving_at(task.calls_month) or 0.0 for one in drawn]
    )
    legend = [(kind, one.name) for one, kind in zip(drawn, _ROUTES, strict=False)]
    title = "What a route saves, USD a month, by calls a month"
    yield Figure(
        f"{title}: {task.label}", curve(title, x, y, lines, 0.0, now), (*legend, ("limit", "costs as much as today"))
    )


def _points(one: TuningOption, most: float) -> list[tuple[float, float]]:
    return [(at, one.saving_at(at) or 0.0) for at in (most * n / (_POINTS - 1) for n in range(_POINTS))]


def _round_levels(low: float, high: float) -> Sequence[float]:
    """At most six round numbers from `low` to `high`, nought among them."""
    step = 1.0
    while (high - low) / step > 5:
        step *= 2.5 if f"{step:.0f}"[0] == "2" else 2
    return [step * n for n in range(int(low / step), int(high / step) + 1)]


def tables(task: TuningTask, tuning: FineTuning) -> Iterable[Table]:
    """Signals, figures, kinds, other ways and routes; those that have no row are left out by who draws them."""
    signals = sorted((one for one in task.signals if one.calls), key=lambda one: -one.calls / one.of)
    yield Table(
        "What the answers show",
        ("Signal", "Calls", "Of"),
        tuple(
            (Cell(_signal(one.name, counts=one.counts)), Cell(count(one.calls)), Cell(count(one.of))) for one in signals
        ),
        "A hint is no failure by itself." if any(not one.counts for one in signals) else "",
    )
    yield Table(
        "What it is like",
        ("Figure", "Value", "Of"),
        tuple((Cell(one.what), Cell(one.value), Cell(count(one.of))) for one in told(task.figures)),
    )
    kinds = tuple(
        (
            Cell(one.label, True),
            Cell(count(one.calls_month)),
            Cell(f"{100 * one.share_of_calls:.0f} %"),
            Cell(SAID[one.verdict]),
            Cell(one.deciding, True),
        )
        for one in task.kinds_told[: SHOWN + 1]
    )
    columns = ("Kind", "Calls/month", "Share", "Verdict", "Why")
    yield Table(task.kinds_title, columns, kinds, more(len(task.kinds)))
    yield Table("Other ways, USD a month", ("Way", "Costs", "Notes"), tuple(_other_ways(task)))
    yield _routes(task, tuning)


def _signal(name: str, *, counts: bool) -> str:
    return f"{name.replace('_', ' ')}{'' if counts else ' (a hint)'}"


def _other_ways(task: TuningTask) -> Iterable[tuple[Cell, ...]]:
    for one in task.cheaper_models:
        answered = f": {count(one.answered_calls)} calls" if one.answered_calls else ""
        yield Cell(one.model, True), Cell(usd(one.usd_month)), Cell(f"{_PROOF[one.answers_as_well]}{answered}")
    if task.batch is not None:
        said = f"nobody waits for {100 * task.batch.share_of_calls:.0f} % of the calls"
        yield Cell("batch"), Cell(f"{usd(task.batch.saving_usd_month)} less"), Cell(said)


def _routes(task: TuningTask, tuning: FineTuning) -> Table:
    rows = tuple(
        (
            Cell(one.name),
            Cell(usd(one.fixed_usd_month)),
            Cell(usd(one.tuned_usd_call)),
            Cell("never" if one.breakeven_calls_month is None else count(one.breakeven_calls_month)),
            Cell(usd(one.saving_usd_month)),
            Cell("never" if one.payback_months is None else f"{one.payback_months:.1f}"),
            Cell(one.refused or (f"until {one.available_until}" if one.available_until else "open")),
        )
        for one in task.options
    )
    columns = ("Route", "Fixed USD/month", "USD a call", "Break-even", "Saves USD/month", "Months back", "Notes")
    note = f"Prices of {tuning.prices_of}; modelled with the assumptions of [fine_tuning]. A trial decides."
    return Table(f"Routes for {task.label}", columns, rows, note)
