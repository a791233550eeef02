"""A template whose hits fell, and what for.

A fall is looked for in the share of tokens read, as the log reports it, or as simulated where it does not. It is called one of the
prompt only when its bytes explain it and a fault is found after it that was not there, or cost less, before. Where the bytes allow
what they did before and the provider serves less of it, it says that. Where only the gaps have grown, it is silent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from statistics import mean, median
from typing import Literal, NamedTuple

from analyzers.prompt_caching.availability import tokens_of
from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.engine import LOOKED_AT, Detectors, Outcome, Priced, Pricing, mend
from analyzers.prompt_caching.fall import Read, fall, ratio
from analyzers.prompt_caching.fault import Fault
from analyzers.prompt_caching.money import Money
from analyzers.prompt_caching.prompt import Prompt
from analyzers.prompt_caching.served import Served
from analyzers.prompt_caching.simulate import Caches

_DAY_S = 86_400.0
_MOST = 3_000
_REPORTING = 0.8
_SLOWER = 1.25
_LEAST_GAPS = 5
_LEAST_GROWTH = Decimal("0.025")
OF_TIME = frozenset({"idle_gap", "wrong_ttl", "keep_warm"})
"""Faults that come and go with the traffic, unless lifetimes are changed."""


class Regression(NamedTuple):
    """Hits that fell at `at` (start of the first call that lost): share of tokens read before and after."""

    at: float
    last_before: float
    """Start of the last call before it: where calls in between were not looked at, it fell between the two."""
    cause: Literal["prompt", "provider"]
    fault: Fault | None
    before: float
    after: float
    calls_before: int
    calls_after: int
    reported: bool
    """From usage; else simulated."""
    usd_day: Decimal | None
    """What it costs more than before at the pace of the calls after it; None without a price."""


def regression(case: Case, detectors: Detectors, pricing: Pricing, money: Money) -> Regression | None:
    """The fall of hits in these requests, when there is one that lasts until the end and somebody can do something about it."""
    reads, reported = reads_of(case)
    found = fall(reads)
    if found is None:
        return None
    before, after = reads[found.start : found.split], reads[found.split :]
    first, position = before[0].position, after[0].position
    earlier, later = _part(case, first, position), _part(case, position, len(case.prompts))
    lost = ratio(before) - ratio(after)
    was, now = (ratio(_simulated(case, *span)) for span in ((first, position), (position, len(case.prompts))))
    slower = _slower(earlier, later)
    fault = None
    if reported and was - now < lost / 2:
        # The bytes say that as much could be read as before. With longer gaps they cannot tell why it is not.
        if slower > _SLOWER:
            return None
    else:
        if slower > 1 and was - _at_pace(earlier, later, slower) < (was - now) / 2:
            # Fewer calls, longer gaps: nobody changed anything.
            return None
        fault = _new_fault(mend(earlier, detectors, pricing), mend(later, detectors, pricing))
        if fault is None:
            return None
    usd_day = _usd_day(_billed(earlier, pricing, reported=reported), _billed(later, pricing, reported=reported), money)
    if usd_day is not None and usd_day <= 0:
        return None
    return Regression(
        after[0].at,
        before[-1].at,
        "provider" if fault is None else "prompt",
        fault,
        ratio(before),
        ratio(after),
        len(before),
        len(after),
        reported,
        usd_day,
    )


def reads_of(case: Case) -> tuple[list[Read], bool]:
    """What the requests read: as reported (True) where most of them report it, else as simulated."""
    reported = [Read(i, p.at, p.read, p.total) for i, p in enumerate(case.prompts) if p.read is not None and p.total]
    if len(reported) > _REPORTING * len(case.prompts):
        return reported, True
    return _simulated(case, 0, len(case.prompts)), False


def _simulated(case: Case, start: int, end: int) -> list[Read]:
    served = enumerate(case.served[start:end], start)
    return [Read(i, case.prompts[i].at, one.read, one.total) for i, one in served if one is not None and one.total]


def _part(case: Case, start: int, end: int) -> Case:
    start = max(start, end - _MOST)
    return Case(case.prompts[start:end], case.conversation[start:end], case.chains, case.lifetimes)


def _slower(earlier: Case, later: Case) -> float:
    """By which factor requests, or turns of a conversation, come further apart than before; 1 where they do not."""
    factor = 1.0
    for gaps in (_gaps, _turn_gaps):
        before, after = gaps(earlier), gaps(later)
        if len(before) >= _LEAST_GAPS and len(after) >= _LEAST_GAPS:
            for typical in (median, mean):
                usual = typical(before)
                factor = max(factor, typical(after) / usual if usual > 0 else 1.0)
    return factor


def _gaps(case: Case) -> list[float]:
    return [after.at - before.at for before, after in pairwise(case.prompts)]


def _turn_gaps(case: Case) -> list[float]:
    return [case.prompts[pair.after].at - case.prompts[pair.before].at for pair in case.turns]


def _at_pace(earlier: Case, later: Case, slower: float) -> float:
    """Share of tokens that the later requests would read if they came as close to each other as the earlier ones did."""
    start = later.prompts[0].at
    caches = Caches(later.chains, later.lifetimes)
    for prompt in earlier.prompts:
        caches.serve(prompt)
    read = total = 0
    for prompt in later.prompts:
        at = start + (prompt.at - start) / slower
        tokens = caches.serve(prompt._replace(at=at, ready_at=at + (prompt.ready_at - prompt.at) / slower))
        if tokens is not None:
            read += tokens.read
            total += tokens.total
    return read / total if total else 0.0


def _new_fault(before: Outcome, after: Outcome) -> Fault | None:
    """The fault that costs most more than it did, as a share of all input; those of mere time only when lifetimes were changed."""
    known: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for priced in before.faults:
        known[priced.fault.kind, priced.fault.place.segment] += _share(priced, before)
    same_lifetimes = lifetimes_asked(before.case.prompts) == lifetimes_asked(after.case.prompts)
    grown = [
        (_share(priced, after) - known[priced.fault.kind, priced.fault.place.segment], priced.fault)
        for priced in after.faults
        if not (priced.fault.kind in OF_TIME and same_lifetimes)
    ]
    most, fault = max(grown, key=lambda one: one[0], default=(Decimal(0), None))
    return fault if most >= _LEAST_GROWTH else None


def _share(priced: Priced, outcome: Outcome) -> Decimal:
    if outcome.before.usd:
        return priced.saving / outcome.before.usd
    # Without prices the providers' multipliers tell.
    case = outcome.case.newest(LOOKED_AT)
    better = case.repaired(priced.fault.repair(case.prompts)).weight
    return Decimal(str(1 - better / case.weight)) if case.weight else Decimal(0)


def lifetimes_asked(prompts: Sequence[Prompt]) -> set[str]:
    """Lifetimes that requests ask for."""
    asked = {s.mark for p in prompts for s in p.segments if s.mark}
    for prompt in prompts:
        options = prompt.options.get("prompt_cache_options")
        asked.add(str(prompt.options.get("prompt_cache_retention")))
        asked.add(str(options.get("ttl") if isinstance(options, dict) else None))
    return asked


def _billed(case: Case, pricing: Pricing, *, reported: bool) -> list[tuple[Prompt, Served]]:
    if reported:
        return [(prompt, tokens) for prompt in case.prompts if (tokens := tokens_of(prompt)) is not None]
    pairs = zip(case.prompts, case.served, strict=True)
    return [(prompt, pricing.real(prompt, tokens)) for prompt, tokens in pairs if tokens is not None]


def _usd_day(
    before: Sequence[tuple[Prompt, Served]], after: Sequence[tuple[Prompt, Served]], money: Money
) -> Decimal | None:
    """USD a day that the later input costs more than if it were read and written in the shares of the earlier one."""
    sums = [sum(counts) for counts in zip(*(tokens for _, tokens in before), strict=True)]
    whole = sum(sums)
    priced = [(tokens, rates) for prompt, tokens in after if (rates := money.rates(prompt)) is not None]
    if not whole or len(priced) < 2:
        return None
    more = Decimal(0)
    for tokens, rates in priced:
        more += rates.usd(tokens) - rates.usd(Served(*sums)) * tokens.total / whole
    # So many requests fill as many gaps and the one before the first of them.
    seconds = (after[-1][0].at - after[0][0].at) * len(after) / (len(after) - 1)
    return more * Decimal(str(_DAY_S / seconds)) if seconds > 0 else None
