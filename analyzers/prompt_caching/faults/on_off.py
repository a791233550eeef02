"""Caching as a whole: on where it pays and nobody has turned it on, off where it costs more than it saves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.fault import SETUP, Fault, Repair
from analyzers.prompt_caching.faults.marking import (
    NAMES,
    best_marking,
    head_end,
    marked_so,
    mean_of,
    place_of,
    usual_lifetime,
    with_lifetime,
    words_of,
)
from analyzers.prompt_caching.faults.warmth import WORTH, kept_warm, with_pings
from analyzers.prompt_caching.prompt import Pings, Prompt

_CLEAR = 0.99


def not_enabled(case: Case, explicit: Sequence[int]) -> Iterable[Fault]:
    """No breakpoint anywhere: the best ones, with the lifetime that pays most, and with pings where nothing else pays."""
    usual = usual_lifetime(case)
    lifetimes = (usual, *_others(case, usual))
    markings = [best_marking(case, lifetime, between=True, everywhere=True) for lifetime in lifetimes]
    # What all requests share may be worth the longer lifetime, and what a conversation adds not.
    markings += [one._replace(tail=usual) for one in markings[1:] if one.head and one.tail]
    ways = [(marking, case.repaired(marked_so(marking, everywhere=True)(case.prompts))) for marking in markings]
    marking, on = min(ways, key=lambda way: way[1].weight)
    repair, warm = marked_so(marking, everywhere=True), ""
    if on.weight > _CLEAR * case.weight:
        # What is written is gone before it is read.
        pinged = [(kept, marking) for marking, one in ways if (kept := kept_warm(one)) is not None]
        for kept, other in sorted(pinged, key=lambda one: one[0].case.weight)[:1]:
            if kept.case.weight <= WORTH * case.weight:
                marking, warm = other, f" {kept.words}"
                repair = _pinged(marked_so(marking, everywhere=True), kept.pings)
    end = head_end(case.prompts[explicit[-1]].segments)
    yield Fault(
        "caching_not_enabled",
        place_of(case.prompts[explicit[-1]], end),
        frozenset(explicit),
        len(explicit),
        mean_of(case.tokens_before(i, max(head_end(case.prompts[i].segments), 0), 1) for i in explicit),
        "no breakpoint",
        words_of(marking),
        f"Turn caching on: {words_of(marking)}.{warm}",
        repair,
        stage=SETUP,
    )


def _pinged(repair: Repair, pings: Pings) -> Repair:
    return lambda prompts: with_pings(repair(prompts), pings)


def loses(case: Case, with_marks: Sequence[int]) -> Iterable[Fault]:
    """Writing costs more than reading saves, however the breakpoints are set."""
    off = case.repaired(_off(case.prompts)).weight
    if off > _CLEAR * case.weight or any(off > variant.weight for variant in _otherwise(case)):
        return
    last = case.prompts[with_marks[-1]]
    rule = last.rule
    tokens = [t for t in case.served if t is not None]
    read, whole = sum(t.read for t in tokens), sum(t.read + t.write_short + t.write_long for t in tokens)
    needed = 0.0 if rule is None else rule.break_even
    yield Fault(
        "caching_loses",
        place_of(last, head_end(last.segments)),
        frozenset(with_marks),
        len(case.prompts),
        mean_of(t.write_short + t.write_long for t in tokens),
        f"{100 * read / whole if whole else 0:.0f} % of cached tokens are read",
        f"{100 * needed:.0f} % are needed",
        "Set no breakpoints in this prompt: what is written is read again too rarely to pay for the writing.",
        _off,
        stage=SETUP,
    )


def _otherwise(case: Case) -> Iterable[Case]:
    """The same requests with other breakpoints, with each lifetime that can be had, and pinged."""
    lifetime = usual_lifetime(case)
    marking = best_marking(case, lifetime, between=True, everywhere=False)
    others = [case.repaired(marked_so(marking, everywhere=False)(case.prompts))]
    others += [case.repaired([with_lifetime(p, other) for p in case.prompts]) for other in _others(case, lifetime)]
    yield from others
    for one in (case, *others):
        kept = kept_warm(one)
        if kept is not None:
            yield kept.case


def _others(case: Case, lifetime: str) -> list[str]:
    """Other lifetimes that the provider sells for breakpoints that a request sets."""
    rule = case.prompts[-1].rule
    lifetimes = () if rule is None or rule.marking != "explicit" else rule.lifetimes_s
    return [name for seconds in lifetimes if (name := NAMES[seconds]) != lifetime]


def _off(prompts: Sequence[Prompt]) -> list[Prompt]:
    """Without breakpoints, those that the provider sets by itself included."""
    return [
        p._replace(
            segments=tuple(s._replace(mark=None) if s.mark else s for s in p.segments),
            options={**p.options, "prompt_cache_options": {"mode": "explicit"}},
            marked=False,
        )
        if p.rule is not None and p.rule.match == "breakpoint"
        else p
        for p in prompts
    ]
