"""Tokens of simulated requests as money: the price list's rates, and the provider's multipliers where it has none."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from analyzers.prices import Prices, Rates, Unpriced
from analyzers.prompt_caching.prompt import Prompt
from analyzers.prompt_caching.rules import Rule
from analyzers.prompt_caching.served import Served

_ZERO = Decimal(0)


class InputRates(NamedTuple):
    """USD a token; `modelled`: the price list has no price for the cache, the rule's multiplier stands in."""

    uncached: Decimal
    read: Decimal
    write_short: Decimal
    write_long: Decimal
    modelled: bool
    output: Decimal = _ZERO

    def usd(self, tokens: Served) -> Decimal:
        """Price of one request's input."""
        return (
            self.uncached * tokens.uncached
            + self.read * tokens.read
            + self.write_short * tokens.write_short
            + self.write_long * tokens.write_long
        )


class Money:
    """Prices requests; looks each kind of request up once."""

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self._known: dict[tuple[int, str | None], tuple[Rates, InputRates]] = {}

    def rates(self, prompt: Prompt) -> InputRates | None:
        """Rates of the prompt's model, tier and day, or None where the input has no price."""
        key = prompt.price
        found = self._prices.rates(key if key.billing == "tokens" else key._replace(billing="tokens"), prompt.at)
        if isinstance(found, Unpriced) or found.uncached_input is None:
            return None
        rule = prompt.rule
        memo = (id(found), None if rule is None else rule.id)
        known = self._known.get(memo)
        if known is None:
            # Kept with the rates themselves, so that no other object takes over their identity.
            known = self._known[memo] = (found, _input_rates(found, rule))
        return known[1]


def _input_rates(rates: Rates, rule: Rule | None) -> InputRates:
    plain = rates.uncached_input or _ZERO
    read, short, long = rates.cache_read, rates.cache_write_short, rates.cache_write_long
    modelled = False
    if rule is not None:
        if read is None or (read == plain and rule.read < 1 and plain):
            read, modelled = plain * Decimal(str(rule.read)), True
        multipliers = [Decimal(str(multiplier)) for multiplier in rule.write]
        if short is None or (short == plain and multipliers[0] > 1):
            short, modelled = plain * multipliers[0], True
        if long is None or (long == short and len(multipliers) > 1 and multipliers[1] > multipliers[0]):
            long, modelled = plain * multipliers[-1], True
    return InputRates(
        plain,
        plain if read is None else read,
        plain if short is None else short,
        plain if long is None else long,
        modelled,
        rates.output or _ZERO,
    )


class Total:
    """Tokens and money of many requests; money stays None until something could be priced."""

    __slots__ = (
        "_by_rates", "_pinged", "pings", "read", "requests", "shares", "total", "unpriced", "write_long", "write_short",
    )  # fmt: skip

    def __init__(self) -> None:
        self.requests = self.unpriced = 0
        self.total = self.read = self.write_short = self.write_long = 0
        self.shares = 0.0
        """Sum over requests of the share that was read."""
        self.pings = 0
        self._pinged = _ZERO
        self._by_rates: dict[int, tuple[InputRates, list[int]]] = {}

    def add(self, tokens: Served, rates: InputRates | None) -> None:
        """One request."""
        whole = tokens.total
        self.requests += 1
        self.total += whole
        self.read += tokens.read
        self.write_short += tokens.write_short
        self.write_long += tokens.write_long
        if whole:
            self.shares += tokens.read / whole
        if rates is None:
            self.unpriced += 1
            return
        entry = self._by_rates.get(id(rates))
        if entry is None:
            entry = self._by_rates[id(rates)] = (rates, [0, 0, 0, 0])
        sums = entry[1]
        sums[0] += tokens.uncached
        sums[1] += tokens.read
        sums[2] += tokens.write_short
        sums[3] += tokens.write_long

    def ping(self, tokens: Served, rates: InputRates | None) -> None:
        """What was sent to keep an entry: it costs its input and one token of output, and is no request of anybody's."""
        self.pings += 1
        if rates is not None:
            self._pinged += rates.usd(tokens) + rates.output

    @property
    def usd(self) -> Decimal:
        """What the priced requests cost, and the pings for them."""
        return sum((rates.usd(Served(*sums)) for rates, sums in self._by_rates.values()), self._pinged)

    @property
    def usd_uncached(self) -> Decimal:
        """What they would cost without any cache."""
        return sum((rates.uncached * sum(sums) for rates, sums in self._by_rates.values()), _ZERO)

    @property
    def hit_ratio(self) -> float | None:
        """Tokens read for each token of input."""
        return self.read / self.total if self.total else None

    @property
    def hit_ratio_per_request(self) -> float | None:
        """Mean over requests of the share that was read."""
        return self.shares / self.requests if self.requests else None
