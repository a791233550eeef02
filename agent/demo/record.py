"""What the demo yields, and what it knows about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol


class Sent(NamedTuple):
    """One record as its producer hands it to Kafka. `at` is when it was sent (unix seconds), after its call ended."""

    topic: str
    at: float
    key: bytes | None
    value: bytes
    app: str
    """Whose record it is; for broken records, whose topic it went to."""


class Fact(NamedTuple):
    """What is true of one call. Counters are disjoint; None is what the log does not report.

    `model` is the one that served the call, or the one asked for when nothing was served. `notes` are counts for the
    truth about the application's waste.
    """

    app: str
    format: str
    provider: str
    model: str
    at: float
    status: Literal["ok", "error"] = "ok"
    uncached_input: int | None = None
    cache_read: int | None = None
    cache_write_short: int | None = None
    cache_write_long: int | None = None
    output: int | None = None
    input_total: int | None = None
    notes: tuple[tuple[str, int], ...] = ()


Kind = Literal["call", "duplicate", "reject"]


class Emission(NamedTuple):
    """A record on its way out, and what it means.

    call: the first sighting of the call in `fact`. duplicate: a further sighting. reject: no call, `reason`
    says how it is broken. `skipped`: spans in it that are no LLM calls.
    """

    sent: Sent
    kind: Kind
    fact: Fact | None = None
    reason: str = ""
    skipped: int = 0


Turns = Iterator[tuple[Sequence[Emission], float | None]]
"""A session: makes one call each time it is asked, and names the time of its next one."""


class App(Protocol):
    """One application. All state and randomness is its own, so that applications do not disturb one another."""

    name: str
    calls_a_day: int
    """At scale 1."""
    scales: bool
    """False for a tool whose use does not grow with the business."""

    @property
    def curve(self) -> Sequence[float]:
        """Weight of each hour of the day, UTC."""

    def session_length(self) -> int:
        """How many calls the next session wants to make; asked in the order of sessions, from a Random of its own."""

    def session(self, at: float, calls: int, end: float) -> Turns:
        """A session that begins at `at` and makes `calls` calls, if possible before `end`."""

    def waste(self) -> Mapping[str, object]:
        """What is true of the application as a whole: see `agent.demo.ledger`."""
