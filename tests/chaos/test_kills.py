"""Agents that die without a word, or stand still until nobody reckons with them any more."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.store import open_store
from tests.chaos.databases import held, waiting
from tests.fixtures.agents import Agent, AgentProcess, wait_until
from tests.fixtures.parts import Kafka
from tests.fixtures.recovery import Recovery
from tests.fixtures.streams import Stream, config_file

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]


# The offset is moved first, calls are among the last rows that are written.
@pytest.mark.parametrize(
    "tables", [["call"], pytest.param(["source_offset", "call"] * 2, marks=pytest.mark.chaos)], ids=["once", "often"]
)
def test_sigkill_before_the_first_statement_and_inside_the_transaction(
    stream_of: Callable[..., Stream],
    broker: Kafka,
    postgres: str,
    tmp_path: Path,
    recovery: Recovery,
    tables: list[str],
) -> None:
    stream = stream_of(broker.bootstrap, broker.topic(partitions=2), 2)
    stream.put(100)
    with Agent(postgres, **stream.source) as agent:
        stream.read(agent.store, agent)
    config = config_file(tmp_path, broker.bootstrap, stream.topic, postgres, session_ms=2_000)
    for table in tables:
        stream.put(400, repeat_every=50)
        with held(postgres, table):
            killed = AgentProcess(config)
            wait_until(lambda: waiting(postgres) > 0, 60, "the agent in its transaction")
            killed.kill()
    recovery.fault()
    with Agent(postgres, **stream.source) as agent:
        stream.read(agent.store, agent)
        recovery.whole("SIGKILL in the middle of a transaction")
        agent.stop()
        assert stream.miscounted(agent.store) == []


@pytest.mark.chaos
def test_an_agent_that_stands_still_is_replaced_and_fenced_when_it_wakes(
    stream_of: Callable[..., Stream], broker: Kafka, postgres: str, tmp_path: Path, recovery: Recovery
) -> None:
    stream = stream_of(broker.bootstrap, broker.topic(partitions=2), 2)
    config = config_file(tmp_path, broker.bootstrap, stream.topic, postgres)
    store = open_store(postgres)
    stream.put(200)
    frozen = AgentProcess(config)
    try:
        stream.read(store)
        # Frozen with a batch in its hands: the batch is read and waits for the table when SIGSTOP comes.
        with held(postgres, "call"):
            stream.put(400)
            wait_until(lambda: waiting(postgres) > 0, 60, "the agent in its transaction")
            frozen.suspend()
        recovery.fault()
        with Agent(postgres, **stream.source) as other:
            with stream.flowing():
                # The session of the frozen one holds rows until the server ends it as idle in a transaction.
                wait_until(lambda: bool(other.progress), 90, "another agent to read on")
                recovery.whole("SIGSTOP with an open transaction, until others read on")
                time.sleep(2)
                frozen.wake()
                time.sleep(5)
            stream.read(store, other)
            assert stream.miscounted(store) == []
        stream.put(200)
        stream.read(store)
        assert stream.miscounted(store) == []
        assert frozen.terminate() == 0, frozen.log()
    finally:
        frozen.kill()
        store.close()
