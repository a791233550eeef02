"""Which of the calls that are kept an analysis looks at one by one."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from agent.store import Store, read
from analyzers.core import Call

CALLS_LOOKED_AT = 200_000
"""Kept calls that are analysed one by one: of more, the newest."""


class LookedAt(NamedTuple):
    """Which calls: what comes in meanwhile is none of them, so that reading them again gives the same ones."""

    start: float | None
    end: float | None
    newest: int | None


def looked_at(store: Store, start_hour: int | None = None, end_hour: int | None = None) -> LookedAt:
    """The newest of the kept calls, as of now; of the given hours (unix time // 3600, end excluded) or all. Raises StoreUnavailable."""
    last = read.newest_number(store.engine)
    start = None if start_hour is None else start_hour * 3_600.0
    end = None if end_hour is None else end_hour * 3_600.0
    newest = read.newest_from(store.engine, CALLS_LOOKED_AT)
    if newest is not None:
        start = newest if start is None else max(start, newest)
    return LookedAt(start, end, last)


def calls(store: Store) -> Iterator[Call]:
    """Those of all hours, in the order of time. Raises StoreUnavailable."""
    return read.calls(store.engine, *looked_at(store))


def count(store: Store) -> int:
    """How many they are. Raises StoreUnavailable."""
    return min(CALLS_LOOKED_AT, read.count_calls(store.engine))


@contextmanager
def no_garbage() -> Iterator[None]:
    """Millions of small values that live until the end: looking through them for cycles takes a fifth of the time and finds none."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
