"""Trying a Kafka configuration out: every fault as a HoneError, and some records to look at. Changes nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from kafka import TopicPartition
from kafka import errors as kafka_errors

from analyzers.errors import HoneError
from collectors.kafka_bisect import cannot_unpack, reason
from collectors.kafka_client import Lookout, open_consumer
from collectors.kafka_explain import explain
from collectors.kafka_settings import KafkaSettings, check_libraries
from collectors.source import Partition, Record

UNKNOWN_TOPIC = 3
TOPIC_DENIED = 29
PATIENCE = 15.0


def connect(settings: KafkaSettings) -> Mapping[str, int]:
    """Reach the broker, find the topics, and check that they and the group may be read; partitions by topic.

    A pattern may match nothing yet; a named topic has to be there. HoneError names the broker, topic or setting
    that is wrong. Nothing is joined, created or committed.
    """
    check_libraries()
    lookout = Lookout(settings)
    try:
        topics = lookout.topics()
        _require(settings, topics)
        lookout.group()
    except (kafka_errors.KafkaError, OSError) as error:
        raise explain(error, settings) from error
    finally:
        lookout.close()
    counts = {topic["name"]: len(topic["partitions"]) for topic in topics}
    _may_read(settings, counts)
    return counts


def sample(settings: KafkaSettings, n: int) -> list[tuple[Partition, Record]]:
    """Up to `n` of the latest records of all topics together, oldest first; no group is joined."""
    counts = connect(settings)
    partitions = [TopicPartition(name, number) for name, count in counts.items() for number in range(count)]
    if not partitions or n < 1:
        return []
    try:
        consumer = open_consumer(settings, group_id=None)
    except (kafka_errors.KafkaError, OSError) as error:
        raise explain(error, settings) from error
    try:
        found = _latest(consumer, partitions, n)
    except (kafka_errors.KafkaError, OSError) as error:
        raise explain(error, settings) from error
    finally:
        consumer.close(autocommit=False, timeout_ms=1000)
    found.sort(key=lambda pair: (pair[1].timestamp or 0.0, pair[0], pair[1].offset))
    return found[-n:]


def _require(settings: KafkaSettings, topics: list[dict[str, Any]]) -> None:
    missing = [topic["name"] for topic in topics if topic["error_code"] == UNKNOWN_TOPIC]
    if missing:
        listed = ", ".join(repr(name) for name in missing)
        raise HoneError(f"no such topic on {settings.where}: {listed}", "check topics; Hone never creates one")
    if any(topic["error_code"] == TOPIC_DENIED for topic in topics):
        raise kafka_errors.TopicAuthorizationFailedError()
    broken = [topic["name"] for topic in topics if topic["error_code"] != 0]
    if broken:
        raise HoneError(f"Kafka at {settings.where} cannot describe topic {broken[0]!r} now")


def _may_read(settings: KafkaSettings, counts: Mapping[str, int]) -> None:
    """Fetch from the end of one partition of each topic: describing a topic does not prove the right to read it."""
    if not counts:
        return
    try:
        consumer = open_consumer(settings, group_id=None, fetch_max_wait_ms=50)
        try:
            partitions = [TopicPartition(name, 0) for name in counts]
            consumer.assign(partitions)
            for where, offset in consumer.end_offsets(partitions, timeout_ms=int(PATIENCE * 1000)).items():
                consumer.seek(where, offset)
            consumer.poll(timeout_ms=400)
        finally:
            consumer.close(autocommit=False, timeout_ms=1000)
    except (kafka_errors.KafkaError, OSError) as error:
        raise explain(error, settings) from error


def _latest(consumer: Any, partitions: list[TopicPartition], n: int) -> list[tuple[Partition, Record]]:
    wait = int(PATIENCE * 1000)
    consumer.assign(partitions)
    beginning, end = (
        consumer.beginning_offsets(partitions, timeout_ms=wait),
        consumer.end_offsets(partitions, timeout_ms=wait),
    )
    left = {where for where in partitions if end[where] > beginning[where]}
    consumer.assign(list(left))
    for where in left:
        consumer.seek(where, max(beginning[where], end[where] - n))
    found: list[tuple[Partition, Record]] = []
    deadline = time.monotonic() + PATIENCE
    while left and time.monotonic() < deadline:
        try:
            fetched = consumer.poll(timeout_ms=500)
        except Exception as error:
            if not cannot_unpack(error):
                raise
            if not found:
                raise HoneError(f"the latest records cannot be read: {reason(error)}") from error
            break
        for where, records in fetched.items():
            found += [(Partition(*where), record) for record in records]
        left -= {where for where in left if (consumer.position(where, timeout_ms=500) or 0) >= end[where]}
    return found
