"""A recommendation in full, as text: what it saves, what it rests on, how to carry it out, what was decided."""

from __future__ import annotations

from collections.abc import Iterator

from agent.printable import printable
from agent.report_lines_proof import told as realised
from agent.report_plan import Recommendation
from agent.report_table import alone_in_words, usd


def told(one: Recommendation) -> str:
    """Lines that are safe on a terminal."""
    return "".join(f"{printable(line, 500)}\n" if line else "\n" for line in _lines(one))


def _lines(one: Recommendation) -> Iterator[str]:
    yield f"{one.id}  {one.kind}, {one.subject}  ({one.status})"
    yield one.action
    yield ""
    saving = one.saving_usd_month
    if saving.likely is None or saving.low is None or saving.high is None:
        yield f"No number yet: {one.saving_usd_month_reason or 'not known'}."
    else:
        yield f"Saves {usd(saving.likely)} USD a month ({usd(saving.low)} to {usd(saving.high)}, 95 %) after everything above it in the plan."
    if one.alone_usd_month is not None:
        yield f"Done alone: {alone_in_words(one.alone_usd_month, one.saving_usd_month.likely)}."
    back = f", brought in after {one.payback_months:g} months" if one.payback_months is not None else ""
    days = "day" if one.effort_days == 1 else "days"
    yield f"Work: {one.effort_days:g} {days}{back}. Risk: {one.risk}. {'Measured' if one.measured else 'Partly modelled'}."
    if one.realised is not None:
        yield ""
        yield "What became of it"
        yield from (f"  {line}" for line in realised(one.realised))
    if one.evidence:
        yield ""
        yield "What it rests on"
        for fact in one.evidence:
            n = f" (n = {fact.n:,}" if fact.n is not None else " ("
            over = f"{', ' if fact.n is not None else ''}{fact.hours:.1f} hours)" if fact.hours is not None else ")"
            yield f"  - {fact.fact}" + (f"{n}{over}" if fact.n is not None or fact.hours is not None else "")
    if one.how:
        yield ""
        yield "How"
        yield from (f"  {number}. {step}" for number, step in enumerate(one.how, 1))
    yield ""
    yield "Method"
    yield "  Each call that was looked at begins with what it was billed. The levers are applied to what is left of them, one after the"
    yield "  other: prompt caching by running the repaired prompts through the provider's rules, caches by taking out the calls they would"
    yield "  have answered, models by pricing the tokens again. Sums are brought to the exact spend of the application, and to 730 hours."
    yield "  The bounds draw whole conversations (or equal questions) again, and hold what the analysis itself cannot exclude."
    if one.history:
        yield ""
        yield "What was decided"
        for each in one.history:
            why = f": {each.why}" if each.why else ""
            yield f"  {each.at:%Y-%m-%d %H:%M} UTC  {each.status} by {each.who}{why}"
