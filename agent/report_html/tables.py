"""Tables that the page has and the text has not: prompts, the plan, what was decided, what is left alone, what happened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agent.report import Event, Report
from agent.report_caching import Restraint
from agent.report_html.figures import STEPS
from agent.report_plan import PlanStep, Recommendation
from agent.report_table import Cell, Table, count, usd

_MOST = 50
"""Lines of a table of this page."""
_LEVERS = {**STEPS, "single_flight": "Joining equal calls", "batch": "Batch"}


def templates(report: Report) -> Iterable[Table]:
    """Prompts that many calls share."""
    found = report.prompt_caching
    if found is None or not found.templates:
        return
    rows = tuple(
        (
            Cell(f"{one.app or '(no app)'} on {one.model}", True),
            Cell(count(one.calls)),
            Cell(count(one.static_tokens)),
            Cell(count(one.variable_tokens)),
            Cell(_percent(one.hit_ratio)),
            Cell(_percent(one.hit_ratio_restructured)),
            Cell("" if one.input_usd is None else usd(one.input_usd)),
        )
        for one in found.templates[:_MOST]
    )
    columns = ("Prompt", "Calls", "Fixed tokens", "Varying tokens", "From cache", "Could be", "USD of input")
    yield Table("Prompts that calls share", columns, rows, _more(len(found.templates)))


def plan(steps: Sequence[PlanStep]) -> Iterable[Table]:
    """What is left after each step, and what it takes off."""
    rows = tuple(
        (
            Cell(STEPS[step.step]),
            Cell("" if step.saving_usd_month is None else usd(step.saving_usd_month)),
            Cell(usd(step.usd_month)),
            Cell(step.usd_month_reason or step.saving_usd_month_reason or "", bool(step.usd_month_reason)),
        )
        for step in steps
    )
    yield Table("The plan, USD a month", ("Step", "Saves", "Left", "Notes"), rows)


def decided(given: Sequence[Recommendation]) -> Iterable[Table]:
    """What is done, put off or declined."""
    rows = tuple(
        (
            Cell(one.action, True),
            Cell(one.status),
            Cell("" if one.realised is None else one.realised.verdict.replace("_", " ")),
            Cell(
                one.status_reason or (one.realised.why if one.realised else ""), bool(one.status_reason or one.realised)
            ),
        )
        for one in given[:_MOST]
    )
    yield Table("Decided already", ("Recommendation", "Status", "Saving", "Why"), rows, _more(len(given)))


def restraint(given: Sequence[Restraint]) -> Iterable[Table]:
    """Levers that are not worth pulling, and from when they would be."""
    rows = tuple(
        (
            Cell(_LEVERS.get(one.lever, one.lever.replace("_", " "))),
            Cell(one.subject, bool(one.subject)),
            Cell(one.verdict.replace("_", " ")),
            Cell(one.why, True),
            Cell(one.worth_it_from, bool(one.worth_it_from)),
        )
        for one in given[:_MOST]
    )
    columns = ("Lever", "For", "Verdict", "Why", "Worth it from")
    yield Table("What would not pay, and from when it would", columns, rows, _more(len(given)))


def events(given: Sequence[Event]) -> Iterable[Table]:
    """Newest first."""
    rows = tuple(
        (
            Cell(f"{one.raised_at:%Y-%m-%d %H:%M}"),
            Cell(one.kind.replace("_", " ")),
            Cell(one.message, True),
            Cell("open" if one.resolved_at is None else f"resolved {one.resolved_at:%Y-%m-%d %H:%M}"),
        )
        for one in given[:_MOST]
    )
    yield Table("Events, times in UTC", ("Raised", "Kind", "What happened", "State"), rows, _more(len(given)))


def _more(rows: int) -> str:
    return f"{rows - _MOST} more." if rows > _MOST else ""


def _percent(ratio: float | None) -> str:
    return "" if ratio is None else f"{100 * ratio:.1f} %"
