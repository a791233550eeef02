"""Everything about a call that decides its price per token, and nothing else.

Tokens are summed only within one key, so that a total is never priced across tiers.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from typing import Literal, NamedTuple

from analyzers.core import Call

CONTEXT_BANDS = (32_000, 100_000, 128_000, 199_999, 200_000, 256_000, 272_000, 512_000, 524_288)
"""Every input size above which some model of the price table costs more (genai-prices 0.2.3, all providers).

A call in band n has more input tokens than the first n of these. The test suite holds the table against it.
"""

Billing = Literal["tokens", "unknown", "failed", "answered_from_cache", "not_told_apart"]
"""tokens: both sides of the usage are known; unknown: a call that does not say, or says in part, what it used; failed:
an error without any usage, which providers do not bill; answered_from_cache: a gateway's response cache answered;
not_told_apart: further models than one hour has room for."""

_HALF_HOUR_S = 1_800
_HALF_HOUR_NAME = "deepseek"
"""In provider or model: prices that change at half past the hour; everywhere else the hour decides."""

_TIERS = {"default": "", "auto": "", "standard": "", "on_demand": "", "scale": "", "standard_only": ""}
_LONGEST = 200


class PriceKey(NamedTuple):
    """Provider and models as logged; service tier, batch and speed; context band; second half of the hour."""

    provider: str
    model: str
    asked: str
    tier: str
    batch: bool
    fast: bool
    band: int
    second_half: bool
    billing: Billing


OTHER = PriceKey("", "(other models)", "", "", False, False, 0, False, "not_told_apart")
"""Where calls of further models go when one hour has more of them than are told apart."""


def price_key(call: Call) -> PriceKey:
    """The key of one call."""
    usage = call.usage
    total = usage.input_total
    if call.response_cache_hit:
        billing: Billing = "answered_from_cache"
    elif total is not None and usage.output is not None:
        billing = "tokens"
    elif call.status == "error" and total is None and usage.output is None:
        billing = "failed"
    else:
        billing = "unknown"
    tier = call.service_tier or ""
    parameters = call.parameters
    provider = (call.provider or "")[:_LONGEST]
    asked = (call.request_model or "")[:_LONGEST]
    model = (call.response_model or asked)[:_LONGEST]
    return PriceKey(
        provider,
        model,
        asked,
        "" if tier == "batch" else _TIERS.get(tier, tier[:_LONGEST]),
        tier == "batch" or bool(parameters and parameters.get("batch")),
        bool(parameters and parameters.get("speed") == "fast"),
        0 if total is None or total <= CONTEXT_BANDS[0] else bisect_left(CONTEXT_BANDS, total),
        _by_half_hour(provider, model) and call.started_at % (2 * _HALF_HOUR_S) >= _HALF_HOUR_S,
        billing,
    )


@lru_cache(maxsize=4_096)
def _by_half_hour(provider: str, model: str) -> bool:
    return _HALF_HOUR_NAME in provider.lower() or _HALF_HOUR_NAME in model.lower()


def representative_input(band: int) -> int:
    """An input size inside the band."""
    return 1 if band == 0 else CONTEXT_BANDS[band - 1] + 1


def moment(hour: int, key: PriceKey) -> float:
    """The time (unix seconds) whose price list holds for calls of `key` in `hour` (unix time // 3600)."""
    return hour * 3_600.0 + (_HALF_HOUR_S if key.second_half else 0)
