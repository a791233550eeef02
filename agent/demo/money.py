"""What the demo's calls cost, straight from genai-prices: the reference that Hone's own prices are tested against."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from agent.demo.record import Fact

_DAY_S = 86_400


class Rates(NamedTuple):
    """USD for one token, for prompts below any long-context tier."""

    input: float
    cache_read: float
    output: float


def rates(provider: str, model: str, at: float) -> Rates:
    """The rates of a model on a day."""
    day = int(at // _DAY_S)
    plain = _price(provider, model, day, 1_000, 0, 0, 0)
    read = _price(provider, model, day, 1_000, 1_000, 0, 0)
    output = _price(provider, model, day, 1_000, 0, 0, 1_000)
    if plain is None or read is None or output is None:
        raise LookupError(model)
    return Rates(float(plain) / 1_000, float(read) / 1_000, float(output - plain) / 1_000)


def price(fact: Fact) -> Decimal | None:
    """USD of one call; None when genai-prices does not know the model or the log does not say the usage."""
    if fact.input_total is None or fact.output is None:
        return None
    day = int(fact.at // _DAY_S)
    read, written = fact.cache_read or 0, (fact.cache_write_short or 0) + (fact.cache_write_long or 0)
    return _price(fact.provider, fact.model, day, fact.input_total, read, written, fact.output)


@lru_cache(maxsize=65_536)
def _price(provider: str, model: str, day: int, total: int, read: int, written: int, output: int) -> Decimal | None:
    """`written` is short-lived: nothing in the demo is cached for an hour."""
    from genai_prices import Usage, calc_price

    usage = Usage(input_tokens=total, cache_read_tokens=read, cache_write_tokens=written, output_tokens=output)
    try:
        found = calc_price(
            usage,
            model_ref=model,
            provider_id=provider,
            genai_request_timestamp=datetime.fromtimestamp(day * _DAY_S, UTC),
        )
    except LookupError:
        return None
    return found.total_price
