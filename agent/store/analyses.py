"""The reports that the analyst made: kept compressed, the newest for the dashboard, older ones for what changed since."""

from __future__ import annotations

from typing import NamedTuple

import zstandard
from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from agent.store.read import reading
from agent.store.tables import StoredAnalysis
from agent.store.write import unavailable

KEPT = 48
_DAY_S = 86_400
_LEVEL = 6


class Analysis(NamedTuple):
    """A report (`hone.report/1` as JSON) made at `at`, of calls from `start` to `end` (unix seconds; None: there were none).

    `revision` is the number of the database that it saw, `seconds` how long it took.
    """

    at: float
    start: float | None
    end: float | None
    revision: int
    seconds: float
    report: bytes


def keep(engine: Engine, analysis: Analysis) -> None:
    """Keep one; of those before it the newest `KEPT` stay, and the last of each day. Raises StoreUnavailable."""
    row = StoredAnalysis
    values = analysis._asdict()
    values["body"] = zstandard.compress(values.pop("report"), _LEVEL)
    try:
        with engine.connect().execution_options(immediate=True) as connection, connection.begin():
            connection.execute(insert(row).values(**values))
            known = connection.execute(select(col(row.id), col(row.at)).order_by(col(row.id))).all()
            last_of_day = {at // _DAY_S: number for number, at in known}
            stay = {*last_of_day.values(), *(number for number, _ in known[-KEPT:])}
            gone = [number for number, _ in known if number not in stay]
            if gone:
                connection.execute(delete(row).where(col(row.id).in_(gone)))
    except DBAPIError as error:
        raise unavailable(error.orig or error) from error


class Made(NamedTuple):
    """When the newest analysis was made (unix seconds), which revision it saw and how long it took (seconds)."""

    at: float
    revision: int
    seconds: float


def last_made(engine: Engine) -> Made | None:
    """The newest analysis, without its report; None when there is none."""
    row = StoredAnalysis
    query = select(col(row.at), col(row.revision), col(row.seconds)).order_by(col(row.id).desc()).limit(1)
    with reading(engine) as connection:
        found = connection.execute(query).first()
    return None if found is None else Made(*found)


def newest(engine: Engine, *, before: float | None = None) -> Analysis | None:
    """The newest report, or the newest made before a time (unix seconds)."""
    row = StoredAnalysis
    names = ("at", "start", "end", "revision", "seconds", "body")
    query = select(*[getattr(row, name) for name in names]).order_by(col(row.id).desc()).limit(1)
    if before is not None:
        query = query.where(col(row.at) < before)
    with reading(engine) as connection:
        found = connection.execute(query).first()
    if found is None:
        return None
    at, start, end, revision, seconds, body = found
    return Analysis(at, start, end, revision, seconds, zstandard.decompress(body))


def since(engine: Engine, start: float) -> list[Analysis]:
    """The last analysis of each day (UTC) from a time (unix seconds) on, oldest first."""
    row = StoredAnalysis
    names = ("at", "start", "end", "revision", "seconds", "body")
    with reading(engine) as connection:
        known = connection.execute(select(col(row.at), col(row.id)).where(col(row.at) >= start).order_by(col(row.id)))
        last_of_day = {at // _DAY_S: number for at, number in known}
        query = select(*[getattr(row, name) for name in names]).where(col(row.id).in_(last_of_day.values()))
        rows = connection.execute(query.order_by(col(row.id))).all()
    return [Analysis(*found)._replace(report=zstandard.decompress(found.body)) for found in rows]
