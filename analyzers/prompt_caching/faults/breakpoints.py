"""Breakpoints that are missing, lost, on what varies, or too far apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analyzers.prompt_caching.breakpoint_cache import breaks_of, lookups
from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.fault import SETUP, Fault, Place, Repair, excerpt
from analyzers.prompt_caching.faults.marking import (
    Marking,
    head_end,
    mark,
    marked,
    static_end,
    static_texts,
    usual_mark,
    with_lifetime,
)
from analyzers.prompt_caching.prompt import Prompt

_FEW = 0.02
_CLEAR = 0.99
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
        yield from _not_enabled(case, explicit)
    elif len(dropped := [i for i in without if i > with_marks[0]]) > _FEW * len(explicit):
        yield _lost(case, with_marks, dropped)
    else:
        yield from _misplaced(case, explicit)
        yield from _loses(case, with_marks)


def _loses(case: Case, with_marks: Sequence[int]) -> Iterable[Fault]:
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
        _place(last, head_end(last.segments)),
        frozenset(with_marks),
        len(case.prompts),
        _mean(t.write_short + t.write_long for t in tokens),
        f"{100 * read / whole if whole else 0:.0f} % of cached tokens are read",
        f"{100 * needed:.0f} % are needed",
        "Set no breakpoints in this prompt: what is written is read again too rarely to pay for the writing.",
        _off,
        stage=SETUP,
    )


def _otherwise(case: Case) -> Iterable[Case]:
    """The same requests with other breakpoints, and with each lifetime that can be had."""
    lifetime = _usual(case)
    yield case.repaired(_repair(_best(case, lifetime, between=True, everywhere=False), everywhere=False)(case.prompts))
    for other in ("5m", "1h"):
        if other != lifetime and all(p.rule is None or p.rule.marking == "explicit" for p in case.prompts):
            yield case.repaired([with_lifetime(p, other) for p in case.prompts])


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


def _best(case: Case, lifetime: str, *, between: bool, everywhere: bool) -> Marking:
    options = [Marking(lifetime, None), Marking(lifetime, lifetime), Marking(None, lifetime)]
    if between:
        options.append(Marking(lifetime, lifetime, between=True))
    if any(p.rule is not None and p.rule.marking == "both" for p in case.prompts):
        options = [
            Marking(lifetime, lifetime),
            Marking(lifetime, None, only_explicit=True),
            Marking(None, lifetime),
            *options[3:],
        ]
    static = static_texts(case.prompts)
    if any(static_end(p.segments, static) != head_end(p.segments) for p in case.prompts):
        options += [option._replace(static=static) for option in options if option.head]
    return min(options, key=lambda option: case.repaired(_repair(option, everywhere=everywhere)(case.prompts)).weight)


def _repair(marking: Marking, *, everywhere: bool) -> Repair:
    """`everywhere`: also where no breakpoint is set today. Requests from before a deploy that set them stay as they were."""
    return lambda prompts: [
        mark(p, marking) if p.rule is not None and p.rule.match == "breakpoint" and (everywhere or marked(p)) else p
        for p in prompts
    ]


def _usual(case: Case) -> str:
    found = usual_mark(case.prompts)
    if found is not None:
        return found
    both = any(p.rule is not None and p.rule.marking == "both" for p in case.prompts)
    return "30m" if both else "5m"


def _not_enabled(case: Case, explicit: Sequence[int]) -> Iterable[Fault]:
    marking = _best(case, _usual(case), between=True, everywhere=True)
    end = head_end(case.prompts[explicit[-1]].segments)
    yield Fault(
        "caching_not_enabled",
        _place(case.prompts[explicit[-1]], end),
        frozenset(explicit),
        len(explicit),
        _mean(case.tokens_before(i, max(head_end(case.prompts[i].segments), 0), 1) for i in explicit),
        "no breakpoint",
        _where(marking),
        f"Turn caching on: {_where(marking)}.",
        _repair(marking, everywhere=True),
        stage=SETUP,
    )


def _lost(case: Case, with_marks: Sequence[int], without: Sequence[int]) -> Fault:
    model = case.prompts[with_marks[-1]]
    head = any(s.mark for s in model.segments if s.level != "message")
    tail = any(s.mark for s in model.segments if s.level == "message")
    marking = Marking(_usual(case) if head else None, _usual(case) if tail else None)

    def repair(prompts: Sequence[Prompt]) -> list[Prompt]:
        return [
            mark(p, marking) if p.rule is not None and p.rule.match == "breakpoint" and not marked(p) else p
            for p in prompts
        ]

    end = head_end(case.prompts[without[-1]].segments)
    return Fault(
        "marker_lost",
        _place(case.prompts[without[-1]], end),
        frozenset(without),
        len(with_marks) + len(without),
        _mean(case.size(i) for i in without),
        "breakpoints in other requests of this prompt",
        "none here",
        f"Set the breakpoint in every request ({_where(marking)}): a gateway or a code path drops it.",
        repair,
        stage=SETUP,
    )


def _misplaced(case: Case, explicit: Sequence[int]) -> Iterable[Fault]:
    lifetime = _usual(case)
    far = [pair.after for pair in case.turns if _too_far(case, pair.before, pair.after)]
    marking = _best(case, lifetime, between=bool(far), everywhere=False)
    repair = _repair(marking, everywhere=False)
    better = case.repaired(repair(case.prompts))
    if better.weight > _BETTER * case.weight:
        return
    last = case.prompts[explicit[-1]]
    breaks = breaks_of(last, last.rule) if last.rule is not None else []
    if len(far) > _FEW * len(explicit):
        number = breaks[-1].position if breaks else 0
        yield Fault(
            "lookback_exceeded",
            _place(last, number),
            frozenset(far),
            len(explicit),
            _mean(case.size(i) for i in far),
            "the last breakpoint's entry",
            "more than 20 positions behind",
            f"Set further breakpoints every {18} blocks, so that the next request's look-back finds one.",
            repair,
            stage=SETUP,
        )
        return
    number = breaks[-1].position if breaks else head_end(last.segments)
    text = last.segments[number].text if number >= 0 else ""
    before = next(
        (case.prompts[i].segments for i in reversed(explicit[:-1]) if len(case.prompts[i].segments) > number >= 0), ()
    )
    yield Fault(
        "breakpoint_on_variable",
        _place(last, number),
        frozenset(i for i in explicit if (tokens := case.served[i]) is not None and not tokens.read),
        len(explicit),
        _mean(case.tokens_before(i, max(head_end(case.prompts[i].segments), 0), 1) for i in explicit),
        excerpt(before[number].text, 0, 60, 0) if before else "",
        excerpt(text, 0, 60, 0),
        f"Move the breakpoint from what varies to the end of what stays: {_where(marking)}.",
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


def _place(prompt: Prompt, number: int) -> Place:
    if not 0 <= number < len(prompt.segments):
        return Place("system")
    segment = prompt.segments[number]
    return Place(segment.level, segment.position, len(segment.text), len(segment.text), segment.part)


def _where(marking: Marking) -> str:
    places = []
    if marking.head:
        which = "of what stays the same in the system prompt" if marking.static else "of the system prompt"
        places.append(f"a breakpoint ({marking.head}) at the end {which}")
    if marking.tail:
        places.append(f"one ({marking.tail}) at the end of the last message")
    if marking.only_explicit:
        places.append("mode explicit, so that what is not read again is not written")
    return " and ".join(places)


def _mean(values: Iterable[int]) -> int:
    found = list(values)
    return round(sum(found) / len(found)) if found else 0
