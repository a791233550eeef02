"""Sends the demo's traffic to a Kafka broker, each record to the topic its producer would use."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from agent.demo.record import Sent
from analyzers.errors import HoneError

_PARTITIONS = 4


def produce(records: Iterable[Sent], bootstrap: str) -> int:
    """Send everything, creating topics that are missing; returns the number of records. Raises HoneError."""
    from kafka import KafkaProducer
    from kafka.admin import KafkaAdminClient, NewTopic
    from kafka.errors import KafkaError, TopicAlreadyExistsError

    sent = 0
    try:
        admin = KafkaAdminClient(bootstrap_servers=bootstrap)
        producer = KafkaProducer(
            bootstrap_servers=bootstrap, compression_type="zstd", linger_ms=50, max_request_size=16 << 20
        )
        known: set[str] = set()
        for record in records:
            if record.topic not in known:
                known.add(record.topic)
                with suppress(TopicAlreadyExistsError):
                    admin.create_topics([NewTopic(record.topic, num_partitions=_PARTITIONS, replication_factor=1)])
            producer.send(record.topic, key=record.key, value=record.value, timestamp_ms=int(record.at * 1000))
            sent += 1
        producer.flush(60)
        producer.close(timeout=30)
        admin.close()
    except KafkaError as error:
        raise HoneError(
            f"{bootstrap}: the records cannot be sent ({type(error).__name__})", "is a broker listening there?"
        ) from error
    return sent
