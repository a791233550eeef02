"""Assigned partitions on their way to being read: where to begin, and whether a broken batch lies there."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import NamedTuple

from kafka import TopicPartition

from collectors.kafka_bisect import examine
from collectors.kafka_client import Lookout, in_background
from collectors.kafka_settings import KafkaSettings
from collectors.kafka_start import Begin, Facts, begin
from collectors.source import Batch, Incident, Partition, Position, Positions, Unreadable

LONGEST_PAUSE = 10.0


class NoAnswer(Exception):
    """The broker could not be asked; `cause` is why."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class Settled(NamedTuple):
    """A partition that can be read now, and what must be handed out before its first record."""

    where: TopicPartition
    offset: int
    topic_id: str | None
    batch: Batch | None
    incident: Incident | None


@dataclass(slots=True)
class Waiting:
    """A paused partition, and what is known of it so far."""

    wanted: int | None
    """An offset asked for; None: whatever the database says."""
    position: Position | None = None
    asked: bool = False
    """`position` was read before the look that is under way: a look older than it could know a smaller end."""
    examined: Future[Unreadable | None] | None = None
    examined_at: int = -1


class Settling:
    """Answers the two questions without blocking: one look at the broker at a time, on a thread of its own.

    `suspects` are partitions where the last consumer failed to unpack something.
    """

    def __init__(self, settings: KafkaSettings, positions: Positions) -> None:
        self._settings = settings
        self._positions = positions
        self._lookout = Lookout(settings)
        self._looking: Future[dict[TopicPartition, Facts]] | None = None
        self._not_before = 0.0
        self._failures = 0
        self.waiting: dict[TopicPartition, Waiting] = {}
        self.suspects: set[TopicPartition] = set()

    def add(self, partitions: Iterable[TopicPartition], wanted: int | None = None) -> None:
        for where in partitions:
            self.waiting[where] = Waiting(wanted)
            self._not_before = 0.0 if not self._failures else self._not_before

    def drop(self, partitions: Iterable[TopicPartition]) -> None:
        for where in partitions:
            self.waiting.pop(where, None)

    def look(
        self, others: Iterable[TopicPartition], patience: float, settle: bool = True
    ) -> Mapping[TopicPartition, Facts] | None:
        """Facts of the waiting partitions and of `others`, or None while they are not there yet.

        Unless `settle`, the database is not asked and no partition can be settled with the answer. Waits `patience` seconds at most. NoAnswer when the broker could not be asked; the next try comes later.
        """
        deadline = time.monotonic() + patience
        if self._looking is None:
            pause = self._not_before - time.monotonic()
            if pause > 0:
                time.sleep(max(0.0, min(pause, patience)))
            if time.monotonic() < self._not_before:
                return None
            for where, waiting in self.waiting.items():
                waiting.asked = settle
                waiting.position = self._position(where, waiting.wanted) if settle else None
            self._looking = in_background(self._lookout.look, [*self.waiting, *others])
        try:
            facts = self._looking.result(max(0.0, deadline - time.monotonic()))
        except Exception as error:
            if not self._looking.done():
                return None
            self._looking = None
            self._failures += 1
            self._not_before = time.monotonic() + min(LONGEST_PAUSE, 0.25 * 2**self._failures)
            raise NoAnswer(error) from error
        self._looking = None
        self._failures = 0
        self._not_before = time.monotonic() + 0.2
        return facts

    def settle(self, facts: Mapping[TopicPartition, Facts]) -> list[Settled]:
        """The partitions that these facts settle; HoneError where the configured answer is to stop."""
        settled = []
        for where, waiting in list(self.waiting.items()):
            if where not in facts or not waiting.asked:
                continue
            known, partition = facts[where], Partition(*where)
            start = begin(partition, waiting.position, known, self._settings, self._known(where, waiting, known))
            one = self._examined(where, waiting, start, known)
            if one is not None:
                settled.append(one)
        self.drop(one.where for one in settled)  # at the end: the database may fail in between, and is asked again
        return settled

    @property
    def told(self) -> Mapping[TopicPartition, str | None]:
        """What stands beside the group's offsets of these topics, as of the last look."""
        return self._lookout.told

    def close(self) -> None:
        in_background(self._lookout.close)

    def _position(self, where: TopicPartition, wanted: int | None) -> Position | None:
        stored = self._positions(Partition(*where))
        return stored if wanted is None else Position(wanted, stored.topic_id if stored else None)

    def _known(self, where: TopicPartition, waiting: Waiting, facts: Facts) -> bool:
        """Whether another partition of the topic was read before; asked only where it matters."""
        if waiting.position is not None or self._settings.start == "beginning":
            return True
        others = (Partition(where.topic, number) for number in range(facts.siblings) if number != where.partition)
        return any(self._positions(other) is not None for other in others)

    def _examined(self, where: TopicPartition, waiting: Waiting, start: Begin, facts: Facts) -> Settled | None:
        """`start` once it is known to be readable, or a step over what is not; None while that is being found out."""
        plain = Settled(where, start.offset, facts.topic_id, start.batch, start.incident)
        if where not in self.suspects or start.batch is not None:
            return plain
        if waiting.examined is None or waiting.examined_at != start.offset:
            waiting.examined, waiting.examined_at = (
                in_background(examine, self._settings, where, start.offset),
                start.offset,
            )
            return None
        if not waiting.examined.done():
            return None
        if waiting.examined.exception() is not None:
            waiting.examined = None
            return None
        gap = waiting.examined.result()
        self.suspects.discard(where)
        if gap is None:
            return plain
        step = Batch(Partition(*where), start.offset, gap.end, (), (gap,), facts.topic_id)
        return plain._replace(offset=gap.end, batch=step)
