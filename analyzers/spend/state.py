"""What the spend analyzer remembers of an hour: integer counts by price key and dimension, and latency buckets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import add

import msgspec

from analyzers import bounded, quantiles
from analyzers.price_key import PriceKey

Counts = tuple[int, ...]
"""In the order of `COUNTS`."""

COUNTS = (
    "calls",
    "errors",
    "split_unknown_calls",
    "split_unknown_input",
    "uncached_input",
    "cache_read",
    "cache_write_short",
    "cache_write_long",
    "output",
    "reasoning",
    "logged_calls",
    "logged_micro_usd",
)
EVERY = bounded.OTHER + " all"
"""Row of the latency tables that holds every call."""

DIMENSIONS = ("app", "environment", "team", "tag")
Table = dict[str, Counts]
"""Cell (a PriceKey, or a dimension's value and a PriceKey, as JSON) -> Counts."""


class Limits(msgspec.Struct, frozen=True):
    """How many rows a state may have; tests use small ones."""

    models: int = 256
    cells: int = 512
    timed: int = 64
    errors: int = 64


class State(msgspec.Struct, frozen=True):
    """One hour of one partition, or any sum of such.

    by_model: PriceKey -> Counts. by: dimension -> (value, PriceKey) -> Counts. duration, first_token: `EVERY`,
    "m" + model, "a" + app -> buckets (`analyzers.quantiles`). errors: class -> calls. start, end: unix seconds of the
    first beginning and the last end of a call.
    """

    by_model: Table = {}
    by: dict[str, Table] = {}
    duration: dict[str, quantiles.Buckets] = {}
    first_token: dict[str, quantiles.Buckets] = {}
    wrong_times: int = 0
    """Durations and times to first token that are negative or absurd: a clock that is wrong."""
    errors: dict[str, int] = {}
    start: float | None = None
    end: float | None = None


def add_counts(a: Counts, b: Counts) -> Counts:
    """Element by element."""
    return tuple(map(add, a, b))


def sum_counts(rows: Sequence[Counts]) -> Counts:
    """Element by element, of at least one row."""
    return rows[0] if len(rows) == 1 else tuple(map(sum, zip(*rows, strict=True)))


def table(rows: Iterable[tuple[str, list[Counts]]], limit: int) -> Table:
    """The sums of each cell's rows, at most `limit` of them and one for the rest. Keeps the lists it is given."""
    gathered: dict[str, list[Counts]] = {}
    for cell, found in rows:
        present = gathered.get(cell)
        if present is None:
            gathered[cell] = found
        else:
            present.extend(found)
    return bounded.added({}, {cell: sum_counts(found) for cell, found in gathered.items()}, limit, add_counts)


def merged(a: State, b: State, limits: Limits) -> State:
    """Both together."""
    return State(
        bounded.added(a.by_model, b.by_model, limits.models, add_counts),
        {
            name: bounded.added(a.by.get(name, {}), b.by.get(name, {}), limits.cells, add_counts)
            for name in DIMENSIONS
            if name in a.by or name in b.by
        },
        bounded.added(a.duration, b.duration, limits.timed, quantiles.added),
        bounded.added(a.first_token, b.first_token, limits.timed, quantiles.added),
        a.wrong_times + b.wrong_times,
        bounded.added(a.errors, b.errors, limits.errors, add),
        _least(a.start, b.start),
        None if a.end is None and b.end is None else max(x for x in (a.end, b.end) if x is not None),
    )


def _least(a: float | None, b: float | None) -> float | None:
    return min((x for x in (a, b) if x is not None), default=None)


_encode = msgspec.json.Encoder().encode
_key = msgspec.json.Decoder(PriceKey).decode
_cell = msgspec.json.Decoder(tuple[str | None, PriceKey]).decode


def model_cell(key: PriceKey) -> str:
    """The row of `by_model` for a key."""
    return _encode(key).decode()


def dimension_cell(value: str | None, key: PriceKey) -> str:
    """The row of `by[dimension]`."""
    return _encode((value, key)).decode()


@lru_cache(maxsize=16_384)
def read_model_cell(cell: str) -> PriceKey | None:
    """Its key; None for the row of further models."""
    return None if cell == bounded.OTHER else _key(cell)


@lru_cache(maxsize=65_536)
def read_dimension_cell(cell: str) -> tuple[str | None, PriceKey, str] | None:
    """Its value, its key and the row of `by_model` for that key; None for the row of further values."""
    if cell == bounded.OTHER:
        return None
    value, key = _cell(cell)
    return value, key, model_cell(key)
