"""The demo as a stream that goes on: what has been, at once, and then records as their time comes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

from agent.demo.record import Sent
from agent.demo.source import DemoSource
from agent.demo.stream import traffic
from collectors.source import Partition, Polled

SCALE = 25.0
"""Of the traffic that goes on: some five calls a second, so that a reader sees it move."""
STAMPED_AFTER_S = 60.0
"""A release breaks a cache so long after the stream has begun to move."""
_HOURS = 12.0


class LiveSource(DemoSource):
    """Never ends: what is not due yet waits."""

    def __init__(self, records: Iterator[Sent], clock: Callable[[], float] = time.time) -> None:
        self._due = _Due(records, clock)
        super().__init__(self._due)

    @property
    def caught_up(self) -> bool:
        """Whether everything that has been was handed out once."""
        return self._due.waited

    def poll(self, timeout: float, max_records: int) -> Polled:
        """What is due; with nothing due it waits for the next record, at most `timeout` seconds."""
        polled = super().poll(timeout, max_records)
        if not polled.batches:
            time.sleep(min(timeout, self._due.wait_s()))
        return polled

    def lag(self) -> Mapping[Partition, int | None]:
        """Nothing waits once all that has been is read: what comes is made when its time comes."""
        return {partition: 0 if self.caught_up else None for partition in super().lag()}

    @property
    def exhausted(self) -> bool:
        return False


class _Due:
    """An iterator that pauses: it stops before a record whose time has not come, and goes on when asked later."""

    def __init__(self, records: Iterator[Sent], clock: Callable[[], float]) -> None:
        self._records = records
        self._clock = clock
        self._ahead: Sent | None = None
        self.waited = False

    def __iter__(self) -> Iterator[Sent]:
        return self

    def __next__(self) -> Sent:
        sent = next(self._records) if self._ahead is None else self._ahead
        if sent.at > self._clock():
            self._ahead = sent
            self.waited = True
            raise StopIteration
        self._ahead = None
        return sent

    def wait_s(self) -> float:
        return 0.0 if self._ahead is None else max(0.0, self._ahead.at - self._clock())


def going_on(seed: int, *, hours: float, clock: Callable[[], float] = time.time) -> Iterator[Sent]:
    """`hours` of traffic up to now, and then denser traffic from the moment on in which those have been handed out."""
    yield from traffic(seed, start=clock() - hours * 3_600.0, hours=hours)
    while True:
        yield from traffic(seed + 1, start=clock(), hours=_HOURS, scale=SCALE, stamped_at=STAMPED_AFTER_S / 3_600.0)
