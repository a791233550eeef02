"""What an average call of a task costs, by a model's prices per million tokens."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from analyzers.fine_tuning.assumptions import Assumptions
from analyzers.fine_tuning.routes import Route

_MILLION = Decimal(1_000_000)
_ZERO = Decimal(0)


class Shape(NamedTuple):
    """An average call: tokens that are the same in all calls, tokens that vary, tokens answered.

    `cached` and `written` are the shares of the static tokens billed as read from and as written to the provider's cache.
    `retry` is how many further calls follow for each because the answer was of no use.
    """

    static: Decimal
    dynamic: Decimal
    output: Decimal
    cached: Decimal = _ZERO
    written: Decimal = _ZERO
    retry: Decimal = _ZERO

    @property
    def tokens(self) -> Decimal:
        """Input and output."""
        return self.static + self.dynamic + self.output


class TokenPrices(NamedTuple):
    """USD per million tokens. Without a price of their own, cached and written tokens cost what input costs."""

    input: Decimal
    output: Decimal
    cached_input: Decimal | None = None
    cache_write: Decimal | None = None


def per_call(shape: Shape, prices: TokenPrices) -> Decimal:
    """USD of an average call: [S (h p_read + w p_write + (1 - h - w) p_in) + D p_in + O p_out] (1 + retry) / 10^6."""
    read = prices.input if prices.cached_input is None else prices.cached_input
    write = prices.input if prices.cache_write is None else prices.cache_write
    plain = 1 - shape.cached - shape.written
    static = shape.static * (shape.cached * read + shape.written * write + plain * prices.input)
    rest = shape.dynamic * prices.input + shape.output * prices.output
    return (static + rest) * (1 + shape.retry) / _MILLION


def tuned_call(shape: Shape, route: Route, fallback: Decimal, assumed: Assumptions) -> Decimal:
    """USD of an average call once a model is tuned on `route`; hosting is not in it.

    The static prompt is shorter by what was tuned in, and then cached only where the route bills tuned models so and what is
    left is long enough. A share of calls still costs `fallback`, what it costs without tuning.
    """
    return (1 - assumed.fallback_share) * _served(shortened(shape, route, assumed), route) + (
        assumed.fallback_share * fallback
    )


def shortened(shape: Shape, route: Route, assumed: Assumptions) -> Shape:
    """The call after tuning: instructions in the weights, no retries for format."""
    static = shape.static * (1 - assumed.static_prompt_removed)
    return cached_on(shape._replace(static=static, retry=_ZERO), route, assumed)


def cached_on(shape: Shape, route: Route, assumed: Assumptions) -> Shape:
    """The call as `route` would bill its static part."""
    long_enough = shape.static >= assumed.caching_minimum
    cached = shape.cached if route.caching == "yes" and long_enough else _ZERO
    return shape._replace(cached=cached, written=_ZERO)


def _served(shape: Shape, route: Route) -> Decimal:
    if route.input is None or route.output is None:
        return _ZERO
    return per_call(shape, TokenPrices(route.input, route.output, route.cached_input))


def full_prompt_on(shape: Shape, route: Route, fallback: Decimal, assumed: Assumptions) -> Decimal:
    """USD of an average call on `route` with the prompt as it is: what a change of model alone would do."""
    whole = _served(cached_on(shape, route, assumed), route)
    return (1 - assumed.fallback_share) * whole + assumed.fallback_share * fallback
