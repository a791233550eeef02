"""Tokens times price: what a call costs, by model, tier and date. A price that is not known is said, never guessed.

Public prices are those of the package genai-prices, through its own arithmetic; negotiated ones come from the
configuration and go first. Money is Decimal USD.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from importlib.metadata import version
from typing import Any, NamedTuple

from analyzers.core import Usage
from analyzers.price_key import PriceKey, representative_input

_MILLION = Decimal(1_000_000)
_ZERO = Decimal(0)


class Rates(NamedTuple):
    """USD per token for each counter of `Usage`, and per call; None is a price that is not known."""

    uncached_input: Decimal | None
    cache_read: Decimal | None
    cache_write_short: Decimal | None
    cache_write_long: Decimal | None
    output: Decimal | None
    reasoning: Decimal | None
    """Of those output tokens that are reasoning; the same as `output` nearly everywhere."""
    call: Decimal
    model: str
    """The row of the price list."""


class Unpriced(NamedTuple):
    """Why there is no price."""

    reason: str


class Override(NamedTuple):
    """A negotiated price, USD per million tokens; None is not known."""

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    cache_write_short: Decimal | None = None
    cache_write_long: Decimal | None = None


UNKNOWN_USAGE = Unpriced("usage not reported")
NO_MODEL = Unpriced("the log names no model")
NOT_LISTED = Unpriced("model not in the price list")
SELF_HOSTED = Unpriced("self-hosted: its cost is capacity, not tokens")

_FREE = Rates(_ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, "")
_SELF_HOSTED = frozenset(("vllm", "ollama", "hosted_vllm", "llamacpp", "llama.cpp", "tgi", "lm_studio", "sglang"))
_PROVIDERS = {
    "gcp.vertex_ai": "google",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "vertex_ai": "google",
    "vertex": "google",
    "gemini": "google",
    "google-gla": "google",
    "google-vertex": "google",
    "azure.ai.openai": "azure",
    "az.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "az.ai.inference": "azure",
    "azure_ai": "azure",
    "azure_openai": "azure",
    "aws.bedrock": "aws",
    "bedrock": "aws",
    "bedrock_converse": "aws",
    "x_ai": "x-ai",
    "xai": "x-ai",
    "mistral_ai": "mistral",
    "mistralai": "mistral",
    "together_ai": "together",
    "fireworks_ai": "fireworks",
    "moonshot_ai": "moonshotai",
    "moonshot": "moonshotai",
    "text-completion-openai": "openai",
}
_SNAPSHOT = re.compile(r"[-@](?:20\d{2}-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01]))$")
_REGION = re.compile(r"^(?:us|eu|apac|global|us-gov|jp|au|ca)\.(?=[a-z])")


class Prices:
    """A price list: public prices, the user's own, and names that stand for others. Lookups are remembered."""

    def __init__(
        self, overrides: Mapping[str, Override] | None = None, aliases: Mapping[str, str] | None = None
    ) -> None:
        self._overrides = {name.lower(): _own_rates(name, price) for name, price in (overrides or {}).items()}
        self._aliases = {name.lower(): model for name, model in (aliases or {}).items()}
        self._found: dict[tuple[str, str, str], _Listed | Rates | Unpriced] = {}
        self._rates: dict[tuple[PriceKey, float | None], Rates | Unpriced] = {}
        self._computed: dict[tuple[str, int, str], Rates | Unpriced] = {}

    @cached_property
    def source(self) -> str:
        """Name and version of the price list, as the report shows it."""
        own = f" and {len(self._overrides)} of your own" if self._overrides else ""
        return f"genai-prices {version('genai-prices')}{own}"

    def rates(self, key: PriceKey, at: float) -> Rates | Unpriced:
        """What tokens of `key` cost at `at` (unix seconds), or why that is not known."""
        if key.billing in ("failed", "answered_from_cache"):
            return _FREE
        if key.billing == "unknown":
            return UNKNOWN_USAGE
        listed = self._model(key)
        if isinstance(listed, Unpriced | Rates):
            return listed
        # Most models have one price for all times; the others are remembered by the moment.
        memo = (key, None if listed.timeless else at)
        known = self._rates.get(memo)
        if known is None:
            known = self._rates[memo] = self._at(listed, key, at)
        return known

    def _at(self, listed: _Listed, key: PriceKey, at: float) -> Rates | Unpriced:
        prices = _prices_at(listed, key, at)
        memo = (listed.model.id, key.band, repr(prices))
        known = self._computed.get(memo)
        if known is None:
            known = self._computed[memo] = _rates_of(prices, key.band, listed.model.id)
        return known

    def _model(self, key: PriceKey) -> _Listed | Rates | Unpriced:
        memo = (key.provider, key.model, key.asked)
        if memo not in self._found:
            self._found[memo] = self._look_up(*memo)
        return self._found[memo]

    def _look_up(self, provider: str, model: str, asked: str) -> _Listed | Rates | Unpriced:
        if not model:
            return NO_MODEL
        names = [name for name in dict.fromkeys((model.lower(), asked.lower())) if name]
        for name in names:
            own = self._overrides.get(f"{provider.lower()}/{name}") or self._overrides.get(name)
            if own is not None:
                return own
        names = [self._aliases.get(name, name) for name in names]
        if provider.lower() in _SELF_HOSTED:
            return SELF_HOSTED
        for name in names:
            found = _listed(provider, name)
            if found is not None:
                return found
        return NOT_LISTED


def cost(rates: Rates, usage: Usage) -> Decimal | None:
    """USD of one call's usage; None when a counter that matters is unknown or has no price.

    An input whose split is unknown is priced as if none of it were cached: at most that.
    """
    if usage.output is None or usage.input_total is None:
        return None
    uncached = usage.input_total if usage.uncached_input is None else usage.uncached_input
    if usage.uncached_input is None:
        counts = (uncached, 0, 0, 0, usage.output, usage.reasoning or 0)
    else:
        counts = (
            uncached,
            usage.cache_read or 0,
            usage.cache_write_short or 0,
            usage.cache_write_long or 0,
            usage.output,
            usage.reasoning or 0,
        )
    return priced(rates, counts, 1)


def priced(rates: Rates, counts: tuple[int, int, int, int, int, int], calls: int) -> Decimal | None:
    """USD of `counts`: uncached input, cache read, short and long writes, output, and the reasoning within output.

    None when tokens were counted for which no price is known.
    """
    uncached, read, short, long, output, reasoning = counts
    total = rates.call * calls
    for tokens, rate in (
        (uncached, rates.uncached_input),
        (read, rates.cache_read),
        (short, rates.cache_write_short),
        (long, rates.cache_write_long),
        (output - reasoning, rates.output),
        (reasoning, rates.reasoning),
    ):
        if tokens:
            if rate is None:
                return None
            total += rate * tokens
    return total


def _own_rates(name: str, price: Override) -> Rates:
    def per_token(usd: Decimal | None) -> Decimal | None:
        return None if usd is None else usd / _MILLION

    output = per_token(price.output)
    return Rates(
        per_token(price.input),
        per_token(price.cache_read),
        per_token(price.cache_write_short),
        per_token(price.cache_write_long),
        output,
        output,
        _ZERO,
        f"{name} (your price)",
    )


def _listed(provider: str, model: str) -> _Listed | None:
    """The row of the price list for a model as logs name it, or None.

    Tried in order: the name as it is, without routing prefixes, without its snapshot date; at the provider that the
    log names, then wherever the name alone leads.
    """
    from genai_prices.data_snapshot import get_snapshot

    snapshot = get_snapshot()
    names = [model]
    bare = _REGION.sub("", model.rsplit("/", 1)[-1])
    names += [bare, _SNAPSHOT.sub("", bare)]
    listed = _PROVIDERS.get(provider.lower(), provider.lower()) or None
    for provider_id in dict.fromkeys((listed, None)):
        for name in dict.fromkeys(names):
            try:
                seller, found = snapshot.find_provider_model(name, None, provider_id, None)
            except LookupError:
                continue
            # Tiers are prices of the model's own provider; who resells it has only the standard ones listed.
            return _Listed(found, any(found is own for own in seller.models))
    return None


class _Listed(NamedTuple):
    """A row of the price list, and whether its tiers hold at the provider in question."""

    model: Any
    tiers: bool

    @property
    def timeless(self) -> bool:
        variants = self.model.price_variants or ()
        return not isinstance(self.model.prices, list) and all(variant.constraint is None for variant in variants)


def _prices_at(listed: _Listed, key: PriceKey, at: float) -> Any:
    """The list's prices for the tier of `key` at `at`."""
    context: dict[str, str] = {}
    if key.tier:
        context["service_tier"] = key.tier
    if key.batch:
        context["processing"] = "batch"
    if key.fast:
        context["speed"] = "fast"
    return listed.model.get_prices(datetime.fromtimestamp(at, UTC), context if listed.tiers and context else None)


def _rates_of(prices: Any, band: int, model: str) -> Rates | Unpriced:
    """Rates from the list's own arithmetic, by pricing usages of one kind of token each."""
    from genai_prices import Usage as Listed

    if prices.input_mtok is None and prices.output_mtok is None and prices.requests_kcount is None:
        return Unpriced("the price list has no price per token for this model")
    tokens = representative_input(band)

    def usd(**usage: int) -> Decimal:
        return Decimal(prices.calc_price(Listed(**usage))["total_price"])

    call = usd(input_tokens=0)
    plain = usd(input_tokens=tokens)
    million = 1_000_000
    return Rates(
        (plain - call) / tokens,
        (usd(input_tokens=tokens, cache_read_tokens=tokens) - call) / tokens,
        (usd(input_tokens=tokens, cache_write_tokens=tokens) - call) / tokens,
        (usd(input_tokens=tokens, cache_write_tokens=tokens, cache_write_1h_tokens=tokens) - call) / tokens,
        (usd(input_tokens=tokens, output_tokens=million) - plain) / million,
        (usd(input_tokens=tokens, output_tokens=million, output_reasoning_tokens=million) - plain) / million
        if prices.output_reasoning_mtok is not None
        else (usd(input_tokens=tokens, output_tokens=million) - plain) / million,
        call,
        model,
    )
