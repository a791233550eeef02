"""Recommendations in the database: after an analysis, before a report is shown, and when a person decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agent.recommend import lifecycle
from agent.report import Report
from agent.report_plan import Recommendation, Status
from agent.store import Store
from agent.store.recommendations import Change, Changed, Known, change, decisions, rows


def record(store: Store, report: Report, now: float) -> Report:
    """Keep what an analysis at `now` (unix seconds) found (as `agent.views.report` says it), and return it with what was decided. Raises StoreUnavailable."""
    if report.recommendations or rows(store.engine):
        change(store.engine, lambda known, _: lifecycle.merged(report.recommendations, known, now))
    return current(store, report, now)


def current(store: Store, report: Report, now: float) -> Report:
    """The report with what was decided until now: statuses, who and when. Raises StoreUnavailable."""
    known = rows(store.engine)
    if not known:
        return report
    told = lifecycle.shown(report.recommendations, known, decisions(store.engine), now)
    return report.model_copy(update={"recommendations": told})


def decide(
    store: Store, name: str, status: Status, who: str, now: float, *, why: str = "", until: float | None = None
) -> Recommendation:
    """Set the status of one; `until` (unix seconds) when it is snoozed. Raises HoneError (unknown id), StoreUnavailable."""
    change(store.engine, lambda known, _: lifecycle.decided(known, name, status, who, now, why=why, until=until))
    return one(store, name, now)


def undo(store: Store, who: str, now: float) -> Recommendation:
    """Take back the last decision of `who`. Raises HoneError when there is none, StoreUnavailable."""
    name = ""

    def made(known: Known, told: Callable[[], Sequence[Change]]) -> Changed:
        nonlocal name
        after, undone = lifecycle.undone(known, told(), who)
        name = after[0].id
        return after, undone

    change(store.engine, made)
    return one(store, name, now)


def one(store: Store, name: str, now: float) -> Recommendation:
    """A recommendation as it was last found, with what was decided. Raises HoneError for an unknown id, StoreUnavailable."""
    known = rows(store.engine)
    row = known.get(name)
    if row is None:
        raise lifecycle.unknown(name, known)
    found = Recommendation.model_validate_json(row.body)
    return lifecycle.shown([found], {name: row}, decisions(store.engine, name), now)[0]


def with_status(store: Store, *statuses: Status) -> frozenset[str]:
    """Ids of those that have one of these. Raises StoreUnavailable."""
    return frozenset(row.id for row in rows(store.engine).values() if row.status in statuses)
