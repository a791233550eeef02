"""One prompt's static part, worked out in money: as it is, with the prompt cache in order, and with a share of calls less.

The example of the introduction: 10,000 calls a day with 2,000 static tokens at 2.50 USD a million cost 50 USD a day; in order they
cost about 7, because not every call finds the cache warm; and when another cache answers half of the calls, half of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from hashlib import blake2b
from typing import NamedTuple

from analyzers.prompt_caching.case import Case
from analyzers.prompt_caching.engine import Outcome, Pricing
from analyzers.prompt_caching.money import Money
from analyzers.prompt_caching.served import Served


class Worked(NamedTuple):
    """USD of the static tokens of all requests of a template."""

    static_tokens: int
    requests: int
    uncached: Decimal
    """Nothing read from any cache."""
    as_is: Decimal
    mended: Decimal
    mended_half: Decimal
    """Mended, and half of the calls not made at all."""


def worked(outcome: Outcome, static_tokens: int, pricing: Pricing, money: Money) -> Worked | None:
    """Of a template's requests, as they are and mended; None where the input has no price."""
    now, mended = outcome.case, outcome.repaired
    uncached = Decimal(0)
    for prompt in now.prompts:
        rates = money.rates(prompt)
        if rates is None:
            return None
        uncached += rates.uncached * static_tokens
    half = [i for i, p in enumerate(mended.prompts) if blake2b(str(p.number).encode(), digest_size=1).digest()[0] % 2]
    fewer = Case(
        [mended.prompts[i] for i in half], [mended.conversation[i] for i in half], mended.chains, mended.lifetimes
    )
    return Worked(
        static_tokens,
        len(now.prompts),
        uncached,
        _static(now, static_tokens, now.served, pricing, money),
        _static(mended, static_tokens, mended.served, pricing, money),
        _static(fewer, static_tokens, fewer.served, pricing, money),
    )


def _static(case: Case, static_tokens: int, served: Sequence[Served | None], pricing: Pricing, money: Money) -> Decimal:
    """The first `static_tokens` of every request, at what each of them was billed as, and what keeps them warm."""
    total = Decimal(0)
    for prompt, found in zip(case.prompts, served, strict=True):
        rates = money.rates(prompt)
        if rates is None or found is None:
            continue
        total += rates.usd(_first(static_tokens, pricing.real(prompt, found)))
    for ping, tokens in case.pinged:
        rates = money.rates(ping.prompt)
        if rates is not None:
            total += rates.usd(_first(static_tokens, pricing.real(ping.prompt, tokens))) + rates.output
    return total


def _first(static_tokens: int, tokens: Served) -> Served:
    read = min(tokens.read, static_tokens)
    rest = static_tokens - read
    short = min(tokens.write_short, rest)
    long = min(tokens.write_long, rest - short)
    return Served(rest - short - long, read, short, long)
