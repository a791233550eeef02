"""A cache of whole units (DeepSeek): a hit must end where an earlier request's input or its answer ended, or where two requests parted.

A + B, then A + C, reads nothing; A + D then reads A, because it was seen to be shared. The next request of a conversation, which
begins with the input and the answer of the one before it, reads both.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzers.prompt_caching.chain import Chain

_SWEEP_LEAST = 50_000


class WholeCache:
    """Prompts must come in the order of their start."""

    def __init__(self, lifetime: float) -> None:
        self._lifetime = lifetime
        self._used: dict[int, float] = {}
        """Of every key that was seen."""
        self._units: dict[int, float] = {}
        """Keys at which a unit ends, and from when it can be read."""
        self._sweep_at = _SWEEP_LEAST

    def serve(
        self, chain: Chain, at: float, ready_at: float, answered: Sequence[int] = (), answered_at: float = 0.0
    ) -> int:
        """Tokens that are read. `answered`: keys of the input with its answer behind it, read from `answered_at` on."""
        used, units, oldest = self._used, self._units, at - self._lifetime
        keys = chain.units
        hit = parted = 0
        for depth, key in enumerate(keys, 1):
            last = used.get(key)
            if last is None or last < oldest:
                break
            parted = depth
            ready = units.get(key)
            if ready is not None and ready <= at:
                hit = depth
        for key in keys:
            used[key] = at
        if parted:
            units.setdefault(keys[parted - 1], ready_at)
        if keys:
            units.setdefault(keys[-1], ready_at)
        if answered:
            for key in answered[len(keys) :]:
                used[key] = at
            units.setdefault(answered[-1], answered_at)
        if len(used) > self._sweep_at:
            self._used = {key: last for key, last in used.items() if last >= oldest}
            self._units = {key: ready for key, ready in units.items() if key in self._used}
            self._sweep_at = max(_SWEEP_LEAST, 2 * len(self._used))
        return min(hit * chain.unit, chain.total)
