"""Clients of the broker, and what it says of partitions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from typing import Any, TypeVar

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka import errors as kafka_errors
from kafka.net.compat import KafkaNetClient
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector
from kafka.protocol.consumer import OffsetSpec

from collectors.kafka_settings import KafkaSettings, connection_options, consumer_options
from collectors.kafka_start import Facts
from collectors.kafka_unpack import Unpacked, keep_freed_memory, read_widely

Result = TypeVar("Result")


def in_background(work: Callable[..., Result], *arguments: Any) -> Future[Result]:
    """Run on a daemon thread, which never keeps the process from ending."""
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(work(*arguments))
        except BaseException as error:
            future.set_exception(error)

    Thread(target=run, name=f"hone-kafka-{work.__name__}", daemon=True).start()
    return future


def open_consumer(settings: KafkaSettings, **options: Any) -> Any:
    """A connected KafkaConsumer that polls `collectors.source.Record`s; when it cannot connect, nothing stays behind."""
    keep_freed_memory()
    consumer = _open(KafkaConsumer, {**consumer_options(settings), **options})
    consumer._fetcher.PartitionRecords = Unpacked
    return consumer


def open_admin(settings: KafkaSettings) -> Any:
    """A connected KafkaAdminClient; when it cannot connect, nothing of it stays behind."""
    return _open(KafkaAdminClient, {**connection_options(settings), "request_timeout_ms": 10_000})


def open_producer(settings: KafkaSettings, **options: Any) -> Any:
    """A connected KafkaProducer whose messages are acknowledged by all replicas; when it cannot connect, nothing stays behind."""
    return _open(KafkaProducer, {**connection_options(settings), "acks": "all", **options})


class _Connections(KafkaConnectionManager):  # type: ignore[misc]
    """Remembers why connections failed: the bootstrap itself only ever says that it timed out."""

    def __init__(self, net: Any, **configs: Any) -> None:
        super().__init__(net, **configs)
        self.failures: list[Exception] = []

    def get_connection(self, node_id: Any, *arguments: Any, **options: Any) -> Any:
        connection = super().get_connection(node_id, *arguments, **options)
        if not self.bootstrapped:
            connection.init_future.add_errback(self.failures.append)
        return connection

    async def _build_transport(self, *arguments: Any, **options: Any) -> Any:
        transport = await super()._build_transport(*arguments, **options)
        read_widely(transport)
        return transport


def _open(kind: Any, options: dict[str, Any]) -> Any:
    # A constructor that fails to connect leaves its I/O thread running and hands nobody the client to close.
    clients: list[Any] = []

    def client(**configs: Any) -> Any:
        net = NetworkSelector(**configs)
        clients.append(KafkaNetClient(net=net, manager=_Connections(net, **configs), **configs))
        return clients[-1]

    try:
        return kind(kafka_client=client, **options)
    except BaseException as error:
        failures = [failure for each in clients for failure in each._manager.failures]
        for each in clients:
            each.close()
        if isinstance(error, kafka_errors.KafkaTimeoutError) and failures:
            raise _cause(failures, str(options.get("security_protocol"))) from error
        raise


def _cause(failures: list[Exception], protocol: str) -> Exception:
    """The failure that says most. A refused login looks like a hang-up when both arrive at the client together."""
    refused = kafka_errors.SaslAuthenticationFailedError, kafka_errors.UnsupportedSaslMechanismError
    named: list[Exception] = [failure for failure in failures if isinstance(failure, refused)]
    if named:
        return named[0]
    said = [str(failure) for failure in failures]
    hung_up = [text for text in said if "socket disconnected" in text]
    late = [text for text in said if "timed out" in text]  # the last attempt, when the time for all of them is up
    if protocol.startswith("SASL") and hung_up and len(hung_up) + len(late) == len(said):
        denied: Exception = kafka_errors.SaslAuthenticationFailedError("the broker hung up while authenticating")
        return denied
    return failures[-1]


class Lookout:
    """Asks the broker about topics through one admin client, replaced after any failure. For one thread at a time."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._admin: Any = None
        self.told: Mapping[TopicPartition, str | None] = {}
        """What stands beside the group's offsets, as of the last look."""

    def look(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, Facts]:
        """Facts of each partition; those whose topic is not there now are left out."""
        try:
            return self._look(list(partitions))
        except BaseException:
            self.close()
            raise

    def topics(self) -> list[dict[str, Any]]:
        """Descriptions (with error_code) of the topics that the settings name, and of those the pattern matches."""
        admin = self._connected()
        found = list(admin.describe_topics(list(self._settings.topics))) if self._settings.topics else []
        if self._settings.pattern is not None:
            named = {topic["name"] for topic in found}
            matches = [
                topic
                for topic in admin.describe_topics()
                if not topic["is_internal"] and re.match(self._settings.pattern, topic["name"])
            ]
            found += [topic for topic in matches if topic["name"] not in named]
        return found

    def group(self) -> None:
        """Raise GroupAuthorizationFailedError when the group may not be used."""
        # No such group yet, or its coordinator is being made: both are right at a first start.
        with suppress(kafka_errors.RetriableError, kafka_errors.GroupIdNotFoundError):
            self._connected().describe_groups([self._settings.group_id])

    def _look(self, partitions: list[TopicPartition]) -> dict[TopicPartition, Facts]:
        admin = self._connected()
        described = {topic["name"]: topic for topic in admin.describe_topics(sorted({tp.topic for tp in partitions}))}
        # No such group yet, or it may not be asked: then nothing is known of it.
        with suppress(kafka_errors.BrokerResponseError, kafka_errors.UnsupportedVersionError):
            told = admin.list_group_offsets(self._settings.group_id)[self._settings.group_id]
            self.told = {tp: offset.metadata for tp, offset in told.items() if tp.topic in described}
        held = [tp for tp in partitions if _has(described.get(tp.topic), tp.partition)]
        beginning = admin.list_partition_offsets(dict.fromkeys(held, OffsetSpec.EARLIEST)) if held else {}
        end = admin.list_partition_offsets(dict.fromkeys(held, OffsetSpec.LATEST)) if held else {}
        at_start: dict[TopicPartition, Any] = {}
        if held and not isinstance(self._settings.start, str):
            at_start = admin.list_partition_offsets(dict.fromkeys(held, int(self._settings.start * 1000)))
        facts = {}
        for tp in held:
            topic, last = described[tp.topic], end[tp].offset
            first_at = at_start[tp].offset if tp in at_start else -1
            facts[tp] = Facts(
                str(topic["topic_id"]) if topic.get("topic_id") else None,
                beginning[tp].offset,
                last,
                last if first_at < 0 else first_at,
                len(topic["partitions"]),
            )
        return facts

    def _connected(self) -> Any:
        if self._admin is None:
            self._admin = open_admin(self._settings)
        return self._admin

    def close(self) -> None:
        if self._admin is not None:
            self._admin.close()
            self._admin = None


def _has(topic: dict[str, Any] | None, number: int) -> bool:
    if topic is None or topic["error_code"] != 0:
        return False
    return any(part["partition_index"] == number and part["leader_id"] >= 0 for part in topic["partitions"])
