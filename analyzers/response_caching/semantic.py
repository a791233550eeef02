"""The curve of a semantic cache and what to do about it, for all requests together and for each application.

One cache serves all applications (its room is shared), but no answer crosses from one to another, so the hits, the wrong answers and the
choice can be told apart: an average over applications would hide the one that is answered wrongly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol

import numpy as np

from analyzers.response_caching.bound import LEVEL
from analyzers.response_caching.choose import CONFIRMED, Candidate, Choice, choose
from analyzers.response_caching.pairs import Judge, Longs, Verdicts, drawing_order, pairs
from analyzers.response_caching.stream import Stream
from analyzers.response_caching.worth import Cache, Costs, Sizes, usd
from analyzers.response_caching.wrong import Wrong, wrong

THRESHOLDS = tuple(round(0.75 + 0.01 * step, 2) for step in range(25))
Replayed = Callable[[float], Longs]
"""For a threshold, `Served.source` of a cache that inserts on a miss."""


class Limits(NamedTuple):
    """What the owner allows, and how much may be judged."""

    max_wrong_rate: float = 0.01
    """Wrong answers for each request."""
    pairs: int = 400
    """Different pairs judged for each threshold; draws are shared between thresholds."""
    confirming_pairs: int = 2_000
    apps: int = 12
    """Applications that are looked at by themselves: those with most requests."""


class Part(NamedTuple):
    """All requests, or those of one application."""

    app: str | None
    requests: int
    exact_hits: int
    exact_net: Decimal
    """USD of the period that an exact cache of the same lifetime and size would bring."""
    curve: tuple[Candidate, ...]
    """By threshold, ascending."""
    choice: Choice

    def at(self, threshold: float) -> Candidate:
        """The candidate of this threshold."""
        return next(one for one in self.curve if one.threshold == threshold)


class Semantic(NamedTuple):
    """The cache over everything and by application (those with most requests first)."""

    whole: Part
    apps: tuple[Part, ...]
    judged: int
    """Different pairs that were judged in all."""


class Checks(Protocol):
    """What stands for judging a replay where not every question could be embedded."""

    def __len__(self) -> int: ...

    def wrong(self, threshold: float, source: Longs, rows: Longs, verdicts: Verdicts, budget: int) -> Wrong: ...

    def confirmed(self, threshold: float, rows: Longs, budget: int, level: float) -> Wrong: ...


class Judging:
    """Judges replays of one stream, within the limits."""

    def __init__(
        self,
        stream: Stream,
        judge: Judge,
        cache: Cache,
        costs: Costs,
        limits: Limits,
        checks: Checks | None = None,
    ) -> None:
        self._checks = checks
        self._stream = stream
        self._limits = limits
        self._cache = cache
        self._costs = costs
        self._verdicts = Verdicts(stream, judge)
        self._sizes = Sizes(stream)
        self._orders = [drawing_order(stream, seed) for seed in (0, 1)]
        self._seconds = float(stream.at[-1] - stream.at[0]) if len(stream) else 0.0

    def semantic(self, app_of: Sequence[str | None], exact: Longs, replayed: Replayed) -> Semantic:
        """The curve and the choice. `app_of`: each request's; `exact`: `source` of the exact cache."""
        members = _members(app_of, self._limits.apps)
        groups: Mapping[str | None, Longs] = members if len(members) > 1 else {}
        rows: list[Longs] = [np.arange(len(self._stream)), *groups.values()]
        names: list[str | None] = [None, *groups]
        curves: list[list[Candidate]] = [[] for _ in rows]
        for threshold in THRESHOLDS:
            source = replayed(threshold)
            for part, curve in zip(rows, curves, strict=True):
                curve.append(self._candidate(threshold, source, part))
        parts = [
            self._part(name, part, curve, exact, replayed)
            for name, part, curve in zip(names, rows, curves, strict=True)
        ]
        whole, apps = parts[0], tuple(parts[1:])
        if not groups:
            apps = tuple(whole._replace(app=name) for name in members)
        judged = len(self._verdicts) + (len(self._checks) if self._checks is not None else 0)
        return Semantic(whole, apps, judged)

    def _candidate(self, threshold: float, source: Longs, rows: Longs) -> Candidate:
        hits = rows[source[rows] >= 0]
        return Candidate(
            threshold,
            usd(int(self._stream.cost[hits].sum())),
            self._sizes.running(rows, len(rows) - len(hits), self._seconds, self._cache, self._costs),
            self._wrong(threshold, source, rows),
        )

    def _wrong(self, threshold: float, source: Longs, rows: Longs) -> Wrong:
        if self._checks is not None:
            return self._checks.wrong(threshold, source, rows, self._verdicts, self._limits.pairs)
        found = pairs(self._stream, source, _only(self._orders[0], rows, len(self._stream)))
        return wrong(found, self._verdicts, self._limits.pairs, LEVEL)

    def _part(self, app: str | None, rows: Longs, curve: Sequence[Candidate], exact: Longs, replayed: Replayed) -> Part:
        hits = rows[exact[rows] >= 0]
        plain = self._cache._replace(dimensions=0)
        net = usd(int(self._stream.cost[hits].sum())) - self._sizes.running(
            rows, len(rows) - len(hits), self._seconds, plain, self._costs
        )

        def confirm(threshold: float) -> Wrong:
            if self._checks is not None:
                return self._checks.confirmed(threshold, rows, self._limits.confirming_pairs, CONFIRMED)
            found = pairs(self._stream, replayed(threshold), _only(self._orders[1], rows, len(self._stream)))
            return wrong(found, self._verdicts, self._limits.confirming_pairs, CONFIRMED)

        choice = choose(curve, self._limits.max_wrong_rate, net, confirm)
        return Part(app, len(rows), len(hits), net, tuple(curve), choice)


def _members(app_of: Sequence[str | None], most: int) -> Mapping[str | None, Longs]:
    by_app: dict[str | None, list[int]] = {}
    for row, app in enumerate(app_of):
        by_app.setdefault(app, []).append(row)
    first = sorted(by_app.items(), key=lambda item: (-len(item[1]), item[0] or ""))[:most]
    return {app: np.array(rows, np.int64) for app, rows in first}


def _only(order: Longs, rows: Longs, length: int) -> Longs:
    if len(rows) == length:
        return order
    wanted = np.zeros(length, bool)
    wanted[rows] = True
    return order[wanted[order]]
