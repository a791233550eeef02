"""What a cheaper model would cost for a kind of request, and whether the log holds evidence that it answers as well.

Method. The tokens of every call are priced again at the rates of other models: those that already answer some of these
requests or others of the same prompt, and a short list of cheap current ones. A model that answered at least 30 of them is compared with the one that
most is spent on: it does as well when the upper 95 % bound (Wilson) of its share of failing answers is at most two points above
that model's share. For a model that the log does not hold nothing is claimed but its price: an evaluation is needed.

Assumptions. What the other model answered is taken to be like the rest: where a router gave it the easy requests, it proves less.
Tokens are those logged: another model's tokenizer may count up to some tenths more or less, and a model that
reasons adds tokens of its own. Cached tokens stay cached where the other model has a price for them.

Batch. Requests that nobody waits for (not streamed, of no conversation and no user, a tier of their own not asked for) can go
through the provider's batch interface at its price.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from analyzers.core import Call, Usage
from analyzers.price_key import PriceKey, price_key
from analyzers.prices import Prices, Unpriced, cost
from analyzers.wilson import interval

CANDIDATES: tuple[tuple[str, str], ...] = (
    ("openai", "gpt-6-luna"),
    ("anthropic", "claude-haiku-5-5"),
    ("google", "gemini-3.1-flash-lite"),
)
"""Cheap models of the large providers on 2026-11-23, as (provider, model)."""

LEAST_CALLS = 30
MARGIN = 0.02
_ZERO = Decimal(0)


class Choice(NamedTuple):
    """One other model for a kind of request. `usd` is what the same calls would have cost."""

    model: str
    usd: Decimal
    answered: int
    """Calls of this kind that it answered in the log."""
    failing: float | None
    failing_high: float | None
    """Upper 95 % bound; None where it answered none."""
    answers_as_well: bool | None
    """None: an evaluation is needed."""


class Tried(NamedTuple):
    """What another model did of the same prompt, beside the calls that are priced."""

    provider: str
    answered: int
    failing: int


class Batch(NamedTuple):
    """Calls that nobody waits for, what they cost, and what they would have cost as batch."""

    calls: int
    usd: Decimal
    usd_batch: Decimal


class ModelChoice(NamedTuple):
    """What the calls of one kind cost, and could cost. `usd` and the choices are of the `priced` calls."""

    model: str | None
    """The one that most is spent on."""
    calls: int
    priced: int
    usd: Decimal
    failing: float
    choices: tuple[Choice, ...]
    """Cheaper ones alone, the cheapest first."""
    batch: Batch | None
    """None where no call could wait, or batch has no price."""


def model_choice(
    calls: Sequence[Call],
    failing: Sequence[bool],
    prices: Prices,
    at: float,
    tried: Mapping[str, Tried] = MappingProxyType({}),
) -> ModelChoice:
    """Cheaper models for `calls` of one kind, at the prices of `at` (unix seconds).

    `failing`: for each call whether its answer was of no use, by whatever the caller counts as that. `tried`: by model, other calls of
    the same prompt, which count as evidence alone.
    """
    answered = Counter(call.model for call in calls if call.model)
    failed = Counter(call.model for call, bad in zip(calls, failing, strict=True) if bad and call.model)
    costs = [_cost(call, prices, at) for call in calls]
    priced = [call for call, usd in zip(calls, costs, strict=True) if usd is not None]
    spent: dict[str, Decimal] = {}
    for call, usd in zip(calls, costs, strict=True):
        if call.model:
            spent[call.model] = spent.get(call.model, _ZERO) + (usd or _ZERO)
    beside = {model: (one.answered, one.failing) for model, one in tried.items()}
    main = min(spent, key=lambda name: (-spent[name], -answered[name], name), default=None)
    total = sum((usd for usd in costs if usd is not None), _ZERO)
    share = failed[main] / answered[main] if main else 0.0
    found = []
    for provider, model in _others(calls, tried, main):
        usd = _as(priced, provider, model, prices, at)
        if usd is not None and usd < total:
            more, bad = beside.get(model, (0, 0))
            found.append(_choice(model, usd, answered[model] + more, failed[model] + bad, share))
    return ModelChoice(
        main,
        len(calls),
        len(priced),
        total,
        share,
        tuple(sorted(found, key=lambda one: (one.usd, one.model))),
        _batch(calls, prices, at),
    )


def _others(calls: Sequence[Call], tried: Mapping[str, Tried], main: str | None) -> list[tuple[str, str]]:
    seen = {model: one.provider for model, one in tried.items()}
    seen |= {call.model: call.provider or "" for call in calls if call.model}
    both: Mapping[str, str] = {**{model: provider for provider, model in CANDIDATES}, **seen}
    return sorted((provider, model) for model, provider in both.items() if model != main)


def _choice(model: str, usd: Decimal, n: int, bad: int, share: float) -> Choice:
    if not n:
        return Choice(model, usd, 0, None, None, None)
    high = interval(bad, n)[1]
    proven = high <= share + MARGIN
    worse = bad / n > share + MARGIN
    return Choice(model, usd, n, bad / n, high, None if n < LEAST_CALLS else proven or (False if worse else None))


def _cost(call: Call, prices: Prices, at: float) -> Decimal | None:
    rates = prices.rates(price_key(call), at)
    return None if isinstance(rates, Unpriced) else cost(rates, call.usage)


def _as(calls: Sequence[Call], provider: str, model: str, prices: Prices, at: float) -> Decimal | None:
    """USD of the calls had `model` answered them; None where it has no price for some of their tokens."""
    total = _ZERO
    for call in calls:
        key = price_key(call)._replace(provider=provider, model=model, asked=model)
        rates = prices.rates(key, at)
        if isinstance(rates, Unpriced):
            return None
        usd = cost(rates, call.usage)
        if usd is None:
            usd = cost(rates, _uncached(call.usage))
        if usd is None:
            return None
        total += usd
    return total


def _uncached(usage: Usage) -> Usage:
    """The same tokens for a model that has no price of a cache."""
    return Usage(
        uncached_input=usage.input_total, output=usage.output, reasoning=usage.reasoning, input_total=usage.input_total
    )


def nobody_waits(call: Call, key: PriceKey) -> bool:
    """Whether nothing in the log says that somebody waits for the answer, and it is not batch already."""
    asked = call.stream is not False or call.conversation or call.user
    return not (asked or key.batch or key.tier or key.fast)


def _batch(calls: Sequence[Call], prices: Prices, at: float) -> Batch | None:
    n, usd, batch = 0, _ZERO, _ZERO
    for call in calls:
        key = price_key(call)
        if not nobody_waits(call, key):
            continue
        now, then = prices.rates(key, at), prices.rates(key._replace(batch=True), at)
        if isinstance(now, Unpriced) or isinstance(then, Unpriced) or then.at_standard:
            continue
        own, cheaper = cost(now, call.usage), cost(then, call.usage)
        if own is None or cheaper is None:
            continue
        n, usd, batch = n + 1, usd + own, batch + cheaper
    return Batch(n, usd, batch) if n else None
