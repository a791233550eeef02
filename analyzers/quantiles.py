"""Quantiles that add up: counts in logarithmic buckets, as in DDSketch, with the library's own mapping and queries.

Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees" (VLDB 2019).
Every quantile is within 1 % of a duration that was logged; below a microsecond it is 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import ceil, log2
from typing import Any

RELATIVE_ACCURACY = 0.01
Buckets = dict[int, int]
"""Bucket -> how many durations fell into it."""

ZERO = -(1 << 20)
"""The bucket of durations too short to tell from 0."""
_SHORTEST = 1e-6
_LONGEST = 1e7


def _mapping() -> Any:
    from ddsketch.mapping import LogarithmicMapping

    return LogarithmicMapping(RELATIVE_ACCURACY)


_PER_OCTAVE = 1 / log2(_mapping().gamma)
# The library's key() takes three calls for this one line, and every call passes here twice.


def bucket(seconds: float | None) -> int | None:
    """The bucket of a duration; None for one that is no duration (absent, negative, not a number, over 115 days)."""
    if seconds is None or not 0.0 <= seconds <= _LONGEST:
        return None
    return ceil(log2(seconds) * _PER_OCTAVE) if seconds > _SHORTEST else ZERO


def bucketed(durations: Iterable[float | None]) -> tuple[Buckets, int]:
    """Buckets of all durations, and how many of those that are there are none (negative, not a number, too long)."""
    buckets: Buckets = {}
    wrong = 0
    for seconds in durations:
        if seconds is None:
            continue
        place = bucket(seconds)
        if place is None:
            wrong += 1
        else:
            buckets[place] = buckets.get(place, 0) + 1
    return buckets, wrong


def added(a: Mapping[int, int], b: Mapping[int, int]) -> Buckets:
    """Both together."""
    total = dict(a)
    for key, count in b.items():
        total[key] = total.get(key, 0) + count
    return total


def quantiles(buckets: Mapping[int, int], shares: Iterable[float]) -> list[float | None]:
    """Durations (seconds) below which the given shares (0 to 1) lie; None without any."""
    from ddsketch.ddsketch import BaseDDSketch
    from ddsketch.store import DenseStore

    if not buckets:
        return [None for _ in shares]
    store = DenseStore()
    # From both ends inwards, so that the store grows once and not at every bucket.
    places = sorted(place for place in buckets if place != ZERO)
    for place in (*places[-1:], *places[:-1]):
        store.add(place, buckets[place])
    sketch = BaseDDSketch(_mapping(), store, DenseStore(), zero_count=float(buckets.get(ZERO, 0)))
    return [sketch.get_quantile_value(share) for share in shares]
