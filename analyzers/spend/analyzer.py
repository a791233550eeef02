"""The spend analyzer: one pass over a batch, one small table out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from analyzers import bounded, quantiles
from analyzers.core import Call, Evidence, Finding
from analyzers.price_key import PriceKey, moment, price_key
from analyzers.prices import NOT_LISTED, Prices, Unpriced
from analyzers.spend.state import (
    COUNTS,
    DIMENSIONS,
    EVERY,
    Counts,
    Limits,
    Table,
    add_counts,
    dimension_cell,
    merged,
    model_cell,
    read_model_cell,
)
from analyzers.spend.state import State as SpendState

_NAME_CHARACTERS = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_MICRO = 1_000_000
_MAX_COST_USD = 1e9

_Labels = tuple[str | None, str | None, str | None, tuple[str, ...]]


class Spend:
    """Counts every call; see the package's docstring for method and assumptions."""

    name = "spend"
    version = 1
    State = SpendState

    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008  (frozen)
        self._limits = limits

    def empty(self) -> SpendState:
        """Nothing counted."""
        return SpendState()

    def merge(self, a: SpendState, b: SpendState) -> SpendState:
        """Both together."""
        return merged(a, b, self._limits)

    def fold(self, state: SpendState, calls: Sequence[Call]) -> SpendState:
        """`state` and `calls` together."""
        return merged(state, self._counted(calls), self._limits) if calls else state

    def findings(self, state: SpendState, sample: Sequence[Call], prices: Prices) -> Iterable[Finding]:
        """One finding for every model that has no price: without one, nothing can be said about its money."""
        unpriced: dict[str, int] = {}
        hour = int((state.start or 0.0) // 3_600)
        for cell, counts in state.by_model.items():
            key = read_model_cell(cell)
            if key is None or key.billing != "tokens":
                continue
            found = prices.rates(key, moment(hour, key))
            if isinstance(found, Unpriced) and found == NOT_LISTED:
                unpriced[key.model] = unpriced.get(key.model, 0) + counts[0]
        for model, calls in sorted(unpriced.items(), key=lambda row: (-row[1], row[0])):
            yield Finding(
                analyzer=self.name,
                subject=model,
                action=f"Give a price for {model} in [prices.overrides]",
                savings=None,
                evidence=(Evidence("calls without a price", calls, calls, state.start, state.end),),
                measured=True,
                not_yet="the model is not in the price list",
            )

    def _counted(self, calls: Sequence[Call]) -> SpendState:
        groups: dict[tuple[PriceKey, _Labels], list[int]] = {}
        duration: dict[tuple[str | None, str], quantiles.Buckets] = {}
        first_token: dict[tuple[str | None, str], quantiles.Buckets] = {}
        errors: dict[str, int] = {}
        absurd = 0
        start = end = calls[0].started_at
        for call in calls:
            key = price_key(call)
            group = groups.get(place := (key, (call.app, call.environment, call.team, call.tags)))
            if group is None:
                group = groups[place] = [0] * len(COUNTS)
            _count(group, call, key)
            if call.status == "error":
                kind = _clean(call.error_type or "unknown")
                errors[kind] = errors.get(kind, 0) + 1
            who = (call.app, key.model)
            took = call.duration
            if took is not None:
                if (bucket := quantiles.bucket(took)) is None:
                    absurd += 1
                else:
                    times = duration.get(who)
                    if times is None:
                        times = duration[who] = {}
                    times[bucket] = times.get(bucket, 0) + 1
            if (bucket := quantiles.bucket(call.time_to_first_token)) is not None:
                times = first_token.get(who)
                if times is None:
                    times = first_token[who] = {}
                times[bucket] = times.get(bucket, 0) + 1
            began = call.started_at
            start = min(start, began)
            end = max(end, began + took if took is not None and 0.0 <= took <= 86_400.0 else began)
        by_model, by = self._tables(groups)
        limits = self._limits
        return SpendState(
            by_model,
            by,
            _timed(duration, limits),
            _timed(first_token, limits),
            absurd,
            bounded.added({}, errors, limits.errors, int.__add__),
            start,
            end,
        )

    def _tables(self, groups: dict[tuple[PriceKey, _Labels], list[int]]) -> tuple[Table, dict[str, Table]]:
        by_model: Table = {}
        by: dict[str, Table] = {name: {} for name in DIMENSIONS}
        for (key, (app, environment, team, tags)), group in groups.items():
            key = _clean_key(key)  # noqa: PLW2901
            counts = tuple(group)
            _put(by_model, model_cell(key), counts)
            _put(by["app"], dimension_cell(_cleaned(app), key), counts)
            _put(by["environment"], dimension_cell(_cleaned(environment), key), counts)
            _put(by["team"], dimension_cell(_cleaned(team), key), counts)
            for tag in {_clean(tag) for tag in tags}:
                _put(by["tag"], dimension_cell(tag, key), counts)
        limits = self._limits
        return (
            bounded.added({}, by_model, limits.models, add_counts),
            {name: bounded.added({}, table, limits.cells, add_counts) for name, table in by.items() if table},
        )


def _count(group: list[int], call: Call, key: PriceKey) -> None:
    group[0] += 1
    if call.status == "error":
        group[1] += 1
    usage = call.usage
    if key.billing != "answered_from_cache":
        if usage.uncached_input is None:
            if usage.input_total is not None:
                group[2] += 1
                group[3] += usage.input_total
        else:
            group[4] += usage.uncached_input
            group[5] += usage.cache_read or 0
            group[6] += usage.cache_write_short or 0
            group[7] += usage.cache_write_long or 0
        group[8] += usage.output or 0
        group[9] += usage.reasoning or 0
    logged = call.logged_cost
    if logged is not None and 0.0 <= logged <= _MAX_COST_USD:
        group[10] += 1
        group[11] += round(logged * _MICRO)


def _timed(found: dict[tuple[str | None, str], quantiles.Buckets], limits: Limits) -> dict[str, quantiles.Buckets]:
    every: dict[str, quantiles.Buckets] = {}
    named: dict[str, quantiles.Buckets] = {}
    for (app, model), buckets in found.items():
        every[EVERY] = quantiles.added(every.get(EVERY, {}), buckets)
        for name in (f"m{_clean(model)}", *(() if app is None else (f"a{_clean(app)}",))):
            named[name] = quantiles.added(named.get(name, {}), buckets)
    return bounded.added(every, named, limits.timed, quantiles.added)


def _put(table: Table, cell: str, counts: Counts) -> None:
    present = table.get(cell)
    table[cell] = counts if present is None else add_counts(present, counts)


def _clean(name: str) -> str:
    """A name that is safe as a key: no control characters, no lone surrogates, not endless."""
    return _CONTROL.sub("\ufffd", name[:_NAME_CHARACTERS])


def _cleaned(name: str | None) -> str | None:
    return None if name is None else _clean(name)


def _clean_key(key: PriceKey) -> PriceKey:
    return key._replace(
        provider=_clean(key.provider), model=_clean(key.model), asked=_clean(key.asked), tier=_clean(key.tier)
    )
