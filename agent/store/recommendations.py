"""Recommendations as they were last found, what was decided about them, and how their estimates moved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from agent.store.read import reading
from agent.store.tables import RecommendationChange, StoredRecommendation
from agent.store.write import unavailable

ESTIMATES = 60
"""So many changes of an estimate are kept of each recommendation, the newest."""


class Row(NamedTuple):
    """One recommendation; see `agent.store.tables.StoredRecommendation`. Times are unix seconds."""

    id: str
    status: str
    why: str
    who: str
    changed_at: float
    until: float | None
    first_at: float
    seen_at: float
    body: bytes
    facts: bytes


class Change(NamedTuple):
    """A change of status, or (`status` None) of the estimate, with JSON in `data`. `number` is None until it is kept."""

    recommendation: str
    at: float
    status: str | None
    was: str | None
    who: str
    why: str
    data: bytes = b""
    undone: bool = False
    number: int | None = None


Known = Mapping[str, Row]
Changed = tuple[Sequence[Row], Sequence[Change]]


def rows(engine: Engine) -> dict[str, Row]:
    """All of them by id. Raises StoreUnavailable."""
    with reading(engine) as connection:
        return _rows(connection)


def changes(engine: Engine, recommendation: str | None = None) -> list[Change]:
    """All changes (of one recommendation), oldest first. Raises StoreUnavailable."""
    with reading(engine) as connection:
        return _changes(connection, recommendation)


def decisions(engine: Engine, recommendation: str | None = None) -> list[Change]:
    """The changes of status alone, which are few beside those of estimates, oldest first. Raises StoreUnavailable."""
    with reading(engine) as connection:
        return _changes(connection, recommendation, only_status=True)


def change(engine: Engine, made: Callable[[Known, Callable[[], Sequence[Change]]], Changed]) -> None:
    """Write what `made` makes of the rows (and of the changes so far, oldest first, if it asks), in one transaction.

    Rows that are the same as before are not written. A change that has a number already was undone. Raises StoreUnavailable, and
    whatever `made` raises: then nothing is written.
    """
    try:
        with engine.connect().execution_options(immediate=True) as connection, connection.begin():
            before = _rows(connection, for_update=True)
            after, told = made(before, lambda: _changes(connection, None))
            _write(connection, before, after, told)
    except DBAPIError as error:
        raise unavailable(error.orig or error) from error


def _rows(connection: Connection, *, for_update: bool = False) -> dict[str, Row]:
    table = StoredRecommendation
    query = select(*[getattr(table, name) for name in Row._fields]).order_by(col(table.id))
    found = connection.execute(query.with_for_update() if for_update else query)
    return {row[0]: Row._make((*row[:8], bytes(row[8]), bytes(row[9]))) for row in found}


def _changes(connection: Connection, recommendation: str | None, *, only_status: bool = False) -> list[Change]:
    table = RecommendationChange
    names = ("recommendation", "at", "status", "was", "who", "why", "data", "undone", "id")
    query = select(*[getattr(table, name) for name in names]).order_by(col(table.id))
    if recommendation is not None:
        query = query.where(col(table.recommendation) == recommendation)
    if only_status:
        query = query.where(col(table.status).is_not(None))
    return [Change._make((*row[:6], bytes(row[6]), *row[7:])) for row in connection.execute(query)]


def _write(connection: Connection, before: Known, after: Iterable[Row], told: Iterable[Change]) -> None:
    table, log = StoredRecommendation, RecommendationChange
    fresh = [row._asdict() for row in after if row.id not in before]
    moved = [row for row in after if row.id in before and row != before[row.id]]
    if fresh:
        connection.execute(insert(table), fresh)
    if moved:
        names: dict[str, Any] = {name: bindparam(f"new_{name}") for name in Row._fields if name != "id"}
        statement = update(table).where(col(table.id) == bindparam("new_id")).values(**names)
        connection.execute(
            statement, [{f"new_{name}": value for name, value in row._asdict().items()} for row in moved]
        )
    new = [one for one in told if one.number is None]
    for one in told:
        if one.number is not None:
            connection.execute(update(log).where(col(log.id) == one.number).values(undone=True))
    if new:
        values = [{name: value for name, value in one._asdict().items() if name != "number"} for one in new]
        connection.execute(insert(log), values)
        _forget(connection)


def _forget(connection: Connection) -> None:
    log = RecommendationChange
    name, number = col(log.recommendation), col(log.id)
    many = select(name).where(col(log.status).is_(None)).group_by(name).having(func.count() > ESTIMATES)
    for (each,) in connection.execute(many).all():
        estimates = select(number).where(name == each, col(log.status).is_(None)).order_by(number.desc())
        gone = [one for (one,) in connection.execute(estimates)][ESTIMATES:]
        connection.execute(delete(log).where(number.in_(gone)))
