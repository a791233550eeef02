"""Takes one user out of the database: calls, messages and texts that nobody else's call shares, and what was made from them.

Sums stay: they name no user. So do identities of calls (digests, so that a replay does not count them again), verdicts on pairs
(digests) and refused records (masked, of nobody that is known).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import zstandard
from sqlalchemy import Connection, Engine, delete, select, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from agent.store.close_looks import StoredCloseLook
from agent.store.fragments import decode as decode_piece
from agent.store.fragments import key_of
from agent.store.read import reading
from agent.store.rows import DELETED, CallRow, PartRef, decode, decompress
from agent.store.tables import Segment, StoredAnalysis, StoredCall, StoredFragment, StoredVector
from agent.store.write import unavailable, writing

_ROWS_AT_ONCE = 5_000
_IDS_AT_ONCE = 10_000
_LEVEL = 6

Place = tuple[int, int, int]
"""Segment, first byte, number of bytes."""


class Erased(NamedTuple):
    """Rows and texts that are gone."""

    calls: int = 0
    messages: int = 0
    texts: int = 0
    vectors: int = 0
    analyses: int = 0
    """Reports whose examples were emptied."""


class _Found(NamedTuple):
    calls: list[int]
    messages: list[bytes]
    places: set[Place]
    days: set[int]


def erase(engine: Engine, user: str) -> Erased:
    """Delete what the user with this hash (`collectors.context.hashed_user`) sent and got. Raises StoreUnavailable.

    Agents may go on reading meanwhile: an agent that knows one of the texts from this day and stores a call with the same
    text keeps that call without the text. What is deleted is overwritten, in the SQLite file too.
    """
    with reading(engine) as connection:
        found = _of_user(connection, user)
        places = found.places - _of_others(connection, found) if found.places else set()
    if not found.calls:
        return Erased()
    with writing(engine) as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
        calls = sum(
            connection.execute(delete(StoredCall).where(col(StoredCall.id).in_(some))).rowcount
            for some in _some(found.calls)
        )
        messages = sum(
            connection.execute(delete(StoredFragment).where(col(StoredFragment.id).in_(some))).rowcount
            for some in _some(found.messages)
        )
        _overwrite(connection, places)
        vectors = connection.execute(delete(StoredVector)).rowcount
        connection.execute(delete(StoredCloseLook))
        analyses = _without_examples(connection)
    _let_go(engine)
    return Erased(calls, messages, len(places), vectors, analyses)


def _of_user(connection: Connection, user: str) -> _Found:
    found = _Found([], [], set(), set())
    mark = user.encode()
    keys: set[bytes] = set()
    for number, day, body in _rows(connection, StoredCall):
        if mark not in body:
            continue
        row = decode(body)
        if row.user == user:
            found.calls.append(number)
            found.days.add(day)
            found.places.update(_places(_refs(row)))
            keys.update(key_of(key) for key in row.text_key.split(" ") if key)
    for some in _some(sorted(keys)):
        apart = StoredFragment
        query = select(col(apart.id), col(apart.day), col(apart.body)).where(col(apart.key).in_(some))
        for number, day, body in connection.execute(query):
            found.messages.append(bytes(number))
            found.days.add(day)
            found.places.update(_places(decode_piece(bytes(body)).parts))
    return found


def _of_others(connection: Connection, found: _Found) -> set[Place]:
    """Of the places that were found, those that another call or message points to. Pointers never leave their day."""
    mine, messages = set(found.calls), set(found.messages)
    shared: set[Place] = set()
    days = sorted(found.days)
    for number, _, body in _rows(connection, StoredCall, days):
        if number not in mine:
            shared.update(_places(_refs(decode(body))))
    for number, _, body in _rows(connection, StoredFragment, days):
        if number not in messages:
            shared.update(_places(decode_piece(body).parts))
    return shared & found.places


def _rows(
    connection: Connection, table: type[StoredCall] | type[StoredFragment], days: list[int] | None = None
) -> Iterator[tuple[Any, int, bytes]]:
    query = select(col(table.id), col(table.day), col(table.body))
    if days is not None:
        query = query.where(col(table.day).in_(days))
    for number, day, body in connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(query):
        yield (bytes(number) if isinstance(number, memoryview) else number), day, bytes(body)


def _refs(row: CallRow) -> Iterator[PartRef]:
    for parts in (row.system, row.tools, row.output, *(parts for _, parts in row.messages)):
        yield from parts


def _places(refs: Iterable[PartRef]) -> Iterator[Place]:
    return ((ref.segment, ref.start, ref.size) for ref in refs if ref.segment is not None and ref.size)


def _overwrite(connection: Connection, places: set[Place]) -> None:
    by_segment: dict[int, list[Place]] = {}
    for place in places:
        by_segment.setdefault(place[0], []).append(place)
    for number, gone in sorted(by_segment.items()):
        row = connection.execute(select(col(Segment.size), col(Segment.body)).where(col(Segment.id) == number)).first()
        if row is None:
            continue
        text = bytearray(decompress(row.body, row.size))
        for _, start, size in gone:
            text[start : start + size] = DELETED * size
        body = zstandard.ZstdCompressor(level=1).compress(bytes(text))
        connection.execute(update(Segment).where(col(Segment.id) == number).values(body=body))


def _without_examples(connection: Connection) -> int:
    """Empty what reports show of texts; how many were changed."""
    changed = 0
    row = StoredAnalysis
    for number in connection.execute(select(col(row.id))).scalars().all():
        body = connection.execute(select(col(row.body)).where(col(row.id) == number)).scalar_one()
        report = json.loads(zstandard.decompress(body))
        if _emptied(report):
            written = zstandard.compress(json.dumps(report, separators=(",", ":")).encode(), _LEVEL)
            connection.execute(update(row).where(col(row.id) == number).values(body=written))
            changed += 1
    return changed


def _emptied(value: Any) -> bool:
    """Empty every example in a report; whether there was one."""
    changed = False
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("example", "examples") and isinstance(inner, list):
                if any(inner):
                    # A pair stays a pair: that is what the schema says.
                    value[key] = ["", ""] if key == "example" and len(inner) == 2 else []
                    changed = True
            else:
                changed = _emptied(inner) or changed
    elif isinstance(value, list):
        for inner in value:
            changed = _emptied(inner) or changed
    return changed


def _let_go(engine: Engine) -> None:
    """Give up what the database still holds of deleted rows, as far as others let it."""
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                raw = connection.connection.driver_connection
                if raw is not None:
                    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            else:
                plain = connection.execution_options(isolation_level="AUTOCOMMIT")
                plain.exec_driver_sql("VACUUM call, fragment, segment, vector, close_look, analysis")
    except DBAPIError as error:
        raise unavailable(error.orig or error) from error


def _some(keys: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(keys), _IDS_AT_ONCE):
        yield keys[start : start + _IDS_AT_ONCE]
