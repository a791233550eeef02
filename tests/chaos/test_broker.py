"""A broker that is restarted under several agents, or comes back with less than it had."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from collectors.source import Partition
from tests.fixtures.agents import Agent, wait_until, wait_until_all_read_on
from tests.fixtures.kafka_broker import KafkaBroker
from tests.fixtures.ledger import stored
from tests.fixtures.recovery import Recovery
from tests.fixtures.streams import Stream

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.chaos]


def test_restarts_of_the_broker_under_two_agents(
    stream_of: Callable[..., Stream], own_broker: Callable[..., KafkaBroker], postgres: str, recovery: Recovery
) -> None:
    server = own_broker()
    stream = stream_of(server.bootstrap, server.create_topic("calls", 4), 4)
    with Agent(postgres, **stream.source) as first, Agent(postgres, **stream.source) as second:
        with stream.flowing(each=200, repeat_every=40):
            # The last one is away for longer than any session lasts.
            for end, away in ((server.stop, 0.0), (server.kill, 2.0), (server.kill, 60.0)):
                time.sleep(3)
                end()
                time.sleep(away)
                server.start()
                recovery.fault()
                wait_until_all_read_on(first, second, timeout=90)
                recovery.whole(f"a broker away for {away:.0f} s, until both agents read on")
        stream.read(first.store, first, second)
        first.stop()
        second.stop()
        assert stream.miscounted(first.store, producer_repeats=True) == []


def test_a_broker_that_lost_its_tail_is_no_silent_loss(
    stream_of: Callable[..., Stream], own_broker: Callable[..., KafkaBroker], postgres: str, recovery: Recovery
) -> None:
    server = own_broker()
    stream = stream_of(server.bootstrap, server.create_topic("calls"))
    stream.put(400)
    with Agent(postgres, **stream.source) as agent:
        stream.read(agent.store, agent)
    server.stop()
    for path in server.log_folder("calls").iterdir():
        if path.name != "partition.metadata":
            path.unlink()
    server.start()
    stream.put(100)
    stopped = Agent(postgres, **stream.source).start()
    wait_until(lambda: stopped.failure is not None, 60, "the agent to refuse")
    assert "calls" in str(stopped.failure) and "400" in str(stopped.failure)
    stopped.stop()
    recovery.fault()
    with Agent(postgres, **stream.source, on_out_of_range="beginning") as agent:
        wait_until(lambda: _next(agent) == 100 or agent.failure is not None, 60, "what is there now")
        recovery.whole("a log that was cut off behind the position")
        agent.stop()
        assert stored(agent.store) == stream.truth
        assert [one.kind for _, one in agent.store.incidents()] != []


def _next(agent: Agent) -> int | None:
    position = agent.store.position(Partition("calls", 0))
    return position and position.next
