"""How much room rows take: by day for what days are forgotten of, together for the rest.

Counted from the rows, the same way on SQLite and PostgreSQL, because a database that has forgotten does not become a smaller
file: it fills what it has. A row counts with its body and with what a row of its table takes besides, indexes included.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Engine, func, select
from sqlmodel import SQLModel, col

from agent.store.read import reading
from agent.store.tables import (
    Seen,
    Segment,
    StoredAnalysis,
    StoredCall,
    StoredDelivery,
    StoredDigest,
    StoredEvent,
    StoredFragment,
    StoredReject,
    StoredVector,
    Summary,
)

_BESIDES = {
    StoredCall: 90,
    StoredFragment: 130,
    Segment: 70,
    Seen: 75,
    StoredReject: 150,
    Summary: 110,
    StoredVector: 90,
    StoredAnalysis: 100,
    StoredDigest: 80,
    StoredDelivery: 200,
    StoredEvent: 250,
}
"""Bytes of a row that are not its body: other columns, headers, indexes, half-filled pages. Measured on SQLite and PostgreSQL 15."""
_BY_DAY: tuple[Any, ...] = (StoredCall, StoredFragment, Segment)
_BODIES: tuple[tuple[type[SQLModel], Any], ...] = (
    (Seen, None),
    (StoredReject, StoredReject.excerpt),
    (Summary, Summary.state),
    (StoredVector, StoredVector.body),
    (StoredAnalysis, StoredAnalysis.body),
    (StoredDigest, StoredDigest.body),
    (StoredDelivery, StoredDelivery.message),
    (StoredEvent, StoredEvent.data),
)


class Used(NamedTuple):
    """What one day (unix time // 86400) has taken: calls and messages, and bytes of their rows and texts as compressed."""

    day: int = 0
    rows: int = 0
    bytes: int = 0


class Room(NamedTuple):
    """Bytes. `days` are calls, messages and texts by day; `vectors` can be computed again."""

    days: dict[int, int]
    vectors: int
    rest: int
    """Sums, identities, refusals, reports, events."""

    @property
    def total(self) -> int:
        """All of it."""
        return sum(self.days.values()) + self.vectors + self.rest


def room(engine: Engine) -> Room:
    """As of now. Raises StoreUnavailable."""
    days: dict[int, int] = {}
    with reading(engine) as connection:
        for table in _BY_DAY:
            query = select(table.day, func.count(), func.sum(func.length(table.body))).group_by(table.day)
            for day, rows, size in connection.execute(query):
                days[day] = days.get(day, 0) + int(rows) * _BESIDES[table] + int(size or 0)
        sizes = {}
        for table, body in _BODIES:
            size = func.sum(func.length(body)) if body is not None else func.count()
            rows, bodies = connection.execute(select(func.count(), size).select_from(table)).one()
            sizes[table] = int(rows) * _BESIDES[table] + (int(bodies or 0) if body is not None else 0)
    vectors = sizes.pop(StoredVector)
    return Room(days, vectors, sum(sizes.values()))


def newest_day(engine: Engine) -> Used:
    """What the newest day has taken so far. Raises StoreUnavailable."""
    with reading(engine) as connection:
        found = [connection.execute(select(func.max(table.day))).scalar() for table in _BY_DAY]
        day = max((each for each in found if each is not None), default=0)
        rows = size = 0
        for table in _BY_DAY:
            query = select(func.count(), func.sum(func.length(table.body))).where(col(table.day) == day)
            count, bodies = connection.execute(query).one()
            rows += int(count) if table is not Segment else 0
            size += int(bodies or 0)
    return Used(day, rows, size)


def first_day_within(found: Room, total_bytes: int) -> int:
    """The first day to keep so that everything fits into `total_bytes`; the newest day always stays."""
    left = total_bytes - found.vectors - found.rest
    kept: int | None = None
    for day in sorted(found.days, reverse=True):
        left -= found.days[day]
        if kept is not None and left < 0:
            return kept
        kept = day
    return 0
