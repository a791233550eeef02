"""The one transaction: offsets, identities, summaries, calls, texts and rejects move together or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from agent.store.statements import INSERT
from analyzers.errors import HoneError
from collectors.source import Incident, Partition


class Fenced(HoneError):
    """Another agent has moved this partition's offset: forget what is in memory, read the offset again, seek."""

    def __init__(self, partition: Partition) -> None:
        super().__init__(f"{partition.topic}[{partition.number}]: another agent reads this partition now")
        self.partition = partition


class StoreUnavailable(HoneError):
    """The database did not answer, is locked, full or read-only; what was to be written is not written."""


class OutcomeUnknown(StoreUnavailable):
    """The connection broke during COMMIT: only the stored offset tells whether the batch is in."""


class RejectRow(NamedTuple):
    """One row of the table `reject`. `until` is record + 1, or the end of an unreadable range."""

    topic: str
    part: int
    record: int
    element: int
    until: int
    at: float
    reason: str
    detail: str
    excerpt: bytes


SummaryKey = tuple[str, int, int, str, int]
"""analyzer, version, hour, topic, partition"""

_KEPT = "what was read is kept and tried again"
_SQLITE_VARIABLES = 10_000
_STATE = "SELECT state FROM summary WHERE analyzer = ? AND version = ? AND hour = ? AND topic = ? AND part = ?"
_STATE_LOCKED = f"{_STATE} FOR UPDATE"


class Transaction:
    """The statements of one open transaction, in SQLite's or PostgreSQL's words."""

    def __init__(self, cursor: Any, *, postgresql: bool) -> None:
        self._cursor = cursor
        self._postgresql = postgresql

    def _run(self, sql: str, *values: object) -> Any:
        return self._cursor.execute(sql.replace("?", "%s") if self._postgresql else sql, values)

    def insert(self, table: str, rows: Sequence[Sequence[object]]) -> None:
        """Insert `rows` (columns as in `_TABLES`) in bulk."""
        if not rows:
            return
        sql = INSERT[table, self._postgresql]
        if self._postgresql:
            self._cursor.execute(sql, [list(column) for column in zip(*rows, strict=True)])
        else:
            self._cursor.executemany(sql, rows)

    def move_offset(
        self, partition: Partition, start: int, end: int, topic_id: str | None, owner: str, now: float
    ) -> None:
        """Compare-and-set of the partition's next offset from `start` to `end`. Raises Fenced."""
        self._run(
            "UPDATE source_offset SET next = ?, topic_id = ?, owner = ?, updated_at = ?"
            " WHERE topic = ? AND part = ? AND next = ?",
            end,
            topic_id,
            owner,
            now,
            partition.topic,
            partition.number,
            start,
        )
        if self._cursor.rowcount == 1:
            return
        self._run(
            "INSERT INTO source_offset (topic, part, next, topic_id, owner, updated_at) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (topic, part) DO NOTHING",
            partition.topic,
            partition.number,
            end,
            topic_id,
            owner,
            now,
        )
        if self._cursor.rowcount != 1:
            raise Fenced(partition)

    def claim(self, rows: Sequence[tuple[bytes, int, int, int]]) -> dict[bytes, tuple[int, int]]:
        """Insert identities (distinct keys) into `seen`; return observer and observation of those that were there.

        A concurrent transaction that inserts the same key is waited for, so exactly one of the two claims it.
        """
        if not rows:
            return {}
        if self._postgresql:
            # One order for all agents, or two batches that share two calls could deadlock.
            ordered = sorted(rows)
            sql = INSERT["seen", True] + " RETURNING key"
            self._cursor.execute(sql, [list(column) for column in zip(*ordered, strict=True)])
            claimed = {bytes(row[0]) for row in self._cursor.fetchall()}
            if len(claimed) == len(rows):
                return {}
            wanted = [row[0] for row in rows if row[0] not in claimed]
            self._cursor.execute("SELECT key, observer, observation FROM seen WHERE key = ANY(%s)", [wanted])
            return {bytes(key): (observer, observation) for key, observer, observation in self._cursor.fetchall()}
        found: dict[bytes, tuple[int, int]] = {}
        keys = [row[0] for row in rows]
        for i in range(0, len(keys), _SQLITE_VARIABLES):
            some = keys[i : i + _SQLITE_VARIABLES]
            marks = ",".join("?" * len(some))
            self._cursor.execute(f"SELECT key, observer, observation FROM seen WHERE key IN ({marks})", some)  # noqa: S608
            found.update({key: (observer, observation) for key, observer, observation in self._cursor.fetchall()})
        self.insert("seen", [row for row in rows if row[0] not in found] if found else rows)
        return found

    def states(self, keys: Sequence[SummaryKey], locked_before: int = 0) -> dict[SummaryKey, bytes]:
        """Stored summaries for `keys`; those that do not exist are left out.

        Those of hours before `locked_before` stay as they are until this transaction ends. SQLite has one writer anyway.
        """
        found: dict[SummaryKey, bytes] = {}
        for key in keys:
            self._run(_STATE_LOCKED if self._postgresql and key[2] < locked_before else _STATE, *key)
            row = self._cursor.fetchone()
            if row is not None:
                found[key] = bytes(row[0])
        return found

    def incidents(self, incidents: Sequence[Incident], now: float) -> None:
        """Keep what happened to the stream."""
        self.insert(
            "incident",
            [
                (
                    now,
                    i.kind,
                    i.partition and i.partition.topic,
                    i.partition and i.partition.number,
                    i.start,
                    i.end,
                    i.message,
                )
                for i in incidents
            ],
        )

    def raise_event(self, kind: str, subject: str, at: float, now: float, message: str, data: bytes) -> bool:
        """Keep an event unless one of the same kind and subject is open; whether it was kept."""
        self._run(
            "INSERT INTO event (kind, subject, at, raised_at, message, data) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            kind,
            subject,
            at,
            now,
            message,
            data,
        )
        return bool(self._cursor.rowcount == 1)

    def resolve_event(self, kind: str, subject: str, now: float) -> None:
        """Close the open event of this kind and subject."""
        self._run(
            "UPDATE event SET resolved_at = ? WHERE kind = ? AND subject = ? AND resolved_at IS NULL",
            now,
            kind,
            subject,
        )

    def bump(self, now: float) -> None:
        """Tell readers that something changed."""
        self._run("UPDATE revision SET number = number + 1, at = ? WHERE id = 1", now)


@contextmanager
def transaction(engine: Engine) -> Iterator[Transaction]:
    """A write transaction: commits at the end, rolls back on any error. Raises StoreUnavailable."""
    postgresql = engine.dialect.name == "postgresql"
    driver = engine.dialect.loaded_dbapi
    # What passes by itself: locks, lost connections, full disks. Anything else would fail again for ever.
    failures = (driver.OperationalError, driver.InterfaceError, driver.InternalError)
    try:
        connection = engine.raw_connection()
    except Exception as error:
        raise unavailable(error) from error
    try:
        cursor = connection.cursor()
        try:
            if not postgresql:
                cursor.execute("BEGIN IMMEDIATE")
            yield Transaction(cursor, postgresql=postgresql)
        except BaseException as error:
            _rollback(connection, cursor, postgresql=postgresql)
            if isinstance(error, failures):
                raise unavailable(error) from error
            if isinstance(error, driver.Error):
                raise HoneError(
                    f"the database refuses what is to be written ({type(error).__name__})",
                    "nothing of this batch is written; the schema may have been changed by hand",
                ) from error
            raise
        try:
            if postgresql:
                connection.commit()
            else:
                cursor.execute("COMMIT")
        except failures as error:
            _rollback(connection, cursor, postgresql=postgresql)
            raise OutcomeUnknown(f"the database failed during COMMIT: {_said(error)}", _KEPT) from error
    finally:
        connection.close()


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A connection in a transaction that writes, for what is not the ingest's. Raises StoreUnavailable."""
    try:
        with engine.connect().execution_options(immediate=True) as connection, connection.begin():
            yield connection
    except DBAPIError as error:
        raise unavailable(error.orig or error) from error


def _rollback(connection: Any, cursor: Any, *, postgresql: bool) -> None:
    try:
        if postgresql:
            connection.rollback()
        elif connection.driver_connection.in_transaction:
            cursor.execute("ROLLBACK")
    except Exception:
        # The connection itself is gone; the server has rolled back, and the pool must not hand it out again.
        connection.invalidate()


def unavailable(error: BaseException) -> StoreUnavailable:
    """What to raise when the driver's `error` means that the database cannot be used now."""
    return StoreUnavailable(f"the database is not available: {_said(error)}", _KEPT)


def _said(error: BaseException) -> str:
    # Only the driver's first line: later ones may quote parameters, which may be log text.
    first = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
    if "password" in first.lower() and "authentication" not in first.lower():
        return type(error).__name__
    return first
