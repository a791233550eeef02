"""Spend as a reader wants it: summaries of hours, priced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple, TypeVar

from analyzers import bounded, quantiles
from analyzers.price_key import OTHER as OTHER_MODELS
from analyzers.price_key import PriceKey, moment
from analyzers.prices import Prices, Rates, Unpriced, priced
from analyzers.spend.state import (
    DIMENSIONS,
    EVERY,
    Counts,
    State,
    add_counts,
    read_dimension_cell,
    read_model_cell,
)

OTHER_NAME = "(other)"
_NO_PRICE_FOR = "the price list has no price for one of the kinds of token it used"
_SHARES = (0.5, 0.95, 0.99)
K = TypeVar("K")
N = TypeVar("N", str, int)


class Tokens(NamedTuple):
    """Sums of the disjoint counters; `input_split_unknown` is input of which no log says how much was cached."""

    uncached_input: int = 0
    cache_read: int = 0
    cache_write_short: int = 0
    cache_write_long: int = 0
    output: int = 0
    reasoning: int = 0
    input_split_unknown: int = 0


class Row(NamedTuple):
    """One line of a table. `usd` covers the priced calls and is None when there is none."""

    name: str | None
    calls: int
    usd: Decimal | None
    unpriced_calls: int
    errors: int
    tokens: Tokens
    reason: str | None = None
    """Why `usd` is None."""


class Times(NamedTuple):
    """Seconds, over n calls; None without any."""

    n: int
    p50: float | None
    p95: float | None
    p99: float | None


class UnpricedModel(NamedTuple):
    """Calls of one model on which no price can be put, and why."""

    model: str
    calls: int
    reason: str


class SpendView(NamedTuple):
    """What was spent; money is USD. `upper_bound_calls` are priced as if none of their input had been cached."""

    start: float | None
    end: float | None
    total_usd: Decimal
    calls: int
    priced_calls: int
    unpriced_calls: int
    upper_bound_calls: int
    free_failures: int
    response_cache_hits: int
    errors: int
    errors_by_type: dict[str, int]
    tokens: Tokens
    by_model: list[Row]
    by_app: list[Row]
    by_environment: list[Row]
    by_team: list[Row]
    by_tag: list[Row]
    unpriced: list[UnpricedModel]
    logged_cost_usd: Decimal | None
    logged_cost_calls: int
    duration: dict[str, Times]
    """"" for all calls, "m" + model, "a" + app."""
    time_to_first_token: dict[str, Times]


class _Sum:
    """Counts and money of one row in the making."""

    __slots__ = ("calls", "counts", "errors", "free", "hits", "priced", "reasons", "unpriced", "upper", "usd")

    def __init__(self) -> None:
        self.calls = self.errors = self.priced = self.unpriced = self.free = self.hits = self.upper = 0
        self.usd = Decimal(0)
        self.counts: Counts | None = None
        self.reasons: dict[str, int] = {}

    def add(self, key: PriceKey, counts: Counts, found: Rates | Unpriced) -> None:
        self.calls += counts[0]
        self.errors += counts[1]
        self.counts = counts if self.counts is None else add_counts(self.counts, counts)
        if key.billing == "failed":
            self.free += counts[0]
        elif key.billing == "answered_from_cache":
            self.hits += counts[0]
        elif isinstance(found, Unpriced):
            self._without_price(counts[0], found.reason)
        else:
            usd = priced(found, (counts[4] + counts[3], *counts[5:10]), counts[0])  # type: ignore[arg-type]
            if usd is None:
                self._without_price(counts[0], _NO_PRICE_FOR)
            else:
                self.usd += usd
                self.priced += counts[0]
                self.upper += counts[2]

    def _without_price(self, calls: int, reason: str) -> None:
        self.unpriced += calls
        self.reasons[reason] = self.reasons.get(reason, 0) + calls

    @property
    def tokens(self) -> Tokens:
        c = self.counts
        return Tokens() if c is None else Tokens(c[4], c[5], c[6], c[7], c[8], c[9], c[3])

    def row(self, name: str | None) -> Row:
        known = self.priced + self.free + self.hits > 0
        reason = None if known else max(self.reasons, key=lambda r: (self.reasons[r], r), default="no calls")
        return Row(name, self.calls, self.usd if known else None, self.unpriced, self.errors, self.tokens, reason)


def view(states: Mapping[int, State] | Iterable[tuple[int, State]], prices: Prices) -> SpendView:
    """Price the states of hours (unix time // 3600 -> state); tokens of each hour cost what they did in that hour."""
    hours = states.items() if isinstance(states, Mapping) else states
    keyed: dict[tuple[PriceKey, Rates | Unpriced], Counts] = {}
    cells: dict[str, dict[tuple[str | None, PriceKey, Rates | Unpriced], Counts]] = {name: {} for name in DIMENSIONS}
    rest: dict[str, Counts] = {}
    durations: dict[str, quantiles.Buckets] = {}
    first_tokens: dict[str, quantiles.Buckets] = {}
    errors: dict[str, int] = {}
    starts: list[float] = []
    ends: list[float] = []
    for hour, state in hours:
        found: dict[PriceKey, Rates | Unpriced] = {}
        for cell, counts in state.by_model.items():
            key = read_model_cell(cell) or OTHER_MODELS
            found[key] = rates = prices.rates(key, moment(hour, key))
            _add(keyed, (key, rates), counts)
        for name, table in state.by.items():
            for cell, counts in table.items():
                pair = read_dimension_cell(cell)
                if pair is None:
                    _add(rest, name, counts)
                    continue
                value, key = pair
                rates = found.get(key) or prices.rates(key, moment(hour, key))
                _add(cells[name], (value, key, rates), counts)
        for name, buckets in state.duration.items():
            _gather(durations.setdefault(name, {}), buckets)
        for name, buckets in state.first_token.items():
            _gather(first_tokens.setdefault(name, {}), buckets)
        _gather(errors, state.errors)
        starts += [] if state.start is None else [state.start]
        ends += [] if state.end is None else [state.end]
    total, models, unpriced = _Sum(), dict[str, _Sum](), dict[tuple[str, str], int]()
    for (key, rates), counts in keyed.items():
        total.add(key, counts, rates)
        one = models.setdefault(key.model, _Sum())
        before = one.unpriced, dict(one.reasons)
        one.add(key, counts, rates)
        for reason, calls in one.reasons.items():
            if more := calls - before[1].get(reason, 0):
                unpriced[key.model, reason] = unpriced.get((key.model, reason), 0) + more
    logged = total.counts[10:] if total.counts else (0, 0)
    tables = {name: _table(cells[name], rest.get(name), total, exclusive=name != "tag") for name in DIMENSIONS}
    return SpendView(
        start=min(starts, default=None),
        end=max(ends, default=None),
        total_usd=total.usd,
        calls=total.calls,
        priced_calls=total.priced,
        unpriced_calls=total.unpriced,
        upper_bound_calls=total.upper,
        free_failures=total.free,
        response_cache_hits=total.hits,
        errors=total.errors,
        errors_by_type={_shown(name): count for name, count in errors.items()},
        tokens=total.tokens,
        by_model=_sorted([one.row(name or None) for name, one in models.items()]),
        by_app=tables["app"],
        by_environment=tables["environment"],
        by_team=tables["team"],
        by_tag=tables["tag"],
        unpriced=sorted(
            (UnpricedModel(model, calls, reason) for (model, reason), calls in unpriced.items()),
            key=lambda u: (-u.calls, u.model),
        ),
        logged_cost_usd=Decimal(logged[1]) / 1_000_000 if logged[0] else None,
        logged_cost_calls=logged[0],
        duration=_times(durations),
        time_to_first_token=_times(first_tokens),
    )


def _add(table: dict[K, Counts], key: K, counts: Counts) -> None:
    present = table.get(key)
    table[key] = counts if present is None else add_counts(present, counts)


def _gather(total: dict[N, int], counts: Mapping[N, int]) -> None:
    for name, count in counts.items():
        total[name] = total.get(name, 0) + count


def _table(
    cells: Mapping[tuple[str | None, PriceKey, Rates | Unpriced], Counts],
    rest: Counts | None,
    total: _Sum,
    *,
    exclusive: bool,
) -> list[Row]:
    sums: dict[str | None, _Sum] = {}
    for (value, key, rates), counts in cells.items():
        sums.setdefault(value, _Sum()).add(key, counts, rates)
    rows = [one.row(value) for value, one in sums.items()]
    if rest is not None:
        other = _Sum()
        other.counts = rest
        listed = sum((one.usd for one in sums.values()), Decimal(0))
        unpriced = total.unpriced - sum(one.unpriced for one in sums.values()) if exclusive else 0
        # Values that were not told apart cost what the others leave of the whole, which is known exactly.
        usd = total.usd - listed if exclusive else None
        reason = None if exclusive else "too many values to tell apart"
        rows.append(Row(OTHER_NAME, rest[0], usd, unpriced, rest[1], other.tokens, reason))
    return _sorted(rows)


def _sorted(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row.usd is None, -(row.usd or 0), -row.calls, row.name or ""))


def _shown(name: str) -> str:
    return OTHER_NAME if name == bounded.OTHER else name


def _times(tables: Mapping[str, quantiles.Buckets]) -> dict[str, Times]:
    found: dict[str, Times] = {}
    for name, buckets in tables.items():
        p50, p95, p99 = quantiles.quantiles(buckets, _SHARES)
        found["" if name == EVERY else _shown(name)] = Times(sum(buckets.values()), p50, p95, p99)
    return found
