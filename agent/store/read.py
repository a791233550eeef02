"""What the database knows: positions, summaries, calls with their text, rejects, incidents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from agent.store.fragments import MOST_MESSAGES, Piece, joined, keys_of
from agent.store.fragments import decode as decode_piece
from agent.store.fragments import segments_of as segments_of_pieces
from agent.store.rows import call_of, decode, decompress, segments_of
from agent.store.tables import (
    Revision,
    Segment,
    SourceOffset,
    StoredCall,
    StoredEvent,
    StoredFragment,
    StoredIncident,
    StoredReject,
    Summary,
)
from agent.store.write import StoreUnavailable, SummaryKey
from analyzers.core import Call
from collectors.source import Incident, Partition, Position

_CALLS_AT_ONCE = 1_000


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for reading. Raises StoreUnavailable when the database is gone."""
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        first = str(error.orig).strip().splitlines()[:1]
        raise StoreUnavailable(
            f"the database is not available: {(first or [type(error).__name__])[0][:200]}"
        ) from error


def position(engine: Engine, partition: Partition) -> Position | None:
    """Where to go on reading, or None for a partition never read."""
    query = select(col(SourceOffset.next), col(SourceOffset.topic_id)).where(
        col(SourceOffset.topic) == partition.topic, col(SourceOffset.part) == partition.number
    )
    with reading(engine) as connection:
        row = connection.execute(query).first()
    return None if row is None else Position(row[0], row[1])


class Progress(NamedTuple):
    """How far one partition has been read, by whom, when (unix seconds)."""

    partition: Partition
    next: int
    owner: str
    updated_at: float


def progress(engine: Engine) -> list[Progress]:
    """Every partition ever read, by name."""
    query = select(
        col(SourceOffset.topic),
        col(SourceOffset.part),
        col(SourceOffset.next),
        col(SourceOffset.owner),
        col(SourceOffset.updated_at),
    ).order_by(col(SourceOffset.topic), col(SourceOffset.part))
    with reading(engine) as connection:
        return [Progress(Partition(t, p), n, o, u) for t, p, n, o, u in connection.execute(query)]


def summaries(
    engine: Engine, analyzer: str, version: int, start_hour: int | None = None, end_hour: int | None = None
) -> Iterator[tuple[SummaryKey, bytes]]:
    """States of one analyzer with start_hour <= hour < end_hour (unix time // 3600), by hour."""
    query = (
        select(col(Summary.hour), col(Summary.topic), col(Summary.part), col(Summary.state))
        .where(col(Summary.analyzer) == analyzer, col(Summary.version) == version)
        .order_by(col(Summary.hour), col(Summary.topic), col(Summary.part))
    )
    if start_hour is not None:
        query = query.where(col(Summary.hour) >= start_hour)
    if end_hour is not None:
        query = query.where(col(Summary.hour) < end_hour)
    with reading(engine) as connection:
        for hour, topic, part, state in connection.execute(query):
            yield (analyzer, version, hour, topic, part), bytes(state)


def newest_hour(engine: Engine, analyzer: str, version: int, before: int) -> int | None:
    """The last hour (unix time // 3600) before `before` that has a summary of the analyzer."""
    query = select(func.max(col(Summary.hour))).where(
        col(Summary.analyzer) == analyzer, col(Summary.version) == version, col(Summary.hour) < before
    )
    with reading(engine) as connection:
        found: int | None = connection.execute(query).scalar()
    return found


def first_hour(engine: Engine, analyzer: str, version: int) -> int | None:
    """The first hour (unix time // 3600) of which one analyzer has a state."""
    query = select(func.min(col(Summary.hour))).where(
        col(Summary.analyzer) == analyzer, col(Summary.version) == version
    )
    with reading(engine) as connection:
        found: int | None = connection.execute(query).scalar()
    return found


def newest_number(engine: Engine) -> int:
    """The number of the call that was written last, 0 before the first."""
    with reading(engine) as connection:
        return connection.execute(select(func.max(col(StoredCall.id)))).scalar() or 0


def calls(
    engine: Engine, start: float | None = None, end: float | None = None, newest: int | None = None
) -> Iterator[Call]:
    """Kept calls with start <= started_at < end (unix seconds), in order of time, with their text wherever it was logged.

    `newest`: none that were written after the one of this number (`newest_number`).
    """
    query = select(col(StoredCall.at), col(StoredCall.id), col(StoredCall.body)).order_by(
        col(StoredCall.at), col(StoredCall.id)
    )
    if start is not None:
        query = query.where(col(StoredCall.at) >= start)
    if end is not None:
        query = query.where(col(StoredCall.at) < end)
    if newest is not None:
        query = query.where(col(StoredCall.id) <= newest)
    texts: dict[int, bytes] = {}
    with reading(engine) as connection:
        bodies = connection.execution_options(yield_per=_CALLS_AT_ONCE).execute(query)
        for some in bodies.partitions(_CALLS_AT_ONCE):
            rows = [decode(body) for _, _, body in some]
            keys = [keys_of(row) for row in rows]
            pieces = _pieces(connection, {key for of_call in keys for key in of_call})
            wanted = set().union(*map(segments_of, rows), *map(segments_of_pieces, pieces.values()))
            # Segments follow time, so what the next thousand calls need is mostly what these needed.
            texts = {number: text for number, text in texts.items() if number in wanted}
            texts.update(_segments(connection, wanted - texts.keys()))
            for row, of_call in zip(rows, keys, strict=True):
                call = call_of(row, texts)
                yield joined(call, of_call, pieces, texts) if of_call and pieces else call


def _pieces(connection: Connection, keys: set[bytes]) -> Mapping[bytes, list[Piece]]:
    """The messages logged under `keys`, of each the first `MOST_MESSAGES` in order."""
    found: dict[bytes, list[Piece]] = {}
    if not keys:
        return found
    row = StoredFragment
    query = (
        select(col(row.key), col(row.body))
        .where(col(row.key).in_(keys))
        .order_by(col(row.time), col(row.position), col(row.id))
    )
    with closing(connection.execution_options(yield_per=_CALLS_AT_ONCE).execute(query)) as rows:
        for key, body in rows:
            messages = found.setdefault(bytes(key), [])
            if len(messages) < MOST_MESSAGES:
                messages.append(decode_piece(body))
    return found


def _segments(connection: Connection, ids: set[int]) -> Mapping[int, bytes]:
    if not ids:
        return {}
    query = select(col(Segment.id), col(Segment.size), col(Segment.body)).where(col(Segment.id).in_(ids))
    return {number: decompress(body, size) for number, size, body in connection.execute(query) if number is not None}


def last_call(engine: Engine) -> float | None:
    """Time (unix seconds) of the newest kept call."""
    with reading(engine) as connection:
        found: float | None = connection.execute(select(func.max(col(StoredCall.at)))).scalar()
    return found


def newest_from(engine: Engine, count: int, before: float | None = None) -> float | None:
    """Time (unix seconds) from which on the newest `count` kept calls (older than `before`) are; None when there are no more."""
    query = select(col(StoredCall.at)).order_by(col(StoredCall.at).desc()).offset(count).limit(1)
    if before is not None:
        query = query.where(col(StoredCall.at) < before)
    with reading(engine) as connection:
        found: float | None = connection.execute(query).scalar()
    return found


def count_calls(engine: Engine) -> int:
    """How many calls are kept with their structure."""
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(StoredCall)).scalar_one()


def rejects(engine: Engine, limit: int = 200) -> list[StoredReject]:
    """Newest refusals first."""
    columns = StoredReject.__table__.c  # type: ignore[attr-defined]
    query = select(columns).order_by(columns.at.desc(), columns.record.desc()).limit(limit)
    with reading(engine) as connection:
        return [StoredReject(**row) for row in connection.execute(query).mappings()]


def incidents(engine: Engine, limit: int = 200) -> list[tuple[float, Incident]]:
    """Newest first, with their time (unix seconds)."""
    query = (
        select(
            col(StoredIncident.at),
            col(StoredIncident.kind),
            col(StoredIncident.topic),
            col(StoredIncident.part),
            col(StoredIncident.message),
            col(StoredIncident.start),
            col(StoredIncident.end),
        )
        .order_by(col(StoredIncident.id).desc())
        .limit(limit)
    )
    with reading(engine) as connection:
        return [
            (at, Incident(kind, None if topic is None else Partition(topic, part or 0), message, start, end))
            for at, kind, topic, part, message, start, end in connection.execute(query)
        ]


class StoredEventRow(NamedTuple):
    """An event as it is kept; times are unix seconds, `resolved_at` None while it is open."""

    kind: str
    subject: str
    at: float
    raised_at: float
    resolved_at: float | None
    message: str
    data: dict[str, Any]
    id: int = 0


def events(
    engine: Engine, limit: int | None = 200, *, only_open: bool = False, resolved_since: float | None = None
) -> list[StoredEventRow]:
    """Newest first; `only_open`: those that are not resolved; `resolved_since`: those that were, since a time (unix seconds)."""
    chosen: list[Any] = [col(StoredEvent.resolved_at).is_(None)] if only_open else []
    if resolved_since is not None:
        chosen.append(col(StoredEvent.resolved_at) >= resolved_since)
    return _events(engine, chosen, limit)


def events_numbered(engine: Engine, numbers: Sequence[int]) -> list[StoredEventRow]:
    """The events with these numbers, as far as they are kept, newest first."""
    return _events(engine, [col(StoredEvent.id).in_(numbers)])


def events_between(engine: Engine, start: float, end: float) -> list[StoredEventRow]:
    """Events raised before `end` that were open at `start` or later (unix seconds), newest first."""
    over = col(StoredEvent.resolved_at)
    return _events(engine, [col(StoredEvent.raised_at) < end, over.is_(None) | (over >= start)])


def _events(engine: Engine, chosen: Sequence[Any], limit: int | None = None) -> list[StoredEventRow]:
    row = StoredEvent
    names = StoredEventRow._fields
    query = select(*[getattr(row, name) for name in names]).where(*chosen).order_by(col(row.id).desc()).limit(limit)
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    return [StoredEventRow(*found)._replace(data=msgspec.json.decode(found.data)) for found in rows]


class RevisionNumber(NamedTuple):
    """Grows with every commit; `at` is the time of the last one (unix seconds), None before the first."""

    number: int
    at: float | None


def revision(engine: Engine) -> RevisionNumber:
    """The newest revision."""
    with reading(engine) as connection:
        number, at = connection.execute(select(col(Revision.number), col(Revision.at))).one()
    return RevisionNumber(number, at or None)
