"""A quick look at the newest calls: has the cache of any template got worse? Cheap enough to be repeated every minute."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from analyzers.core import Call
from analyzers.prices import Prices
from analyzers.prompt_caching.availability import availability, group_of, learn, lifetimes
from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.chain import Chains
from analyzers.prompt_caching.engine import Availability, Pricing
from analyzers.prompt_caching.fall import NEWEST, Read
from analyzers.prompt_caching.faults import DETECTORS
from analyzers.prompt_caching.money import Money
from analyzers.prompt_caching.prompt import Family, Prompt, Reader
from analyzers.prompt_caching.refine import refine
from analyzers.prompt_caching.regression import Regression, reads_of, regression
from analyzers.prompt_caching.rules import Rules
from analyzers.prompt_caching.sizes import Sizes
from analyzers.prompt_caching.succession import lineages, successions
from analyzers.prompt_caching.templates import identity, told_apart

_OWN = 200
"""Requests at either end of a template that tell its name."""


class Watched(NamedTuple):
    """One template: its regression, when it has one, and what its newest calls read."""

    id: str
    ids: frozenset[str]
    """All that it is called, and that those were called which it replaced: a deploy that changes its text may change its name."""
    app: str | None
    model: str
    regression: Regression | None
    newest: tuple[Read, ...]


def watch(calls: Iterable[Call], prices: Prices, rules: Rules, family: Family) -> list[Watched]:
    """Every template of the calls that can be compared."""
    reader = Reader(rules, family)
    read = [reader.read(call, number) for number, call in enumerate(calls) if not call.response_cache_hit]
    prompts = [p for p in read if p.rule is not None and (p.segments or p.blocks) and p.price.billing != "failed"]
    prompts = told_apart(sorted(prompts, key=lambda prompt: (prompt.at, prompt.number)))
    sizes = Sizes()
    sizes.learn(prompts)
    refine(sizes, prompts)
    chains, money = Chains(sizes), Money(prices)
    learnt = learn(prompts, chains)
    known, lives = availability(learnt), lifetimes(learnt, prompts)
    pricing = Pricing(money, lambda prompt: known.get(group_of(prompt), Availability()))
    owned: defaultdict[int, list[Prompt]] = defaultdict(list)
    for prompt in prompts:
        owned[prompt.template].append(prompt)
    found = []
    for line in lineages(list(owned), successions(owned)):
        own = sorted((prompt for number in line for prompt in owned[number]), key=lambda one: (one.at, one.number))
        case = Case(own, [prompt.talk for prompt in own], chains, lives)
        names = [identity(owned[number]) for number in line]
        found.append(
            Watched(
                names[0],
                frozenset({*names, identity(own[-_OWN:])}),
                case.prompts[0].app,
                Counter(p.family[1] for p in case.prompts).most_common(1)[0][0],
                regression(case, DETECTORS, pricing, money),
                tuple(reads_of(case)[0][-NEWEST:]),
            )
        )
    return found
