"""A position the broker no longer has: loud, configured, never a silent jump."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka import KafkaAdminClient, TopicPartition

from analyzers.errors import HoneError
from collectors.kafka import KafkaSource
from collectors.kafka_settings import KafkaSettings
from collectors.kafka_start import Facts, begin
from collectors.source import Partition, Position
from tests.fixtures.kafka_reading import Written, produce, read_until, settings, step
from tests.fixtures.parts import Kafka

pytestmark = pytest.mark.kafka


def lines(count: int, start: int = 0) -> list[bytes]:
    return [b"record %d" % number for number in range(start, start + count)]


def delete_before(broker: Kafka, topic: str, offset: int) -> None:
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    admin.delete_records({TopicPartition(topic, 0): offset})
    admin.close()


def recreate(broker: Kafka, topic: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    admin.delete_topics([topic])
    admin.close()
    broker.topic(name=topic)


@pytest.mark.parametrize(("answer", "first", "lost"), [("beginning", 60, (10, 60)), ("end", 80, (10, 80))])
def test_deleted_records_are_an_incident_with_the_lost_range(
    broker: Kafka, answer: str, first: int, lost: tuple[int, int]
) -> None:
    topic, written = broker.topic(), Written()
    produce(broker.bootstrap, topic, lines(80))
    partition = Partition(topic, 0)
    written.positions[partition] = Position(10, None)
    delete_before(broker, topic, 60)
    source = KafkaSource(settings(broker.bootstrap, topic, on_out_of_range=answer), written)
    read_until(source, written, lambda: written.incidents)
    produce(broker.bootstrap, topic, lines(5, 80))
    read_until(source, written, lambda: written.positions[partition].next == 85)
    source.close()
    assert [(each.kind, each.partition, each.start, each.end) for each in written.incidents] == [
        ("records_lost", partition, *lost)
    ]
    assert written.offsets(partition) == list(range(first, 85))
    assert not written.refused


def test_stopping_names_the_offset_what_is_held_and_the_setting(broker: Kafka) -> None:
    topic, written = broker.topic(), Written()
    produce(broker.bootstrap, topic, lines(80))
    written.positions[Partition(topic, 0)] = Position(10, None)
    delete_before(broker, topic, 60)
    source = KafkaSource(settings(broker.bootstrap, topic), written)
    with pytest.raises(HoneError) as caught:
        read_until(source, written, lambda: False)
    source.close()
    for word in (topic, "partition 0", "offset 10", "60 to 80"):
        assert word in caught.value.message
    assert "on_out_of_range" in caught.value.hint
    assert written.positions[Partition(topic, 0)] == Position(10, None)


def test_records_deleted_while_reading_is_paused(broker: Kafka) -> None:
    topic, written = broker.topic(), Written()
    produce(broker.bootstrap, topic, lines(10))
    source = KafkaSource(settings(broker.bootstrap, topic, on_out_of_range="beginning"), written)
    partition = Partition(topic, 0)
    read_until(source, written, lambda: len(written.values) == 10)
    source.pause()
    step(source, written)
    for number in range(10, 60, 10):
        produce(broker.bootstrap, topic, lines(10, number))
    delete_before(broker, topic, 40)
    source.seek(partition, 10)
    source.resume()
    read_until(source, written, lambda: written.positions[partition].next == 60)
    source.close()
    assert [(each.start, each.end) for each in written.incidents] == [(10, 40)]
    assert written.offsets(partition) == [*range(10), *range(40, 60)]


def test_a_recreated_topic_stops_or_begins_anew(broker: Kafka) -> None:
    topic, written = broker.topic(), Written()
    produce(broker.bootstrap, topic, lines(30))
    chosen = settings(broker.bootstrap, topic)
    source = KafkaSource(chosen, written)
    read_until(source, written, lambda: len(written.values) == 30)
    source.close()
    old = written.positions[Partition(topic, 0)]
    recreate(broker, topic)
    produce(broker.bootstrap, topic, lines(50, 1000))  # more than before: offset 30 exists, and is another record
    source = KafkaSource(chosen, written)
    with pytest.raises(HoneError, match="created anew") as caught:
        read_until(source, written, lambda: False)
    source.close()
    assert "on_topic_recreated" in caught.value.hint
    assert written.positions[Partition(topic, 0)] == old
    source = KafkaSource(settings(broker.bootstrap, topic, on_topic_recreated="beginning"), written)
    read_until(source, written, lambda: len(written.values) == 80)
    source.close()
    assert [each.kind for each in written.incidents] == ["topic_recreated"]
    assert written.values[30:] == lines(50, 1000)
    assert written.positions[Partition(topic, 0)].topic_id != old.topic_id


def test_a_topic_recreated_under_a_running_source_is_noticed(broker: Kafka) -> None:
    topic, written = broker.topic(), Written()
    produce(broker.bootstrap, topic, lines(5))
    source = KafkaSource(settings(broker.bootstrap, topic, on_topic_recreated="beginning"), written)
    read_until(source, written, lambda: len(written.values) == 5)
    source.pause()
    recreate(broker, topic)
    produce(broker.bootstrap, topic, lines(20, 1000))
    source.resume()
    read_until(source, written, lambda: "topic_recreated" in {each.kind for each in written.incidents}, timeout=60)
    read_until(source, written, lambda: written.positions[Partition(topic, 0)].next == 20)
    source.close()
    assert set(written.values) >= set(lines(20, 1000))


CHOICES = st.builds(
    KafkaSettings,
    bootstrap_servers=st.just(("k:9092",)),
    topics=st.just(("t",)),
    start=st.sampled_from(["beginning", "end", 1.5]),
    on_out_of_range=st.sampled_from(["stop", "beginning", "end"]),
    on_topic_recreated=st.sampled_from(["stop", "beginning"]),
)
POSITIONS = st.none() | st.builds(Position, st.integers(0, 100), st.sampled_from([None, "a", "b"]))


@given(POSITIONS, st.integers(0, 50), st.integers(0, 50), st.sampled_from([None, "a", "b"]), CHOICES, st.booleans())
def test_every_move_is_announced_and_ends_within_the_log(
    position: Position | None, beginning: int, size: int, topic_id: str | None, chosen: KafkaSettings, known: bool
) -> None:
    partition = Partition("t", 0)
    facts = Facts(topic_id, beginning, beginning + size, beginning + size // 2)
    try:
        start = begin(partition, position, facts, chosen, known)
    except HoneError:
        assert position is not None
        assert "stop" in (chosen.on_out_of_range, chosen.on_topic_recreated)
        return
    assert facts.beginning <= start.offset <= facts.end
    if start.batch is None:
        assert position is not None and start.offset == position.next
        assert start.incident is None
        return
    assert not start.batch.records and start.batch.end == start.offset and start.batch.topic_id == topic_id
    assert start.batch.start == (start.offset if position is None else position.next)
    assert (start.incident is None) == (position is None)
