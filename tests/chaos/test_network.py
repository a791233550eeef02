"""Connections that are cut, held up, or half open: to the database and to the broker."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import pytest

from agent.store import open_store
from tests.chaos.databases import port_of, through
from tests.fixtures.agents import Agent, wait_until
from tests.fixtures.kafka_broker import KafkaBroker
from tests.fixtures.parts import Kafka
from tests.fixtures.proxy import Proxy
from tests.fixtures.recovery import Recovery
from tests.fixtures.streams import Stream


@pytest.mark.kafka
@pytest.mark.postgres
def test_the_network_to_the_database(
    stream_of: Callable[..., Stream], broker: Kafka, postgres: str, recovery: Recovery
) -> None:
    stream = stream_of(broker.bootstrap, broker.topic(partitions=2), 2)
    direct = open_store(postgres)
    with Proxy(port_of(postgres)) as proxy, Agent(through(postgres, proxy.port), **stream.source) as agent:
        stream.put(100)
        stream.read(direct, agent)
        # Of a COMMIT whose answer is lost nobody but the stored offset knows whether it arrived.
        for number, arrives in enumerate((False, True), start=1):
            proxy.lose(b"COMMIT", arrives=arrives)
            stream.put(300, repeat_every=50)
            wait_until(partial(proxy.has_lost, number), 30, "a COMMIT")
            recovery.fault()
            stream.read(direct, agent)
            recovery.whole(f"a connection lost at COMMIT, {'behind' if arrives else 'before'} it")
        for name, fault in (("cut", proxy.cut), ("held up", proxy.stall), ("half open", proxy.mute)):
            fault()
            stream.put(300)
            time.sleep(0.5)
            proxy.mend()
            recovery.fault()
            stream.read(direct, agent)
            recovery.whole(f"a network to the database that was {name}")
        agent.stop()
        assert stream.miscounted(direct) == []
    direct.close()


@pytest.mark.kafka
@pytest.mark.postgres
@pytest.mark.chaos
@pytest.mark.parametrize("fault", ["cut", "stall", "mute"])
def test_the_network_to_the_broker(
    stream_of: Callable[..., Stream],
    own_broker: Callable[..., KafkaBroker],
    postgres: str,
    recovery: Recovery,
    fault: str,
) -> None:
    with Proxy() as proxy:
        server = own_broker(behind=proxy.port)
        proxy.target = server.ports["behind"]
        topic = server.create_topic("calls", 4)
        stream = stream_of(f"127.0.0.1:{proxy.port}", topic, 4, producers=server.bootstrap)
        stream.put(400)
        with Agent(postgres, **stream.source, request_timeout_ms=4_000) as agent:
            stream.read(agent.store, agent)
            # For half a second, for longer than a request may take, and for longer than a session lasts.
            for seconds in (0.5, 5.0, 8.0):
                getattr(proxy, fault)()
                stream.put(400)
                time.sleep(seconds)
                stream.put(400)
                proxy.mend()
                recovery.fault()
                stream.read(agent.store, agent)
                recovery.whole(f"a network to the broker with {fault} for {seconds} s")
            agent.stop()
            assert stream.miscounted(agent.store) == []
