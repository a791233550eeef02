"""What a dashboard asks every other second: whether anything changed. A few rows, whatever the size of the database."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Engine, func, select
from sqlmodel import col

from agent.store.read import reading
from agent.store.tables import Revision, SourceOffset, StoredAnalysis, StoredEvent, Summary
from agent.store.waiting import FRESH_S, StoredWaiting


class Pulse(NamedTuple):
    """The newest revision, when it was committed, when the newest analysis was made, and how many events are open.

    `records` is the sum of all offsets: by how much it grew is what was read. `waiting` is how many more there are to read, as agents
    last told at `told_at`. Times are unix seconds; None before the first.
    """

    revision: int
    at: float | None
    analysis_at: float | None
    open_events: int
    records: int
    waiting: int | None = None
    told_at: float | None = None


def pulse(engine: Engine) -> Pulse:
    """Raises StoreUnavailable when the database is gone."""
    with reading(engine) as connection:
        number, at = connection.execute(select(col(Revision.number), col(Revision.at))).one()
        analysis_at = connection.execute(select(func.max(col(StoredAnalysis.at)))).scalar()
        still_open = select(func.count()).select_from(StoredEvent).where(col(StoredEvent.resolved_at).is_(None))
        open_events = connection.execute(still_open).scalar_one()
        records = connection.execute(select(func.sum(col(SourceOffset.next)))).scalar() or 0
        waits = connection.execute(select(col(StoredWaiting.records), col(StoredWaiting.at))).all()
    told_at = max((when for _, when in waits), default=None)
    waiting = sum(count for count, when in waits if told_at is not None and told_at - when < FRESH_S) if waits else None
    return Pulse(number, at or None, analysis_at, open_events, int(records), waiting, told_at)


def newest_hour(engine: Engine, analyzer: str, version: int) -> int | None:
    """The last hour (unix time // 3600) that an analyzer has counted calls in."""
    query = select(func.max(col(Summary.hour))).where(
        col(Summary.analyzer) == analyzer, col(Summary.version) == version
    )
    with reading(engine) as connection:
        found: int | None = connection.execute(query).scalar()
    return found
