"""Time: entries that die before they are read, that are paid to live longer than they are needed, or are not there yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.fault import SETUP, Fault, Place
from analyzers.prompt_caching.faults.marking import marked, usual_mark, with_lifetime
from analyzers.prompt_caching.prompt import Prompt
from analyzers.prompt_caching.rules import Rule

_FEW = 0.02
_CLEAR = 0.99
_MINUTE = 60.0


def lifetimes(case: Case) -> Iterable[Fault]:
    """`idle_gap` where the longer lifetime costs less than writing again, `wrong_ttl` where the shorter one does."""
    rule = _rule(case)
    if rule is None or len(rule.lifetimes_s) < 2:
        return
    if rule.match == "breakpoint" and not any(marked(p) for p in case.prompts):
        return
    short, long = (_NAMES[seconds] for seconds in rule.lifetimes_s[:2])
    if rule.match != "breakpoint":
        short, long = "in_memory", "24h"
    now = usual_mark(case.prompts) or _asked(case) or short
    other = short if now == long else long
    if rule.match != "breakpoint" and now == long:
        return
    repaired = _with(case.prompts, rule, other)
    if case.repaired(repaired).weight > _CLEAR * case.weight:
        return
    gaps = _gaps(case, rule.lifetimes_s[0])
    if other == long:
        fix = f"Ask for the longer lifetime ({long}): requests come further apart than {short}."
        if rule.match != "breakpoint":
            fix = f"Set prompt_cache_retention to {long}: requests come further apart than entries live in memory."
        yield Fault(
            "idle_gap",
            _place(case),
            frozenset(gaps),
            len(case.prompts),
            _mean(case.size(i) for i in gaps),
            f"unused for more than {rule.lifetimes_s[0] / _MINUTE:.0f} minutes",
            f"{len(gaps)} requests found the entry gone",
            fix,
            lambda prompts: _with(prompts, rule, long),
            stage=SETUP,
        )
    else:
        yield Fault(
            "wrong_ttl",
            _place(case),
            frozenset(range(len(case.prompts))),
            len(case.prompts),
            _mean(t.write_long for t in case.served if t is not None),
            long,
            short,
            f"Ask for the shorter lifetime ({short}): what is written for {long} is read again sooner or never.",
            lambda prompts: _with(prompts, rule, short),
            stage=SETUP,
        )


_NAMES = {300.0: "5m", 600.0: "10m", 1_800.0: "30m", 3_600.0: "1h", 43_200.0: "12h"}


def _asked(case: Case) -> str | None:
    prompt = case.prompts[-1]
    if prompt.options.get("prompt_cache_retention") == "24h":
        return "24h"
    options = prompt.options.get("prompt_cache_options")
    ttl = options.get("ttl") if isinstance(options, dict) else None
    return ttl if isinstance(ttl, str) and ttl in set(_NAMES.values()) else None


def _with(prompts: Sequence[Prompt], rule: Rule, lifetime: str) -> list[Prompt]:
    if rule.match == "breakpoint":
        return [with_lifetime(p, lifetime) if p.rule is rule else p for p in prompts]
    return [p._replace(options={**p.options, "prompt_cache_retention": lifetime}) for p in prompts]


def _gaps(case: Case, lifetime: float) -> list[int]:
    """Requests that came more than a lifetime after the last one that shared their prefix."""
    last: dict[int, float] = {}
    found = []
    for position, prompt in enumerate(case.prompts):
        keys = case.chain(position).units
        if not keys:
            continue
        lead = keys[min(len(keys) - 1, 15)]
        before = last.get(lead)
        if before is not None and prompt.at - before > lifetime:
            found.append(position)
        last[lead] = prompt.at
    return found


def fanout(case: Case) -> Iterable[Fault]:
    """`parallel_fanout`: requests that begin before the first one of their prefix was answered all pay for it."""
    at_once = case.repaired(_at_once(case.prompts))
    lost = [
        position
        for position, (now, then) in enumerate(zip(case.served, at_once.served, strict=True))
        if now is not None and then is not None and then.read > now.read
    ]
    if len(lost) <= _FEW * len(case.prompts):
        return
    yield Fault(
        "parallel_fanout",
        _place(case),
        frozenset(lost),
        len(case.prompts),
        _mean(then.read - now.read for i in lost if (then := at_once.served[i]) and (now := case.served[i])),
        "the first request of a prefix, not answered yet",
        f"{len(lost)} requests beside it with the same prefix",
        "Send the first request alone and the others when its answer begins, or warm the prefix up before.",
        _at_once,
        stage=SETUP,
    )


def _at_once(prompts: Sequence[Prompt]) -> list[Prompt]:
    return [p._replace(ready_at=p.at) if p.ready_at > p.at else p for p in prompts]


def _rule(case: Case) -> Rule | None:
    return next((p.rule for p in reversed(case.prompts) if p.rule is not None), None)


def _place(case: Case) -> Place:
    first = case.prompts[-1].segments[:1]
    return Place(first[0].level) if first else Place("message")


def _mean(values: Iterable[int]) -> int:
    found = list(values)
    return round(sum(found) / len(found)) if found else 0
