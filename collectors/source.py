"""Where records come from: the Source protocol that Kafka and files fulfil."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

import msgspec


class Partition(NamedTuple):
    """A topic and one of its partitions. A file is a topic with the single partition 0."""

    topic: str
    number: int


class Record(NamedTuple):
    """One value as it was stored, undecoded, with its coordinates. `timestamp` is unix seconds or None."""

    offset: int
    value: bytes | None
    """None is a tombstone (Kafka) and no call."""
    timestamp: float | None = None
    key: bytes | None = None


class Unreadable(NamedTuple):
    """Offsets [start, end) that the broker has but that cannot be unpacked, and why."""

    start: int
    end: int
    reason: str


class Batch(msgspec.Struct, frozen=True):
    """Records of one partition, in order.

    `start` is the offset that was asked for (what the database holds as `next`); `end` is the next one to
    ask for. Compaction, transactions and unreadable batches leave legal holes between the records.
    """

    partition: Partition
    start: int
    end: int
    records: tuple[Record, ...]
    unreadable: tuple[Unreadable, ...] = ()
    topic_id: str | None = None


class Incident(msgspec.Struct, frozen=True):
    """Something about the stream itself that a person must hear of: data lost, topic re-created, ..."""

    kind: str
    partition: Partition | None
    message: str
    start: int | None = None
    end: int | None = None


class Position(NamedTuple):
    """What the database knows of a partition: the next offset to read, and the topic's id when it was written."""

    next: int
    topic_id: str | None


Positions = Callable[[Partition], Position | None]
"""Asked, on the polling thread, for every partition that the source begins to read; None: never read before."""


class Polled(NamedTuple):
    """What one poll brought."""

    batches: tuple[Batch, ...]
    incidents: tuple[Incident, ...] = ()


class Source(Protocol):
    """A resumable stream of records.

    The source asks `Positions` where to begin. A batch handed out moves the source's own position to its `end`;
    when the batch could not be written, `seek` moves it back. Nothing is remembered elsewhere: the
    database is the only truth about offsets.
    """

    def poll(self, timeout: float, max_records: int) -> Polled:
        """Wait up to `timeout` seconds for records; at most about `max_records`. Empty when there are none."""

    def seek(self, partition: Partition, offset: int) -> None:
        """Read from `offset` next. A partition that is no longer assigned is ignored."""

    def pause(self) -> None:
        """Stop fetching but stay a member of the group; polls return nothing until `resume`."""

    def resume(self) -> None: ...

    def committed(self, partition: Partition, next_offset: int) -> None:
        """Told after the database has committed; a courtesy to lag tools, never read back."""

    def lag(self) -> Mapping[Partition, int | None]:
        """Records between the next offset and the end, per assigned partition; None where not known yet."""

    @property
    def exhausted(self) -> bool:
        """True when no more records can ever come (the end of a file)."""

    def close(self) -> None: ...
