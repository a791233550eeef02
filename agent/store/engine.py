"""One function that knows how a database is opened: SQLite (WAL) by default, PostgreSQL by URL."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from analyzers.errors import HoneError

BUSY_TIMEOUT_S = 20.0
"""How long a writer waits for another one to finish before it reports the database as locked."""


def database_url(url: str) -> URL:
    """Read `url`: `sqlite:///path`, `sqlite://` (memory), `postgresql://...` or a plain path. Raises HoneError."""
    if "://" not in url:
        url = f"sqlite:///{Path(url).expanduser()}"
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise HoneError(
            "the database URL cannot be read",
            "use sqlite:///path/to/hone.db or postgresql://user@host/database",
        ) from None
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
        raise HoneError(
            f"databases of kind {parsed.drivername!r} are not supported",
            "use sqlite:///path/to/hone.db or postgresql://user@host/database",
        )
    return parsed


def open_engine(url: str, *, create: bool = True) -> Engine:
    """An engine for `url`; with `create` the folder and an empty SQLite file (mode 600) are made."""
    parsed = database_url(url)
    try:
        if parsed.drivername == "sqlite":
            return _open_sqlite(parsed, create=create)
        return create_engine(
            parsed,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": 10,
                # A network that is cut in the middle of a statement is noticed before the group would give up on this agent.
                "keepalives_idle": 10,
                "keepalives_interval": 5,
                "keepalives_count": 3,
                "tcp_user_timeout": 30_000,
                "options": "-c idle_in_transaction_session_timeout=30000 -c lock_timeout=20000",
            },
        )
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise HoneError(
            f"the database driver is missing: {error}", "install hone-agent with its dependencies"
        ) from None


def _open_sqlite(url: URL, *, create: bool) -> Engine:
    memory = url.database in (None, "", ":memory:")
    if not memory:
        path = Path(str(url.database)).expanduser()
        if not path.exists():
            if not create:
                raise HoneError(f"{path}: there is no database", "start `hone run` first, or name another with --db")
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            except OSError as error:
                raise HoneError(
                    f"{path}: cannot be created ({error.strerror})", "check the folder and its rights"
                ) from None
    arguments: dict[str, Any] = {"connect_args": {"check_same_thread": False, "timeout": BUSY_TIMEOUT_S}}
    if memory:
        arguments["poolclass"] = StaticPool
    engine = create_engine(url, **arguments)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        # Transactions are begun by hand: the driver's own BEGIN is deferred and would meet a lock in mid-batch.
        connection.isolation_level = None
        _write_ahead(connection)
        for pragma in (
            "synchronous=FULL",
            "foreign_keys=ON",
            "cache_size=-65536",
            "temp_store=MEMORY",
            f"busy_timeout={int(BUSY_TIMEOUT_S * 1000)}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL, waiting for others: that switch alone is refused at once when somebody else is in the file."""
    until = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return
