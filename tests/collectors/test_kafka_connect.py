"""Reaching a broker: absent, without the topic, late; stopping; and a sample that changes nothing."""

from __future__ import annotations

from threading import Event, Thread

import pytest

from analyzers.errors import HoneError
from collectors.kafka import KafkaSource
from collectors.kafka_probe import connect, sample
from tests.fixtures.kafka_reading import Written, produce, read_until, settings, step
from tests.fixtures.parts import Kafka
from tests.fixtures.ports import free_ports

pytestmark = pytest.mark.kafka


def lines(count: int, start: int = 0) -> list[bytes]:
    return [b"record %d" % number for number in range(start, start + count)]


def test_stopping_does_not_wait_for_records(broker: Kafka) -> None:
    topic, written, stopped = broker.topic(), Written(), Event()
    source = KafkaSource(settings(broker.bootstrap, topic), written)
    read_until(source, written, lambda: written.positions)

    def poll_then_close() -> None:
        source.poll(0.5, 10)
        source.close()
        stopped.set()

    Thread(target=poll_then_close, daemon=True).start()
    assert stopped.wait(10)


def test_a_poll_returns_when_no_broker_answers() -> None:
    source = KafkaSource(settings(f"127.0.0.1:{free_ports(1)[0]}", "nowhere"), Written())
    polled = Event()

    def poll() -> None:
        for _ in range(5):
            assert source.poll(0.5, 10).batches == ()
        polled.set()

    Thread(target=poll, daemon=True).start()
    assert polled.wait(5 * 1.5)
    assert not source.health().connected
    source.close()


def test_connect_says_which_broker_is_absent() -> None:
    port = free_ports(1)[0]
    with pytest.raises(HoneError, match=f"127.0.0.1:{port}.*REFUSED"):
        connect(settings(f"127.0.0.1:{port}", "t", connect_timeout=1.0))


def test_connect_says_which_topic_is_missing(broker: Kafka) -> None:
    topic = broker.topic(2)
    with pytest.raises(HoneError, match="no-such-topic") as caught:
        connect(settings(broker.bootstrap, topic, "no-such-topic"))
    assert topic not in caught.value.message
    assert connect(settings(broker.bootstrap, topic)) == {topic: 2}
    assert connect(settings(broker.bootstrap, pattern="nothing-is-called-this")) == {}


def test_a_topic_that_is_missing_at_first_is_read_when_it_comes(broker: Kafka) -> None:
    topic, written = f"{broker.topic()}-late", Written()
    source = KafkaSource(settings(broker.bootstrap, topic), written)
    for _ in range(5):
        step(source, written)
    assert not written.positions
    broker.topic(name=topic)
    produce(broker.bootstrap, topic, lines(3))
    read_until(source, written, lambda: len(written.values) == 3)
    source.close()


def test_a_sample_is_the_latest_records_and_joins_no_group(broker: Kafka) -> None:
    topic = broker.topic(2)
    produce(broker.bootstrap, topic, lines(30), 0)
    produce(broker.bootstrap, topic, lines(30, 30), 1)
    chosen = settings(broker.bootstrap, topic)
    found = sample(chosen, 20)
    assert [record.value for _, record in found] == lines(20, 40)
    assert sample(settings(broker.bootstrap, broker.topic()), 20) == []
    from kafka import KafkaAdminClient

    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    groups = {group["group_id"] for group in admin.list_groups()}
    admin.close()
    assert chosen.group_id not in groups
