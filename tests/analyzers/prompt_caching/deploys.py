"""A support bot's calls before and after something was deployed, with the usage that the provider would report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import msgspec

from analyzers.core import Call, Part, Usage
from analyzers.names import family
from analyzers.prompt_caching.chain import Chains
from analyzers.prompt_caching.prompt import Reader
from analyzers.prompt_caching.simulate import Caches
from analyzers.prompt_caching.sizes import Sizes
from tests.analyzers.prompt_caching.prompts import RULES, START, call, message, text

POLICY = "\n".join(f"Rule {n}: {text(8, f'rule{n}.')}." for n in range(180))
TOTAL = 6_000
__all__ = ["POLICY", "START", "TOTAL", "Change", "bot", "claude", "reported"]

Change = Callable[[int, Random], dict[str, Any]]
"""What a call has differently: fields of `call`, by the number of the call."""


def bot(count: int, every: float = 20.0, *, change: Change = lambda n, rng: {}, seed: int = 1) -> list[Call]:
    """`count` questions to one system prompt, about `every` seconds apart, on a model that caches by itself."""
    rng = Random(seed)
    calls, at = [], 0.0
    for n in range(count):
        fields: dict[str, Any] = {"system": POLICY, "total": TOTAL, "id": f"c{seed}.{n}", **change(n, rng)}
        at = fields.pop("at", at)
        calls.append(call(at, [message("user", f"question {seed}.{n} about {text(8, f'q{n}.')}")], **fields))
        at += every * rng.uniform(0.5, 1.5)
    return calls


def claude(mark: str | None = "5m", text: str = POLICY) -> dict[str, Any]:
    """The same bot on Claude, its system prompt marked."""
    return {"model": "claude-sonnet-4-5", "provider": "anthropic", "system": [Part("text", text, mark)]}


def reported(calls: Sequence[Call], served: Callable[[Call], float] = lambda call: 1.0) -> list[Call]:
    """With the usage of a provider that serves a share of what its rules promise."""
    reader = Reader(RULES, family)
    prompts = [reader.read(one, number) for number, one in enumerate(calls)]
    sizes = Sizes()
    sizes.learn(prompts)
    caches = Caches(Chains(sizes))
    out = []
    for one, prompt in zip(calls, prompts, strict=True):
        tokens = caches.serve(prompt)
        assert tokens is not None
        read = round(tokens.read * served(one))
        short, long = tokens.write_short, tokens.write_long
        paid = prompt.rule is not None and prompt.rule.write[0] > 1
        usage = Usage(
            tokens.total - read - short - long,
            read,
            short if paid else None,
            long or None,
            one.usage.output,
            None,
            tokens.total,
        )
        out.append(msgspec.structs.replace(one, usage=usage))
    return out
