"""What an exact cache would have hit: by lifetime, by number of entries, and for the setting that is recommended.

The cache behaves as those that run do. A request is served when an answer to the same key has arrived and is younger than
the lifetime; else it is a miss and its answer is kept when it arrives, in the place of an older one. A hit renews nothing but
the place in the order of use. Of more keys than fit, the least recently asked goes; a key takes its place when it is asked,
and an answer that is too old keeps its place until then. A miss while the answer to the same key is on its way is in flight:
no hit of a plain cache, but of one that lets such requests wait (single flight).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzers.response_caching.stream import Stream

LIFETIMES = (60.0, 300.0, 900.0, 3_600.0, 21_600.0, 86_400.0, 604_800.0, 2_592_000.0)
"""Seconds: from a minute to 30 days."""
ENTRIES = (100, 1_000, 10_000, 100_000, 1_000_000)
FOREVER = inf
UNLIMITED = 1 << 62
MISS = -1

_KEPT_BY_LIFETIME = 0.95
_KEPT_BY_ENTRIES = 0.99


class Hits(NamedTuple):
    """What one cache would have served."""

    lifetime: float
    """Seconds; FOREVER for none."""
    entries: int
    """UNLIMITED for none."""
    hits: int
    saved: int
    """What the provider charged for the requests that were served, in 1/PICO USD."""
    in_flight: int
    """Misses whose answer was on its way already."""
    in_flight_cost: int
    """What the provider charged for these, in 1/PICO USD."""


class Exact(NamedTuple):
    """The exact cache over one stream. Rates are for each of `requests`."""

    requests: int
    keys: int
    """Different requests: no cache needs more entries."""
    spent: int
    """What the provider charged for all requests, in 1/PICO USD."""
    unpriced: int
    """Requests whose cost is not known: they count as hits and save nothing here."""
    period: float
    """Seconds from the first request to the last: longer lifetimes could not show what they are worth."""
    by_lifetime: tuple[Hits, ...]
    """Of unlimited size."""
    by_entries: tuple[Hits, ...]
    """Without expiry, the last of unlimited size."""
    recommended: Hits | None
    """The shortest lifetime and then the fewest entries that keep nearly all of the saving; None where nothing is hit."""


def exact(
    stream: Stream, lifetimes: Sequence[float] = LIFETIMES, entries: Sequence[int] = ENTRIES, longest: float = 86_400.0
) -> Exact:
    """Both curves in one pass each; `longest` is the longest lifetime that may be recommended (s)."""
    keys = len(np.unique(stream.key))
    # Where nothing comes twice nothing is hit, and what compiles the loops need not be loaded.
    chains = Chains(stream) if keys < len(stream) else None
    by_lifetime = tuple(
        [chains.hits(life, UNLIMITED) if chains else Hits(life, UNLIMITED, 0, 0, 0, 0) for life in lifetimes]
    )
    by_entries = (
        chains.by_entries(entries) if chains else tuple(Hits(FOREVER, n, 0, 0, 0, 0) for n in (*entries, UNLIMITED))
    )
    return Exact(
        requests=len(stream),
        keys=keys,
        spent=int(stream.cost.sum()),
        unpriced=int((~stream.priced).sum()),
        period=float(stream.at[-1] - stream.at[0]) if len(stream) else 0.0,
        by_lifetime=by_lifetime,
        by_entries=by_entries,
        recommended=_recommended(chains, by_lifetime, entries, longest) if chains else None,
    )


class Chains:
    """The requests of each key in the order of time, with what stood between them."""

    def __init__(self, stream: Stream) -> None:
        from analyzers.response_caching.stack import distances

        self._stream = stream
        self._at = np.ascontiguousarray(stream.at, np.float64)
        self._ready = np.maximum(stream.ready, stream.at)
        self._order = np.argsort(stream.key, kind="stable").astype(np.int64)
        self._key = np.ascontiguousarray(stream.key, np.int32)
        self._distance = distances(self._key, int(self._key.max(initial=-1)) + 1)

    def hits(self, lifetime: float, entries: int) -> Hits:
        """Counts of one cache."""
        source, in_flight = self._run(lifetime, entries)
        served = source != MISS
        cost = self._stream.cost
        flown = in_flight.astype(np.bool_)
        return Hits(
            lifetime, entries, int(served.sum()), int(cost[served].sum()), int(flown.sum()), int(cost[flown].sum())
        )

    def served(self, lifetime: float, entries: int) -> NDArray[np.int64]:
        """For every request, whose answer it would have been given, or MISS."""
        return self._run(lifetime, entries)[0]

    def in_flight(self, lifetime: float, entries: int) -> NDArray[np.bool_]:
        """For every request, whether it was a miss while the answer to the same key was on its way."""
        return self._run(lifetime, entries)[1]

    def by_entries(self, entries: Sequence[int]) -> tuple[Hits, ...]:
        """Without expiry, for every number of entries and for unlimited many: from one pass over the keys."""
        from analyzers.response_caching.stack import needed

        stream = self._stream
        need, in_flight = needed(self._at, self._ready, self._key, self._order, self._distance)
        found = []
        for size in (*entries, UNLIMITED):
            served = need <= size
            flown = (in_flight <= size) & ~served
            found.append(
                Hits(
                    FOREVER,
                    size,
                    int(served.sum()),
                    int(stream.cost[served].sum()),
                    int(flown.sum()),
                    int(stream.cost[flown].sum()),
                )
            )
        return tuple(found)

    def _run(self, lifetime: float, entries: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        from analyzers.response_caching.stack import chained

        return chained(self._at, self._ready, self._key, self._order, self._distance, lifetime, entries)


def _recommended(chains: Chains, by_lifetime: Sequence[Hits], entries: Sequence[int], longest: float) -> Hits | None:
    allowed = [one for one in by_lifetime if one.lifetime <= longest] or list(by_lifetime[:1])
    best = max(allowed, key=_worth, default=None)
    if best is None or not best.hits:
        return None
    first = next(one for one in allowed if _keeps(one, best, _KEPT_BY_LIFETIME))
    for size in entries:
        one = chains.hits(first.lifetime, size)
        if _keeps(one, first, _KEPT_BY_ENTRIES):
            return one
    return first


def _worth(one: Hits) -> tuple[int, int]:
    return one.saved, one.hits


def _keeps(one: Hits, of: Hits, share: float) -> bool:
    return one.saved >= share * of.saved and one.hits >= (share * of.hits if not of.saved else 0)
