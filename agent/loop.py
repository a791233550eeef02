"""Poll, parse, commit, until told to stop. Nothing else happens between a record and its row."""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from agent.ingest import Committed, Ingest, Work
from agent.store import StoreUnavailable
from analyzers.errors import HoneError
from collectors.source import Incident, Partition, Polled, Source

log = logging.getLogger("hone.loop")

_GARBAGE_EVERY_S = 30.0


class Pace(NamedTuple):
    """When a commit is due: after so many records or bytes, or so long after the first of them (seconds)."""

    records: int = 5_000
    bytes: int = 32 << 20
    interval: float = 1.0
    poll: float = 0.25
    retry_first: float = 0.5
    retry_last: float = 10.0


class Progress(NamedTuple):
    """Told after every commit: what it brought and how long parse and commit took (seconds)."""

    committed: Committed
    incidents: tuple[Incident, ...]
    busy: float


def run(
    source: Source,
    ingest: Ingest,
    *,
    stop: threading.Event,
    pace: Pace = Pace(),
    on_commit: Callable[[Progress], None] = lambda progress: None,
    on_waiting: Callable[[HoneError], None] = lambda error: None,
    clock: Callable[[], float] = time.time,
) -> None:
    """Read `source` until it is exhausted or `stop` is set; what was polled before that is committed.

    When the database is away the source is paused (it stays in its group) and the commit is tried again with
    growing pauses; `on_waiting` hears why. A partition that another agent has taken over is read again from the
    database. Raises HoneError when the source cannot go on.
    """
    gc.collect()
    gc.freeze()
    gc.disable()  # a batch holds tens of thousands of live objects and no cycles
    collected = time.monotonic()
    try:
        pending = _Pending()
        while not stop.is_set():
            polled = _poll(source, pace, stop, on_waiting, pending.room(pace))
            pending.add(polled, ingest, clock())
            if pending.due(pace) or (pending and source.exhausted):
                _commit(source, ingest, pending, pace, stop, on_commit, on_waiting, clock)
                pending = _Pending()
                if time.monotonic() - collected > _GARBAGE_EVERY_S:
                    gc.collect()
                    collected = time.monotonic()
            if source.exhausted and not pending:
                break
        if pending:
            _commit(source, ingest, pending, pace, stop, on_commit, on_waiting, clock)
    finally:
        gc.enable()
        gc.unfreeze()


class _Pending:
    """Parsed and not yet committed."""

    def __init__(self) -> None:
        self.works: dict[Partition, Work] = {}
        self.incidents: list[Incident] = []
        self.records = self.bytes = 0
        self.busy = 0.0
        self._since: float | None = None

    def __bool__(self) -> bool:
        return bool(self.works or self.incidents)

    def room(self, pace: Pace) -> int:
        return max(1, pace.records - self.records)

    def due(self, pace: Pace) -> bool:
        if self._since is None:
            return False
        full = self.records >= pace.records or self.bytes >= pace.bytes
        return full or time.monotonic() - self._since >= pace.interval

    def add(self, polled: Polled, ingest: Ingest, now: float) -> None:
        if not polled.batches and not polled.incidents:
            return
        began = time.monotonic()
        if self._since is None:
            self._since = began
        self.incidents.extend(polled.incidents)
        for batch in polled.batches:
            work = ingest.read(batch, now)
            earlier = self.works.get(work.partition)
            # A batch that does not follow its predecessor comes from a seek: what was read before it is void.
            self.works[work.partition] = _joined(earlier, work) if earlier and earlier.end == work.start else work
            self.records += len(batch.records)
            self.bytes += sum(tally.bytes for tally in work.intake.values())
        self.busy += time.monotonic() - began

    def drop(self, partition: Partition) -> None:
        self.works.pop(partition, None)


def _joined(a: Work, b: Work) -> Work:
    a.sightings.extend(b.sightings)
    a.rejects.extend(b.rejects)
    a.fragments.extend(b.fragments)
    for hour, tally in b.intake.items():
        a.intake[hour] = a.intake[hour] + tally if hour in a.intake else tally
    return a._replace(end=b.end, topic_id=b.topic_id)


def _poll(
    source: Source, pace: Pace, stop: threading.Event, on_waiting: Callable[[HoneError], None], room: int
) -> Polled:
    """One poll. A source that begins a partition asks the database where; that is waited for like any commit."""
    pause = pace.retry_first
    while True:
        try:
            return source.poll(pace.poll, room)
        except StoreUnavailable as error:
            on_waiting(error)
            log.warning("%s; trying again in %.1f s", error.message, pause)
            if stop.wait(pause):
                return Polled(())
            pause = min(pause * 2, pace.retry_last)


def _commit(
    source: Source,
    ingest: Ingest,
    pending: _Pending,
    pace: Pace,
    stop: threading.Event,
    on_commit: Callable[[Progress], None],
    on_waiting: Callable[[HoneError], None],
    clock: Callable[[], float],
) -> None:
    pause = pace.retry_first
    paused = False
    while True:
        began = time.monotonic()
        try:
            committed = ingest.commit(list(pending.works.values()), pending.incidents, clock())
            break
        except StoreUnavailable as error:
            on_waiting(error)
            log.warning("%s; %s; trying again in %.1f s", error.message, error.hint, pause)
            if not paused:
                source.pause()
                paused = True
            if _wait(source, pending, stop, pause):
                # Nothing is lost: the offsets have not moved, the next start reads these records again.
                return
            pause = min(pause * 2, pace.retry_last)
    busy = pending.busy + time.monotonic() - began
    if paused:
        source.resume()
    for partition, end in committed.ends.items():
        source.committed(partition, end)
    for partition in committed.fenced:
        log.warning("%s[%d]: another agent has moved on; reading again from its offset", *partition)
        _seek_to_stored(source, ingest, partition)
    on_commit(Progress(committed, tuple(pending.incidents), busy))


def _wait(source: Source, pending: _Pending, stop: threading.Event, seconds: float) -> bool:
    """Wait with the source paused but alive, so that it keeps its place in the group; True when told to stop."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        with suppress(StoreUnavailable):
            pending.incidents.extend(source.poll(min(left, 0.5), 1).incidents)
        if stop.wait(min(max(left, 0.0), 0.05)):
            return True
    return False


def _seek_to_stored(source: Source, ingest: Ingest, partition: Partition) -> None:
    position = ingest.position(partition)
    if position is not None:
        source.seek(partition, position.next)
