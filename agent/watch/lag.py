"""An agent that falls behind: records wait, and get no fewer or are not read at all."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from agent.events import Event
from collectors.source import Partition

KIND = "falling_behind"

_WINDOW_S = 600.0
_STALLED_S = 120.0


class _Seen(NamedTuple):
    at: float
    records: int


class LagWatch:
    """Remembers what waited over the last ten minutes, for each partition that this agent reads."""

    def __init__(self, least_records: int) -> None:
        self._least = least_records
        self._seen: dict[Partition, deque[_Seen]] = {}

    def look(self, lag: Mapping[Partition, int | None], commit_age_s: float, now: float) -> Iterator[Event]:
        """What holds now; partitions that went to other agents are forgotten."""
        self._seen = {partition: seen for partition, seen in self._seen.items() if partition in lag}
        for partition, records in lag.items():
            if records is None:
                continue
            seen = self._seen.setdefault(partition, deque())
            seen.append(_Seen(now, records))
            while len(seen) > 1 and seen[1].at <= now - _WINDOW_S:
                seen.popleft()
            if records and commit_age_s > _STALLED_S:
                why = f"nothing was committed for {commit_age_s:,.0f} s"
            elif records >= self._least and now - seen[0].at >= _WINDOW_S and records >= seen[0].records:
                why = f"{records - seen[0].records:,} more than {(now - seen[0].at) / 60:.0f} minutes ago"
            else:
                continue
            data = {
                "topic": partition.topic,
                "partition": partition.number,
                "records": records,
                "commit_age_s": round(commit_age_s, 1),
            }
            yield Event(
                KIND, subject(partition), now, f"{subject(partition)}: {records:,} records wait, {why}", data, records
            )


def subject(partition: Partition) -> str:
    """What the event is about."""
    return f"{partition.topic}[{partition.number}]"
