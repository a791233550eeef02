"""A database that is open: one value that the agent, the reports and the dashboard pass around."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import DBAPIError

from agent.store import deployment, read, vectors
from agent.store.engine import open_engine
from agent.store.write import Transaction, transaction, unavailable
from analyzers.core import Call
from analyzers.errors import HoneError
from collectors.source import Incident, Partition, Position

_MIGRATIONS = Path(__file__).parent / "migrations" / "versions"


class Store:
    """The database at `url`, with this version's schema."""

    def __init__(self, engine: Engine, owner: str) -> None:
        self.engine = engine
        self.owner = owner

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A write transaction. Raises StoreUnavailable, Fenced."""
        with transaction(self.engine) as t:
            yield t

    @property
    def deployment(self) -> str:
        """The database's own name; see `agent.store.deployment`."""
        return deployment.deployment(self.engine)

    def position(self, partition: Partition) -> Position | None:
        """Where to go on reading; see `collectors.source.Positions`."""
        return read.position(self.engine, partition)

    def calls(self, start: float | None = None, end: float | None = None) -> Iterator[Call]:
        """Kept calls in order of time; see `agent.store.read.calls`."""
        return read.calls(self.engine, start, end)

    def incidents(self) -> list[tuple[float, Incident]]:
        """What happened to the stream, newest first."""
        return read.incidents(self.engine)

    def vectors(self, model: str, keys: Sequence[bytes]) -> dict[bytes, tuple[int, bytes]]:
        """Vectors that were computed before; see `agent.store.vectors`."""
        return vectors.vectors(self.engine, model, keys)

    def keep_vectors(self, model: str, rows: Mapping[bytes, bytes], now: float) -> None:
        """Keep vectors for later; see `agent.store.vectors`."""
        vectors.keep_vectors(self.engine, model, rows, now)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_store(url: str, *, create: bool = True, owner: str | None = None) -> Store:
    """Open the database at `url`, migrating it when an older version wrote it.

    With `create=False` a missing SQLite file is an error. Raises HoneError: unreachable, newer than this version.
    """
    engine = open_engine(url, create=create)
    try:
        # Most starts find the schema in place, and need none of what changes it.
        with engine.connect() as connection:
            found = _schema(connection)
        if found != _newest():
            from agent.store.migrate import migrate

            migrate(engine)
    except DBAPIError as error:
        engine.dispose()
        failure = unavailable(error.orig or error)
        raise HoneError(failure.message, "check the URL, that the server runs, and the rights of the user") from error
    except HoneError:
        engine.dispose()
        raise
    return Store(engine, owner or _owner())


def open_as_it_is(url: str, *, owner: str | None = None) -> Store:
    """Open a database that is there, for one who only looks: nothing is created or migrated, whatever agent it is of.

    Raises StoreUnavailable when it does not answer, HoneError when it is missing or has another schema than this version's.
    """
    engine = open_engine(url, create=False)
    try:
        with read.reading(engine) as connection:
            found, newest = _schema(connection), _newest()
        if found is None:
            raise HoneError("the database is empty", "start `hone run`: it makes the tables")
        if found != newest:
            hint = "`hone run` of this version brings it up to date" if found < newest else "upgrade this Hone"
            raise HoneError(f"the database has schema {found}, this version of Hone reads {newest}", hint)
    except HoneError:
        engine.dispose()
        raise
    return Store(engine, owner or _owner())


def _schema(connection: Connection) -> str | None:
    """Of the database; None where it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if found is None else str(found)


def _newest() -> str:
    """The schema of this version."""
    return max(path.name.split("_")[0] for path in _MIGRATIONS.glob("[0-9]*.py"))


def _owner() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"
