"""Time: entries that die before they are read, that are paid to live longer than they are needed, or are not there yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.fault import SETUP, Fault, Place, Repair
from analyzers.prompt_caching.faults.marking import (
    NAMES,
    best_marking,
    marked,
    marked_so,
    mean_of,
    usual_lifetime,
    usual_mark,
    with_lifetime,
    words_of,
)
from analyzers.prompt_caching.faults.warmth import WORTH, Kept, kept_warm, with_pings
from analyzers.prompt_caching.prompt import Prompt
from analyzers.prompt_caching.rules import Rule

_FEW = 0.02
_CLEAR = 0.99
_MINUTE = 60.0
_MOSTLY = 0.5
_OFF = 0.05
"""Of its tokens, what the simulation of a request may be off by."""


def lifetimes(case: Case) -> Iterable[Fault]:
    """`idle_gap` where the longer lifetime costs less than writing again, `wrong_ttl` where the shorter one does, and `keep_warm` where
    pings cost less than both.
    """
    rule = _rule(case)
    if rule is None or (rule.match == "breakpoint" and not any(marked(p) for p in case.prompts)):
        return
    other = _other(case, rule)
    changed = case if other is None else case.repaired(_with(case.prompts, rule, other))
    pays = changed.weight <= _CLEAR * case.weight
    # Of what is spent today: when all else is mended, little is left, and much of that is little.
    dearest = min(case.weight, changed.weight) - (1 - WORTH) * case.origin.weight
    # Requests that wait for the first answer find what it wrote: pings are looked at when they do.
    alone = not any(fanout(case))
    now = kept_warm(case) if alone else None
    if now is not None and now.case.weight < dearest and not _cheaper(kept_warm(changed) if pays else None, now):
        yield _keep_warm(case, now, "", _as_it_is)
    elif other is not None and pays:
        yield _lifetime(case, changed, rule, other)
    elif alone:
        ways = [
            (kept, words, change) for words, change in _changes(case, rule, other) if (kept := _changed(case, change))
        ]
        for kept, words, change in sorted(ways, key=lambda way: way[0].case.weight)[:1]:
            if kept.case.weight < dearest:
                yield _keep_warm(case, kept, words, change)


def _cheaper(one: Kept | None, other: Kept) -> bool:
    return one is not None and one.case.weight < other.case.weight


def _changed(case: Case, change: Repair) -> Kept | None:
    return kept_warm(case.repaired(change(case.prompts)))


def _as_it_is(prompts: Sequence[Prompt]) -> list[Prompt]:
    return list(prompts)


def _changes(case: Case, rule: Rule, other: str | None) -> Iterable[tuple[str, Repair]]:
    """Without pings these do not pay: another lifetime, other breakpoints."""
    if other is not None:
        yield f"Ask for another lifetime ({other}). ", lambda prompts: _with(prompts, rule, other)
    if rule.match == "breakpoint":
        for lifetime in dict.fromkeys((usual_lifetime(case), other)):
            if lifetime is not None:
                marking = best_marking(case, lifetime, between=False, everywhere=False)
                yield f"Set {words_of(marking)}. ", marked_so(marking, everywhere=False)


def _other(case: Case, rule: Rule) -> str | None:
    """The lifetime that could be asked for in place of the usual one; None without a choice."""
    if len(rule.lifetimes_s) < 2:
        return None
    if rule.match != "breakpoint":
        return None if _asked(case) == "24h" else "24h"
    short, long = (NAMES[seconds] for seconds in rule.lifetimes_s[:2])
    now = usual_mark(case.prompts) or _asked(case) or short
    return short if now == long else long


def _keep_warm(case: Case, kept: Kept, words: str, change: Repair) -> Fault:
    saved = _read_more(case, kept.case)
    return Fault(
        "keep_warm",
        _place(case),
        frozenset(saved),
        len(case.prompts),
        mean_of(saved.values()),
        f"{len(saved)} requests found the entry gone",
        f"{len(kept.case.pinged)} pings of {kept.mean_tokens:,} tokens keep it",
        words + kept.words,
        lambda prompts: with_pings(change(prompts), kept.pings),
        stage=SETUP,
    )


def _read_more(case: Case, changed: Case) -> dict[int, int]:
    """Requests that would read more, and how many tokens more."""
    served = zip(case.served, changed.served, strict=True)
    return {n: then.read - now.read for n, (now, then) in enumerate(served) if now and then and then.read > now.read}


def _lifetime(case: Case, changed: Case, rule: Rule, other: str) -> Fault:
    short = "in_memory" if rule.match != "breakpoint" else NAMES[rule.lifetimes_s[0]]
    long = "24h" if rule.match != "breakpoint" else NAMES[rule.lifetimes_s[1]]
    if other == long:
        fix = f"Ask for the longer lifetime ({long}): requests come further apart than {short}."
        if rule.match != "breakpoint":
            fix = f"Set prompt_cache_retention to {long}: requests come further apart than entries live in memory."
        gone = _read_more(case, changed)
        return Fault(
            "idle_gap",
            _place(case),
            frozenset(gone),
            len(case.prompts),
            mean_of(gone.values()),
            f"unused for more than {rule.lifetimes_s[0] / _MINUTE:.0f} minutes",
            f"{len(gone)} requests found the entry gone",
            fix,
            lambda prompts: _with(prompts, rule, long),
            stage=SETUP,
        )
    return Fault(
        "wrong_ttl",
        _place(case),
        frozenset(range(len(case.prompts))),
        len(case.prompts),
        mean_of(t.write_long for t in case.served if t is not None),
        long,
        short,
        f"Ask for the shorter lifetime ({short}): what is written for {long} is read again sooner or never.",
        lambda prompts: _with(prompts, rule, short),
        stage=SETUP,
    )


def _asked(case: Case) -> str | None:
    prompt = case.prompts[-1]
    if prompt.options.get("prompt_cache_retention") == "24h":
        return "24h"
    options = prompt.options.get("prompt_cache_options")
    ttl = options.get("ttl") if isinstance(options, dict) else None
    return ttl if isinstance(ttl, str) and ttl in set(NAMES.values()) else None


def _with(prompts: Sequence[Prompt], rule: Rule, lifetime: str) -> list[Prompt]:
    if rule.match == "breakpoint":
        return [with_lifetime(p, lifetime) if p.rule is rule else p for p in prompts]
    return [p._replace(options={**p.options, "prompt_cache_retention": lifetime}) for p in prompts]


def fanout(case: Case) -> Iterable[Fault]:
    """`parallel_fanout`: requests that begin before the first one of their prefix was answered all pay for it."""
    at_once = case.repaired(_at_once(case.prompts))
    saved = _read_more(case, at_once)
    lost = [position for position in saved if not _refuted(case, position)]
    if len(lost) <= _FEW * len(case.prompts) or len(lost) < _MOSTLY * len(saved):
        return
    yield Fault(
        "parallel_fanout",
        _place(case),
        frozenset(lost),
        len(case.prompts),
        mean_of(saved[i] for i in lost),
        "the first request of a prefix, not answered yet",
        f"{len(lost)} requests beside it with the same prefix",
        "Send the first request alone and the others when its answer begins, or warm the prefix up before.",
        _at_once,
        stage=SETUP,
    )


def _refuted(case: Case, position: int) -> bool:
    """Whether the log itself says that the request read more than it could have, had it waited for nobody: nothing was lost there."""
    logged, now = case.origin.prompts[position].read, case.served[position]
    before = case.origin.served[position]
    return logged is not None and now is not None and before is not None and logged > before.read + _OFF * before.total


def _at_once(prompts: Sequence[Prompt]) -> list[Prompt]:
    return [p._replace(ready_at=p.at) if p.ready_at > p.at else p for p in prompts]


def _rule(case: Case) -> Rule | None:
    return next((p.rule for p in reversed(case.prompts) if p.rule is not None), None)


def _place(case: Case) -> Place:
    first = case.prompts[-1].segments[:1]
    return Place(first[0].level) if first else Place("message")
