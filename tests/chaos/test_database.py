"""A database that is slow, full, or was restarted."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.chaos.databases import held, waiting
from tests.fixtures.agents import Agent, wait_until, wait_until_all_read_on
from tests.fixtures.parts import Kafka
from tests.fixtures.postgres_server import PostgresServer
from tests.fixtures.recovery import Recovery
from tests.fixtures.small_disk import SmallDisk
from tests.fixtures.streams import Stream

pytestmark = pytest.mark.kafka


@pytest.mark.postgres
@pytest.mark.parametrize("seconds", [1.5, pytest.param(50.0, marks=pytest.mark.chaos)])
def test_slow_but_not_gone(
    stream_of: Callable[..., Stream], broker: Kafka, postgres: str, recovery: Recovery, seconds: float
) -> None:
    stream = stream_of(broker.bootstrap, broker.topic(partitions=2), 2)
    stream.put(100)
    with Agent(postgres, **stream.source) as agent:
        stream.read(agent.store, agent)
        with held(postgres, "summary"):
            stream.put(500, repeat_every=50)
            wait_until(lambda: waiting(postgres) > 0, 60, "the agent to meet the lock")
            time.sleep(seconds)
            stream.put(500)
        recovery.fault()
        stream.read(agent.store, agent)
        recovery.whole(f"a table that was held for {seconds} s")
        # Longer than a statement waits for a lock is told, and tried again.
        assert bool(agent.waits) == (seconds > 20)
        agent.stop()
        assert not any(progress.committed.fenced for progress in agent.progress)
        assert stream.miscounted(agent.store) == []


def test_a_full_disk_under_sqlite(
    stream_of: Callable[..., Stream], broker: Kafka, small_disk: Callable[[int], SmallDisk], recovery: Recovery
) -> None:
    disk = small_disk(24)
    stream = stream_of(broker.bootstrap, broker.topic())
    stream.put(200)
    with Agent(f"sqlite:///{disk.folder / 'hone.db'}", **stream.source) as agent:
        stream.read(agent.store, agent)
        disk.fill()
        stream.put(1_000, repeat_every=50)
        wait_until(lambda: bool(agent.waits), 60, "the agent to meet the end of the disk")
        assert any("full" in said or "I/O" in said for said in agent.waits)
        disk.free()
        recovery.fault()
        stream.read(agent.store, agent)
        recovery.whole("a full disk under SQLite")
        agent.stop()
        assert stream.miscounted(agent.store) == []


@pytest.mark.postgres
@pytest.mark.chaos
def test_a_full_disk_under_postgresql(
    stream_of: Callable[..., Stream], broker: Kafka, small_disk: Callable[[int], SmallDisk], recovery: Recovery
) -> None:
    disk = small_disk(256)
    server = PostgresServer(home=disk.folder / "server").start()
    try:
        stream = stream_of(broker.bootstrap, broker.topic(partitions=2), 2)
        stream.put(200)
        with Agent(server.database(), **stream.source) as agent:
            stream.read(agent.store, agent)
            disk.fill()
            with stream.flowing(each=1_000):
                wait_until(lambda: bool(agent.waits), 120, "the agent to meet the end of the disk")
            disk.free()
            if not server.runs():  # without room for its log it gives up
                server.start()
            recovery.fault()
            stream.read(agent.store, agent)
            recovery.whole("a full disk under PostgreSQL")
            agent.stop()
            assert stream.miscounted(agent.store) == []
    finally:
        server.remove()


@pytest.mark.postgres
@pytest.mark.chaos
def test_postgresql_restarts_again_and_again(
    stream_of: Callable[..., Stream], broker: Kafka, own_postgres: Callable[..., PostgresServer], recovery: Recovery
) -> None:
    server = own_postgres()
    stream = stream_of(broker.bootstrap, broker.topic(partitions=4), 4)
    url = server.database()
    with Agent(url, **stream.source) as first, Agent(url, **stream.source) as second:
        with stream.flowing(each=200, repeat_every=40):
            for number in range(6):
                time.sleep(1.5)
                (server.kill if number % 2 else server.stop)()
                time.sleep(number)
                server.start()
                recovery.fault()
                wait_until_all_read_on(first, second, timeout=60)
                recovery.whole(f"PostgreSQL {'killed' if number % 2 else 'stopped'} for {number} s, until both commit")
        stream.read(first.store, first, second)
        first.stop()
        second.stop()
        assert stream.miscounted(first.store) == []
