"""Beyond the budget of embedding: the newest calls exactly, and all calls by a static model that learns from these."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analyzers.embed.embedder import Embedder, Vectors
from analyzers.embed.learned import learned
from analyzers.embed.static import StaticModel, static_embedder
from analyzers.response_caching.exact import Chains
from analyzers.response_caching.graph import neighbours
from analyzers.response_caching.pairs import Judge, Longs, Verdicts, drawing_order, pairs
from analyzers.response_caching.replay import Point, Replay
from analyzers.response_caching.sampled import LEAST, Budget, Sampled
from analyzers.response_caching.stream import Stream
from analyzers.response_caching.window import vectors
from analyzers.response_caching.wrong import Wrong, wrong

LEARNED_FROM = 5_000
"""Texts: of more the newest."""
_ENOUGH = 500
"""Texts below which there is nothing to learn from."""


def estimated(
    stream: Stream,
    scope_of_text: NDArray[np.int32],
    good: Embedder,
    known: tuple[list[str], Vectors],
    lifetime: float,
    entries: int,
    budget: Budget,
) -> Sampled:
    """The estimate over all texts; `known` are texts that `good` has embedded, with their vectors."""
    model = fitted(*known)
    graph = neighbours(vectors(model, stream), scope_of_text, least=LEAST)
    missed = Chains(stream).served(lifetime, entries) < 0
    return Sampled(stream, graph, good, missed, budget)


def fitted(texts: list[str], own: Vectors) -> StaticModel:
    """The static model, brought near to the one whose vectors are given."""
    start = static_embedder()
    return learned(texts[-LEARNED_FROM:], own[-LEARNED_FROM:], start) if len(texts) >= _ENOUGH else start


class Checked:
    """Wrong answers by verified look-ups; a chosen threshold by the exact replay of the newest calls."""

    def __init__(
        self, sampled: Sampled, rows: Longs, window: Stream, replay: Replay, point: Point, judge: Judge
    ) -> None:
        """`window` are the calls `rows` of the stream, `replay` theirs with the good model; of `point` the threshold is open."""
        self._sampled = sampled
        self._rows = rows
        self._window = window
        self._replay = replay
        self._point = point
        self._verdicts = Verdicts(window, judge)
        self._order = drawing_order(window, 1)

    def __len__(self) -> int:
        """Pairs judged of the window."""
        return len(self._verdicts)

    def wrong(self, threshold: float, source: Longs, rows: Longs, verdicts: Verdicts, budget: int) -> Wrong:
        """Of the calls `rows`, of which the estimate serves `source`."""
        return self._sampled.wrong(threshold, source, rows, verdicts, budget)

    def confirmed(self, threshold: float, rows: Longs, budget: int, level: float) -> Wrong:
        """Of those of the calls `rows` that are among the newest, exactly."""
        inside = np.isin(self._rows, rows)
        source = self._replay.served(self._point._replace(threshold=threshold)).source
        found = pairs(self._window, source, self._order[inside[self._order]])
        return wrong(found, self._verdicts, budget, level)
