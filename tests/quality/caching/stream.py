"""A labelled log: what is wrong with it, where, and the same traffic with the fault really mended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from random import Random
from typing import NamedTuple

import orjson

from tests.quality.caching.log import Span, calls, input_cost, write
from tests.quality.caching.trajectories import Turn

HOURS_A_MONTH = 730


class Truth(NamedTuple):
    """One fault of a log.

    `segment` is where it lies ("system", "tools", "message"), None where it is in no text (settings, timing, marks).
    `spans` is the text that varies, character by character, where there is such text. `share` is the share of calls
    that carry the fault.
    """

    kind: str
    segment: str | None
    share: float
    spans: tuple[Span, ...] = ()
    detail: str = ""

    def covers(self, segment: str, position: int | None = None, start: int = 0, end: int | None = None) -> bool:
        """Whether characters [start, end) of a part or message overlap what varies in at least one call.

        Without spans the segment alone decides.
        """
        if segment != self.segment:
            return False
        return (
            not self.spans
            or position is None
            or any(
                span.position == position and span.start < (span.end if end is None else end) and start < span.end
                for span in self.spans
            )
        )


class Stream(NamedTuple):
    """A log of one application: raw records in the order of time, and what is known about it.

    `truths` is empty for a clean log; with several, the first is the costliest by intent and `kind` joins them by "+".
    `fixed` is the same traffic after all of `truths` were mended; without a fault it equals `records`.
    """

    name: str
    kind: str
    provider: str
    records: tuple[bytes, ...]
    truths: tuple[Truth, ...]
    fixed: tuple[bytes, ...]

    @property
    def truth(self) -> Truth | None:
        """The first fault, None in a clean log."""
        return self.truths[0] if self.truths else None

    @property
    def hours(self) -> float:
        """From the first call to the end of the last."""
        found = calls(self.records)
        return (max(call.started_at + (call.duration or 0.0) for call in found) - found[0].started_at) / 3_600.0

    def saving(self) -> Decimal:
        """USD of input that mending would have saved over the length of the log; negative where it costs more."""
        return input_cost(self.records) - input_cost(self.fixed)

    def saving_month(self) -> Decimal:
        """The same for 730 hours at this pace."""
        return self.saving() * HOURS_A_MONTH / Decimal(str(self.hours))


class Fault(NamedTuple):
    """What an injector hands back: the log with the fault, the log without it, and the label without its spans."""

    broken: list[Turn]
    fixed: list[Turn]
    kind: str
    segment: str | None
    detail: str = ""
    share: float | None = None
    """None: the share of calls in which marked text lies."""


Inject = Callable[[Random, list[Turn]], Fault]
"""Puts a fault into clean traffic; the same random numbers give the same choices, whatever else is in the traffic."""


def stream(name: str, seed: int, turns: list[Turn], injects: Sequence[Inject], *, labelled: bool = True) -> Stream:
    """The log of `turns` with these faults, which must lie in different segments."""
    broken = fixed = turns
    faults = []
    for number, inject in enumerate(injects):
        choices = f"{name}:{seed}:{number}"
        faults.append(inject(Random(choices), broken))
        broken, fixed = faults[-1].broken, inject(Random(choices), fixed).fixed
    if len({fault.segment for fault in faults}) < len(faults):
        raise ValueError("two faults in one segment: their spans could not be told apart")
    written = write(broken, seed=f"{name}:{seed}", labelled=labelled)
    mended = write(fixed, seed=f"{name}:{seed}:fixed", labelled=labelled).records if faults else written.records
    truths = []
    for fault in faults:
        spans = tuple(span for span in written.spans if span.segment == fault.segment)
        share = len({span.record for span in spans}) / len(broken) if fault.share is None else fault.share
        truths.append(Truth(fault.kind, fault.segment, share, spans, fault.detail))
    kind = "+".join(fault.kind for fault in faults) or "clean"
    provider = "anthropic" if turns[0].model.startswith("claude") else "openai"
    return Stream(name, kind, provider, written.records, tuple(truths), mended)


def text(stream: Stream, span: Span) -> str:
    """The text of a span."""
    call = calls(stream.records)[span.record]
    if span.segment == "message":
        part = call.messages[span.position].parts[span.part]
    else:
        part = (call.system if span.segment == "system" else call.tools)[span.position]
    return part.text[span.start : span.end]


def as_json(stream: Stream) -> bytes:
    """Everything about the log but the records themselves."""
    return orjson.dumps(
        {
            "name": stream.name,
            "kind": stream.kind,
            "provider": stream.provider,
            "records": len(stream.records),
            "hours": round(stream.hours, 4),
            "cost_usd": str(input_cost(stream.records)),
            "fixed_cost_usd": str(input_cost(stream.fixed)),
            "saving_usd_month": str(round(stream.saving_month(), 4)),
            "truths": [
                {**truth._asdict(), "spans": [span._asdict() for span in truth.spans]} for truth in stream.truths
            ],
        },
        option=orjson.OPT_INDENT_2,
    )
