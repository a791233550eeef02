"""What came in: records, calls, duplicates and refusals, counted per hour and partition with everything else.

It is kept like an analyzer's state, in the same table and the same transaction, and adds up the same way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from analyzers.core import Call
from collectors import lacking
from collectors.lacking import Lacks

NAME = "intake"
VERSION = 1


class Intake(msgspec.Struct, frozen=True):
    """Counts of one hour of one partition.

    records: values read, unreadable offset ranges included once each; calls: distinct calls counted;
    duplicates: further sightings of a counted call; skipped: spans and rows that are no LLM calls by design;
    messages: messages that came apart from their calls, those sent again included;
    rejected: by reason; formats, text_states, time_sources: calls by each; lacks: what calls do not say, by
    producer, among the `examined` ones (hours that were counted before there was such a table have none).
    """

    records: int = 0
    bytes: int = 0
    calls: int = 0
    duplicates: int = 0
    skipped: int = 0
    rejected: dict[str, int] = {}
    formats: dict[str, int] = {}
    text_states: dict[str, int] = {}
    time_sources: dict[str, int] = {}
    lacks: Lacks = {}
    examined: int = 0
    messages: int = 0

    def __add__(self, other: Intake) -> Intake:
        return Intake(
            self.records + other.records,
            self.bytes + other.bytes,
            self.calls + other.calls,
            self.duplicates + other.duplicates,
            self.skipped + other.skipped,
            add_counts(self.rejected, other.rejected),
            add_counts(self.formats, other.formats),
            add_counts(self.text_states, other.text_states),
            add_counts(self.time_sources, other.time_sources),
            lacking.added(self.lacks, other.lacks),
            self.examined + other.examined,
            self.messages + other.messages,
        )


class Counting:
    """A mutable Intake for the loop over records."""

    __slots__ = ("bytes", "messages", "records", "rejected", "skipped")

    def __init__(self) -> None:
        self.records = self.bytes = self.skipped = self.messages = 0
        self.rejected: dict[str, int] = {}

    def intake(self) -> Intake:
        return Intake(self.records, self.bytes, 0, 0, self.skipped, self.rejected, messages=self.messages)


def arrived(calls: Sequence[Call]) -> Intake:
    """What these calls, each of them new, add."""
    formats: Counter[str] = Counter()
    text_states: Counter[str] = Counter()
    time_sources: Counter[str] = Counter()
    for (form, text_state, time_source), count in Counter(
        (call.format, call.text_state, call.time_source) for call in calls
    ).items():
        formats[form] += count
        text_states[text_state] += count
        time_sources[time_source] += count
    return Intake(
        calls=len(calls),
        formats=dict(formats),
        text_states=dict(text_states),
        time_sources=dict(time_sources),
        lacks=lacking.lacking(calls),
        examined=len(calls),
    )


def add_counts(a: Mapping[str, int], b: Mapping[str, int]) -> dict[str, int]:
    """Sum of two tables of counts."""
    if not b:
        return dict(a)
    total = dict(a)
    for name, count in b.items():
        total[name] = total.get(name, 0) + count
    return total


def total(intakes: Iterable[Intake]) -> Intake:
    """All of them together."""
    result = Intake()
    for intake in intakes:
        result += intake
    return result


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Intake).decode
