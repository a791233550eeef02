"""Files as a Source: JSON lines, JSON arrays and single JSON values, plain or compressed, and stdin."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from hashlib import blake2b

from analyzers.errors import HoneError
from collectors.file_bytes import Bytes, size
from collectors.file_values import Cut, Cutter
from collectors.source import Batch, Incident, Partition, Polled, Position, Positions, Record, Unreadable

MAX_RECORD_BYTES = 64 << 20
NOTHING = Polled(())


class FileSource:
    """Reads files one after another, each as a topic of its own with the single partition 0.

    An offset is the number of a line (JSON lines; empty ones are counted) or of a value (array, pretty-printed).
    A file read before goes on at its position by skipping; one whose first record has changed is another file
    under the same name and is read from its beginning, with an Incident. `names` maps paths to topic names, by
    default a topic is called like its path. A record above `max_record_bytes` becomes Unreadable. HoneError, at
    once, for a path that cannot be read. A compressed file that is cut off is delivered up to there, and an
    Incident names it; its position stays before the broken record, so that a whole copy can be read on.
    """

    def __init__(
        self,
        paths: Sequence[str],
        positions: Positions,
        *,
        names: Mapping[str, str] | None = None,
        max_record_bytes: int = MAX_RECORD_BYTES,
    ) -> None:
        sizes = [size(path) for path in paths]
        self.bytes_total: int | None = None if None in sizes else sum(known for known in sizes if known is not None)
        """Bytes of all files as they are stored, None when one of them is a stream."""
        self._positions = positions
        self._paused = False
        self._files: dict[Partition, _File] = {}
        for path in dict.fromkeys(paths):
            partition = Partition((names or {}).get(path, path), 0)
            self._files[partition] = _File(path, partition, max_record_bytes)
        self._queue = deque(self._files.values())

    @property
    def bytes_read(self) -> int:
        """Bytes of the files as they are stored, so far."""
        return sum(file.input.bytes_read for file in self._files.values() if file.input is not None)

    def poll(self, timeout: float, max_records: int) -> Polled:
        if self._paused:
            time.sleep(timeout)
            return NOTHING
        if not self._queue:
            return NOTHING
        polled = self._queue[0].take(timeout, max_records, self._positions)
        if self._queue[0].exhausted:
            self._queue.popleft().close()
        return polled

    def seek(self, partition: Partition, offset: int) -> None:
        file = self._files.get(partition)
        if file is not None:
            file.seek(offset)
            if file not in self._queue:
                self._queue.appendleft(file)

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False

    def committed(self, partition: Partition, next_offset: int) -> None:
        pass

    def lag(self) -> Mapping[Partition, int | None]:
        """0 for a file that was read to its end, else None: nobody counts records beforehand."""
        return {partition: 0 if file.exhausted else None for partition, file in self._files.items()}

    @property
    def exhausted(self) -> bool:
        return not self._queue

    def close(self) -> None:
        self._queue.clear()
        for file in self._files.values():
            file.close()


class _File:
    """One file being read."""

    def __init__(self, path: str, partition: Partition, limit: int) -> None:
        self.path = path
        self.partition = partition
        self.input: Bytes | None = None
        self.next = 0
        """The next offset to hand out."""
        self.exhausted = False
        self._limit = limit
        self._wanted: int | None = None
        self._begin()

    def _begin(self) -> None:
        self._cutter = Cutter(self._limit)
        self._cut: Cut = []
        self._first = 0
        """The offset of the first of `_cut`."""
        self._ended = self._placed = False
        self._identity: str | None = None

    def seek(self, offset: int) -> None:
        """Back or forth within what is in memory, else from the beginning of the file (a pipe has none)."""
        self.exhausted = False
        if self._placed and self._first <= offset <= self._first + len(self._cut):
            self.next = offset
            return
        if size(self.path) is None:
            raise HoneError(f"what came through the pipe before record {self._first} cannot be read again")
        self.close()
        self.input = None
        self._begin()
        self._wanted = offset

    def close(self) -> None:
        if self.input is not None:
            self.input.close()

    def take(self, timeout: float, max_records: int, positions: Positions) -> Polled:
        """Up to `max_records` further records."""
        deadline = time.monotonic() + timeout
        self._fill(deadline)
        if not (self._cut or self._ended):
            return NOTHING
        incidents: list[Incident] = []
        start = self.next if self._placed else self._place(positions(self.partition), incidents)
        source = self._fill(deadline)
        at = self.next
        skip = at - self._first
        found = self._cut[skip : skip + max_records]
        self.next += len(found)
        left = self._first + len(self._cut) - self.next
        self.exhausted = self._ended and left <= 0
        if self.exhausted and source.fault is not None:
            message = f"{self.path}: {source.fault} after record {self.next}; read up to there"
            incidents.append(Incident("file_damaged", self.partition, message, start=self.next))
        elif self.exhausted and left < 0:
            message = f"{self.path} ends at record {self.next + left}, but was read up to record {self.next} before"
            incidents.append(Incident("file_shorter", self.partition, message, start=self.next + left, end=self.next))
        if not found:
            return Polled((), tuple(incidents)) if incidents else NOTHING
        records = [Record(number, value) for number, value in enumerate(found, at) if value and not value.isspace()]
        batch = Batch(self.partition, start, self.next, tuple(records), self._oversized(found, at), self._identity)
        return Polled((batch,), tuple(incidents))

    def _fill(self, deadline: float) -> Bytes:
        """Have records at `next` in memory, or the end of the file, or what there is when time is up."""
        if self.input is None:
            self.input = Bytes(self.path)
        while not self._ended and self.next >= self._first + len(self._cut) and (self._placed or not self._cut):
            piece = self.input.read(max(0.0, deadline - time.monotonic()))
            if piece is None:
                break
            self._first += len(self._cut)
            self._ended = not piece
            # Where the data breaks off there is half a record: it is left for a whole copy of the file.
            self._cut = self._cutter.cut(piece) if piece or self.input.fault is not None else self._cutter.end()
        return self.input

    def _place(self, held: Position | None, incidents: list[Incident]) -> int:
        """Move to where reading begins; returns the start of the first batch, which is what the database holds."""
        self._placed = True
        first = self._cut[0] if self._cut else None
        self._identity = None if first is None else blake2b(first, digest_size=8).hexdigest()
        if self._wanted is not None:
            held = Position(self._wanted, held.topic_id if held is not None else None)
        self.next = held.next if held is not None else 0
        if held is not None and held.next and held.topic_id and self._identity and held.topic_id != self._identity:
            message = (
                f"{self.path} was read up to record {held.next}, but is another file now; reading it from the start"
            )
            incidents.append(Incident("file_replaced", self.partition, message, start=held.next))
            self.next = 0
            return held.next
        return self.next

    def _oversized(self, found: Cut, at: int) -> tuple[Unreadable, ...]:
        if None not in found:
            return ()
        why = f"the record is larger than {self._limit} bytes"
        return tuple(Unreadable(number, number + 1, why) for number, value in enumerate(found, at) if value is None)
