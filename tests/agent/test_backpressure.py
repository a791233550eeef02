"""The database is gone for longer than a member may go without polling: fetching rests, membership stays, nothing is lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from kafka import KafkaAdminClient

from tests.fixtures.agents import Agent, read_to_end, wait_until
from tests.fixtures.ledger import produce, stored, sums_of, values
from tests.fixtures.parts import Kafka
from tests.fixtures.postgres_server import PostgresServer

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

MOST_BETWEEN_POLLS_S = 6.0


def members(bootstrap: str, group: str) -> tuple[str, frozenset[str]]:
    """State of a group and the ids of its members; who leaves and joins again has another id."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        (found,) = admin.describe_groups([group]).values()
    finally:
        admin.close()
    return found["group_state"], frozenset(one["member_id"] for one in found["members"])


def test_membership_is_kept_while_the_database_is_gone(
    broker: Kafka, own_postgres: Callable[..., PostgresServer]
) -> None:
    server = own_postgres()
    topic = broker.topic(partitions=2)
    sent = values(3_000, size=400)
    produce(broker.bootstrap, topic, sent[:1_000], partitions=2)
    url = server.database()
    common: dict[str, Any] = {
        "bootstrap_servers": broker.bootstrap,
        "topics": topic,
        "group_id": topic,
        "max_poll_interval_ms": int(MOST_BETWEEN_POLLS_S * 1000),
    }
    with Agent(url, **common) as first, Agent(url, **common) as second:
        wait_until(
            lambda: first.source.health().assigned == second.source.health().assigned == 1, 60, "a partition for each"
        )
        reached = read_to_end(first.store, {0: 500, 1: 500}, topic)
        wait_until(reached, 60, "what was there")
        wait_until(lambda: members(broker.bootstrap, topic)[0] == "Stable", 60, "the group to be at rest")
        _, before = members(broker.bootstrap, topic)
        assert len(before) == 2
        server.kill()
        produce(broker.bootstrap, topic, sent[1_000:2_000], partitions=2)
        wait_until(lambda: bool(first.waits and second.waits), 60, "both to wait")
        resting = time.monotonic() + 1.5 * MOST_BETWEEN_POLLS_S
        while time.monotonic() < resting:
            assert members(broker.bootstrap, topic) == ("Stable", before)
            time.sleep(0.5)
        assert first.failure is None and second.failure is None
        server.start()
        produce(broker.bootstrap, topic, sent[2_000:], partitions=2)
        wait_until(read_to_end(first.store, {0: 1_500, 1: 1_500}, topic), 60, "the rest")
        assert members(broker.bootstrap, topic) == ("Stable", before)
        first.stop()
        second.stop()
        assert not any(progress.committed.fenced for agent in (first, second) for progress in agent.progress)
        assert stored(first.store) == sums_of(sent)
