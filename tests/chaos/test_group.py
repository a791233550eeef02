"""Members that come, go and are replaced; an operator who sends everybody back."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient
from sqlalchemy import text

from agent.store import open_store
from tests.fixtures.agents import Agent, AgentProcess, wait_until
from tests.fixtures.parts import Kafka
from tests.fixtures.recovery import Recovery
from tests.fixtures.streams import Stream, config_file

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]


def test_an_operator_who_sets_offsets_back_changes_nothing_but_repetitions(
    stream_of: Callable[..., Stream], broker: Kafka, postgres: str
) -> None:
    stream = stream_of(broker.bootstrap, broker.topic(partitions=2), 2)
    stream.put(400)
    with Agent(postgres, **stream.source) as agent:
        stream.read(agent.store, agent)
    with Agent(postgres, **stream.source) as agent:
        wait_until(lambda: agent.source.health().assigned == 2, 60, "the partitions")
        with agent.store.engine.begin() as connection:
            connection.execute(text("UPDATE source_offset SET next = 50"))
        stream.put(100)
        stream.read(agent.store, agent)
        agent.stop()
        # Every record from the fiftieth of each partition on is in the ledger twice.
        again = [row for n, row in enumerate(stream.sent[:400]) if n // 2 >= 50]
        stream.sent += again
        assert stream.miscounted(agent.store) == []


def test_two_deployments_in_one_group_notice_each_other(
    stream_of: Callable[..., Stream], broker: Kafka, postgres: str, tmp_path: Path
) -> None:
    stream = stream_of(broker.bootstrap, broker.topic(partitions=2), 2)
    stream.put(40)
    with Agent(postgres, **stream.source, check_interval=0.5) as first:
        stream.read(first.store, first)
        with Agent(postgres, **stream.source, check_interval=0.5) as colleague:
            wait_until(lambda: colleague.source.health().assigned == 1, 30, "a partition for the second agent")
            stream.put(40)
            stream.read(first.store, first, colleague)
            assert first.incidents == colleague.incidents == []
        with Agent(str(tmp_path / "another.db"), **stream.source, check_interval=0.5) as stranger:
            both = (first, stranger)
            wait_until(lambda: stranger.source.health().assigned == 1, 30, "a partition for the stranger")
            stream.put(40)
            wait_until(lambda: all(one.incidents for one in both), 30, "both to say so")
            assert [[what.kind for what in one.incidents] for one in both] == [["group_shared"]] * 2
            assert stream.topic in first.incidents[0].message


@pytest.mark.chaos
def test_a_rebalance_storm_of_four_agents(
    stream_of: Callable[..., Stream], broker: Kafka, postgres: str, recovery: Recovery
) -> None:
    stream = stream_of(broker.bootstrap, broker.topic(partitions=8), 8)
    rng = random.Random(4)
    store = open_store(postgres)
    with ExitStack() as group:
        members = [group.enter_context(_member(postgres, stream)) for _ in range(2)]
        with stream.flowing(each=200, repeat_every=50, poison_every=90):
            for number in range(30):
                time.sleep(2)
                if len(members) > 1 and (len(members) == 4 or rng.random() < 0.5):
                    members.pop(rng.randrange(len(members))).stop()
                else:
                    members.append(group.enter_context(_member(postgres, stream)))
                if number % 10 == 9:
                    # No partition is orphaned: everything that is there now is read in the midst of the storm.
                    stream.read(store, *members)
        recovery.fault()
        stream.read(store, *members)
        recovery.whole("a rebalance every 2 s for a minute, until nothing waits")
    assert stream.miscounted(store) == []
    store.close()


@contextmanager
def _member(url: str, stream: Stream) -> Iterator[Agent]:
    with Agent(url, **stream.source) as agent:
        yield agent


@pytest.mark.chaos
def test_a_rolling_restart_with_names_of_their_own_moves_no_partition(
    stream_of: Callable[..., Stream], broker: Kafka, postgres: str, tmp_path: Path, recovery: Recovery
) -> None:
    stream = stream_of(broker.bootstrap, broker.topic(partitions=4), 4)
    store = open_store(postgres)
    names = ("a", "b", "c")
    configs = {
        name: config_file(
            tmp_path / name,
            broker.bootstrap,
            stream.topic,
            postgres,
            session_ms=40_000,
            source=[f'group_instance_id = "{name}"'],
        )
        for name in names
    }
    agents = {name: AgentProcess(configs[name]) for name in names}
    try:
        stream.put(400)
        stream.read(store)
        wait_until(lambda: len(_assigned(broker.bootstrap, stream.topic)) == 3, 60, "all three")
        wait_until(
            lambda: sum(map(len, _assigned(broker.bootstrap, stream.topic).values())) == 4, 60, "every partition given"
        )
        before = _assigned(broker.bootstrap, stream.topic)
        with stream.flowing():
            for name in names:
                recovery.fault()
                assert agents[name].terminate() == 0, agents[name].log()
                agents[name] = AgentProcess(configs[name])
                stream.read(store)
                recovery.whole("a restart under its own name, until nothing waits")
                assert _assigned(broker.bootstrap, stream.topic) == before
        stream.read(store)
        assert stream.miscounted(store) == []
    finally:
        for agent in agents.values():
            agent.kill()
        store.close()


def _assigned(bootstrap: str, group: str) -> dict[str, frozenset[int]]:
    """The partitions of each member that has a name of its own."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        (found,) = admin.describe_groups([group]).values()
    finally:
        admin.close()
    return {
        member["group_instance_id"]: frozenset(
            number for topic in _topics(member["member_assignment"]) for number in topic["partitions"]
        )
        for member in found["members"]
    }


def _topics(assignment: Any) -> list[dict[str, Any]]:
    """Nothing while the group is being joined."""
    return list(assignment["assigned_partitions"]) if assignment else []
