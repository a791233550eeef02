"""From a template's requests to its faults, each priced on what the ones before it leave.

Detectors look at the requests as they stand, the faults found are repaired in the order of the prefix, and the requests are
looked at again: what an earlier fault hid shows now. The saving of a fault is what the simulated cost falls by when its repair is
added to those before it; one that brings next to nothing as long as another is there comes behind that. A fault whose repair
brings nothing, alone or with the others, is no fault. What only older requests still have is over (`past`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple
from weakref import WeakKeyDictionary

from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.fault import HEAD, HISTORY, SETUP, Fault
from analyzers.prompt_caching.money import Money, Total
from analyzers.prompt_caching.past import Past, past
from analyzers.prompt_caching.prompt import Prompt
from analyzers.prompt_caching.served import Served

Detector = Callable[[Case], Iterable[Fault]]
Detectors = dict[int, Sequence[Detector]]

LOOKED_AT = 3_000
LEAST_CALLS = 10
"""Fewer requests show no pattern."""
_ROUNDS = 6
_LEAST = {HEAD: Decimal("0.004"), HISTORY: Decimal("0.004"), SETUP: Decimal("0.01")}
"""Share of the template's input cost that a repair must save: less where bytes prove the fault, more where a better setting is
found by trying."""

_NOTHING = Decimal("0.1")
"""Of all that is still to be saved, less than which is next to nothing as long as another fault is there."""


class Availability(NamedTuple):
    """Share of what the rules promise that the provider really served; 1 until it could be learnt."""

    share: float = 1.0

    def applied(self, tokens: Served, *, paid_writes: bool) -> Served:
        """What is lost is written again where writing costs, else billed as uncached."""
        if self.share >= 1.0 or not tokens.read:
            return tokens
        lost = round(tokens.read * (1 - self.share))
        if paid_writes and tokens.write_short + tokens.write_long:
            return tokens._replace(read=tokens.read - lost, write_short=tokens.write_short + lost)
        return tokens._replace(read=tokens.read - lost, uncached=tokens.uncached + lost)


class Priced(NamedTuple):
    """A fault and what mending it saves after those before it (USD of the period that was looked at).

    `turn`: when it is repaired, where several are: the order of the prefix, whatever pays first.
    """

    fault: Fault
    saving: Decimal
    alone: Decimal
    turn: int
    together: tuple[str, ...] = ()
    """Kinds of the faults without whose repair this one does not pay, or that do not pay without it."""


class Outcome(NamedTuple):
    """A template's faults in the order in which they pay, its requests when all are mended, and both costs."""

    faults: tuple[Priced, ...]
    before: Total
    after: Total
    case: Case
    repaired: Case
    past: tuple[Past, ...] = ()
    """Faults that only older requests have: none of the others, and in no sum."""


def abandoned(outcome: Outcome) -> Outcome:
    """Of a template that nobody sends any more: whatever it has is over."""
    case = outcome.case
    gone = [Past(one.fault, case.prompts[-1].at, 0) for one in outcome.faults]
    return Outcome((), outcome.before, outcome.before, case, case, (*outcome.past, *gone))


class Pricing:
    """The cost of a case, under the availability of its provider."""

    def __init__(self, money: Money, availability: Callable[[Prompt], Availability]) -> None:
        self._money = money
        self._availability = availability
        self._totals: WeakKeyDictionary[Case, Total] = WeakKeyDictionary()

    def total(self, case: Case) -> Total:
        """All requests of the case that can be simulated; worked out once for a case."""
        known = self._totals.get(case)
        if known is not None:
            return known
        total = self._totals[case] = Total()
        self.add(case, total)
        return total

    def add(self, case: Case, total: Total) -> None:
        """Its requests and pings to what is in `total`."""
        for prompt, tokens in zip(case.prompts, case.served, strict=True):
            if tokens is not None:
                total.add(self.real(prompt, tokens), self._money.rates(prompt))
        for ping, tokens in case.pinged:
            total.ping(self.real(ping.prompt, tokens), self._money.rates(ping.prompt))

    def share(self, prompt: Prompt) -> float:
        """Of what the rules promise for such a request, what the provider was seen to serve; 1 where that is not known."""
        return self._availability(prompt).share

    def real(self, prompt: Prompt, tokens: Served) -> Served:
        """What the provider will really have served of it."""
        paid = prompt.rule is not None and prompt.rule.write[0] > 1
        return self._availability(prompt).applied(tokens, paid_writes=paid)


def mend(whole: Case, detectors: Detectors, pricing: Pricing) -> Outcome:
    """Find and repair until nothing more is found.

    Faults are looked for in the newest LOOKED_AT requests; what they cost is counted over all of them.
    """
    case = whole.newest(LOOKED_AT)
    before = pricing.total(case)
    if len(case.prompts) < LEAST_CALLS:
        return Outcome((), before, before, case, case)
    least = {stage: before.usd * share for stage, share in _LEAST.items()}
    kept: list[Fault] = []
    seen: set[tuple[str, str, int]] = set()
    variants = _Variants(case)
    current = case
    for stage in (HEAD, HISTORY, SETUP):
        for _ in range(_ROUNDS):
            fresh = [f for detect in detectors.get(stage, ()) for f in detect(current) if f.name not in seen]
            if not fresh:
                break
            for fault in sorted(fresh, key=lambda f: f.order):
                if fault.name in seen:
                    continue
                seen.add(fault.name)
                repaired = variants.mended([*kept, fault])
                if stage == SETUP and pricing.total(current).usd - pricing.total(repaired).usd < least[SETUP]:
                    continue
                kept.append(fault)
                current = repaired
    needed = _needed(variants, kept, pricing, least)
    gone = {fault.name: over for fault in needed if (over := past(fault, case)) is not None}
    kept = [fault for fault in needed if fault.name not in gone]
    found = _priced(variants if whole is case else _Variants(whole), kept, pricing, least)
    return found._replace(past=tuple(gone.values()))


class _Variants:
    """A case with some of its faults mended; each such case is made, and hence simulated, once."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self._made: dict[tuple[tuple[str, str, int], ...], Case] = {(): case}

    def mended(self, faults: Sequence[Fault]) -> Case:
        """With these faults repaired, one after the other."""
        current = self.case
        names: tuple[tuple[str, str, int], ...] = ()
        for fault in faults:
            names = (*names, fault.name)
            known = self._made.get(names)
            if known is None:
                known = self._made[names] = current.repaired(fault.repair(current.prompts))
            current = known
        return current


def _needed(variants: _Variants, faults: list[Fault], pricing: Pricing, least: dict[int, Decimal]) -> list[Fault]:
    """Without the faults whose repair makes no difference to the whole, the dearest to repair looked at first."""
    kept = list(faults)
    best = whole = pricing.total(variants.mended(kept)).usd
    for fault in reversed(faults):
        rest = [f for f in kept if f is not fault]
        cost = pricing.total(variants.mended(rest)).usd
        # Of two that bring little, the one without the other may bring nothing: together they are not given up.
        if cost - whole < least[fault.stage] and cost - best < 2 * least[fault.stage]:
            kept, whole = rest, cost
    return kept


def _priced(variants: _Variants, faults: Sequence[Fault], pricing: Pricing, least: dict[int, Decimal]) -> Outcome:
    before = pricing.total(variants.case)
    found: list[Priced] = []
    left = list(range(len(faults)))
    cost = before.usd
    mended = variants.mended(faults)
    whole = pricing.total(mended)
    while left:
        done = [one.turn for one in found]
        enough = _NOTHING * (cost - whole.usd)
        after = {}
        for turn in left:
            after[turn] = pricing.total(variants.mended([faults[n] for n in sorted([*done, turn])])).usd
            if cost - after[turn] >= max(least[faults[turn].stage], enough):
                break
        else:
            turn = left[0]
        alone = before.usd - pricing.total(variants.mended([faults[turn]])).usd
        found.append(Priced(faults[turn], cost - after[turn], alone, turn))
        cost = after[turn]
        left.remove(turn)
    return Outcome(tuple(_joined(found, least)), before, whole, variants.case, mended)


def _joined(found: list[Priced], least: dict[int, Decimal]) -> list[Priced]:
    """Faults of which the first brings nothing by itself and a later one more than it would alone: their fixes say so."""
    partners: list[set[int]] = [set() for _ in found]
    for i, one in enumerate(found):
        if one.saving >= least[one.fault.stage]:
            continue
        more = [j for j in range(i + 1, len(found)) if found[j].saving - found[j].alone >= least[found[j].fault.stage]]
        for j in more[:1]:
            partners[i].add(j)
            partners[j].add(i)
    joined = []
    for one, others in zip(found, partners, strict=True):
        kinds = tuple(found[j].fault.kind for j in sorted(others))
        fix = f"{one.fault.fix.rstrip('.')}. Pays only together with the repair of {', '.join(kinds)}."
        joined.append(one._replace(fault=one.fault._replace(fix=fix), together=kinds) if kinds else one)
    return joined
