"""Passes over the requests of every key, compiled: stack distances, and caches by lifetime and size.

A key is in a cache of n entries that drops the least recently asked if, since it was asked last, fewer than n other
keys were: so one pass over the distances tells of all sizes at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analyzers.response_caching.compiled import compiled

NEVER = np.int64(1 << 62) + 1
_Floats = NDArray[np.float64]
_Longs = NDArray[np.int64]
_Ints = NDArray[np.int32]
_Flags = NDArray[np.bool_]


@compiled
def distances(key: _Ints, keys: int) -> _Longs:
    """How many other keys were asked since this one was, NEVER the first time; a Fenwick tree over the places of last use."""
    count = len(key)
    tree = np.zeros(count + 1, np.int32)
    last = np.full(keys, -1, np.int64)
    found = np.empty(count, np.int64)
    total = 0
    for now in range(count):
        before = last[key[now]]
        if before < 0:
            found[now] = NEVER
        else:
            # Last uses behind `before`: all of them less those up to it.
            place = before + 1
            up_to = 0
            while place > 0:
                up_to += tree[place]
                place -= place & -place
            found[now] = total - up_to
            place = before + 1
            while place <= count:
                tree[place] -= 1
                place += place & -place
            total -= 1
        place = now + 1
        while place <= count:
            tree[place] += 1
            place += place & -place
        total += 1
        last[key[now]] = now
    return found


@compiled
def needed(at: _Floats, ready: _Floats, key: _Ints, order: _Longs, distance: _Longs) -> tuple[_Longs, _Longs]:
    """The least number of entries with which each request is hit without expiry, NEVER if it cannot be; and with which it is in flight.

    Going back over the requests of the key to the latest whose answer has arrived: the key must not have been dropped since.
    """
    count = len(at)
    need, flight = np.full(count, NEVER, np.int64), np.full(count, NEVER, np.int64)
    for place in range(count):
        now = order[place]
        most = distance[now]
        back = place - 1
        while back >= 0 and key[order[back]] == key[now] and most < NEVER:
            if ready[order[back]] <= at[now]:
                need[now] = most + 1
                break
            if flight[now] == NEVER:
                flight[now] = most + 1
            most = max(most, distance[order[back]])
            back -= 1
    return need, flight


@compiled
def chained(
    at: _Floats, ready: _Floats, key: _Ints, order: _Longs, distance: _Longs, lifetime: float, entries: int
) -> tuple[_Longs, _Flags]:
    """Whose answer each request is served (-1: a miss), and which misses were in flight."""
    count = len(at)
    source, in_flight = np.full(count, -1, np.int64), np.zeros(count, np.bool_)
    pending = np.empty(count, np.int64)
    waiting = 0
    entry = -1
    for place in range(count):
        now = order[place]
        if place == 0 or key[order[place - 1]] != key[now] or distance[now] >= entries:
            # Another key, or dropped since: what is on its way is dropped with it.
            entry, waiting = -1, 0
        left = 0
        for i in range(waiting):
            one = pending[i]
            if ready[one] > at[now]:
                pending[left] = one
                left += 1
            elif entry < 0 or ready[one] >= ready[entry]:
                entry = one
        waiting = left
        if entry >= 0 and at[now] < ready[entry] + lifetime:
            source[now] = entry
            continue
        in_flight[now] = waiting > 0
        pending[waiting] = now
        waiting += 1
    return source, in_flight
