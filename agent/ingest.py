"""What a batch of records means, and the commit that makes it so.

Records become calls and rejects; calls that were counted before drop out; the rest is folded into every analyzer's
summary of its hour. All of it is written with the offsets in one transaction (`agent.store.write`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from agent import intake, once
from agent.intake import Counting, Intake
from agent.mask import masked_excerpt
from agent.once import Sighting
from agent.sampling import Sampling
from agent.store import Fenced, OutcomeUnknown, RejectRow, Store
from agent.store.protect import Protection, TextMode
from agent.store.texts import Prepared, TextWriter, sizes
from agent.store.write import SummaryKey, Transaction
from analyzers.core import Analyzer, Call
from collectors.fragment import Fragment
from collectors.parse import Parser
from collectors.source import Batch, Incident, Partition, Position

_HOUR_S = 3_600
_STATES_IN_MEMORY = 4_096
AGED_HOURS = 30 * 24
"""Totals of hours further back may be put together by the day (`agent.rollup`), so they are read anew, under a lock."""


class Work(NamedTuple):
    """The parsed records of one partition, ready to be committed."""

    partition: Partition
    start: int
    end: int
    topic_id: str | None
    sightings: list[Sighting]
    rejects: list[RejectRow]
    fragments: list[Fragment]
    intake: dict[int, Intake]
    """By hour: records, bytes, skipped, rejected, messages; calls join when it is known which of them are new."""


class Committed(NamedTuple):
    """What one commit brought."""

    received: Intake
    ends: dict[Partition, int]
    """The next offset of every partition that moved."""
    fenced: tuple[Partition, ...] = ()
    """Partitions that another agent had moved meanwhile: nothing of theirs is in this commit."""


class Ingest:
    """Parses batches and commits them; holds the summaries in work in memory, valid as long as the fence holds."""

    def __init__(
        self,
        store: Store,
        parser: Parser,
        analyzers: Sequence[Analyzer[Any]],
        *,
        sampling: Sampling | None = None,
        text: TextMode = "full",
        salt: bytes = b"",
    ) -> None:
        self._store = store
        self._parse = parser.parse
        self._summaries = [_Summary(intake.NAME, intake.VERSION, Intake, Intake, None)]
        self._summaries += [_Summary(a.name, a.version, a.State, a.empty, a.fold) for a in analyzers]
        self._sampling = sampling or Sampling()
        self._protected = None if text == "full" else Protection(text, salt).call
        self._texts = TextWriter(text, salt)
        self._states: dict[SummaryKey, Any] = {}
        self._ends: dict[Partition, int] = {}

    def read(self, batch: Batch, now: float) -> Work:
        """Parse the records of one batch; never raises on what they hold."""
        partition = batch.partition
        topic, part = partition
        parse = self._parse
        sightings: list[Sighting] = []
        rejects: list[RejectRow] = []
        fragments: list[Fragment] = []
        counts: dict[int, Counting] = {}
        keep_messages = self._sampling.messages
        hour = int((batch.records[-1].timestamp if batch.records else None) or now) // _HOUR_S
        for record in batch.records:
            offset, value, timestamp, _ = record
            parsed = parse(record, topic, part)
            if parsed.calls:
                for found in parsed.calls:
                    call = found if self._protected is None else self._protected(found)
                    sightings.append(Sighting(partition, offset, call))
                hour = int(call.started_at // _HOUR_S)
            elif parsed.fragments:
                hour = int(parsed.fragments[0].started_at // _HOUR_S)
            elif timestamp is not None:
                hour = int(timestamp // _HOUR_S)
            count = counts.get(hour)
            if count is None:
                count = counts[hour] = Counting()
            count.records += 1
            if value is not None:
                count.bytes += len(value)
            if parsed.skipped:
                count.skipped += parsed.skipped
            if parsed.fragments:
                count.messages += len(parsed.fragments)
                if keep_messages:
                    fragments.extend(parsed.fragments)
            if parsed.rejects:
                excerpt = masked_excerpt(value or b"").encode()
                at = timestamp or now
                for element, (reason, detail) in enumerate(parsed.rejects):
                    count.rejected[reason] = count.rejected.get(reason, 0) + 1
                    rejects.append(RejectRow(topic, part, offset, element, offset + 1, at, reason, detail, excerpt))
        for lost in batch.unreadable:
            count = counts.setdefault(hour, Counting())
            count.records += 1
            count.rejected["unreadable"] = count.rejected.get("unreadable", 0) + 1
            rejects.append(RejectRow(topic, part, lost.start, -1, lost.end, now, "unreadable", lost.reason, b""))
        tallies = {h: count.intake() for h, count in counts.items()}
        return Work(partition, batch.start, batch.end, batch.topic_id, sightings, rejects, fragments, tallies)

    def commit(self, works: Sequence[Work], incidents: Sequence[Incident], now: float) -> Committed:
        """Write everything that `works` mean, in one transaction.

        A partition that another agent has moved is left out and named in `fenced`. Raises StoreUnavailable when
        nothing was written; the same call may then be made again.
        """
        fenced: list[Partition] = []
        left = list(works)
        incidents = (*incidents, *self._sampling.news())
        for work in left:
            if self._ends.get(work.partition) != work.start:
                # Another agent had the partition in between and has added to its summaries.
                self._forget(work.partition)
        while True:
            candidates, repeats = once.within_batch([s for work in left for s in work.sightings])
            try:
                with self._store.transaction() as transaction:
                    for work in sorted(left, key=lambda work: work.partition):
                        transaction.move_offset(
                            work.partition, work.start, work.end, work.topic_id, self._store.owner, now
                        )
                    counted = once.claim(transaction, candidates, now)
                    states, received = self._summarise(
                        transaction, left, counted.fresh, repeats + counted.repeats, int(now // _HOUR_S) - AGED_HOURS
                    )
                    prepared = self._insert(transaction, left, counted.fresh)
                    transaction.incidents(incidents, now)
                    transaction.bump(now)
            except Fenced as fence:
                self._forget(fence.partition)
                fenced.append(fence.partition)
                left = [work for work in left if work.partition != fence.partition]
                continue
            except OutcomeUnknown:
                if not self._landed(left):
                    self.forget()
                    raise
            except BaseException:
                self.forget()
                raise
            self._texts.commit(prepared)
            for day, used in sizes(prepared).items():
                self._sampling.stored(day, *used)
            self._remember(states)
            self._ends.update((work.partition, work.end) for work in left)
            return Committed(received, {work.partition: work.end for work in left}, tuple(fenced))

    @property
    def sampling(self) -> Sampling:
        """Which calls are kept."""
        return self._sampling

    def position(self, partition: Partition) -> Position | None:
        """Where the database says to go on reading."""
        return self._store.position(partition)

    def forget(self) -> None:
        """Trust nothing in memory: read summaries from the database again, store texts again."""
        self._states.clear()
        self._ends.clear()
        self._texts.forget()

    def _summarise(
        self,
        transaction: Transaction,
        works: Sequence[Work],
        fresh: list[Sighting],
        repeats: list[Sighting],
        aged: int,
    ) -> tuple[dict[SummaryKey, Any], Intake]:
        """Fold the new calls into their hours' summaries, write those, and return them with the whole intake.

        Summaries of hours before `aged` (unix time // 3600) are taken from the database, whatever is in memory.
        """
        groups = dict(once.by_hour(fresh))
        tallies: dict[tuple[Partition, int], Intake] = {}
        for work in works:
            for hour, tally in work.intake.items():
                tallies[work.partition, hour] = tally
        for place, calls in groups.items():
            tallies[place] = tallies.get(place, Intake()) + intake.arrived(calls)
        for place, calls in once.by_hour(repeats):
            tallies[place] = tallies.get(place, Intake()) + Intake(duplicates=len(calls))

        keys = [
            (summary, place, (summary.name, summary.version, place[1], *place[0]))
            for summary in self._summaries
            for place in (groups if summary.fold else tallies)
        ]
        states = self._current(transaction, [(summary, key) for summary, _, key in keys], aged)
        for summary, place, key in keys:
            if summary.fold is None:
                states[key] = states[key] + tallies[place]
            else:
                states[key] = summary.fold(states[key], groups[place])
        transaction.insert("summary", [(*key, summary.encode(states[key])) for summary, _, key in keys])
        return states, intake.total(tallies.values())

    def _current(
        self, transaction: Transaction, wanted: Sequence[tuple[_Summary, SummaryKey]], aged: int
    ) -> dict[SummaryKey, Any]:
        missing = [key for _, key in wanted if key not in self._states or key[2] < aged]
        stored = transaction.states(missing, aged)
        states: dict[SummaryKey, Any] = {}
        for summary, key in wanted:
            if key in self._states and key[2] >= aged:
                states[key] = self._states[key]
            elif key in stored:
                states[key] = summary.decode(stored[key])
            else:
                states[key] = summary.empty()
        return states

    def _insert(self, transaction: Transaction, works: Sequence[Work], fresh: list[Sighting]) -> Prepared:
        keep = self._sampling.keep
        kept = [sighting for sighting in fresh if keep(sighting.call)]
        fragments = [one for work in works for one in work.fragments]
        prepared = self._texts.prepare([sighting.call for sighting in kept], fragments)
        transaction.insert("segment", prepared.segments)
        transaction.insert("fragment", prepared.fragments)
        transaction.insert(
            "call",
            [
                (day, at, partition.topic, partition.number, offset, body)
                for (partition, offset, _), (day, at, body) in zip(kept, prepared.bodies, strict=True)
            ],
        )
        transaction.insert("reject", [row for work in works for row in work.rejects])
        return prepared

    def _landed(self, works: Sequence[Work]) -> bool:
        """Whether a commit whose answer was lost is in the database after all."""
        moved = next((work for work in works if work.end != work.start), None)
        found = moved and self._store.position(moved.partition)
        return bool(moved and found and found.next == moved.end)

    def _remember(self, states: dict[SummaryKey, Any]) -> None:
        self._states.update(states)
        excess = len(self._states) - _STATES_IN_MEMORY
        if excess > 0:
            for key in [k for k, _ in zip(self._states, range(excess), strict=False)]:
                del self._states[key]

    def _forget(self, partition: Partition) -> None:
        self._states = {key: s for key, s in self._states.items() if (key[3], key[4]) != partition}
        self._ends.pop(partition, None)


class _Summary:
    """How one kind of summary is read, grown and written. Without `fold` it grows by addition (intake)."""

    def __init__(
        self,
        name: str,
        version: int,
        state: type[Any],
        empty: Callable[[], Any],
        fold: Callable[[Any, Sequence[Call]], Any] | None,
    ) -> None:
        self.name = name
        self.version = version
        self.empty = empty
        self.fold = fold
        self.decode = msgspec.json.Decoder(state).decode
        self.encode = msgspec.json.Encoder().encode
