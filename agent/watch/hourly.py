"""The summaries of the last weeks as the watchers need them: hour by hour for each application on each model."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import msgspec

from agent.store import Store, read
from analyzers.anomalies import Hour
from analyzers.price_key import PriceKey, moment
from analyzers.prices import Prices
from analyzers.spend import Spend, State
from analyzers.spend.rows import Sum
from analyzers.spend.state import read_dimension_cell, read_model_cell

DAYS = 37
_RECENT_H = 7 * 24
_decode = msgspec.json.Decoder(State).decode
_SPEND = Spend()


class AppModel(NamedTuple):
    """What a series is of; `app` None: calls without one."""

    app: str | None
    model: str


class Recent(NamedTuple):
    """Calls of the last seven days at one price, with any of their keys."""

    calls: int
    key: PriceKey


class Hourly(NamedTuple):
    """Hours are unix time // 3600; `end` is excluded: the hour of the newest calls is not over yet."""

    end: int
    series: dict[AppModel, dict[int, Hour]]
    recent: dict[tuple[str, str], Recent]
    """By provider and model as logged."""


def hourly(store: Store, prices: Prices, newest: int) -> Hourly:
    """The `DAYS` before the hour `newest`, in which calls still come in."""
    sums: defaultdict[tuple[AppModel, int], Sum] = defaultdict(Sum)
    recent: dict[tuple[str, str], Recent] = {}
    for (_, _, hour, _, _), body in read.summaries(
        store.engine, _SPEND.name, _SPEND.version, newest - DAYS * 24, newest + 1
    ):
        state = _decode(body)
        if hour > newest - _RECENT_H:
            for cell, counts in state.by_model.items():
                key = read_model_cell(cell)
                if key is not None and key.model and key.billing == "tokens":
                    known = recent.get((key.provider, key.model))
                    calls = counts[0] + (known.calls if known else 0)
                    recent[key.provider, key.model] = Recent(calls, key)
        if hour == newest:
            continue
        for cell, counts in state.by.get("app", {}).items():
            read_cell = read_dimension_cell(cell)
            if read_cell is not None:
                app, key, _ = read_cell
                sums[AppModel(app, key.model), hour].add(key, counts, prices.rates(key, moment(hour, key)))
    series: defaultdict[AppModel, dict[int, Hour]] = defaultdict(dict)
    for (of, hour), one in sums.items():
        tokens = one.tokens
        cached = tokens.cache_read + tokens.cache_write_short + tokens.cache_write_long
        every = tokens.uncached_input + cached + tokens.input_split_unknown + tokens.output
        series[of][hour] = Hour(float(one.usd), one.calls, every)
    return Hourly(newest, dict(series), recent)
