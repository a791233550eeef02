"""Fetched batches become the same records, positions and errors as with the client's own reading of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka import TopicPartition
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError
from kafka.protocol.consumer import IsolationLevel
from kafka.record.memory_records import MemoryRecords, MemoryRecordsBuilder

from collectors.kafka_unpack import Unpacked
from collectors.source import Record

MAGIC, NONE, GZIP, ZSTD = 2, 0, 1, 4
HEADERS = [("trace", b"1"), ("empty", None)]

binary = st.none() | st.binary(max_size=300)
record = st.tuples(st.integers(0, 2**42), binary, binary, st.sampled_from([[], HEADERS]))


def batch(records: list[Any], start: int, codec: int = NONE, magic: int = MAGIC) -> bytes:
    builder = MemoryRecordsBuilder(magic, codec, 1 << 24, offset=start)
    for timestamp, key, value, headers in records:
        builder.append(timestamp, key, value, headers if magic == MAGIC else [])
    builder.close()
    return bytes(builder.buffer())


def opened(kind: Any, data: bytes, offset: int = 0) -> Any:
    where = TopicPartition("topic", 0)
    return kind(offset, where, MemoryRecords(data), isolation_level=IsolationLevel.READ_COMMITTED)


@given(st.lists(st.lists(record, min_size=1, max_size=5), min_size=1, max_size=4), st.data())
def test_the_same_as_the_clients_own(batches: list[list[Any]], data: st.DataObject) -> None:
    log, end, last = b"", 0, 0
    for records in batches:
        magic = data.draw(st.sampled_from([0, 1, MAGIC, MAGIC]))
        codec = data.draw(st.sampled_from([NONE, GZIP, ZSTD] if magic == MAGIC else [NONE, GZIP]))
        log += batch(records, end, codec, magic)
        last = end + len(records) - 1
        end = last + 1 + data.draw(st.integers(0, 1))  # a hole, as compaction leaves it
    offset = data.draw(st.integers(0, last))  # brokers send nothing that ends before
    ours, own = opened(Unpacked, log, offset), opened(Fetcher.PartitionRecords, log, offset)
    while own:
        some = data.draw(st.integers(1, 4))
        expected = own.take(some)
        assert ours.take(some) == [
            Record(each.offset, each.value, None if each.timestamp is None else each.timestamp / 1000, each.key)
            for each in expected
        ]
        assert ours.next_fetch_offset == own.next_fetch_offset
        assert bool(ours) == bool(own)
        assert ours.leader_epoch == own.leader_epoch


def test_what_was_read_before_damage_is_handed_out_first() -> None:
    good = batch([(0, None, b"a", []), (0, None, b"b", [])], 0)
    damaged = bytearray(batch([(0, None, b"c" * 50, [])], 2))
    damaged[-3] ^= 1
    reader = opened(Unpacked, good + bytes(damaged))
    assert [each.value for each in reader.take(10)] == [b"a", b"b"]
    assert reader.next_fetch_offset == 2
    with pytest.raises(CorruptRecordError):
        reader.take(10)


def test_a_value_that_reaches_beyond_its_record_is_damage() -> None:
    data = bytearray(batch([(0, None, b"value", [])], 0))
    data[data.index(b"value") - 1] = 0x7E
    reader = opened(Unpacked, bytes(data))
    reader.check_crcs = False
    with pytest.raises(CorruptRecordError):
        reader.take(10)
