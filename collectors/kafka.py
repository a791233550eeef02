"""Kafka as a Source: the database says where to read, a failed consumer is replaced, nothing jumps in silence."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import msgspec
from kafka import TopicPartition
from kafka import errors as kafka_errors

from collectors.kafka_bisect import cannot_unpack
from collectors.kafka_explain import explain
from collectors.kafka_group import mark, shared, strangers
from collectors.kafka_member import Member
from collectors.kafka_settings import KafkaSettings, check_libraries, connection_options
from collectors.kafka_settle import NoAnswer, Settling
from collectors.source import Batch, Incident, Partition, Polled, Positions, Record

NOTHING = Polled(())
SILENT_PROGRESS = 5.0
"""Seconds after which progress without records (aborted transactions, compaction) is handed out as an empty batch."""

COMMIT_EVERY = 1.0
LAG_EVERY = 2.0


class Health(msgspec.Struct, frozen=True):
    """How the stream is doing. Times are unix seconds, None before the first."""

    connected: bool
    """The last thing heard of the broker was an answer."""
    last_contact: float | None
    last_records: float | None
    last_heartbeat: float | None
    error: str | None
    """What is wrong now, if anything."""
    assigned: int
    waiting: int
    """Assigned partitions that are not read yet."""


@dataclass(slots=True)
class Place:
    """Where the source stands in a partition that is being read."""

    offset: int
    """End of the last batch: the next offset to hand out."""
    topic_id: str | None
    moved: float
    """Monotonic time of the last batch, or of the last search for silent progress."""


class KafkaSource:
    """A member of a consumer group that reads from the positions the database gives it.

    Nothing is connected before the first `poll`, which only ever waits its timeout; whatever goes wrong with the
    broker later is retried for ever and shown by `health`. HoneError is raised only where the configured answer to
    a lost position is to stop, and by the constructor for missing packages and wrong security settings.
    All methods but `lag` and `health` belong to one thread, on which `positions` is called too.

    Besides batches of records there are empty ones: the first position of a partition never read before
    (start == end), a jump that was configured (with its Incident), offsets that hold no records.
    """

    def __init__(self, settings: KafkaSettings, positions: Positions, deployment: str = "") -> None:
        check_libraries()
        connection_options(settings)
        self._settings = settings
        self._deployment = deployment
        self._strangers: frozenset[str] = frozenset()
        self._member = Member(settings)
        self._settling = Settling(settings, positions)
        self._ready: dict[TopicPartition, Place] = {}
        self._ends: dict[TopicPartition, int] = {}
        self._commits: dict[TopicPartition, int] = {}
        self._look_due = self._committed_at = 0.0
        self._paused = self._lag_wanted = False
        self._last_records: float | None = None

    def poll(self, timeout: float, max_records: int) -> Polled:
        deadline = time.monotonic() + timeout
        if not self._member.open(deadline):
            return NOTHING
        try:
            self._take_notes()
            self._commit()
        except Exception as error:
            self._replace(error)
            return NOTHING
        settled = self._settle(deadline)
        if settled.batches or settled.incidents:
            return settled
        patience = deadline - time.monotonic()
        if self._settling.waiting and not self._paused:
            patience = min(patience, 0.1)
        try:
            found = self._member.poll(patience, max_records)
            self._take_notes()
            batches = self._hand_out(found) if found else self._silent_progress()
        except Exception as error:
            self._replace(error)
            return NOTHING
        return Polled(tuple(batches)) if batches else NOTHING

    def seek(self, partition: Partition, offset: int) -> None:
        where = TopicPartition(*partition)
        if where in self._ready or where in self._settling.waiting:
            self._wait_for([where], offset)

    def pause(self) -> None:
        self._paused = True
        self._member.fetch(self._ready, False)

    def resume(self) -> None:
        self._paused = False
        self._member.fetch(self._ready, True)

    def committed(self, partition: Partition, next_offset: int) -> None:
        self._commits[TopicPartition(*partition)] = next_offset

    def lag(self) -> Mapping[Partition, int | None]:
        """As of the last look at the broker; asking makes the next look come soon."""
        self._lag_wanted = True
        lags: dict[Partition, int | None] = {Partition(*where): None for where in list(self._settling.waiting)}
        for where, place in list(self._ready.items()):
            end = self._ends.get(where)
            lags[Partition(*where)] = None if end is None else max(0, end - place.offset)
        return lags

    def health(self) -> Health:
        """What is known without asking the broker."""
        member, waiting = self._member, len(self._settling.waiting)
        return Health(
            connected=member.error is None and member.last_contact is not None,
            last_contact=member.last_contact,
            last_records=self._last_records,
            last_heartbeat=member.last_heartbeat(),
            error=member.error,
            assigned=len(self._ready) + waiting,
            waiting=waiting,
        )

    @property
    def exhausted(self) -> bool:
        return False

    def close(self) -> None:
        """Leave the group, waiting a few seconds at most."""
        self._committed_at = 0.0
        with suppress(kafka_errors.KafkaError):
            self._commit()
        self._settling.close()
        self._member.close()

    def _replace(self, error: Exception) -> None:
        unpacking = cannot_unpack(error)
        if unpacking:
            fetched = getattr(getattr(self._member.consumer, "_fetcher", None), "_next_partition_records", None)
            culprit = getattr(fetched, "topic_partition", None)
            self._settling.suspects |= {culprit} if culprit in self._ready else set(self._ready)
        self._settling.drop(list(self._settling.waiting))
        self._ready.clear()
        why = "a batch cannot be unpacked" if unpacking else explain(error, self._settings).message
        self._member.replace(why)

    def _take_notes(self) -> None:
        for assigned, partitions in self._member.notes():
            self._settling.drop(partitions)
            for where in partitions:
                self._ready.pop(where, None)
            if assigned:
                self._settling.add(partitions)

    def _wait_for(self, partitions: Iterable[TopicPartition], wanted: int | None = None) -> None:
        """Stop reading these until it is settled (anew) where to go on."""
        for where in partitions:
            self._ready.pop(where, None)
            self._member.fetch([where], False)
            self._settling.add([where], wanted)

    def _settle(self, deadline: float) -> Polled:
        """Begin partitions that were assigned, look whether topics are still the same; hand out what that means."""
        now = time.monotonic()
        soon = self._lag_wanted and now > self._look_due - self._settings.check_interval + LAG_EVERY
        waiting = self._settling.waiting and not self._paused  # paused, nothing may be handed out
        if not (waiting or soon or now > self._look_due):
            return NOTHING
        patience = min(deadline - now, 0.5) if waiting and not self._ready else 0.0
        try:
            facts = self._settling.look(list(self._ready), patience, settle=not self._paused)
        except NoAnswer as error:
            self._member.complain(explain(error.cause, self._settings).message)
            return NOTHING
        if facts is None:
            return NOTHING
        self._member.heard()
        self._look_due, self._lag_wanted = time.monotonic() + self._settings.check_interval, False
        self._ends.update((where, known.end) for where, known in facts.items())
        for where, place in list(self._ready.items()):
            if where in facts and place.topic_id and facts[where].topic_id not in (None, place.topic_id):
                self._wait_for([where])
        if self._paused:
            return NOTHING
        batches, incidents = [], self._others()
        for where, offset, topic_id, batch, incident in self._settling.settle(facts):
            try:
                self._member.consumer.seek(where, offset)
            except ValueError:  # taken away meanwhile; the note about it is on its way
                continue
            self._commits.setdefault(where, offset)
            self._ready[where] = Place(offset, topic_id, time.monotonic())
            self._member.fetch([where], True)
            batches += [batch] if batch is not None else []
            incidents += [incident] if incident is not None else []
        return Polled(tuple(batches), tuple(incidents))

    def _others(self) -> list[Incident]:
        """Deployments with another database in this group that were not there before."""
        told = self._settling.told
        found = strangers(told.values(), self._deployment)
        new, self._strangers = found - self._strangers, self._strangers | found
        group, topics = self._settings.group_id, {where.topic for where, one in told.items() if one in new}
        return [shared(group, topics)] if new else []

    def _hand_out(self, found: Mapping[TopicPartition, list[Record]]) -> list[Batch]:
        now, batches = time.monotonic(), []
        for where, records in found.items():
            place = self._ready.get(where)
            if place is None or not records:
                continue
            start, place.offset, place.moved = place.offset, records[-1].offset + 1, now
            batches.append(_batch(where, start, place, records))
            self._ends[where] = max(self._ends.get(where, 0), self._member.consumer.highwater(where) or place.offset)
        if batches:
            self._last_records = time.time()
            self._member.heard(records=True)
        return batches

    def _silent_progress(self) -> list[Batch]:
        """Offsets without records that were passed a while ago.

        Were they kept back, retention could delete them and a restart would report records as lost that never were.
        """
        now, batches = time.monotonic(), []
        for where, place in self._ready.items():
            if now - place.moved < SILENT_PROGRESS or self._paused:
                continue
            place.moved = now
            position = self._member.consumer.position(where, timeout_ms=100)
            if position is not None and position > place.offset:
                start, place.offset = place.offset, position
                batches.append(_batch(where, start, place, []))
        return batches

    def _commit(self) -> None:
        now = time.monotonic()
        if self._commits and now - self._committed_at > COMMIT_EVERY:
            self._committed_at = now
            self._member.commit(self._commits, mark(self._deployment))
            self._commits.clear()


def _batch(where: TopicPartition, start: int, place: Place, records: Sequence[Record]) -> Batch:
    return Batch(Partition(*where), start, place.offset, tuple(records), (), place.topic_id)
