"""Which texts are alike: the neighbours of every text, once, so that any number of caches can be replayed over them.

Texts of different scopes are never neighbours. Small scopes are compared completely; a scope beyond `COMPLETE` texts
by cells: each text with those of the cells nearest to it, which finds a little less than all. That is how an inverted file
searches, turned round: a cell meets all its visitors in one product of matrices, which is several times faster than
visiting cells text by text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzers.embed.embedder import Vectors
from analyzers.response_caching.both_ways import both_ways
from analyzers.response_caching.compiled import compiled

LEAST = 0.70
"""Similarity below which nobody would serve an answer."""
MOST = 50
"""Neighbours listed for a text at least: the nearest one is often not the one that a cache holds."""
EDGES = 12_000_000
"""While the lists are no longer than this in all, more neighbours are listed for each text."""
COMPLETE = 30_000
PROBES = 8
"""Cells that a text visits."""
_ROWS = 512

_Ints = NDArray[np.int32]
_Longs = NDArray[np.int64]
_Singles = NDArray[np.float32]
_Found = tuple[_Ints, _Ints, _Singles]
"""Text, neighbour, similarity."""


class Graph(NamedTuple):
    """Neighbours of text i: places start[i] to start[i + 1] of `near` and `similarity`, most similar first.

    Whoever is a neighbour has the other as neighbour too. No text is its own neighbour.
    """

    start: _Longs
    near: _Ints
    similarity: _Singles
    least: float
    complete_from: _Singles
    """By text: the similarity down to which its list is whole; above `least` where the list was cut short."""

    def __len__(self) -> int:
        return len(self.start) - 1


def neighbours(vectors: Vectors, scopes: _Ints | None = None, least: float = LEAST, most: int | None = None) -> Graph:
    """The graph over unit vectors, one per distinct text.

    `scopes` numbers the scope of each text (all in one without it); `least` is above 0. `most` limits the list of a text; without it the
    limit is what `EDGES` allows, `MOST` at least. A list can be longer than that: whoever lists a text is in its list.
    """
    vectors = np.ascontiguousarray(vectors, np.float32)
    texts = len(vectors)
    limit = most or max(MOST, min(texts, EDGES // max(texts, 1)))
    complete_from = np.full(texts, least, np.float32)
    found = list(_found(vectors, _by_scope(texts, scopes), scopes, least, limit, complete_from))
    if not found:
        empty = np.zeros(0, np.int32)
        return Graph(np.zeros(texts + 1, np.int64), empty, np.zeros(0, np.float32), least, complete_from)
    a, b, like = (np.concatenate(column) for column in zip(*found, strict=True))
    del found
    return Graph(*both_ways(a, b, np.minimum(like, np.float32(1.0)), texts), least, complete_from)


def _by_scope(texts: int, scopes: _Ints | None) -> Iterator[_Longs]:
    """The texts of one scope, or of several small ones, at a time; scopes of one text are left out."""
    if scopes is None:
        if texts > 1:
            yield np.arange(texts)
        return
    order = np.argsort(scopes, kind="stable")
    bounds = np.flatnonzero(np.diff(scopes[order], prepend=-1, append=-1))
    sizes = np.diff(bounds)
    together: list[_Longs] = []
    held = 0
    for place in np.flatnonzero(sizes > 1):
        members = order[bounds[place] : bounds[place + 1]]
        if len(members) > _ROWS:
            yield members
            continue
        if held + len(members) > _ROWS:
            yield np.concatenate(together)
            together, held = [], 0
        together.append(members)
        held += len(members)
    if together:
        yield np.concatenate(together)


def _found(
    vectors: Vectors, groups: Iterator[_Longs], scopes: _Ints | None, least: float, limit: int, complete_from: _Singles
) -> Iterator[_Found]:
    for members in groups:
        rows = vectors if scopes is None else vectors[members]
        labels = np.zeros(len(members), np.int32) if scopes is None else scopes[members]
        width = min(limit, len(members) - 1)
        like = np.full((len(members), width), least, np.float32)
        near = np.full((len(members), width), -1, np.int32)
        for asking, asked in _meetings(rows):
            met = rows if asked is None else rows[asked]
            _keep(rows[asking] @ met.T, asking, np.arange(len(rows)) if asked is None else asked, labels, like, near)
        if limit < len(members) - 1:
            complete_from[members] = like[:, 0]
        row, place = np.nonzero(near >= 0)
        numbers = members.astype(np.int32)
        yield numbers[row], numbers[near[row, place]], like[row, place]


def _meetings(rows: Vectors) -> Iterator[tuple[_Longs, _Longs | None]]:
    """Texts that are to be compared with others (None: with all); every text once, or with those of its nearest cells."""
    if len(rows) <= COMPLETE:
        for first in range(0, len(rows), _ROWS):
            yield np.arange(first, min(first + _ROWS, len(rows))), None
        return
    import faiss

    cells = int(2 * len(rows) ** 0.5)
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        means = faiss.Kmeans(rows.shape[1], cells, niter=8, spherical=True, seed=1, max_points_per_centroid=40)
        # Evenly over all texts: which ones train the cells depends on nothing but the texts.
        means.train(rows[:: max(1, len(rows) // (cells * 40))])
        _, nearest = means.index.search(rows, PROBES)
    finally:
        faiss.omp_set_num_threads(threads)
    home = np.argsort(nearest[:, 0], kind="stable")
    homes = np.searchsorted(nearest[home, 0], np.arange(cells + 1))
    visits = np.argsort(nearest.ravel(), kind="stable")
    visited = np.searchsorted(nearest.ravel()[visits], np.arange(cells + 1))
    for cell in range(cells):
        members = home[homes[cell] : homes[cell + 1]]
        visitors = visits[visited[cell] : visited[cell + 1]] // PROBES
        for first in range(0, len(visitors) if len(members) else 0, 4 * _ROWS):
            yield visitors[first : first + 4 * _ROWS], members


@compiled
def _keep(alike: _Singles, asking: _Longs, asked: _Longs, labels: _Ints, like: _Singles, near: _Ints) -> None:
    """Puts what is more alike than the least of a text's list into it; the lists are heaps, the least alike first."""
    width = like.shape[1]
    for row in range(len(asking)):
        text = asking[row]
        best, names = like[text], near[text]
        for column in range(len(asked)):
            value, other = alike[row, column], asked[column]
            # A free place holds the least similarity that counts, and that one itself is let in there.
            if (
                value < best[0]
                or (value == best[0] and names[0] >= 0)
                or other == text
                or labels[other] != labels[text]
            ):
                continue
            place = 0
            while True:
                child = 2 * place + 1
                if child >= width:
                    break
                if child + 1 < width and best[child + 1] < best[child]:
                    child += 1
                if best[child] > value or (best[child] == value and names[child] >= 0):
                    break
                best[place], names[place] = best[child], names[child]
                place = child
            best[place], names[place] = value, other
