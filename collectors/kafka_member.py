"""One member of a consumer group: joined in the background, replaced after any failure, its rebalances noted."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import suppress
from threading import Event
from typing import Any

from kafka import ConsumerRebalanceListener, OffsetAndMetadata, TopicPartition
from kafka import errors as kafka_errors
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor

from collectors.kafka_client import in_background, open_consumer
from collectors.kafka_explain import explain
from collectors.kafka_settings import KafkaSettings

log = logging.getLogger(__name__)

LONGEST_BACKOFF = 30.0
CLOSING = 5.0


class Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Pauses what is assigned and notes what happened; runs on the client's I/O thread.

    It must neither block (heartbeats would stop) nor raise (the client would go on without ever calling it again).
    The seek gives the partition a position, else the client would ask the group for one.
    """

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer
        self._notes: deque[tuple[bool, tuple[TopicPartition, ...], BaseException | None]] = deque()

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._notes.append((False, tuple(revoked), None))

    def on_partitions_lost(self, lost: Iterable[TopicPartition]) -> None:
        self._notes.append((False, tuple(lost), None))

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        partitions = tuple(assigned)
        try:
            self._consumer.pause(*partitions)
            for partition in partitions:
                self._consumer.seek(partition, 0)
        except Exception as error:  # raised by `notes`, on the polling thread
            self._notes.append((False, partitions, error))
        else:
            self._notes.append((True, partitions, None))

    def notes(self) -> Iterator[tuple[bool, tuple[TopicPartition, ...]]]:
        while self._notes:
            assigned, partitions, error = self._notes.popleft()
            if error is not None:
                raise error
            yield assigned, partitions


class Member:
    """Holds the one live consumer, when there is one. All methods belong to the polling thread.

    `error` says what is wrong now, if anything; `last_contact` (unix seconds) is when the broker last answered.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._listener: Listener | None = None
        self._opening: Future[tuple[Any, Listener]] | None = None
        self._not_before = 0.0
        self._failures = 0
        self._closed = Event()
        self.consumer: Any = None
        self.error: str | None = None
        self.last_contact: float | None = None

    def poll(self, timeout: float, max_records: int) -> Any:
        """Records by partition, as the client gives them; waits `timeout` seconds at most. Raises what the client raises.

        A poll that ends while the group is joined leaves the join under way for the next one. When it was begun
        because the topics' partitions had changed, the client (3.0.12) then forgets that it has to finish it: the
        member stays without partitions and without heartbeats for ever. Asking it to rejoin makes it look again.
        """
        coordinator = self.consumer._coordinator
        if coordinator.rejoining and not coordinator.need_rejoin():
            coordinator.rejoin_needed = True
        return self.consumer.poll(timeout_ms=max(0, int(timeout * 1000)), max_records=max(1, max_records))

    def open(self, deadline: float) -> bool:
        """Have a consumer: at once when there is one, else as soon as the broker answers, until the deadline."""
        if self.consumer is not None:
            return True
        if self._closed.is_set():
            return False
        if self._opening is None:
            pause = min(self._not_before, deadline) - time.monotonic()
            if pause > 0:
                self._closed.wait(pause)
            if time.monotonic() < self._not_before:
                return False
            self._opening = in_background(self._join)
        try:
            self.consumer, self._listener = self._opening.result(max(0.0, deadline - time.monotonic()))
        except Exception as error:
            if self._opening.done():
                self._opening = None
                self._back_off(explain(error, self._settings).message)
            return False
        self._opening = None
        self.heard()
        return True

    def replace(self, why: str) -> None:
        """Drop the consumer and come back with a new one after a pause that grows with every failure in a row.

        Needed after any exception out of a poll: the client may spin for ever when it is polled again.
        """
        if self.consumer is not None:
            in_background(_close, self.consumer)
            self.consumer = None
        self._back_off(why)

    def notes(self) -> Iterable[tuple[bool, tuple[TopicPartition, ...]]]:
        """(assigned, else revoked; partitions) since the last call, in order. Raises what failed in a callback."""
        return () if self._listener is None else self._listener.notes()

    def fetch(self, partitions: Iterable[TopicPartition], flow: bool) -> None:
        """Let records of these flow or not; those that were taken away meanwhile are left out."""
        if self.consumer is None:
            return
        change = self.consumer.resume if flow else self.consumer.pause
        for where in self.consumer.assignment() & set(partitions):
            with suppress(KeyError):
                change(where)

    def commit(self, offsets: Mapping[TopicPartition, int], mark: str = "") -> None:
        """Tell the group's offsets to Kafka, without waiting, `mark` beside each; nobody reads them but lag tools."""
        if self.consumer is not None and offsets:
            told = {where: OffsetAndMetadata(offset, mark, -1) for where, offset in offsets.items()}
            self.consumer.commit_async(told)

    def last_heartbeat(self) -> float | None:
        """Unix seconds, None before the first."""
        consumer = self.consumer
        if consumer is None:
            return None
        ago = consumer.metrics().get("consumer-coordinator-metrics", {}).get("last-heartbeat-seconds-ago")
        return time.time() - ago if ago is not None and 0 <= ago < 1e9 else None

    def heard(self, records: bool = False) -> None:
        """The broker answered; with records, earlier failures are forgotten."""
        self.last_contact = time.time()
        self.error = None
        if records:
            self._failures = 0

    def complain(self, what: str) -> None:
        if what != self.error:
            log.warning("kafka: %s", what)
        self.error = what

    def close(self) -> None:
        """Leave the group, waiting a few seconds at most."""
        self._closed.set()
        if self._opening is not None:  # a consumer that comes too late for anyone to use
            self._opening.add_done_callback(_close_late)
        if self.consumer is not None:
            closing, self.consumer = in_background(_close, self.consumer), None
            with suppress(TimeoutError, kafka_errors.KafkaError):
                closing.result(CLOSING)

    def _back_off(self, why: str) -> None:
        self.complain(why)
        self._failures += 1
        self._not_before = time.monotonic() + min(LONGEST_BACKOFF, 0.125 * 2 ** min(self._failures, 10))

    def _join(self) -> tuple[Any, Listener]:
        settings = self._settings
        consumer = open_consumer(
            settings,
            group_id=settings.group_id,
            group_instance_id=settings.group_instance_id,
            session_timeout_ms=settings.session_timeout_ms,
            heartbeat_interval_ms=settings.heartbeat_interval_ms,
            max_poll_interval_ms=settings.max_poll_interval_ms,
            partition_assignment_strategy=(RoundRobinPartitionAssignor,),
        )
        listener = Listener(consumer)
        if settings.subscription is None:
            consumer.subscribe(list(settings.topics), listener=listener)
        else:
            consumer.subscribe(pattern=settings.subscription, listener=listener)
        return consumer, listener


def _close_late(opened: Future[tuple[Any, Listener]]) -> None:
    if opened.exception() is None:
        _close(opened.result()[0])


def _close(consumer: Any) -> None:
    consumer.close(autocommit=False, timeout_ms=int(CLOSING * 1000))
