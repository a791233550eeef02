"""One cache over the units of all prompts, asked for several lifetimes at once: caches by block, and the ceilings.

A unit is readable when it was written or read at most a lifetime ago and the request that first wrote it has begun to
answer; reading refreshes it. A key stands for all that is before it, so whatever uses a unit uses those before it too: idle times
grow along a prompt, and where a lifetime ends is found by halving.
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
        self._ready = 0.0
        """When the last pending unit can be read."""
        self._unread: tuple[set[int], ...] = tuple(set() for _ in self._charged)
        self._sweep_at = _SWEEP_LEAST

    def __len__(self) -> int:
        return len(self._used)

    def serve(self, chain: Chain, at: float, ready_at: float) -> Reads:
        """Tokens of the chain that are read under each lifetime; then everything of it is cached."""
        keys, used = chain.units, self._used
        alive = self._alive(keys, at)
        cached = alive[-1] if alive else 0
        if self._pending:
            alive = self._answered(keys, alive, at)
        size, total = chain.unit, chain.total
        paid = self._charge(keys, alive, size, total) if self._charged else ()
        if ready_at > at and cached < len(keys):
            self._pending.update(dict.fromkeys(keys[cached:], ready_at))
            self._ready = max(self._ready, ready_at)
        used.update(dict.fromkeys(keys, at))
        if len(used) > self._sweep_at and self._longest < FOREVER:
            self._sweep(at)
        return Reads(tuple([n * size if n * size < total else total for n in alive]), paid)

    def _alive(self, keys: Sequence[int], at: float) -> list[int]:
        """How many units from the first on have been used within each lifetime."""
        get, alive, first = self._used.get, [], 0
        for life in self._lifetimes:
            low, high = first, len(keys)
            # Most often all of it is alive, or nothing.
            if low < high and (last := get(keys[low])) is not None and at - last <= life:
                if (last := get(keys[high - 1])) is not None and at - last <= life:
                    low = high
                else:
                    low, high = low + 1, high - 1
            else:
                high = low
            while low < high:
                middle = (low + high) // 2
                if (last := get(keys[middle])) is not None and at - last <= life:
                    low = middle + 1
                else:
                    high = middle
            alive.append(low)
            first = low
        return alive

    def _answered(self, keys: Sequence[int], alive: list[int], at: float) -> list[int]:
        """The same without what can not be read yet."""
        pending = self._pending
        if at >= self._ready:
            pending.clear()
            return alive
        for depth, key in enumerate(keys[: alive[-1]] if alive else ()):
            if pending.get(key, at) > at:
                return [min(n, depth) for n in alive]
        return alive

    def _charge(self, keys: Sequence[int], alive: Sequence[int], size: int, total: int) -> tuple[int, ...]:
        paid = []
        for which, unread in zip(self._charged, self._unread, strict=True):
            depth = alive[which]
            found = unread.intersection(keys[:depth])
            tokens = len(found) * size
            if found:
                if depth == len(keys) and keys[-1] in found:
                    # The last unit may be shorter.
                    tokens -= max(0, depth * size - total)
                unread.difference_update(found)
            unread.update(keys[depth:])
            paid.append(tokens)
        return tuple(paid)

    def _sweep(self, at: float) -> None:
        oldest = at - self._longest
        self._used = {key: last for key, last in self._used.items() if last >= oldest}
        self._pending = {key: ready for key, ready in self._pending.items() if ready > at}
        self._unread = tuple({key for key in unread if key in self._used} for unread in self._unread)
        self._sweep_at = max(_SWEEP_LEAST, 2 * len(self._used))
