"""Quantiles that add up: counts in logarithmic buckets, as in DDSketch, with the library's own mapping and queries.

Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees" (VLDB 2019).
Every quantile is within 1 % of a duration that was logged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

RELATIVE_ACCURACY = 0.01
Buckets = dict[int, int]
"""Bucket -> how many durations fell into it."""

_SHORTEST = 1e-6
_LONGEST = 1e7


def _mapping() -> Any:
    from ddsketch.mapping import LogarithmicMapping

    return LogarithmicMapping(RELATIVE_ACCURACY)


_key = _mapping().key


def bucket(seconds: float | None) -> int | None:
    """The bucket of a duration; None for one that is no duration (absent, negative, not a number, over 115 days)."""
    if seconds is None or not 0.0 <= seconds <= _LONGEST:
        return None
    return int(_key(max(seconds, _SHORTEST)))


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
    for key in sorted(buckets):
        store.add(key, buckets[key])
    sketch = BaseDDSketch(_mapping(), store, DenseStore(), zero_count=0.0)
    sketch._count = float(sum(buckets.values()))
    return [sketch.get_quantile_value(share) for share in shares]
