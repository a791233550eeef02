"""The plots of the page, each with what it shows in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from markupsafe import Markup

from agent.plots.bars import Bar, Step, bars, waterfall
from agent.plots.curve import Axis, Chosen, Line, curve
from agent.plots.volume import Volume, volumes
from agent.report import Report, Spend
from agent.report_plan import PlanStep
from agent.report_response import Semantic
from agent.report_table import SHOWN, count, usd
from agent.report_tuning import TuningTask

STEPS = {
    "today": "Today",
    "prompt_caching": "Prompt caching",
    "exact_cache": "Exact cache of answers",
    "semantic_cache": "Cache by similarity",
    "model_choice": "Cheaper model",
    "fine_tuning": "Fine-tuning",
}


class Figure(NamedTuple):
    """A plot; `legend` are pairs of a class of the style and what it stands for."""

    title: str
    drawing: Markup
    legend: tuple[tuple[str, str], ...] = ()
    note: str = ""


def spend(spent: Spend) -> Iterable[Figure]:
    """Bars of the models and applications that cost."""
    named = (
        ("model", [(row.model, row.usd) for row in spent.by_model]),
        ("app", [(row.app, row.usd) for row in spent.by_app]),
    )
    for kind, rows in named:
        if rows:
            title = f"Spend by {kind}, USD"
            yield Figure(title, bars(title, [_bar(name, cost, spent.total_usd) for name, cost in rows[:SHOWN]]))


def _bar(name: str | None, cost: Decimal | None, total: Decimal | None) -> Bar:
    if cost is None:
        return Bar(name, None, "not known")
    share = f" · {100 * cost / total:.1f} %" if total else ""
    return Bar(name, float(cost), f"{usd(cost)}{share}")


def plan(steps: Sequence[PlanStep]) -> Iterable[Figure]:
    """What each step of the plan leaves of today's spend."""
    if not any(step.usd_month is not None for step in steps):
        return
    title = "What the plan leaves, USD a month"
    drawn = [
        Step(
            STEPS[step.step],
            None if step.usd_month is None else float(step.usd_month),
            None if step.saving_usd_month is None else float(step.saving_usd_month),
            _step_said(step),
        )
        for step in steps
    ]
    legend = [("bar", "what is left"), ("saved", "what the step saves")]
    if any(step.saving_usd_month is not None and step.saving_usd_month < 0 for step in steps):
        legend.append(("added", "what it costs more"))
    yield Figure(title, waterfall(title, drawn), tuple(legend), "Each step is priced on what the steps above it leave.")


def _step_said(step: PlanStep) -> str:
    if step.usd_month is None:
        return "not known"
    if not step.saving_usd_month:
        return usd(step.usd_month)
    sign = "−" if step.saving_usd_month > 0 else "+"
    return f"{sign}{usd(abs(step.saving_usd_month))} → {usd(step.usd_month)}"


def prompt_caching(report: Report) -> Iterable[Figure]:
    """How much input is read from the cache now, and how much could be."""
    found = report.prompt_caching
    if found is None or found.simulated.as_is.hit_ratio is None:
        return
    simulated = found.simulated
    rows = [
        ("as reported", found.actual.hit_ratio),
        ("simulated as prompts stand", simulated.as_is.hit_ratio),
        ("with the faults mended", simulated.restructured.hit_ratio),
    ]
    title = "Share of input tokens read from the cache"
    drawn = [Bar(name, ratio, f"{100 * ratio:.1f} %") for name, ratio in rows if ratio is not None]
    # The whole width is all of the input, whatever the longest bar.
    yield Figure(title, bars(title, drawn, most=1.0))


def response_caching(report: Report) -> Iterable[Figure]:
    """The curve of a cache by similarity: what it hits, and how many requests it would answer wrongly at most."""
    found = report.response_caching
    if found is None or len(found.semantic.curve) < 2:
        return
    semantic = found.semantic
    points = semantic.curve
    title = "Hits and wrong answers by threshold of similarity"
    lines = (
        Line(
            "hits",
            [(one.threshold, one.hit_rate) for one in points],
            [(one.threshold, one.hit_rate_low, one.hit_rate_high) for one in points],
        ),
        Line("wrong", [(one.threshold, one.wrong_rate_high) for one in points]),
    )
    x = Axis(points[0].threshold, points[-1].threshold, [(at, f"{at:.2f}") for at in _ticks(semantic)])
    top = max(max(one.hit_rate_high, one.wrong_rate_high) for one in points)
    step = next((each for each in (0.05, 0.1, 0.2, 0.25) if top / each <= 5), 0.25)
    levels = [step * n for n in range(1, int(top / step) + 1)]
    y = Axis(0.0, max(top, step), [(level, f"{100 * level:.0f} %") for level in levels])
    note = (
        f"Nothing is proposed: {semantic.recommended_threshold_reason}."
        if semantic.recommended_threshold is None
        else "The upright line is the threshold that is proposed."
    )
    legend = (
        ("hits", "requests that are hits (band: 95 %)"),
        ("wrong", "answered wrongly, at most"),
        ("limit", f"limit of wrong answers: {100 * semantic.max_wrong_rate:g} %"),
    )
    yield Figure(title, curve(title, x, y, lines, semantic.max_wrong_rate, _proposed(semantic)), legend, note)


def _ticks(semantic: Semantic) -> list[float]:
    low, high = semantic.curve[0].threshold, semantic.curve[-1].threshold
    return [low, *(at / 20 for at in range(1, 20) if low + 0.02 < at / 20 < high - 0.02), high]


def _proposed(semantic: Semantic) -> Chosen | None:
    at = semantic.recommended_threshold
    one = next((each for each in semantic.curve if each.threshold == at), None)
    if one is None:
        return None
    return Chosen(
        one.threshold, f"{one.threshold:.2f}: {100 * one.hit_rate:.0f} % hits", (one.hit_rate, one.wrong_rate_high)
    )


def fine_tuning(report: Report) -> Iterable[Figure]:
    """Today's volume of each task beside the one from which tuning pays; of tasks worth it, route by route."""
    found = report.fine_tuning
    if found is None:
        return
    tasks = [task for task in found.tasks[:SHOWN] if task.calls_month]
    legend = (("dot", "calls a month now"), ("flag", "from here it pays"))
    if tasks:
        title = "Volume of each task, calls a month"
        yield Figure(
            title, volumes(title, [_volume(task.label, task, task.breakeven_calls_month) for task in tasks]), legend
        )
    for task in tasks:
        if task.verdict in ("pays", "trial") and task.options:
            title = "From how many calls a month each route pays"
            rows = [_volume(one.name, task, one.breakeven_calls_month) for one in task.options[:SHOWN]]
            yield Figure(f"{title}: {task.label}", volumes(title, rows), legend)


def _volume(name: str, task: TuningTask, pays_from: int | None) -> Volume:
    said = "at no volume" if pays_from is None else f"{count(task.calls_month)} of {count(pays_from)}"
    return Volume(name, task.calls_month, pays_from, said)
