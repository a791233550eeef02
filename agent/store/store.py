"""A database that is open: one value that the agent, the reports and the dashboard pass around."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from agent.store import read, vectors
from agent.store.engine import open_engine
from agent.store.migrate import migrate
from agent.store.write import Transaction, transaction, unavailable
from analyzers.core import Call
from analyzers.errors import HoneError
from collectors.source import Incident, Partition, Position


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
        migrate(engine)
    except DBAPIError as error:
        engine.dispose()
        failure = unavailable(error.orig or error)
        raise HoneError(failure.message, "check the URL, that the server runs, and the rights of the user") from error
    except HoneError:
        engine.dispose()
        raise
    return Store(engine, owner or f"{socket.gethostname()}:{os.getpid()}")
