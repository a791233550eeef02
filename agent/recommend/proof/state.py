"""What is remembered of a recommendation until its worth is proven: what was promised, what its calls were like before, what came of it.

Calls are forgotten after some days and a change may be made long after it was recommended, so what the calls before it tell is kept as
sums of tokens. No text of a call is in it.
"""

from __future__ import annotations

import msgspec

from agent.report_plan import Lever, Realised

COUNTERS = 6
"""Of a cell: uncached input, cache reads, short and long cache writes, output, calls."""
CELLS = 16
"""Conversations are dealt out to so many cells, which tell how sure their sum is."""

Cells = list[list[int]]


class Promise(msgspec.Struct, frozen=True):
    """The newest forecast before the change, USD a month. `basis`: what the calls cost that it is about (of prompt caching, their input)."""

    likely: float | None = None
    alone: float | None = None
    basis: float = 0.0
    running: float = 0.0
    """What it was taken to cost to run, at that volume; in `likely` already."""
    fixed: float = 0.0
    """What it costs whatever the volume; in `likely` already."""


class Where(msgspec.Struct, frozen=True):
    """Characters of a part of the prompt in which the fault stood; `position` and `part` as in `fault.Place`."""

    segment: str
    position: int
    part: int
    start: int
    end: int


class Lapsed(msgspec.Struct, frozen=True):
    """A change that was confirmed and held no longer from `at` on: what had come of it (JSON), when that was said, and what was seen."""

    realised: str
    verdict_at: float
    adopted_at: float
    at: float
    told: str


class Proof(msgspec.Struct, frozen=True):
    """One recommendation on its way. Times are unix seconds of the stream, but for `noticed_at` and `verdict_at`."""

    id: str
    lever: Lever
    kind: str
    app: str | None
    model: str | None
    templates: tuple[str, ...]
    until: float
    """Start of the newest call when it was last found, and nothing was done yet."""
    promise: Promise
    proposed: str | None = None
    """The model that should answer."""
    asked: str | None = None
    """The kind of request that it is about alone; several with spaces between."""
    place: Where | None = None
    before: dict[str, Cells] = {}
    """Tokens of the calls before the change, by what kind of call it is (`baseline`)."""
    adopted_at: float | None = None
    """Start of the first call that shows it."""
    noticed_at: float | None = None
    share_before: float = 0.0
    """Of the calls, those that were already answered in the proposed way."""
    closed_at: float | None = None
    """Start of the first call of a further change of the same calls: later ones tell nothing of this one."""
    realised: str = ""
    """`agent.report_plan.Realised` as JSON; empty until the change is seen."""
    verdict_at: float | None = None
    """When it was first confirmed or not."""
    settled: bool = False
    """Its figures stay as they are."""
    lapsed: tuple[Lapsed, ...] = ()
    """Changes before, the newest last."""

    @property
    def back(self) -> Lapsed | None:
        """The change that was undone, until another one is seen."""
        return self.lapsed[-1] if self.lapsed and self.adopted_at is None else None

    @property
    def known_from(self) -> float | None:
        """Since when calls are as they were before any change; None for ever."""
        return self.lapsed[-1].at if self.lapsed else None

    @property
    def found(self) -> Realised | None:
        """What came of it so far."""
        return Realised.model_validate_json(self.realised) if self.realised else None


def encoded(proof: Proof) -> bytes:
    """As JSON."""
    return msgspec.json.encode(proof)


decoded = msgspec.json.Decoder(Proof).decode
