"""What a semantic cache would have served, for every threshold, lifetime and size, over one neighbour graph.

The cache behaves as those that run do. A request looks for the most similar entry that is live; at or above the threshold
it is served (of equals the earliest), below it is a miss. A miss is inserted when its answer is there (`ready`), a served
request is not. Lifetime counts from the insert and is not renewed by a hit; the entry is live while its age is below it.
Beyond `entries` the least recently used goes, where a hit counts as use and an expired entry takes no room. There is one
entry for each text: when two requests of one text were in flight together, the later answer takes the earlier one's place.

Inserting only on a miss matters: a text that was once served a wrong answer is never inserted and goes on being served it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzers.errors import HoneError
from analyzers.response_caching.compiled import compiled
from analyzers.response_caching.graph import Graph
from analyzers.response_caching.interval import BATCHES, batch_of, by_batches
from analyzers.response_caching.stream import Stream

FOREVER = inf
"""The lifetime of entries that do not expire."""
UNLIMITED = 1 << 62
"""The number of entries of a cache that never lacks room."""
MISS = -1
"""In `Served.source`."""

_Floats = NDArray[np.float64]
_Singles = NDArray[np.float32]
_Longs = NDArray[np.int64]
_Ints = NDArray[np.int32]


class Point(NamedTuple):
    """How a cache is set."""

    threshold: float
    lifetime: float
    """Seconds."""
    entries: int


class Served(NamedTuple):
    """What one cache would have served; columns as long as the stream."""

    source: _Longs
    """The request (its place in the stream) whose answer would have been served, or MISS."""
    similarity: _Singles
    """Of the two texts; 0 for a miss."""
    uncertain: int
    """Misses that could have been hits: the graph's list of neighbours was cut short above the threshold."""


class Grid(NamedTuple):
    """Every combination of settings; arrays are [threshold, lifetime, entries]."""

    thresholds: tuple[float, ...]
    lifetimes: tuple[float, ...]
    entries: tuple[int, ...]
    requests: int
    hits: _Longs
    saved: _Longs
    """What the provider charged for the requests that were served, in 1/PICO USD."""
    uncertain: _Longs
    """As in `Served`."""
    low: _Floats
    """Hit rate, 95 % interval (`interval`)."""
    high: _Floats


class Replay:
    """One stream over one graph: `grid` for all settings, `served` for one."""

    def __init__(self, stream: Stream, graph: Graph) -> None:
        """`graph` is over the stream's texts; refused when it is over a different number of them."""
        if len(graph) != len(stream.texts):
            raise HoneError("the neighbour graph is not over the texts of this stream", "build it from stream.texts")
        self._stream = stream
        self._graph = graph
        self._ready = np.where(np.isnan(stream.ready), np.inf, np.maximum(stream.ready, stream.at))
        self._order = np.argsort(self._ready, kind="stable").astype(np.int32)
        self._span = float(stream.at[-1] - stream.at[0]) if len(stream) else 0.0
        self._source = np.empty(len(stream), np.int32)
        self._similarity = np.empty(len(stream), np.float32)
        self._held = np.empty(len(stream.texts), np.int32)
        self._ring = np.empty((2, len(stream.texts) + 1), np.int32)
        self._ends: tuple[float, _Longs] = np.nan, np.empty(0, np.int64)

    def grid(self, thresholds: Sequence[float], lifetimes: Sequence[float], entries: Sequence[int]) -> Grid:
        """Hits and savings at every combination; 3 to 10 million requests a second and combination that differs."""
        shape = (len(thresholds), len(lifetimes), len(entries))
        hits = np.zeros((*shape, BATCHES), np.int64)
        saved, uncertain = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        # From the largest cache down: one that was never full stands for all that are large enough.
        seen: dict[tuple[float, float], list[tuple[int, int, tuple[int, ...]]]] = {}
        for place in sorted(np.ndindex(shape), key=lambda place: -entries[place[2]]):
            point = self._reduced(Point(thresholds[place[0]], lifetimes[place[1]], entries[place[2]]))
            larger = seen.setdefault((point.threshold, point.lifetime), [])
            same = next((at for most, peak, at in larger if peak <= point.entries <= most), None)
            if same is not None:
                hits[place], saved[place], uncertain[place] = hits[same], saved[same], uncertain[same]
                continue
            saved[place], uncertain[place], peak = self._run(point, hits[place])
            larger.append((point.entries, peak, place))
        low, high = by_batches(hits, len(self._stream))
        return Grid(
            thresholds=tuple(thresholds),
            lifetimes=tuple(lifetimes),
            entries=tuple(entries),
            requests=len(self._stream),
            hits=hits.sum(axis=-1),
            saved=saved,
            uncertain=uncertain,
            low=low,
            high=high,
        )

    def served(self, point: Point) -> Served:
        """For every request, whose answer it would have been given."""
        _, uncertain, _ = self._run(self._reduced(point), np.zeros(BATCHES, np.int64))
        return Served(self._source.astype(np.int64), self._similarity.copy(), uncertain)

    def _reduced(self, point: Point) -> Point:
        """The same cache in fewest words, so that settings that cannot differ are replayed once."""
        if point.threshold < self._graph.least:
            raise HoneError(
                f"the threshold {point.threshold:g} lies below the graph's least similarity {self._graph.least:g}",
                "build the graph with a lower `least`",
            )
        if point.entries < 1 or not point.lifetime > 0:
            raise HoneError("a cache has at least one entry and a lifetime above 0", "")
        return Point(
            point.threshold,
            FOREVER if point.lifetime > self._span else point.lifetime,
            min(point.entries, len(self._stream.texts)),
        )

    def _run(self, point: Point, hits: _Longs) -> tuple[int, int, int]:
        stream, graph = self._stream, self._graph
        if point.threshold != self._ends[0]:
            self._ends = point.threshold, _ends(graph.start, graph.similarity, point.threshold)
        return _replay(
            stream.at,
            self._ready,
            self._order,
            stream.text,
            stream.cost,
            graph.start,
            self._ends[1],
            graph.near,
            graph.similarity,
            graph.complete_from,
            point.threshold,
            point.lifetime,
            point.entries,
            batch_of(len(stream)),
            self._held,
            self._ring,
            self._source,
            self._similarity,
            hits,
        )


@compiled
def _ends(start: _Longs, likeness: _Singles, threshold: float) -> _Longs:
    """By text, the place behind the last neighbour that is similar enough."""
    ends = np.empty(len(start) - 1, np.int64)
    for text in range(len(ends)):
        low, high = start[text], start[text + 1]
        while low < high:
            middle = (low + high) // 2
            if likeness[middle] >= threshold:
                low = middle + 1
            else:
                high = middle
        ends[text] = low
    return ends


@compiled
def _replay(
    at: _Floats,
    ready: _Floats,
    order: _Ints,
    text: _Ints,
    cost: _Longs,
    start: _Longs,
    ends: _Longs,
    near: _Ints,
    likeness: _Singles,
    complete_from: _Singles,
    threshold: float,
    lifetime: float,
    entries: int,
    batch: int,
    held: _Ints,
    ring: _Ints,
    source: _Ints,
    similarity: _Singles,
    hits: _Longs,
) -> tuple[int, int, int]:
    """One cache over the whole stream; fills `source`, `similarity`, `hits`; gives (saved, uncertain, most entries at once).

    `order`: requests by `ready`. As inserts happen in that order and live equally long, they expire in it too: two
    places in `order` (`inserted`, `expired`) stand for all events. `held`: text -> request whose answer is its entry.
    `ring`: texts with an entry from least to most recently used, [0] the next newer, [1] the next older; its ends meet
    at the place behind the last text.
    """
    end = len(held)
    bounded = entries < end
    newer, older = ring[0], ring[1]
    newer[end] = older[end] = end
    held[:] = -1
    count = inserted = expired = saved = uncertain = peak = 0
    for now in range(len(at)):
        while True:
            due = inserted < now and ready[order[inserted]] <= at[now] and order[inserted] < now
            moment = ready[order[inserted]] if due else at[now]
            while expired < inserted and ready[order[expired]] + lifetime <= moment:
                old = text[order[expired]]
                if held[old] == order[expired]:
                    held[old] = -1
                    count -= 1
                    if bounded:
                        newer[older[old]], older[newer[old]] = newer[old], older[old]
                expired += 1
            if not due:
                break
            request = order[inserted]
            inserted += 1
            if source[request] >= 0:
                continue
            new = text[request]
            if held[new] < 0:
                if count == entries:
                    old = newer[end]
                    held[old] = -1
                    newer[older[old]], older[newer[old]] = newer[old], older[old]
                    count -= 1
                count += 1
                peak = max(peak, count)
            elif bounded:
                newer[older[new]], older[newer[new]] = newer[new], older[new]
            held[new] = request
            if bounded:
                last = older[end]
                newer[last], older[new], newer[new], older[end] = new, last, end, new
        asked = text[now]
        best = held[asked]
        top = np.float32(1.0)
        place, end_of = start[asked], ends[asked]
        if best < 0:
            while place < end_of and held[near[place]] < 0:
                place += 1
            if place < end_of:
                best, top = held[near[place]], likeness[place]
        # Of those that are equally similar the earliest.
        while place < end_of and likeness[place] >= top:
            other = held[near[place]]
            if other >= 0 and (ready[other] < ready[best] or (ready[other] == ready[best] and other < best)):
                best = other
            place += 1
        source[now] = best
        if best < 0:
            similarity[now] = 0.0
            if threshold < complete_from[asked]:
                uncertain += 1
            continue
        similarity[now] = top
        hits[now // batch] += 1
        saved += cost[now]
        if bounded:
            used = text[best]
            newer[older[used]], older[newer[used]] = newer[used], older[used]
            last = older[end]
            newer[last], older[used], newer[used], older[end] = used, last, end, used
    return saved, uncertain, peak
