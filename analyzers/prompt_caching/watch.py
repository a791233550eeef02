"""A quick look at the newest calls: has the cache of any template got worse? Cheap enough to be repeated every minute."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from analyzers.core import Call
from analyzers.prices import Prices
from analyzers.prompt_caching.availability import availability, group_of, learn
from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.chain import Chains
from analyzers.prompt_caching.conversations import conversations
from analyzers.prompt_caching.engine import Availability, Pricing
from analyzers.prompt_caching.faults import DETECTORS
from analyzers.prompt_caching.money import Money
from analyzers.prompt_caching.prompt import Family, Reader
from analyzers.prompt_caching.refine import refine
from analyzers.prompt_caching.regression import Regression, hit_ratios, regression
from analyzers.prompt_caching.rules import Rules
from analyzers.prompt_caching.sizes import Sizes
from analyzers.prompt_caching.templates import identity, templates

_NEWEST = 50


class Watched(NamedTuple):
    """One template: its regression, when it has one, and the share of tokens that its newest calls read."""

    id: str
    app: str | None
    model: str
    regression: Regression | None
    newest_ratio: float
    newest_calls: int
    last: float
    """Start of its newest call (unix seconds)."""


def watch(calls: Iterable[Call], prices: Prices, rules: Rules, family: Family) -> list[Watched]:
    """Every template of the calls that can be compared."""
    reader = Reader(rules, family)
    read = [reader.read(call, number) for number, call in enumerate(calls) if not call.response_cache_hit]
    prompts = [p for p in read if p.rule is not None and p.segments and p.price.billing != "failed"]
    prompts.sort(key=lambda prompt: (prompt.at, prompt.number))
    sizes = Sizes()
    sizes.learn(prompts)
    refine(sizes, prompts)
    chains, money = Chains(sizes), Money(prices)
    known = availability(learn(prompts, chains))
    pricing = Pricing(money, lambda prompt: known.get(group_of(prompt), Availability()))
    talks = conversations(prompts)
    prompts = [p._replace(talk=talk) for p, talk in zip(prompts, talks, strict=True)]
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for position, number in enumerate(templates(prompts, talks)):
        groups[number].append(position)
    found = []
    for positions in groups.values():
        case = Case([prompts[p] for p in positions], [talks[p] for p in positions], chains)
        ratio, count = hit_ratios(case, _NEWEST)
        found.append(
            Watched(
                identity(case.prompts),
                case.prompts[0].app,
                Counter(p.family[1] for p in case.prompts).most_common(1)[0][0],
                regression(case, DETECTORS, pricing, money),
                ratio,
                count,
                case.prompts[-1].at,
            )
        )
    return found
