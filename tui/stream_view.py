"""What the stream screen shows, as a frozen value."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from tui.reading import Reading

if TYPE_CHECKING:
    from agent.intake import Intake
    from agent.report import Lack
    from agent.store.jobs import Jobs
    from agent.store.read import Progress
    from agent.store.tables import StoredReject
    from agent.store.waiting import Told

REFUSED = 200
"""So many of the newest refused records are shown."""


class Partition(NamedTuple):
    """One partition: how far it is read and by whom, and what came of its records in the hours that are shown."""

    topic: str
    number: int
    next: int
    waiting: int | None
    """Records that are still to be read; None where its agent has not told for a while."""
    owner: str
    committed_at: float
    records: int
    calls: int
    refused: int
    formats: tuple[tuple[str, int], ...]


class Refused(NamedTuple):
    """A record that was refused; `excerpt` is its beginning as the agent masked it."""

    key: str
    at: float
    place: str
    reason: str
    detail: str
    excerpt: str


class Happened(NamedTuple):
    """Something that happened to the stream itself."""

    at: float
    kind: str
    message: str


class StreamView(NamedTuple):
    """Times are unix seconds."""

    partitions: tuple[Partition, ...]
    refused: tuple[Refused, ...]
    reasons: tuple[tuple[str, int], ...]
    """Of the refusals in the hours that are shown, the most frequent first."""
    records: int
    calls: int
    duplicates: int
    skipped: int
    bytes: int
    formats: tuple[tuple[str, int], ...]
    lacks: tuple[Lack, ...]
    """As of the newest analysis."""
    incidents: tuple[Happened, ...]
    jobs: Jobs


def read_stream(reading: Reading) -> StreamView:
    """Raises StoreUnavailable."""
    from agent import intake
    from agent.store import read, waiting
    from agent.store.jobs import jobs

    engine = reading.store.engine
    told = waiting.told(engine)
    hours = reading.hours()
    counted: defaultdict[tuple[str, int], intake.Intake] = defaultdict(intake.Intake)
    for key, state in read.summaries(engine, intake.NAME, intake.VERSION, hours.start, hours.end):
        counted[key[3], key[4]] += intake.decode(state)
    whole = intake.total(counted.values())
    report = reading.report()
    return StreamView(
        partitions=tuple(
            _partition(
                one,
                counted.get((one.partition.topic, one.partition.number)) or intake.Intake(),
                _fresh(told.get(one.partition), reading.now),
            )
            for one in read.progress(engine)
        ),
        refused=tuple(_refused(row) for row in read.rejects(engine, REFUSED)),
        reasons=_most(whole.rejected),
        records=whole.records,
        calls=whole.calls,
        duplicates=whole.duplicates,
        skipped=whole.skipped,
        bytes=whole.bytes,
        formats=_most(whole.formats),
        lacks=() if report is None else tuple(report.input.lacks),
        incidents=tuple(Happened(at, one.kind, one.message) for at, one in read.incidents(engine, 20)),
        jobs=jobs(engine),
    )


def _fresh(told: Told | None, now: float) -> int | None:
    from agent.store.waiting import FRESH_S

    return None if told is None or now - told.at > FRESH_S else told.records


def _partition(one: Progress, counts: Intake, waiting: int | None) -> Partition:
    return Partition(
        one.partition.topic,
        one.partition.number,
        one.next,
        waiting,
        one.owner,
        one.updated_at,
        counts.records,
        counts.calls,
        sum(counts.rejected.values()),
        _most(counts.formats),
    )


def _refused(row: StoredReject) -> Refused:
    place = f"{row.topic}[{row.part}]@{row.record}"
    return Refused(
        f"{place}.{row.element}", row.at, place, row.reason, row.detail, bytes(row.excerpt).decode("utf-8", "replace")
    )


def _most(counts: dict[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
