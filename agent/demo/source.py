"""The demo's traffic as a Source, so that it takes the same path as a stream from Kafka."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import islice

from agent.demo.record import Sent
from collectors.source import Batch, Partition, Polled, Record


class DemoSource:
    """Hands out each record once, in order; nothing can be read again, so it serves one run of one store."""

    def __init__(self, records: Iterator[Sent]) -> None:
        self._records = records
        self._next: defaultdict[str, int] = defaultdict(int)
        self._exhausted = False

    def poll(self, timeout: float, max_records: int) -> Polled:
        """Up to `max_records` of all topics, at once."""
        found: defaultdict[str, list[Record]] = defaultdict(list)
        taken = 0
        for sent in islice(self._records, max_records):
            records = found[sent.topic]
            records.append(Record(self._next[sent.topic] + len(records), sent.value, sent.at, sent.key))
            taken += 1
        self._exhausted = taken < max_records
        batches = []
        for topic, records in found.items():
            start = self._next[topic]
            self._next[topic] = start + len(records)
            batches.append(Batch(Partition(topic, 0), start, start + len(records), tuple(records)))
        return Polled(tuple(batches))

    def seek(self, partition: Partition, offset: int) -> None:
        """Nobody else writes into the demo's database, so there is nothing to go back to."""

    def pause(self) -> None:
        """Nothing is fetched ahead."""

    def resume(self) -> None:
        """Nothing was held back."""

    def committed(self, partition: Partition, next_offset: int) -> None:
        """Nobody watches."""

    def lag(self) -> Mapping[Partition, int | None]:
        """Not known: the records are made when they are asked for."""
        return {Partition(topic, 0): None for topic in self._next}

    @property
    def exhausted(self) -> bool:
        return self._exhausted

    def close(self) -> None:
        """Nothing is open."""
