"""What a semantic cache would hit where the good model cannot embed every text: a replay in the space of a static model, calibrated.

The whole stream is replayed over the static neighbour graph, with every lifetime and size. What stands for a threshold of
the good model is the static threshold that as many look-ups reach: look-ups are drawn among the requests that an exact
cache would miss (the others are hit at any threshold), and verified by the good model. How often the answers would be
wrong is judged on look-ups drawn among all requests, because a question that is once answered wrongly is so again and
again; what is found there is of a cache that forgets nothing, and is scaled to the one that is replayed.

A hit rate's interval holds the error of drawing (Wilson) and what `interval` says of the stream. It does not hold the error of
taking static neighbours for the good model's (below a point from thresholds of .85 on where it was measured): the point
that is chosen is to be confirmed by an exact replay.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzers.embed.embedder import Embedder
from analyzers.response_caching.bound import LEVEL, upper
from analyzers.response_caching.graph import Graph
from analyzers.response_caching.interval import wilson
from analyzers.response_caching.lookups import earlier, look_up
from analyzers.response_caching.pairs import Longs, Verdicts, drawing_order, pairs
from analyzers.response_caching.replay import MISS, Grid, Point, Replay
from analyzers.response_caching.stream import Stream
from analyzers.response_caching.wrong import Wrong

LEAST = 0.60
"""Static similarity from which texts are neighbours: below what stands for any threshold of use."""
LOOKUPS = 4_000
_SEEDS = (2, 3)
_NEVER = 1.1
"""A threshold that nothing reaches."""


class Budget(NamedTuple):
    """What the good model may be asked for."""

    lookups: int = LOOKUPS
    characters: int = 4_000_000


class Sampled:
    """One stream over its static graph, with verified look-ups. Thresholds are the good model's, from `least` on."""

    def __init__(self, stream: Stream, graph: Graph, good: Embedder, missed: NDArray[np.bool_], budget: Budget) -> None:
        """`missed`: the requests that an exact cache of the lifetime and size in question would not have hit."""
        self._stream = stream
        self._before = earlier(stream, graph)
        self._replay = Replay(stream, graph)
        self._least = graph.least
        order, other = (drawing_order(stream, seed) for seed in _SEEDS)
        half, room = budget.lookups // 2, budget.characters // 2
        self._drawn = look_up(stream, graph, self._before, good, order[missed[order]], half, room)
        self._judged = look_up(stream, graph, self._before, good, other, half, room)
        self._ranked = np.sort(self._drawn.static)[::-1]

    @property
    def lookups(self) -> int:
        """That were verified."""
        return len(self._drawn.request) + len(self._judged.request)

    @property
    def embedded(self) -> int:
        """Texts that the good model was asked for."""
        return self._drawn.embedded + self._judged.embedded

    def static_threshold(self, threshold: float) -> float:
        """What stands for a threshold of the good model."""
        return self._reached_by(self._share(threshold))

    def source(self, threshold: float, lifetime: float, entries: int) -> Longs:
        """`Served.source` of the static replay that stands for the threshold."""
        return self._replay.served(Point(self.static_threshold(threshold), lifetime, entries)).source

    def grid(self, thresholds: Sequence[float], lifetimes: Sequence[float], entries: Sequence[int]) -> Grid:
        """The estimate, as `Replay.grid`."""
        count = len(self._drawn.request)
        reached = np.array([int((self._drawn.good >= one).sum()) for one in thresholds], np.int64)
        ends = np.stack(wilson(reached, count))
        static = [self.static_threshold(one) for one in thresholds]
        likely = self._replay.grid(static, lifetimes, entries)
        low = self._replay.grid([self._reached_by(share) for share in ends[0].tolist()], lifetimes, entries)
        high = self._replay.grid([self._reached_by(share) for share in ends[1].tolist()], lifetimes, entries)
        return likely._replace(
            thresholds=tuple(thresholds),
            low=np.minimum(low.low, likely.low),
            high=np.maximum(high.high, likely.high),
        )

    def wrong(
        self, threshold: float, source: Longs, rows: Longs, verdicts: Verdicts, budget: int, level: float = LEVEL
    ) -> Wrong:
        """Wrong answers among the requests `rows` of a replay (`source`) that stands for the threshold.

        Look-ups are independent draws of requests, each as wrong as the answer that its text's first request would have
        been served. Up to `budget` different pairs are judged; where that cannot be told it is wrong in the bound.
        """
        stream = self._stream
        inside = np.zeros(len(stream), np.bool_)
        inside[rows] = True
        drawn = self._judged.request[inside[self._judged.request]]
        found = pairs(stream, self._verified(threshold), drawn)
        until = len(drawn)
        if len(found.times) > budget:
            _, first = np.unique(found.pair, return_index=True)
            cut = int(np.sort(first)[budget])
            until = int(np.flatnonzero(drawn == found.hit[cut])[0])
            found = pairs(stream, self._verified(threshold), drawn[:until])
        same = verdicts.same(found.hit[found.first], found.source[found.first])
        bad = sum(int(times) for times, verdict in zip(found.times, same, strict=True) if verdict is False)
        unknown = sum(int(times) for times, verdict in zip(found.times, same, strict=True) if verdict is None)
        hit = rows[source[rows] != MISS]
        repeats = int((stream.key[hit] == stream.key[source[hit]]).sum())
        scale = self._scale(threshold, len(hit) - repeats, rows)
        known = until - unknown
        return Wrong(
            requests=len(rows),
            hits=len(hit),
            repeats=repeats,
            judged_pairs=len(same) - same.count(None),
            unknown_pairs=same.count(None),
            unknown=unknown / int(found.times.sum()) if len(same) else 0.0,
            wrong=len(rows) * scale * bad / known if known else None,
            wrong_high=len(rows) * min(1.0, scale * upper(bad + unknown, until, level)),
        )

    def _scale(self, threshold: float, others: int, rows: Longs) -> float:
        """Hits of another request in the replay, for each that a cache that forgets nothing would have in the static space."""
        stream, first = self._stream, self._before.first
        text = stream.text[rows]
        reached = self._before.nearest[text] >= np.float32(self.static_threshold(threshold))
        again = (rows > first[text]) & (stream.key[rows] != stream.key[first[text]])
        never = int((reached | again).sum())
        return others / never if never else 1.0

    def _verified(self, threshold: float) -> Longs:
        """For each judged look-up the request whose answer it would be served for good, MISS for every other request."""
        stream, drawn = self._stream, self._judged.request
        first = self._before.first[stream.text[drawn]]
        alone = np.where(drawn > first, first, MISS)
        source = np.full(len(stream), MISS, np.int64)
        source[drawn] = np.where(self._judged.good >= np.float32(threshold), self._judged.source, alone)
        return source

    def _share(self, threshold: float) -> float:
        count = len(self._drawn.request)
        return float((self._drawn.good >= np.float32(threshold)).sum() / count) if count else 0.0

    def _reached_by(self, share: float) -> float:
        """The static threshold that this share of the look-ups reach, as near as can be."""
        place = round(share * len(self._ranked))
        if place <= 0:
            return _NEVER
        here = float(self._ranked[place - 1])
        # Between the last that is to be served and the first that is not; of several that are equal all are.
        below = float(self._ranked[place]) if place < len(self._ranked) else 0.0
        return max(self._least, (here + below) / 2)
