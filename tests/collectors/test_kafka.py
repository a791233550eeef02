"""Reading from a real broker: where it begins, what it hands out, who shares the work."""

from __future__ import annotations

import time
from threading import Event, Thread

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.structs import OffsetAndMetadata

from collectors.kafka import KafkaSource
from collectors.source import Batch, Partition, Position
from tests.fixtures.kafka_reading import Written, produce, read_until, settings, step
from tests.fixtures.parts import Kafka
from tests.fixtures.ports import wait_until

pytestmark = pytest.mark.kafka


def lines(count: int, start: int = 0) -> list[bytes]:
    return [b"record %d" % number for number in range(start, start + count)]


def test_first_read_from_the_beginning(broker: Kafka) -> None:
    topic, written = broker.topic(3), Written()
    for number in range(3):
        produce(broker.bootstrap, topic, lines(40, 100 * number), number)
    source = KafkaSource(settings(broker.bootstrap, topic), written)
    read_until(source, written, lambda: len(written.values) == 120)
    source.close()
    for number in range(3):
        partition = Partition(topic, number)
        assert [record.value for record in written.records[partition]] == lines(40, 100 * number)
        assert written.offsets(partition) == list(range(40))
        assert written.positions[partition].next == 40
    first = written.records[Partition(topic, 0)][0]
    assert first.timestamp is not None and abs(first.timestamp - time.time()) < 600
    assert {position.topic_id for position in written.positions.values()} != {None}
    assert not written.incidents and not written.refused


def test_first_read_from_the_end_is_written_down_at_once(broker: Kafka) -> None:
    topic, written = broker.topic(), Written()
    produce(broker.bootstrap, topic, lines(10))
    chosen = settings(broker.bootstrap, topic, start="end")
    source = KafkaSource(chosen, written)
    read_until(source, written, lambda: written.positions)
    source.close()
    assert written.positions[Partition(topic, 0)].next == 10
    produce(broker.bootstrap, topic, lines(5, 10))
    source = KafkaSource(chosen, written)
    read_until(source, written, lambda: len(written.values) == 5)
    source.close()
    assert written.values == lines(5, 10)


def test_first_read_from_a_time(broker: Kafka) -> None:
    topic, written = broker.topic(), Written()
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap)
    moment = int(time.time()) - 1000
    for number in range(20):
        producer.send(topic, b"record %d" % number, partition=0, timestamp_ms=(moment + number) * 1000)
    producer.close()
    source = KafkaSource(settings(broker.bootstrap, topic, start=float(moment + 12)), written)
    read_until(source, written, lambda: len(written.values) == 8)
    source.close()
    assert written.offsets(Partition(topic, 0)) == list(range(12, 20))


def test_goes_on_where_the_database_says_not_where_kafka_says(broker: Kafka) -> None:
    topic, written = broker.topic(), Written()
    produce(broker.bootstrap, topic, lines(50))
    chosen = settings(broker.bootstrap, topic)
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap, group_id=chosen.group_id, enable_auto_commit=False)
    where = TopicPartition(topic, 0)
    consumer.assign([where])
    consumer.commit({where: OffsetAndMetadata(45, "", -1)})
    consumer.close()
    written.positions[Partition(topic, 0)] = Position(17, None)
    source = KafkaSource(chosen, written)
    read_until(source, written, lambda: len(written.values) == 33)
    source.close()
    assert written.offsets(Partition(topic, 0)) == list(range(17, 50))
    assert written.batches[0].start == 17


def test_what_was_written_is_told_to_kafka(broker: Kafka) -> None:
    topic, written = broker.topic(), Written()
    produce(broker.bootstrap, topic, lines(30))
    chosen = settings(broker.bootstrap, topic)
    source = KafkaSource(chosen, written)
    read_until(source, written, lambda: len(written.values) == 30)
    step(source, written)
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap, group_id=chosen.group_id)
    read_until(source, written, lambda: consumer.committed(TopicPartition(topic, 0)) == 30)
    consumer.close()
    source.close()


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_every_codec(broker: Kafka, codec: str) -> None:
    topic, written = broker.topic(), Written()
    produce(broker.bootstrap, topic, lines(300), compression_type=codec, linger_ms=50)
    source = KafkaSource(settings(broker.bootstrap, topic), written)
    read_until(source, written, lambda: len(written.values) == 300)
    source.close()
    assert written.values == lines(300)


def test_a_record_larger_than_the_fetch_limit(broker: Kafka) -> None:
    topic, written = broker.topic(configs={"max.message.bytes": "33554432"}), Written()
    large = b"x" * (5 << 20)
    produce(broker.bootstrap, topic, [b"before", large, b"after"])
    chosen = settings(broker.bootstrap, topic, max_partition_fetch_bytes=1 << 20, fetch_max_bytes=1 << 20)
    source = KafkaSource(chosen, written)
    read_until(source, written, lambda: len(written.values) == 3)
    source.close()
    assert written.values == [b"before", large, b"after"]


def test_raw_values_tombstones_and_keys_pass_untouched(broker: Kafka) -> None:
    topic, written = broker.topic(), Written()
    values = [b"\xff\xfe not text", b"", None, b'{"half": ']
    produce(broker.bootstrap, topic, values, keys=[b"a", b"b", b"c", b"d"])
    source = KafkaSource(settings(broker.bootstrap, topic), written)
    read_until(source, written, lambda: len(written.values) == 4)
    source.close()
    assert written.values == values
    assert [record.key for record in written.records[Partition(topic, 0)]] == [b"a", b"b", b"c", b"d"]


def test_a_poll_hands_out_at_most_what_was_asked_for(broker: Kafka) -> None:
    topic, written = broker.topic(), Written()
    produce(broker.bootstrap, topic, lines(100))
    source = KafkaSource(settings(broker.bootstrap, topic), written)
    deadline = time.monotonic() + 30
    while len(written.values) < 100:
        assert time.monotonic() < deadline
        step(source, written, max_records=7)
    source.close()
    assert max(len(batch.records) for batch in written.batches) == 7
    assert written.values == lines(100)


def test_a_refused_batch_is_read_again(broker: Kafka) -> None:
    topic, written = broker.topic(), Written()
    produce(broker.bootstrap, topic, lines(20))
    source = KafkaSource(settings(broker.bootstrap, topic), written)
    seen: list[Batch] = []
    deadline = time.monotonic() + 30
    while not seen:
        assert time.monotonic() < deadline
        for batch in source.poll(0.2, 100).batches:
            if batch.records:
                seen.append(batch)
                source.seek(batch.partition, batch.start)
            else:
                written.write(batch)
    read_until(source, written, lambda: len(written.values) == 20)
    source.close()
    assert written.values == lines(20)


def test_paused_it_stays_in_the_group_and_hands_out_nothing(broker: Kafka) -> None:
    topic, written = broker.topic(), Written()
    source = KafkaSource(settings(broker.bootstrap, topic), written)
    read_until(source, written, lambda: written.positions)
    source.pause()
    produce(broker.bootstrap, topic, lines(10))
    for _ in range(10):
        step(source, written)
    assert written.values == []
    assert source.health().assigned == 1
    source.resume()
    read_until(source, written, lambda: len(written.values) == 10)
    source.close()


def test_lag_counts_what_is_left(broker: Kafka) -> None:
    topic, written = broker.topic(2), Written()
    produce(broker.bootstrap, topic, lines(30), 0)
    source = KafkaSource(settings(broker.bootstrap, topic), written)
    read_until(source, written, lambda: len(written.positions) == 2)
    source.pause()
    produce(broker.bootstrap, topic, lines(12), 1)
    behind = Partition(topic, 1)
    read_until(source, written, lambda: source.lag().get(behind) == 12)
    source.resume()
    read_until(source, written, lambda: source.lag() == {Partition(topic, 0): 0, behind: 0})
    source.close()
    assert len(written.values) == 42


def test_two_members_share_the_partitions_and_every_record_is_written_once(broker: Kafka) -> None:
    topic, written, stop = broker.topic(4), Written(), Event()
    chosen = settings(broker.bootstrap, topic)
    owned: dict[str, int] = {}
    errors: list[BaseException] = []

    def run(name: str, until: Event) -> None:
        source = KafkaSource(chosen, written)
        try:
            while not until.is_set():
                step(source, written, 0.1)
                owned[name] = source.health().assigned
        except BaseException as error:
            errors.append(error)
        finally:
            source.close()

    first, second, leave = Thread(target=run, args=("first", stop)), None, Event()
    second = Thread(target=run, args=("second", leave))
    first.start()
    total = 0
    try:
        for number in range(4):
            produce(broker.bootstrap, topic, lines(50, total), number)
            total += 50
        wait_until(lambda: errors or owned.get("first") == 4, 30, "the first member to own everything")
        second.start()
        wait_until(lambda: errors or (owned.get("first"), owned.get("second")) == (2, 2), 30, "an even split")
        for number in range(4):
            produce(broker.bootstrap, topic, lines(50, total), number)
            total += 50
        leave.set()
        wait_until(lambda: errors or owned.get("first") == 4, 30, "the first member to take over")
        for number in range(4):
            produce(broker.bootstrap, topic, lines(50, total), number)
            total += 50
        wait_until(lambda: errors or len(written.values) >= total, 30, "every record")
    finally:
        leave.set()
        stop.set()
        first.join(20)
        second.join(20)
    assert not errors
    assert sorted(written.values, key=lambda value: int(value.split()[1])) == lines(total)  # type: ignore[union-attr]


def test_a_pattern_takes_topics_created_later(broker: Kafka) -> None:
    prefix, written = broker.topic(), Written()
    produce(broker.bootstrap, prefix, lines(3))
    source = KafkaSource(settings(broker.bootstrap, pattern=f"{prefix}.*"), written)
    read_until(source, written, lambda: len(written.values) == 3)
    later = broker.topic(name=f"{prefix}-later")
    produce(broker.bootstrap, later, lines(4))
    read_until(source, written, lambda: len(written.values) == 7)
    source.close()
    assert written.offsets(Partition(later, 0)) == [0, 1, 2, 3]


def test_partitions_added_later_are_read_from_their_beginning(broker: Kafka) -> None:
    topic, written = broker.topic(), Written()
    produce(broker.bootstrap, topic, lines(5))
    chosen = settings(broker.bootstrap, topic, start="end", metadata_max_age_ms=30_000)
    source = KafkaSource(chosen, written)
    read_until(source, written, lambda: written.positions)
    source.close()
    from kafka import KafkaAdminClient

    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    admin.create_partitions({topic: 2})
    wait_until(lambda: len(admin.describe_topics([topic])[0]["partitions"]) == 2, 10, "the second partition")
    admin.close()
    produce(broker.bootstrap, topic, lines(6), 1)
    source = KafkaSource(chosen, written)
    read_until(source, written, lambda: len(written.values) == 6)
    source.close()
    assert written.offsets(Partition(topic, 1)) == [0, 1, 2, 3, 4, 5]


def test_aborted_transactions_leave_holes_and_the_position_passes_them(broker: Kafka) -> None:
    topic, written = broker.topic(), Written()
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id=f"x-{topic}")
    producer.init_transactions()
    for word in (b"kept", b"aborted", b"kept", b"aborted"):
        producer.begin_transaction()
        for _ in range(3):
            producer.send(topic, word, partition=0)
        producer.flush()
        producer.commit_transaction() if word == b"kept" else producer.abort_transaction()
    producer.close()
    source = KafkaSource(settings(broker.bootstrap, topic), written)
    partition = Partition(topic, 0)
    read_until(source, written, lambda: written.positions.get(partition, Position(0, None)).next == 16)
    source.close()
    assert written.values == [b"kept"] * 6
    assert written.offsets(partition) == [0, 1, 2, 8, 9, 10]
    assert not written.refused


def test_compaction_leaves_holes(broker: Kafka) -> None:
    configs = {
        "cleanup.policy": "compact",
        "segment.bytes": "1048576",
        "segment.ms": "100",
        "min.cleanable.dirty.ratio": "0.01",
        "min.compaction.lag.ms": "0",
        "max.compaction.lag.ms": "100",
    }
    topic = broker.topic(configs=configs)
    for number in range(30):
        produce(broker.bootstrap, topic, [b"value %d" % number] * 3, keys=[b"a", b"b", b"only %d" % number])
        time.sleep(0.02)  # the broker rolls a segment by the records' own times

    def held() -> list[int]:
        written = Written()
        source = KafkaSource(settings(broker.bootstrap, topic), written)
        partition = Partition(topic, 0)
        read_until(source, written, lambda: written.positions.get(partition, Position(0, None)).next == 90)
        source.close()
        assert not written.refused
        return written.offsets(partition)

    wait_until(lambda: len(held()) < 80, 60, "the cleaner", 0.5)
    offsets = held()
    assert offsets == sorted(offsets) and offsets[-1] == 89
