"""What only one of several agents may do: who does it, and how another takes over.

On PostgreSQL a session holds an advisory lock: when the agent dies the server lets it go at once. Elsewhere, and wherever sessions
do not last, a row of the table `lease` names the owner until a time; who does not renew it has lost it.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from hashlib import blake2b
from typing import Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from agent.store.read import reading
from agent.store.write import StoreUnavailable, unavailable, writing

LEASE_S = 60.0
"""How long a row holds without being renewed."""

_KEEPALIVE = "SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 4"
"""A machine that is gone without a word is noticed after forty seconds instead of two hours."""


class Lease(Protocol):
    """The right of one agent to do one thing."""

    def hold(self, now: float) -> bool:
        """Take it, or keep it: whether it is this agent's now. To be called every few seconds. Raises StoreUnavailable."""

    def give_up(self) -> None:
        """Let another agent have it at once; without effect when it is not held, or the database is away."""


def lease(engine: Engine, name: str, owner: str) -> Lease:
    """The lease `name` for the agent `owner`, in the way that fits the database."""
    return SessionLock(engine, name) if engine.dialect.name == "postgresql" else LeaseRow(engine, name, owner)


class SessionLock:
    """An advisory lock of PostgreSQL, held by a connection of its own."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._key = int.from_bytes(blake2b(f"hone:{name}".encode(), digest_size=8).digest(), "big", signed=True)
        self._session: Connection | None = None

    def hold(self, now: float) -> bool:
        """See `Lease`."""
        try:
            if self._session is not None:
                self._session.exec_driver_sql("SELECT 1")
                return True
            session = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            try:
                # Not the pool's any more: nobody else gets this session, and to close it ends it.
                session.detach()
                session.exec_driver_sql(_KEEPALIVE)
                if session.exec_driver_sql(f"SELECT pg_try_advisory_lock({self._key})").scalar_one():
                    self._session = session
                    return True
            finally:
                if self._session is not session:
                    session.close()
        except DBAPIError as error:
            self.give_up()
            raise unavailable(error.orig or error) from error
        return False

    def give_up(self) -> None:
        """See `Lease`."""
        session, self._session = self._session, None
        if session is not None:
            session.invalidate()
            session.close()


class LeaseRow:
    """A row of the table `lease`. The agents' clocks have to agree to within `seconds`."""

    def __init__(self, engine: Engine, name: str, owner: str, seconds: float = LEASE_S) -> None:
        self._engine = engine
        self._name = name
        self._owner = owner
        self._seconds = seconds
        self._until: float | None = None

    def hold(self, now: float) -> bool:
        """See `Lease`. Writes only when it is to be had, and when a third of its time is over."""
        if self._until is not None and 2 / 3 * self._seconds < self._until - now <= self._seconds:
            return True
        self._until = None
        with reading(self._engine) as connection:
            query = text("SELECT owner, until FROM lease WHERE name = :name")
            found = connection.execute(query, {"name": self._name}).first()
        gone = None
        if found is not None and found.owner != self._owner and found.until > now:
            if not _is_gone(found.owner):
                return False
            gone = found.owner
        with writing(self._engine) as connection:
            taken = connection.execute(
                text(
                    "INSERT INTO lease (name, owner, until) VALUES (:name, :owner, :until)"
                    " ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until"
                    " WHERE lease.owner = excluded.owner OR lease.until <= :now OR lease.owner = :gone"
                ),
                {"name": self._name, "owner": self._owner, "until": now + self._seconds, "now": now, "gone": gone},
            )
            held = taken.rowcount == 1
        self._until = now + self._seconds if held else None
        return held

    def give_up(self) -> None:
        """See `Lease`."""
        self._until = None
        with suppress(StoreUnavailable), writing(self._engine) as connection:
            connection.execute(
                text("DELETE FROM lease WHERE name = :name AND owner = :owner"),
                {"name": self._name, "owner": self._owner},
            )


def _is_gone(owner: str) -> bool:
    """Whether it was a process (`host:pid`) of this machine that is not there any more."""
    host, _, pid = owner.rpartition(":")
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False
