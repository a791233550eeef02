"""Entries that are kept alive by pings while nobody uses them, where the provider names a lifetime that a use renews.

A ping reads the entry and costs r of its tokens; one written again costs w (1 where writing is free). So n pings across a pause pay while
n r < w - r, and what nobody comes back to is pinged in vain: how often in a row is worth it is told by the pauses of the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.faults.marking import usual_mark
from analyzers.prompt_caching.pings import beginning, uses
from analyzers.prompt_caching.prompt import Pings, Prompt
from analyzers.prompt_caching.rules import Rule
from analyzers.prompt_caching.simulate import Caches

_EARLY = 0.9
"""Of the lifetime, when a ping is sent: it has to be there in time."""
WORTH = 0.75
"""Of the cost without: something that sends pings has to be built and watched, and pauses change."""
SURE = frozenset({"exact", "minimum"})
"""Kinds of lifetimes that pings can be timed by."""


class Kept(NamedTuple):
    """The requests with pings, and what these are."""

    pings: Pings
    case: Case

    @property
    def words(self) -> str:
        """What to do, in a sentence or two."""
        pings = self.pings
        what = (
            "the last request of the conversation" if pings.whole else "tools and system prompt with a one-word message"
        )
        often = "once" if pings.most == 1 else f"at most {pings.most} times in a row"
        return (
            f"Keep the entry warm: {pings.every / 60:g} minutes after its last use send {what} again, with max_tokens 1, {often}. "
            "What the pings cost is taken off the saving."
        )

    @property
    def mean_tokens(self) -> int:
        """Of one ping."""
        sent = self.case.pinged
        return round(sum(tokens.total for _, tokens in sent) / len(sent)) if sent else 0


def kept_warm(case: Case) -> Kept | None:
    """The cheaper of pinging what is shared and pinging conversations, at the lifetimes that the requests ask for.

    None where pauses cost nothing, no number of pings can pay, or the provider names no lifetime.
    """
    rule = case.prompts[-1].rule
    if rule is None or rule.kind not in SURE or not case.prompts[-1].segments:
        return None
    if without_pauses(case) > WORTH * case.weight:
        return None
    found = []
    for whole in (False, True) if case.turns else (False,):
        lifetime = _lifetime(case, rule, whole=whole)
        every = _EARLY * lifetime
        asked = with_pings(case.prompts, Pings(every, 1, whole))
        most = _most(case, asked, every, _of_write(rule, lifetime), rule.read)
        if most:
            pings = Pings(every, most, whole)
            found.append(Kept(pings, case.repaired(with_pings(case.prompts, pings))))
    return min(found, key=lambda one: one.case.weight, default=None)


def with_pings(prompts: Sequence[Prompt], pings: Pings) -> list[Prompt]:
    """The requests that somebody waits for, with these pings."""
    return [p._replace(pings=pings) if p.rule is not None and p.segments and not p.price.batch else p for p in prompts]


def without_pauses(case: Case) -> float:
    """The case's weight if all requests came right behind each other, each answered at once: no pinging can cost less."""
    at = case.prompts[0].at
    return case.repaired([p._replace(at=at, ready_at=at) for p in case.prompts]).weight


def _lifetime(case: Case, rule: Rule, *, whole: bool) -> float:
    if rule.match != "breakpoint":
        return Caches(case.chains, case.lifetimes).lifetime(case.prompts[-1], rule)
    marked = [p.with_segments(p.turns if whole else p.head) for p in case.prompts]
    mark = usual_mark(marked)
    options = case.prompts[-1].options.get("prompt_cache_options")
    asked = options.get("ttl") if mark is None and isinstance(options, dict) else None
    return rule.lifetime_of(mark or asked)


def _of_write(rule: Rule, lifetime: float) -> float:
    return max(1.0, rule.write[-1] if rule.is_long(lifetime) else rule.write[0])


def _most(case: Case, asked: Sequence[Prompt], every: float, write: float, read: float) -> int:
    """How many pings in a row are the cheapest, by the pauses between uses of the same entry; 0 where none pays."""
    end = case.prompts[-1].at
    limit = int((write - read) / read) if read else 0
    saved = [0.0] * (limit + 1)
    for numbers in uses(asked, case.chains):
        for number, following in zip(numbers, [*numbers[1:], None], strict=True):
            prompt = asked[number]
            if prompt.pings is None:
                continue
            size = case.size(number) if prompt.pings.whole else _beginning(case, number)
            until = end if following is None else case.prompts[following].at
            pause = until - prompt.at
            needed, gone = int(pause / every), following is not None and pause > every / _EARLY
            for most in range(1, limit + 1):
                bridged = gone and needed <= most
                saved[most] += size * ((write - read) * bridged - read * min(needed, most))
    return max(range(limit + 1), key=lambda most: saved[most])


def _beginning(case: Case, number: int) -> int:
    end, chain = beginning(case.prompts[number]), case.chain(number)
    return chain.logged(chain.tokens[end - 1]) if end else 0
