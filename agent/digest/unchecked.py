"""What a digest does not know, so that nobody takes silence for good news."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from agent.digest.facts import Facts
from agent.digest.period import clock
from agent.digest.value import Unchecked
from agent.printable import printable

_HOUR_S = 3_600.0
_STALE_S = 6 * _HOUR_S
"""An analysis whose calls end so long before the period does is said to be old."""
_LACKS = {
    "text": "calls came without their whole text: nothing could be found in their prompts",
    "usage": "calls came without token counts: they have no price",
    "cache_split": "calls do not say how much of their input was cached: their price is an upper bound",
    "time": "calls carry no time of their own: they count where they were read",
}


def unchecked(facts: Facts) -> Iterator[Unchecked]:
    """Each gap with its size, the gravest first."""
    yield from _stream(facts)
    yield from _analysis(facts)
    calls, received, spend = facts.received.calls, facts.received, facts.spend
    if received.rejected:
        reasons = ", ".join(
            sorted(received.rejected_by_reason, key=lambda name: -received.rejected_by_reason[name])[:3]
        )
        yield Unchecked(
            what="records could not be read",
            n=received.rejected,
            of=received.records,
            why=printable(reasons, limit=120),
        )
    if spend.unpriced_calls:
        models = [f"{printable(one.model)}: {one.reason}" for one in spend.unpriced_models[:2]]
        more = len(spend.unpriced_models) - len(models)
        why = "; ".join(models) + (f"; {more} more models" if more > 0 else "")
        yield Unchecked(
            what="calls have no price and are in no sum",
            n=spend.unpriced_calls,
            of=calls,
            why=printable(why, limit=200),
        )
    for what, said in _LACKS.items():
        lacking = [one for one in received.lacks if one.what == what]
        n = sum(one.calls for one in lacking)
        if n:
            switch = next((one for one in lacking if one.switch), None)
            why = f"{switch.format}: {switch.switch}" if switch else ""
            yield Unchecked(what=said, n=n, of=received.examined_calls, why=printable(why, limit=160) if why else "")


def _stream(facts: Facts) -> Iterator[Unchecked]:
    period, zone = facts.period, facts.zone
    if facts.read_until is None or facts.known_from is None:
        yield Unchecked(what="no record was read yet")
        return
    if facts.read_until < period.end:
        yield Unchecked(
            what=f"nothing was read after {_when(facts.read_until, facts)}", why="nothing came, or nobody reads"
        )
    if period.start < facts.known_from < period.end:
        yield Unchecked(what=f"nothing is known of the time before {_when(facts.known_from, facts)}")
    if any((at % _HOUR_S) for at in (period.start, period.end)):
        yield Unchecked(
            what="totals are kept by the hour of UTC: days begin and end at the hour before midnight",
            why=f"{zone.key} is not a whole number of hours from UTC",
        )
    for incident in facts.received.incidents:
        if period.start <= incident.last.timestamp() < period.end:
            yield Unchecked(
                what="incident of the stream itself" if incident.count == 1 else "incidents of the stream itself",
                n=incident.count,
                why=printable(incident.message, limit=160),
            )


def _analysis(facts: Facts) -> Iterator[Unchecked]:
    if facts.analysis is None:
        yield Unchecked(
            what="nothing was analysed yet: there are no recommendations, and that says nothing",
            why="`hone run` analyses by itself; `hone report` at once",
        )
        return
    report = facts.analysis.report
    end = report.period.end.timestamp() if report.period.end else facts.analysis.at
    last = min(facts.period.end, facts.read_until or facts.period.end)
    if end < last - _STALE_S:
        yield Unchecked(
            what=f"the newest analysis knows calls up to {_when(end, facts)} only", why="recommendations are as of then"
        )
    found = report.prompt_caching
    if found is not None and found.scaled_by > 1.05:
        yield Unchecked(
            what="calls were looked at one by one; the others are in the totals only",
            n=found.compared_calls,
            of=found.calls,
        )


def _when(at: float, facts: Facts) -> str:
    return clock(datetime.fromtimestamp(at, UTC), facts.zone)
