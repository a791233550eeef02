"""Requests that share a prompt, told apart before anything is asked of their caches."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from analyzers.core import Call
from analyzers.prompt_caching.prompt import Family, Prompt, Reader
from analyzers.prompt_caching.rules import Rules
from analyzers.prompt_caching.templates import identity, told_apart

WINDOW = 100_000
"""Calls that are held and told apart for good; of more, the newest."""


class Read(NamedTuple):
    """All prompts in the order of time, and those of them that can be compared with one another."""

    prompts: list[Prompt]
    comparable: list[Prompt]


class Sharing(NamedTuple):
    """Requests of one template, in the order of time."""

    id: str
    app: str | None
    model: str
    """That most of them ask for."""
    prompts: Sequence[Prompt]


def read(calls: Iterable[Call], rules: Rules, family: Family) -> Read:
    """Prompts of calls, which are given in the order of their start; those that can be compared know their conversation and template."""
    reader = Reader(rules, family)
    # What no provider answered was neither read, written nor billed.
    prompts = [reader.read(call, number) for number, call in enumerate(calls) if not call.response_cache_hit]
    prompts = [prompt for prompt in prompts if prompt.price.billing != "failed"]
    prompts.sort(key=lambda prompt: (prompt.at, prompt.number))
    comparable = told_apart(prompt for prompt in prompts if _comparable(prompt))
    numbered = iter(comparable)
    return Read([next(numbered) if _comparable(prompt) else prompt for prompt in prompts], comparable)


def by_template(comparable: Sequence[Prompt]) -> dict[int, list[Prompt]]:
    """The newest of them, by number of their template, in the order in which each first appears."""
    owned: defaultdict[int, list[Prompt]] = defaultdict(list)
    for prompt in comparable[-WINDOW:]:
        owned[prompt.template].append(prompt)
    return owned


def sharing(calls: Iterable[Call], rules: Rules, family: Family) -> list[Sharing]:
    """The templates of the newest calls under the ids that the whole analysis gives them, without looking at their caches."""
    owned = by_template(read(calls, rules, family).comparable)
    return [Sharing(identity(own), own[0].app, model_of(own), own) for own in owned.values()]


def model_of(prompts: Iterable[Prompt]) -> str:
    """The model that most of them ask for."""
    return Counter(prompt.family[1] for prompt in prompts).most_common(1)[0][0]


def _comparable(prompt: Prompt) -> bool:
    return prompt.rule is not None and bool(prompt.segments or prompt.blocks)
