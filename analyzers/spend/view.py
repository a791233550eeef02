"""Spend as a reader wants it: summaries of hours, priced."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple, TypeVar

from analyzers import bounded, quantiles
from analyzers.price_key import OTHER as OTHER_MODELS
from analyzers.price_key import PriceKey, moment
from analyzers.prices import Prices, Rates, Unpriced
from analyzers.spend.rows import OTHER_NAME, Row, Sum, Tokens, by_money, lines
from analyzers.spend.served import lines_of
from analyzers.spend.state import DIMENSIONS, EVERY, Counts, State, read_dimension_cell, read_model_cell, sum_counts

__all__ = ["OTHER_NAME", "Row", "SpendView", "Times", "Tokens", "UnpricedModel", "view"]

_SHARES = (0.5, 0.95, 0.99)
K = TypeVar("K", str, int)


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
    """What was spent; money is USD.

    Of the priced calls, `upper_bound_calls` are priced as if the input of unknown split had not been cached, and
    `standard_price_calls` at the standard price because the list has none for their tier, batch or speed.
    """

    start: float | None
    end: float | None
    total_usd: Decimal
    calls: int
    priced_calls: int
    unpriced_calls: int
    upper_bound_calls: int
    standard_price_calls: int
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
    wrong_times: int
    """Logged times that are negative or absurd; they are in no quantile."""


class _Gathered:
    """Counts of all hours, apart by what they cost; added up once, at the end."""

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self._numbers: dict[Rates | Unpriced, int] = {}
        self.rates: list[Rates | Unpriced] = []
        self.models: defaultdict[tuple[PriceKey, int], list[Counts]] = defaultdict(list)
        self.cells: dict[str, defaultdict[tuple[str, int], list[Counts]]] = {
            name: defaultdict(list) for name in DIMENSIONS
        }
        self.rest: defaultdict[str, list[Counts]] = defaultdict(list)
        self.not_told_apart = self._number(prices.rates(OTHER_MODELS, 0.0))

    def _number(self, rates: Rates | Unpriced) -> int:
        number = self._numbers.setdefault(rates, len(self.rates))
        if number == len(self.rates):
            self.rates.append(rates)
        return number

    def add(self, hour: int, state: State) -> None:
        numbers: dict[str, int] = {}
        for cell, counts in state.by_model.items():
            key = read_model_cell(cell) or OTHER_MODELS
            numbers[cell] = number = self._number(self._prices.rates(key, moment(hour, key)))
            self.models[key, number].append(counts)
        for name, table in state.by.items():
            cells = self.cells[name]
            for cell, counts in table.items():
                read = read_dimension_cell(cell)
                if read is None:
                    self.rest[name].append(counts)
                else:
                    # A key that the hour does not tell apart by model has no price here either: tables agree.
                    cells[cell, numbers.get(read[2], self.not_told_apart)].append(counts)

    def dimension(self, name: str, whole: Sum) -> list[Row]:
        sums: dict[str | None, Sum] = {}
        for (cell, number), counts in self.cells[name].items():
            read = read_dimension_cell(cell)
            if read is None:
                continue
            value, key, _ = read
            if number == self.not_told_apart:
                key = OTHER_MODELS
            one = sums.get(value)
            if one is None:
                one = sums[value] = Sum()
            one.add(key, sum_counts(counts), self.rates[number])
        rest = self.rest.get(name)
        return lines(sums, None if rest is None else sum_counts(rest), whole, exclusive=name != "tag")


def view(
    states: Mapping[int, State] | Iterable[tuple[int, State]], prices: Prices, *, times_by_name: bool = True
) -> SpendView:
    """Price the states of hours (unix time // 3600 -> state); tokens of each hour cost what they did in that hour.

    Without `times_by_name` there are times of all calls together only: over many hours that is several times faster.
    """
    gathered = _Gathered(prices)
    every = []
    for hour, state in states.items() if isinstance(states, Mapping) else states:
        gathered.add(hour, state)
        every.append(state)
    whole, models, names = Sum(), dict[str, Sum](), defaultdict[str, set[str]](set)
    sums = [(key, number, sum_counts(rows)) for (key, number), rows in gathered.models.items()]
    line_of = lines_of(((key, counts[0]) for key, _, counts in sums), prices.aliases)
    for key, number, counts in sums:
        line = line_of.get(key.model, key.model)
        whole.add(key, counts, gathered.rates[number])
        models.setdefault(line, Sum()).add(key, counts, gathered.rates[number])
        names[line].add(key.model)
    logged_calls, logged_micro_usd = whole.counts[10:] if whole.counts else (0, 0)
    unpriced = [
        UnpricedModel(model, calls, reason) for model, one in models.items() for reason, calls in one.reasons.items()
    ]
    return SpendView(
        start=min((state.start for state in every if state.start is not None), default=None),
        end=max((state.end for state in every if state.end is not None), default=None),
        total_usd=whole.usd,
        calls=whole.calls,
        priced_calls=whole.priced,
        unpriced_calls=whole.unpriced,
        upper_bound_calls=whole.upper,
        standard_price_calls=whole.standard,
        free_failures=whole.free,
        response_cache_hits=whole.hits,
        errors=whole.errors,
        errors_by_type={_shown(name): count for name, count in _together(state.errors for state in every).items()},
        tokens=whole.tokens,
        by_model=by_money(
            one.row(name or None)._replace(logged_as=tuple(sorted(names[name]))) for name, one in models.items()
        ),
        by_app=gathered.dimension("app", whole),
        by_environment=gathered.dimension("environment", whole),
        by_team=gathered.dimension("team", whole),
        by_tag=gathered.dimension("tag", whole),
        unpriced=sorted(unpriced, key=lambda one: (-one.calls, one.model, one.reason)),
        logged_cost_usd=Decimal(logged_micro_usd) / 1_000_000 if logged_calls else None,
        logged_cost_calls=logged_calls,
        duration=_times((state.duration for state in every), by_name=times_by_name),
        time_to_first_token=_times((state.first_token for state in every), by_name=times_by_name),
        wrong_times=sum(state.wrong_times for state in every),
    )


def _together(tables: Iterable[Mapping[K, int]]) -> dict[K, int]:
    total: defaultdict[K, int] = defaultdict(int)
    for table in tables:
        for name, count in table.items():
            total[name] += count
    return total


def _times(tables: Iterable[Mapping[str, quantiles.Buckets]], *, by_name: bool) -> dict[str, Times]:
    named: defaultdict[str, list[quantiles.Buckets]] = defaultdict(list)
    for table in tables:
        for name in table if by_name else (EVERY,):
            if (buckets := table.get(name)) is not None:
                named[name].append(buckets)
    found: dict[str, Times] = {}
    for name, parts in named.items():
        whole = _together(parts)
        p50, p95, p99 = quantiles.quantiles(whole, _SHARES)
        found["" if name == EVERY else _shown(name)] = Times(sum(whole.values()), p50, p95, p99)
    return found


def _shown(name: str) -> str:
    return OTHER_NAME if name == bounded.OTHER else name
