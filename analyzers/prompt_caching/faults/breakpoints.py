"""Breakpoints that are missing, lost, on what varies, or too far apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analyzers.prompt_caching.breakpoint_cache import breaks_of, lookups
from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.fault import SETUP, Fault, Repair, excerpt
from analyzers.prompt_caching.faults.marking import (
    Marking,
    best_marking,
    head_end,
    mark,
    marked,
    marked_so,
    mean_of,
    place_of,
    usual_lifetime,
    words_of,
)
from analyzers.prompt_caching.faults.on_off import loses, not_enabled
from analyzers.prompt_caching.prompt import Prompt

_FEW = 0.02
_BETTER = 0.9
"""Another place for a breakpoint nearly always helps a little; so much it must save to be worth a change."""


def breakpoints(case: Case) -> Iterable[Fault]:
    """At most one: caching off, marks lost on the way, or marks where nothing is read again."""
    explicit = [i for i, p in enumerate(case.prompts) if p.rule is not None and p.rule.match == "breakpoint"]
    if not explicit or case.prompts[explicit[0]].blocks is not None:
        return
    with_marks = [i for i in explicit if marked(case.prompts[i])]
    without = [i for i in explicit if not marked(case.prompts[i])]
    if not with_marks:
        yield from not_enabled(case, explicit)
    elif len(dropped := [i for i in without if i > with_marks[0]]) > _FEW * len(explicit):
        yield _lost(case, with_marks, dropped)
    else:
        yield from _misplaced(case, explicit)
        yield from loses(case, with_marks)


def _lost(case: Case, with_marks: Sequence[int], without: Sequence[int]) -> Fault:
    model = case.prompts[with_marks[-1]]
    head = any(s.mark for s in model.segments if s.level != "message")
    tail = any(s.mark for s in model.segments if s.level == "message")
    marking = Marking(usual_lifetime(case) if head else None, usual_lifetime(case) if tail else None)

    def repair(prompts: Sequence[Prompt]) -> list[Prompt]:
        return [
            mark(p, marking) if p.rule is not None and p.rule.match == "breakpoint" and not marked(p) else p
            for p in prompts
        ]

    end = head_end(case.prompts[without[-1]].segments)
    return Fault(
        "marker_lost",
        place_of(case.prompts[without[-1]], end),
        frozenset(without),
        len(with_marks) + len(without),
        mean_of(case.size(i) for i in without),
        "breakpoints in other requests of this prompt",
        "none here",
        f"Set the breakpoint in every request ({words_of(marking)}): a gateway or a code path drops it.",
        repair,
        stage=SETUP,
    )


def _misplaced(case: Case, explicit: Sequence[int]) -> Iterable[Fault]:
    lifetime = usual_lifetime(case)
    far = [pair.after for pair in case.turns if _too_far(case, pair.before, pair.after)]
    marking = best_marking(case, lifetime, between=bool(far), everywhere=False)
    repair = marked_so(marking, everywhere=False)
    better = case.repaired(repair(case.prompts))
    if better.weight > _BETTER * case.weight:
        return
    last = case.prompts[explicit[-1]]
    breaks = breaks_of(last, last.rule) if last.rule is not None else []
    if len(far) > _FEW * len(explicit):
        number = breaks[-1].position if breaks else 0
        yield Fault(
            "lookback_exceeded",
            place_of(last, number),
            frozenset(far),
            len(explicit),
            mean_of(case.size(i) for i in far),
            "the last breakpoint's entry",
            "more than 20 positions behind",
            f"Set further breakpoints every {18} blocks, so that the next request's look-back finds one.",
            repair,
            stage=SETUP,
        )
        return
    further = breaks_of(better.prompts[explicit[-1]], last.rule) if last.rule is not None else []
    own, then = ({place.position for place in some} for some in (breaks, further))
    if own < then:
        yield _missing(case, better, explicit, max(then - own), marking, repair)
        return
    number = breaks[-1].position if breaks else head_end(last.segments)
    text = last.segments[number].text if number >= 0 else ""
    before = next(
        (case.prompts[i].segments for i in reversed(explicit[:-1]) if len(case.prompts[i].segments) > number >= 0), ()
    )
    yield Fault(
        "breakpoint_on_variable",
        place_of(last, number),
        frozenset(i for i in explicit if (tokens := case.served[i]) is not None and not tokens.read),
        len(explicit),
        mean_of(case.tokens_before(i, max(head_end(case.prompts[i].segments), 0), 1) for i in explicit),
        excerpt(before[number].text, 0, 60, 0) if before else "",
        excerpt(text, 0, 60, 0),
        f"Move the breakpoint from what varies to the end of what stays: {words_of(marking)}.",
        repair,
        stage=SETUP,
    )


def _missing(case: Case, better: Case, explicit: Sequence[int], number: int, marking: Marking, repair: Repair) -> Fault:
    """Breakpoints that serve, and more that would be read again with a further one."""
    served = zip(case.served, better.served, strict=True)
    more = {i: then.read - now.read for i, (now, then) in enumerate(served) if now and then and then.read > now.read}
    return Fault(
        "breakpoint_missing",
        place_of(case.prompts[explicit[-1]], number),
        frozenset(more),
        len(explicit),
        mean_of(more.values()),
        "no breakpoint here",
        f"{mean_of(more.values()):,} more tokens are read with one",
        f"Set a further breakpoint: {words_of(marking)}.",
        repair,
        stage=SETUP,
    )


def _too_far(case: Case, before: int, after: int) -> bool:
    """Whether the entry that the earlier request wrote is a prefix of the later one that its look-back does not reach."""
    first, second = case.prompts[before], case.prompts[after]
    if first.rule is None or second.rule is not first.rule or first.rule is None:
        return False
    written = breaks_of(first, first.rule)
    if not written:
        return False
    key = case.chain(before).ends[written[-1].position]
    keys = case.chain(after).ends
    if key not in keys:
        return False
    reach = lookups(second, first.rule, breaks_of(second, first.rule))
    return keys.index(key) not in reach
