"""What was spent, hour by hour, for a screen that asks again and again: an hour is priced again only when its counts changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec

from agent.store import Store, read
from analyzers import quantiles
from analyzers.price_key import PriceKey
from analyzers.prices import Prices
from analyzers.spend import Spend, State, view
from analyzers.spend.served import lines_of
from analyzers.spend.state import EVERY, read_model_cell
from analyzers.spend.view import Row, Tokens

_SPEND = Spend()
_decode = msgspec.json.Decoder(State).decode
ALL_AGAIN_S = 60.0
"""Calls that come in late may change any hour: so often every hour is looked at, in between only the last ones."""
_LAST = 2


class Hour(NamedTuple):
    """One hour (unix time // 3600). Money is USD and covers the priced calls."""

    hour: int
    calls: int
    usd: Decimal
    unpriced_calls: int
    errors: int
    tokens: Tokens
    by_model: tuple[Row, ...]
    by_app: tuple[Row, ...]
    served: tuple[tuple[PriceKey, int], ...]
    """Models that answered under another name, and how often: a name that was asked for is counted with them."""
    durations: quantiles.Buckets
    start: float | None
    end: float | None
    """Unix seconds of the first beginning and the last end of a call."""


class Times(NamedTuple):
    """Seconds a call took, over those whose log says it."""

    n: int
    p50: float | None
    p95: float | None


class Spent(NamedTuple):
    """A stretch of hours. `hours` has only those in which there were calls, in order."""

    hours: tuple[Hour, ...]
    calls: int
    usd: Decimal
    priced: bool
    """Whether any call has a price: without one `usd` says nothing."""
    unpriced_calls: int
    errors: int
    tokens: Tokens
    by_model: list[Row]
    by_app: list[Row]
    latency: Times


class SpendHours:
    """Not for several threads at once."""

    def __init__(self, store: Store, prices: Prices) -> None:
        self._store = store
        self._prices = prices
        self._hours: dict[int, tuple[int, Hour]] = {}
        self._from: int | None = None
        self._all_at = 0.0

    def spent(self, start: int, middle: int, end: int, now: float) -> tuple[Spent, Spent]:
        """Hours with start <= hour < middle, and with middle <= hour < end. Raises StoreUnavailable."""
        known = self._from is not None and self._from <= start and now - self._all_at < ALL_AGAIN_S
        if known:
            self._read(max(start, max(self._hours, default=start) - _LAST + 1), end)
        else:
            self._read(start, end)
            self._hours = {hour: found for hour, found in self._hours.items() if hour >= start}
            self._from, self._all_at = start, now
        hours = [one for _, (_, one) in sorted(self._hours.items())]
        before = [one for one in hours if start <= one.hour < middle]
        return together(before, self._prices), together(
            [one for one in hours if middle <= one.hour < end], self._prices
        )

    def _read(self, start: int, end: int) -> None:
        states: defaultdict[int, list[bytes]] = defaultdict(list)
        for key, state in read.summaries(self._store.engine, _SPEND.name, _SPEND.version, start, end):
            states[key[2]].append(state)
        for hour in [hour for hour in self._hours if start <= hour < end and hour not in states]:
            del self._hours[hour]
        for hour, found in states.items():
            mark = hash(tuple(found))
            before = self._hours.get(hour)
            if before is None or before[0] != mark:
                self._hours[hour] = (mark, _priced(hour, [_decode(state) for state in found], self._prices))


def _priced(hour: int, states: Sequence[State], prices: Prices) -> Hour:
    # Times are told of all hours together: quantiles of each are not asked for.
    without_times = [msgspec.structs.replace(state, duration={}, first_token={}) for state in states]
    seen = view(((hour, state) for state in without_times), prices, times_by_name=False)
    durations: defaultdict[int, int] = defaultdict(int)
    for state in states:
        for bucket, calls in state.duration.get(EVERY, {}).items():
            durations[bucket] += calls
    return Hour(
        hour,
        seen.calls,
        seen.total_usd,
        seen.unpriced_calls,
        seen.errors,
        seen.tokens,
        tuple(seen.by_model),
        tuple(seen.by_app),
        tuple(
            (key, counts[0])
            for state in states
            for cell, counts in state.by_model.items()
            if (key := read_model_cell(cell)) is not None and key.asked and key.model != key.asked
        ),
        dict(durations),
        seen.start,
        seen.end,
    )


def together(hours: Sequence[Hour], prices: Prices) -> Spent:
    """All of them."""
    durations: defaultdict[int, int] = defaultdict(int)
    for hour in hours:
        for bucket, calls in hour.durations.items():
            durations[bucket] += calls
    line_of = lines_of((pair for hour in hours for pair in hour.served), prices.aliases)
    p50, p95 = quantiles.quantiles(durations, (0.5, 0.95))
    calls, unpriced = sum(hour.calls for hour in hours), sum(hour.unpriced_calls for hour in hours)
    return Spent(
        tuple(hours),
        calls,
        sum((hour.usd for hour in hours), Decimal(0)),
        calls > unpriced,
        unpriced,
        sum(hour.errors for hour in hours),
        _tokens(hour.tokens for hour in hours),
        _rows(row._replace(name=line_of.get(row.name or "", row.name)) for hour in hours for row in hour.by_model),
        _rows(row for hour in hours for row in hour.by_app),
        Times(sum(durations.values()), p50, p95),
    )


def _tokens(counts: Iterable[Tokens]) -> Tokens:
    return Tokens(*(sum(column) for column in zip(*counts, strict=True))) if (counts := list(counts)) else Tokens()


def _rows(rows: Iterable[Row]) -> list[Row]:
    """Rows of the same name as one, those that cost most first, those without a price last."""
    named: defaultdict[str | None, list[Row]] = defaultdict(list)
    for row in rows:
        named[row.name].append(row)
    found = [
        Row(
            name,
            sum(row.calls for row in some),
            None if all(row.usd is None for row in some) else sum((row.usd or Decimal(0) for row in some), Decimal(0)),
            sum(row.unpriced_calls for row in some),
            sum(row.errors for row in some),
            _tokens(row.tokens for row in some),
            next((row.reason for row in some if row.reason), None),
        )
        for name, some in named.items()
    ]
    return sorted(found, key=lambda row: (row.usd is None, -(row.usd or 0), -row.calls, row.name or ""))
