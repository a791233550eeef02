"""What the report says of the plan and of what to do next, apart from how it is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from agent import report_lines_proof as proof
from agent.report_caching import Restraint
from agent.report_plan import PlanStep, Recommendation, TrackRecord
from agent.report_table import SHOWN, Cell, Table, alone, more, usd

_STEPS = {
    "today": "today",
    "prompt_caching": "prompt caching in order",
    "exact_cache": "cache of equal requests",
    "semantic_cache": "cache of similar requests",
    "model_choice": "cheaper models",
    "fine_tuning": "tuned models",
}
_FORWARD = ("open", "accepted")


def summary(plan: Sequence[PlanStep], found: Sequence[Recommendation], left: Sequence[Restraint]) -> Iterable[str]:
    """One line: what everything that is recommended leaves of the spend, or that nothing is worth doing."""
    if not plan or plan[0].usd_month is None:
        return
    today, end = plan[0].usd_month, plan[-1].usd_month
    saved = sum((step.saving_usd_month or Decimal(0) for step in plan), Decimal(0))
    if saved and end is not None and today:
        many = sum(len(step.recommendations) for step in plan)
        yield (
            f"{many} {'change leaves' if many == 1 else 'changes leave'} {usd(end)} of {usd(today)} USD a month: "
            f"{100 * saved / today:.0f} % less."
        )
    elif not found:
        waiting = "; below it says from when that changes" if any(one.verdict == "not_yet" for one in left) else ""
        yield f"Nothing is worth the work now: at {usd(today)} USD a month, leave it as it is{waiting}."


def tables(plan: Sequence[PlanStep], found: Sequence[Recommendation], record: TrackRecord) -> Iterable[Table]:
    """The plan, and what to do next."""
    if any(step.recommendations for step in plan):
        yield _plan(plan)
    # What was carried out is in a table of its own, unless it is still found and did not help.
    forward = [one for one in found if one.status in _FORWARD and (one.realised is None or one.saving_usd_month.likely)]
    if forward:
        yield _next(forward, record)
    yield from proof.table(found, record)


def _plan(plan: Sequence[PlanStep]) -> Table:
    rows = tuple(
        (
            Cell(_STEPS[step.step]),
            Cell("" if step.saving_usd_month is None else usd(step.saving_usd_month)),
            Cell(usd(step.usd_month)),
        )
        for step in plan
        if step.step == "today" or step.recommendations
    )
    return Table(
        "Plan",
        ("Step", "Saves USD/month", "Leaves USD/month"),
        rows,
        "Each step on what the ones above it leave: the savings add up.",
    )


def _next(found: Sequence[Recommendation], record: TrackRecord) -> Table:
    shown = found[:SHOWN]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            Cell(one.id),
            Cell(one.subject, is_name=True),
            Cell(_likely(one)),
            Cell(_bounds(one)),
            Cell(alone(one.alone_usd_month, one.saving_usd_month.likely)),
            Cell(f"{one.effort_days:g} d"),
            Cell(one.risk),
            Cell("" if one.status == "open" else one.status),
        )
        for one in shown
    )
    columns: tuple[str, ...] = ("Do next", "About", "USD/month", "Low to high", "Alone", "Work", "Risk", "Status")
    if all(one.status == "open" for one in shown):
        columns, rows = columns[:-1], tuple(row[:-1] for row in rows)
    notes = []
    for one in shown:
        notes.append(f"{one.id}: {one.action}" + (f" First: {one.how[0]}" if one.how else ""))
        if one.saving_usd_month_reason:
            notes.append(f"No number yet for {one.id}: {one.saving_usd_month_reason}.")
    first = shown[0]
    notes.append(
        more(len(found)) or f"How, and what it rests on: hone explain {first.id}. Decide: hone accept {first.id}."
    )
    if first.first_seen is not None and not proof.ended(record):
        notes.append(f"{proof.track(record)}.")
    return Table("Do next", columns, rows, "\n".join(notes))


def _likely(one: Recommendation) -> str:
    return "not yet" if one.saving_usd_month.likely is None else usd(one.saving_usd_month.likely)


def _bounds(one: Recommendation) -> str:
    low, high = one.saving_usd_month.low, one.saving_usd_month.high
    return "" if low is None or high is None else f"{low:,.0f} to {high:,.0f}"


def left(kept: Sequence[Restraint]) -> Iterable[Table]:
    """Other models that would save something, and not enough for the work; what the other levers leave is in their own tables."""
    own = [one for one in kept if one.lever == "model_choice"]
    if own:
        rows = tuple((Cell(one.subject, True), Cell(one.why, True)) for one in own[:SHOWN])
        yield Table("Models left alone", ("App and model", "Why"), rows, more(len(own)))
