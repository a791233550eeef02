"""Messages and their calls on two topics of a real broker, read by two agents into one PostgreSQL database."""

from __future__ import annotations

from typing import Any

import pytest

from agent import views
from tests.agent.test_messages_apart import conversation, count, expect_whole, logs, span, spans
from tests.fixtures.agents import Agent, read_to_end, wait_until
from tests.fixtures.ledger import produce
from tests.fixtures.parts import Kafka

pytestmark = pytest.mark.kafka

CALLS = 120
PARTITIONS = 2


def test_two_agents_each_read_half_of_every_call(broker: Kafka, postgres: str) -> None:
    calls, messages = broker.topic(), broker.topic(partitions=PARTITIONS)
    numbers = range(1, CALLS + 1)
    apart = [logs(single) for n in numbers for single in conversation(n)]
    whole = [spans(span(n)) for n in numbers]
    common: dict[str, Any] = {"bootstrap_servers": broker.bootstrap}
    with (
        Agent(postgres, **common, topics=messages, group_id=f"{messages}-readers") as one,
        Agent(postgres, **common, topics=calls, group_id=f"{calls}-readers") as other,
    ):
        for sent in range(1, 3):
            # What a producer sends again comes in another order and over other partitions.
            produce(broker.bootstrap, messages, apart if sent == 1 else apart[1:] + apart[:1], PARTITIONS)
            produce(broker.bootstrap, calls, whole)
            ends = {n: sent * len(apart) // PARTITIONS for n in range(PARTITIONS)}
            wait_until(read_to_end(one.store, ends, messages), 60, "the messages")
            wait_until(read_to_end(other.store, {0: sent * CALLS}, calls), 60, "the calls")
            found = {call.text_key: call for call in one.store.calls()}
            assert len(found) == CALLS
            for n in numbers:
                expect_whole(found[f"{n:032x}:{n:016x}"], n)
        assert count(one.store, "fragment") == len(apart)
        arrived = views.received(one.store)
        assert (arrived.calls, arrived.duplicates, arrived.messages) == (CALLS, CALLS, 2 * len(apart))
