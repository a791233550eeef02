"""Totals of long ago by the day in place of the hour and partition: fewer rows, the same figures.

A day is put together only where that changes no figure of money: where a model's price depends on the hour, its hours stay apart, and
only their partitions are put together. Calls that come in late make new rows, which the next turn puts to the day's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import delete, insert, select
from sqlmodel import col

from agent import intake
from agent.intake import Intake
from agent.store import Store
from agent.store.read import reading
from agent.store.tables import Summary
from agent.store.write import writing
from analyzers.prices import Prices
from analyzers.spend import Spend, State, view
from analyzers.spend.state import Limits

TOPIC, PART = "", -1
"""Where rows stand that are of all partitions."""
_HOURS = 24
_WIDE = Limits(models=4_096, cells=16_384, timed=1_024, errors=1_024)
_SPEND = Spend(_WIDE)


class Rolled(NamedTuple):
    """Days that were put together, and rows of totals before and after."""

    days: int = 0
    before: int = 0
    after: int = 0


def roll_up(store: Store, prices: Prices, before_hour: int) -> Rolled:
    """Put together what lies before an hour (unix time // 3600), whole days (UTC) only. Raises StoreUnavailable.

    Agents may go on: they read totals of so long ago anew, under a lock, before they add to them
    (`agent.ingest.AGED_HOURS`).
    """
    total = Rolled()
    for day in _days(store, before_hour // _HOURS):
        was, now = _day(store, prices, day)
        total = Rolled(total.days + 1, total.before + was, total.after + now)
    return total


def _days(store: Store, before_day: int) -> list[int]:
    row = Summary
    query = (
        select(col(row.hour))
        .distinct()
        .where(col(row.hour) < before_day * _HOURS, (col(row.topic) != TOPIC) | (col(row.part) != PART))
        .order_by(col(row.hour))
    )
    with reading(store.engine) as connection:
        return sorted({hour // _HOURS for hour in connection.execute(query).scalars()})


def _day(store: Store, prices: Prices, day: int) -> tuple[int, int]:
    row = Summary
    of_day = (col(row.hour) >= day * _HOURS, col(row.hour) < (day + 1) * _HOURS)
    with writing(store.engine) as connection:
        query = select(col(row.analyzer), col(row.version), col(row.hour), col(row.state)).where(*of_day)
        found = connection.execute(query.order_by(col(row.hour)).with_for_update()).all()
        was = now = 0
        for kind in _KINDS:
            states = [
                (hour, kind.decode(bytes(state)))
                for name, version, hour, state in found
                if (name, version) == (kind.name, kind.version)
            ]
            if not states:
                continue
            rolled = kind.rolled(day, states, prices)
            connection.execute(
                delete(row).where(*of_day, col(row.analyzer) == kind.name, col(row.version) == kind.version)
            )
            rows = [
                {
                    "analyzer": kind.name,
                    "version": kind.version,
                    "hour": hour,
                    "topic": TOPIC,
                    "part": PART,
                    "state": msgspec.json.encode(state),
                }
                for hour, state in rolled
            ]
            connection.execute(insert(Summary), rows)
            was, now = was + len(states), now + len(rows)
    return was, now


Hours = Sequence[tuple[int, Any]]


class _Kind(NamedTuple):
    """How the totals of one kind are put together."""

    name: str
    version: int
    decode: Callable[[bytes], Any]
    rolled: Callable[[int, Hours, Prices], Hours]


def _received(day: int, states: Hours, _: Prices) -> Hours:
    return [(day * _HOURS, intake.total(state for _, state in states))]


def _spent(day: int, states: Hours, prices: Prices) -> Hours:
    whole = [(day * _HOURS, reduce(_SPEND.merge, (state for _, state in states)))]
    if _money(states, prices) == _money(whole, prices):
        return whole
    hours: dict[int, State] = {}
    for hour, state in states:
        hours[hour] = _SPEND.merge(hours[hour], state) if hour in hours else state
    return sorted(hours.items())


def _money(states: Hours, prices: Prices) -> tuple[object, ...]:
    seen = view(states, prices, times_by_name=False)
    tables = (seen.by_model, seen.by_app, seen.by_environment, seen.by_team, seen.by_tag)
    return seen.total_usd, seen.priced_calls, *({row.name: (row.calls, row.usd) for row in rows} for rows in tables)


_KINDS = (
    _Kind(intake.NAME, intake.VERSION, msgspec.json.Decoder(Intake).decode, _received),
    _Kind(_SPEND.name, _SPEND.version, msgspec.json.Decoder(State).decode, _spent),
)
