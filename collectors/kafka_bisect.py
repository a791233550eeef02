"""Stepping over a batch that the broker has but nobody can unpack (wrong checksum, unknown codec, damaged bytes).

The client offers no way past such a batch: it raises at every offset inside it, and the consumer that raised must
not be polled again. So short-lived consumers try offsets further on, first in doubling steps, then by halves.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from kafka import TopicPartition
from kafka import errors as kafka_errors

from collectors.kafka_client import open_consumer
from collectors.kafka_settings import KafkaSettings
from collectors.source import Unreadable

PATIENCE = 10.0
"""Seconds that one offset may take to yield a record or an error."""

REASONS = {
    kafka_errors.CorruptRecordError: "the batch fails its checksum",
    kafka_errors.UnsupportedCodecError: "the batch is compressed with a codec that is not installed",
}


def cannot_unpack(error: BaseException) -> bool:
    """Whether a poll failed on the bytes it fetched, not on the network, the broker, a permission or a position."""
    if isinstance(error, kafka_errors.KafkaError):
        return type(error) is kafka_errors.KafkaError or isinstance(
            error,
            kafka_errors.CorruptRecordError | kafka_errors.UnsupportedCodecError | kafka_errors.InvalidRecordError,
        )
    return isinstance(error, Exception) and not isinstance(error, MemoryError | OSError)


def reason(error: BaseException) -> str:
    """Why a batch cannot be unpacked, without any of its bytes."""
    return REASONS.get(type(error), f"the batch cannot be unpacked ({type(error).__name__})")


def unreadable_range(start: int, end: int, fault: Callable[[int], str | None]) -> Unreadable | None:
    """The offsets from `start` (below `end`, the log's end) up to the next that can be read; None if `start` can.

    `fault(offset)` tries one offset: None when reading from it works, else why not. Readable batches between two
    damaged ones are missed only where a doubling step jumps over all of them; they are then part of the range.
    """
    why = fault(start)
    if why is None:
        return None
    bad, good, step = start, end, 1
    while start + step < end:
        if fault(start + step) is None:
            good = start + step
            break
        bad = start + step
        step *= 2
    while good - bad > 1:
        middle = (bad + good) // 2
        if fault(middle) is None:
            good = middle
        else:
            bad = middle
    return Unreadable(start, good, why)


def examine(settings: KafkaSettings, partition: TopicPartition, offset: int) -> Unreadable | None:
    """`unreadable_range` on the real log at `offset`; raises KafkaError when the broker does not answer."""
    consumer = _single(settings, partition)
    try:
        end = consumer.end_offsets([partition], timeout_ms=int(PATIENCE * 1000))[partition]
    finally:
        consumer.close(autocommit=False, timeout_ms=1000)
    if offset >= end:
        return None
    return unreadable_range(offset, end, lambda tried: _fault(settings, partition, tried, end))


def _single(settings: KafkaSettings, partition: TopicPartition) -> Any:
    # One byte asks for exactly one batch: brokers always send the first one whole.
    options = {"max_partition_fetch_bytes": 1, "fetch_max_bytes": 1, "fetch_max_wait_ms": 100}
    consumer = open_consumer(settings, group_id=None, **options)
    consumer.assign([partition])
    return consumer


def _fault(settings: KafkaSettings, partition: TopicPartition, offset: int, end: int) -> str | None:
    consumer = _single(settings, partition)
    try:
        consumer.seek(partition, offset)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                records = consumer.poll(timeout_ms=500, max_records=1)
            except Exception as error:
                if cannot_unpack(error):
                    return reason(error)
                raise
            # Nothing but records or a move proves that the bytes were fine: an absent broker is silent as well.
            if records or consumer.position(partition, timeout_ms=500) > offset or offset >= end:
                return None
        raise kafka_errors.KafkaTimeoutError(f"no answer about {partition.topic}-{partition.partition} at {offset}")
    finally:
        consumer.close(autocommit=False, timeout_ms=1000)
