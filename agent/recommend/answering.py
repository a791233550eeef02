"""Other ways for a call to be answered, and what it costs then."""

from __future__ import annotations

from typing import NamedTuple

from agent.recommend.bills import Bill
from analyzers.prices import Prices, Unpriced, priced
from analyzers.prompt_caching.served import Served


class Answering(NamedTuple):
    """How the calls of a template are answered in place of today's way. None: as today."""

    model: tuple[str, str] | None = None
    """Provider and name of another model."""
    batch: bool = False
    """Calls that nobody waits for go through the provider's batch interface."""
    usd_call: float | None = None
    """What a call costs on a tuned model, whatever its tokens."""
    kinds: tuple[tuple[str, float], ...] = ()
    """What a call costs on a model that is tuned for its kind of request alone, by id of the kind (of several, with spaces between)."""


TODAY = Answering()


def of_ping(bill: Bill, way: Answering, tokens: Served, prices: Prices) -> float:
    """USD of what is sent to keep an entry for a call."""
    key, at, _ = bill
    if way.model is not None:
        key = key._replace(provider=way.model[0], model=way.model[1], asked=way.model[1])
    rates = prices.rates(key, at)
    if isinstance(rates, Unpriced):
        return 0.0
    cached = (tokens.uncached, tokens.read, tokens.write_short, tokens.write_long)
    usd = priced(rates, (*cached, 1, 0), 1)
    return float(priced(rates, (tokens.total, 0, 0, 0, 1, 0), 1) or 0 if usd is None else usd)


def otherwise(
    bill: Bill, way: Answering, tokens: Served | None, billed: float, prices: Prices, *, waits: bool
) -> float | None:
    """What a call costs another way; None where that has no price, or nothing changes for it."""
    key, at, usage = bill
    was = key
    if way.model is not None and way.model[1] != key.model:
        provider, model = way.model
        key = key._replace(provider=provider, model=model, asked=model)
    if way.batch and not waits:
        key = key._replace(batch=True)
    if key == was:
        return None
    rates = prices.rates(key, at)
    if isinstance(rates, Unpriced):
        return None
    output = priced(rates, (0, 0, 0, 0, usage.output or 0, usage.reasoning or 0), 1)
    if tokens is None:
        uncached = usage.input_total or 0
        input_ = priced(rates, (uncached, 0, 0, 0, 0, 0), 0)
    else:
        input_ = priced(rates, (tokens.uncached, tokens.read, tokens.write_short, tokens.write_long, 0, 0), 0)
        if input_ is None:
            # No price of a cache: nothing is read from one.
            input_ = priced(rates, (tokens.total, 0, 0, 0, 0, 0), 0)
    if output is None or input_ is None:
        return None
    return float(input_) * (1.0 if tokens is None else billed) + float(output)
