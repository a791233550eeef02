"""One agent at a time, on SQLite and on a real PostgreSQL; another takes over when it is gone."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from agent.store import StoreUnavailable, open_store
from agent.store.engine import open_engine
from agent.store.leases import LEASE_S, LeaseRow, SessionLock, lease

NOW = 1_795_000_000.0


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hone.db'}"
    return str(request.getfixturevalue("postgres"))


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    store = open_store(url)
    yield store.engine
    store.close()


def test_one_of_two_holds_it_until_it_gives_it_up(engine: Engine) -> None:
    first, second = lease(engine, "analyst", "a"), lease(engine, "analyst", "b")
    assert [first.hold(NOW), second.hold(NOW), first.hold(NOW + 1), second.hold(NOW + 1)] == [True, False, True, False]
    assert lease(engine, "digest", "b").hold(NOW)
    second.give_up()
    assert not second.hold(NOW + 2)
    first.give_up()
    assert [second.hold(NOW + 3), first.hold(NOW + 3)] == [True, False]
    second.give_up()
    second.give_up()


def test_of_many_that_ask_at_once_one_gets_it(engine: Engine, url: str) -> None:
    barrier, got = threading.Barrier(6), []

    def ask(name: str) -> None:
        own = open_engine(url)
        one = lease(own, "analyst", name)
        barrier.wait()
        got.append(one.hold(NOW))
        barrier.wait()
        one.give_up()
        own.dispose()

    threads = [threading.Thread(target=ask, args=[f"agent-{n}"]) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False] * 5 + [True]


def test_a_row_that_is_not_renewed_runs_out(engine: Engine) -> None:
    first, second = LeaseRow(engine, "analyst", "a"), LeaseRow(engine, "analyst", "b")
    assert first.hold(NOW)
    assert first.hold(NOW + LEASE_S - 1)
    assert not second.hold(NOW + LEASE_S + 1)
    assert second.hold(NOW + 2 * LEASE_S)
    assert not first.hold(NOW + 2 * LEASE_S)


def test_a_row_is_renewed_without_a_write_at_every_look(engine: Engine) -> None:
    one = LeaseRow(engine, "analyst", "a")
    until = "SELECT until FROM lease"
    assert one.hold(NOW)
    with engine.connect() as connection:
        assert [one.hold(NOW + n) for n in range(15)] == [True] * 15
        assert connection.execute(text(until)).scalar_one() == NOW + LEASE_S
    assert one.hold(NOW + 25)
    with engine.connect() as connection:
        assert connection.execute(text(until)).scalar_one() == NOW + 25 + LEASE_S


def test_a_process_of_this_machine_that_is_gone_holds_nothing(engine: Engine) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    host = socket.gethostname()
    assert LeaseRow(engine, "analyst", f"{host}:{gone.pid}").hold(NOW)
    assert LeaseRow(engine, "analyst", "b").hold(NOW)
    for name, other in (
        ("alive", f"{host}:{os.getpid()}"),
        ("elsewhere", f"not-{host}:{gone.pid}"),
        ("odd", f"{host}:x"),
    ):
        assert LeaseRow(engine, name, other).hold(NOW)
        assert not LeaseRow(engine, name, "b").hold(NOW)


def test_a_lock_ends_with_its_session(postgres: str) -> None:
    store = open_store(postgres)
    first, second = SessionLock(store.engine, "analyst"), SessionLock(store.engine, "analyst")
    assert first.hold(NOW)
    with store.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks"
                " WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid()"
            )
        )
    assert second.hold(NOW)
    with pytest.raises(StoreUnavailable):
        first.hold(NOW)
    assert not first.hold(NOW)
    second.give_up()
    assert first.hold(NOW)
    first.give_up()
    store.close()
