"""What a cache costs to run: a vector for every request, and room for what is kept. Modelled from two prices, which are settings."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzers.response_caching.stream import NO_ANSWER, PICO, Stream

Longs = NDArray[np.int64]

_BYTES_A_TOKEN = 4
"""Of prose; only the price of embedding hangs on it."""
_BYTES_A_NUMBER = 4
_GB = 10**9
_MONTH_S = 730 * 3_600


class Costs(NamedTuple):
    """USD. The defaults are OpenAI's text-embedding-3-small (genai-prices; a test holds it to that) and the 0.125 USD a GB-hour of Amazon ElastiCache
    Serverless for Redis OSS (US East, June 2026; AWS's price list and Database Blog), at 730 hours a month.
    """

    embedding_million_tokens: Decimal = Decimal("0.02")
    store_gb_month: Decimal = Decimal(91)


class Cache(NamedTuple):
    """How a cache is set and what it has to hold."""

    lifetime: float
    """Seconds."""
    entries: int
    dimensions: int
    """Of a vector; 0 for a cache that looks up by key and embeds nothing."""


class Sizes:
    """Bytes of a stream's questions and answers."""

    def __init__(self, stream: Stream) -> None:
        self._asked = _bytes(stream.texts)[stream.text] if len(stream) else np.zeros(0, np.int64)
        answers = _bytes(stream.answers)
        self._answered = np.full(len(stream), -1, np.int64)
        known = stream.answer != NO_ANSWER
        self._answered[known] = answers[stream.answer[known]]

    def running(self, rows: Longs, misses: int, seconds: float, cache: Cache, costs: Costs) -> Decimal:
        """USD of running a cache for `seconds` in which the requests `rows` came.

        Entries in it at one time: those inserted within a lifetime at this pace, at most as many as fit.
        """
        if not len(rows) or seconds <= 0:
            return Decimal(0)
        asked = int(self._asked[rows].sum())
        answered = self._answered[rows]
        answered = answered[answered >= 0]
        answer = float(answered.mean()) if len(answered) else 0.0
        embedded = asked / _BYTES_A_TOKEN if cache.dimensions else 0.0
        entry = asked / len(rows) + answer + _BYTES_A_NUMBER * cache.dimensions
        held = min(cache.entries, misses * (cache.lifetime / seconds if isfinite(cache.lifetime) else 1.0))
        return (
            costs.embedding_million_tokens * Decimal(embedded) / 1_000_000
            + costs.store_gb_month * Decimal(held * entry) / _GB * Decimal(seconds) / _MONTH_S
        )


def _bytes(texts: Sequence[str]) -> Longs:
    return np.array([len(text.encode("utf-8", "surrogatepass")) for text in texts], np.int64)


def usd(pico: int) -> Decimal:
    """Money of the simulations as USD."""
    return Decimal(pico) / PICO
