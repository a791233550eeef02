"""One cache over the units of all prompts, asked for several lifetimes at once: caches by block, and the ceilings.

A unit is readable when it was written or read at most a lifetime ago and the request that first wrote it has begun to
answer; reading refreshes it. Deeper units are used by fewer requests, so idle times grow along a prompt, and the
prefix that is alive under each lifetime is found in one walk.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from analyzers.prompt_caching.chain import Chain

FOREVER = float("inf")
_SWEEP_LEAST = 50_000


class Reads(NamedTuple):
    """For each lifetime: tokens that are read; tokens written that a later request reads in time, from this one on charged."""

    read: tuple[int, ...]
    paid: tuple[int, ...]
    """Of the charged lifetimes only, in their order."""


class UnitCache:
    """Prompts must come in the order of their start. Keeps what is alive under the longest lifetime."""

    def __init__(self, lifetimes: Sequence[float], charged: Sequence[float] = ()) -> None:
        """`lifetimes` in ascending order (seconds); `charged`: those of them for which writes that pay are told."""
        self._lifetimes = tuple(lifetimes)
        self._charged = tuple(self._lifetimes.index(life) for life in charged)
        self._longest = max((life for life in self._lifetimes), default=0.0)
        self._used: dict[int, float] = {}
        self._pending: dict[int, float] = {}
        self._unread: tuple[set[int], ...] = tuple(set() for _ in self._charged)
        self._sweep_at = _SWEEP_LEAST

    def __len__(self) -> int:
        return len(self._used)

    def serve(self, chain: Chain, at: float, ready_at: float) -> Reads:
        """Tokens of the chain that are read under each lifetime; then everything of it is cached."""
        used, pending, lifetimes = self._used, self._pending, self._lifetimes
        count = len(lifetimes)
        keys = chain.units
        alive = [-1] * count
        # Lifetimes in ascending order die one after the other along the walk.
        first = 0
        depth = 0
        for depth, key in enumerate(keys):
            last = used.get(key)
            if last is None or (pending and pending.get(key, 0.0) > at):
                break
            gap = at - last
            while first < count and gap > lifetimes[first]:
                alive[first] = depth
                first += 1
            if first == count:
                break
        else:
            depth = len(keys)
        for j in range(first, count):
            alive[j] = depth
        size, total = chain.unit, chain.total
        paid = self._charge(keys, alive, size, total) if self._charged else ()
        if ready_at > at:
            for key in keys[alive[-1] if count else 0 :]:
                if key not in used or at - used[key] > self._longest:
                    pending[key] = ready_at
        for key in keys:
            used[key] = at
        if len(used) > self._sweep_at:
            self._sweep(at)
        return Reads(tuple([min(n * size, total) for n in alive]), paid)

    def _charge(self, keys: Sequence[int], alive: Sequence[int], size: int, total: int) -> tuple[int, ...]:
        paid = []
        for which, unread in zip(self._charged, self._unread, strict=True):
            depth = alive[which]
            tokens = 0
            if unread:
                for position in range(depth):
                    key = keys[position]
                    if key in unread:
                        unread.discard(key)
                        tokens += min(size, total - position * size)
            unread.update(keys[depth:])
            paid.append(tokens)
        return tuple(paid)

    def _sweep(self, at: float) -> None:
        oldest = at - self._longest
        self._used = {key: last for key, last in self._used.items() if last >= oldest}
        self._pending = {key: ready for key, ready in self._pending.items() if ready > at}
        self._unread = tuple({key for key in unread if key in self._used} for unread in self._unread)
        self._sweep_at = max(_SWEEP_LEAST, 2 * len(self._used))
