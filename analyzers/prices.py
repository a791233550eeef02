"""Tokens times price: what a call costs, by model, tier and date. A price that is not known is said, never guessed.

Public prices are those of the package genai-prices, through its own arithmetic; negotiated ones come from the
configuration and go first. Money is Decimal USD.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from importlib.metadata import version
from typing import Any, NamedTuple

from analyzers.core import Usage
from analyzers.names import Aliases, placed, spellings
from analyzers.names_table import SELF_HOSTED as SELF_HOSTED_BY
from analyzers.price_key import PriceKey, representative_input
from analyzers.price_list import DAY_S, Listed, find

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
    at_standard: bool = False
    """The call was batch, fast or of a service tier with no price of its own: these are the standard prices."""


class Unpriced(NamedTuple):
    """Why there is no price."""

    reason: str


class Override(NamedTuple):
    """A negotiated price, USD per million tokens; None is not known. It holds for days (UTC) from `since`, before `until`."""

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    cache_write_short: Decimal | None = None
    cache_write_long: Decimal | None = None
    since: date | None = None
    until: date | None = None

    def holds(self, at: float) -> bool:
        """Whether it is the price at `at` (unix seconds)."""
        day = datetime.fromtimestamp(at, UTC).date()
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


UNKNOWN_USAGE = Unpriced("usage not reported")
NO_MODEL = Unpriced("the log names no model")
NOT_LISTED = Unpriced("model not in the price list")
NOT_TOLD_APART = Unpriced("more models in one hour than are told apart")
SELF_HOSTED = Unpriced("self-hosted: its cost is capacity, not tokens")

_FREE = Rates(_ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, "")


class _Entry(NamedTuple):
    """What is known of one model: the owner's own prices, latest first, then the list's."""

    own: tuple[tuple[Override, Rates], ...]
    listed: Listed | Unpriced
    step: float | None
    """Seconds, counted from 1970, within which nothing changes; None when nothing ever does."""


class Prices:
    """A price list: public prices, the user's own, and names that stand for others. Lookups are remembered."""

    def __init__(
        self,
        overrides: Mapping[str, Override | Sequence[Override]] | None = None,
        aliases: Mapping[str, str] | None = None,
        tuned: Mapping[str, Override] | None = None,
    ) -> None:
        """`tuned` are prices of tuned models by "ft:" and the base's name: they go before the public list, which lacks most of them."""
        self._tuned = {
            name: ((price, _own_rates(name, price)._replace(model=name)),) for name, price in (tuned or {}).items()
        }
        self._overrides = {name.lower(): _own(name, given) for name, given in (overrides or {}).items()}
        self.aliases = Aliases(aliases)
        self._found: dict[tuple[str, str, str], _Entry] = {}
        self._rates: dict[tuple[PriceKey, float | None], Rates | Unpriced] = {}
        self._computed: dict[tuple[str, int, bool, str], Rates | Unpriced] = {}

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
        if key.billing == "not_told_apart":
            return NOT_TOLD_APART
        entry = self._entry(key)
        memo = (key, None if entry.step is None else at // entry.step)
        known = self._rates.get(memo)
        if known is None:
            known = self._rates[memo] = self._at(entry, key, at)
        return known

    def _at(self, entry: _Entry, key: PriceKey, at: float) -> Rates | Unpriced:
        for price, rates in entry.own:
            if price.holds(at):
                return rates._replace(at_standard=bool(key.tier or key.batch or key.fast))
        if isinstance(entry.listed, Unpriced):
            return entry.listed
        prices, known_tier = entry.listed.prices_at(key, at)
        memo = (entry.listed.model.id, key.band, known_tier, repr(prices))
        known = self._computed.get(memo)
        if known is None:
            found = _rates_of(prices, key.band, entry.listed.model.id)
            known = found if isinstance(found, Unpriced) or known_tier else found._replace(at_standard=True)
            self._computed[memo] = known
        return known

    def _entry(self, key: PriceKey) -> _Entry:
        memo = (key.provider, key.model, key.asked)
        known = self._found.get(memo)
        if known is None:
            known = self._found[memo] = self._look_up(*memo)
        return known

    def _look_up(self, provider: str, model: str, asked: str) -> _Entry:
        if not model:
            return _Entry((), NO_MODEL, None)
        names = [name for name in dict.fromkeys((model.lower(), asked.lower())) if name]
        own: tuple[tuple[Override, Rates], ...] = ()
        for name in names:
            own = self._overrides.get(f"{provider.lower()}/{name}") or self._overrides.get(name) or ()
            if own:
                break
        if not own and self._tuned:
            spelt = (each for name in names for each in spellings(provider, name))
            own = next((self._tuned[each] for each in spelt if each in self._tuned), ())
        listed = self._listed(provider, [self.aliases.of(provider, name) for name in names])
        steps = [listed.step] if isinstance(listed, Listed) else []
        steps += [DAY_S if price.since or price.until else None for price, _ in own]
        return _Entry(own, listed, min((step for step in steps if step is not None), default=None))

    @staticmethod
    def _listed(provider: str, names: Sequence[str]) -> Listed | Unpriced:
        if all(placed(provider, name).host in SELF_HOSTED_BY for name in names):
            return SELF_HOSTED
        return next((found for name in names if (found := find(provider, name)) is not None), NOT_LISTED)


def cost(rates: Rates, usage: Usage) -> Decimal | None:
    """USD of one call's usage; None when a counter that matters is unknown or has no price.

    Input of which the log does not say whether it was cached is priced as if it were not.
    """
    if usage.output is None or usage.input_total is None:
        return None
    read, short, long = usage.cache_read or 0, usage.cache_write_short or 0, usage.cache_write_long or 0
    uncached = max(usage.uncached_input or 0, usage.input_total - read - short - long)
    return priced(rates, (uncached, read, short, long, usage.output, usage.reasoning or 0), 1)


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


def _own(name: str, given: Override | Sequence[Override]) -> tuple[tuple[Override, Rates], ...]:
    periods = (given,) if isinstance(given, Override) else given
    latest_first = sorted(periods, key=lambda price: price.since or date.min, reverse=True)
    return tuple((price, _own_rates(name, price)) for price in latest_first)


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
