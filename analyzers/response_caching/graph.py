"""Which texts are alike: the neighbours of every text, once, so that any number of caches can be replayed over them.

Texts of different scopes are never neighbours. Small scopes are compared completely; a scope beyond `COMPLETE` texts
through an inverted file (faiss IVF-Flat), one beyond `LARGE` through a navigable small world (HNSW), whose inserts are
dearer but whose search hardly grows. What such an index finds is a little less than all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzers.embed.embedder import Vectors

LEAST = 0.70
"""Similarity below which nobody would serve an answer."""
MOST = 50
"""Neighbours listed for a text at least: the nearest one is often not the one that a cache holds."""
EDGES = 12_000_000
"""While the lists are no longer than this in all, more neighbours are listed for each text."""
COMPLETE = 30_000
LARGE = 500_000
PROBES = 16
"""Cells of the inverted file that a look-up reads."""
_ROWS = 512

_Ints = NDArray[np.int32]
_Longs = NDArray[np.int64]
_Singles = NDArray[np.float32]
_Found = tuple[_Longs, _Longs, _Singles]
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

    `scopes` numbers the scope of each text (all in one without it). `most` limits the list of a text; without it the
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
    return _graph(a, b, np.minimum(like, np.float32(1.0)), least, complete_from)


def _graph(a: _Longs, b: _Longs, like: _Singles, least: float, complete_from: _Singles) -> Graph:
    """Both directions of every pair, sorted."""
    texts = len(complete_from)
    # A product of rows is not the same to the last bit from both sides: one of the two stands for both.
    pair, first = np.unique(np.minimum(a, b) * texts + np.maximum(a, b), return_index=True)
    low, high, like = pair // texts, pair % texts, np.tile(like[first], 2)
    owner, near = np.concatenate((low, high)), np.concatenate((high, low)).astype(np.int32)
    order = np.lexsort((near, -like, owner))
    start = np.zeros(texts + 1, np.int64)
    np.cumsum(np.bincount(owner, minlength=texts), out=start[1:])
    return Graph(start, near[order], like[order], least, complete_from)


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
        labels = None if scopes is None or scopes[members[0]] == scopes[members[-1]] else scopes[members]
        blocks = _compared(rows, labels, limit) if len(members) <= COMPLETE else _looked_up(rows, limit)
        for first, near, like in blocks:
            yield _listed(members, first, near, like, least, limit, complete_from)


def _compared(rows: Vectors, labels: _Ints | None, limit: int) -> Iterator[tuple[int, _Longs, _Singles]]:
    """Every text against every other: (first text of the block, nearest `limit` others, similarities)."""
    width = min(limit, len(rows) - 1)
    for first in range(0, len(rows), _ROWS):
        like = rows[first : first + _ROWS] @ rows.T
        here = np.arange(len(like))
        like[here, first + here] = -1.0
        if labels is not None:
            like[labels[first : first + _ROWS, None] != labels[None, :]] = -1.0
        near = np.argpartition(like, -width, axis=1)[:, -width:] if width < len(rows) else np.argsort(like, axis=1)
        yield first, near, np.take_along_axis(like, near, axis=1)


def _looked_up(rows: Vectors, limit: int) -> Iterator[tuple[int, _Longs, _Singles]]:
    """The same from an index, which misses a few."""
    import faiss

    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        index = _index(faiss, rows, limit)
        for first in range(0, len(rows), 8 * _ROWS):
            like, near = index.search(rows[first : first + 8 * _ROWS], limit + 1)
            itself = near == np.arange(first, first + len(near))[:, None]
            like[itself | (near < 0)] = -1.0
            yield first, near, like
    finally:
        faiss.omp_set_num_threads(threads)


def _index(faiss: Any, rows: Vectors, limit: int) -> Any:
    size, width = rows.shape
    if size > LARGE:
        index = faiss.IndexHNSWFlat(width, 16, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = 100
        index.hnsw.efSearch = max(64, limit)
    else:
        cells = int(2 * size**0.5)
        index = faiss.IndexIVFFlat(faiss.IndexFlatIP(width), width, cells, faiss.METRIC_INNER_PRODUCT)
        index.nprobe = PROBES
        # Evenly over all texts: which ones train the cells depends on nothing but the texts.
        index.train(rows[:: max(1, size // (cells * 64))])
    index.add(rows)
    return index


def _listed(
    members: _Longs, first: int, near: _Longs, like: _Singles, least: float, limit: int, complete_from: _Singles
) -> _Found:
    row, place = np.nonzero(like >= least)
    cut = np.flatnonzero(np.bincount(row, minlength=len(like)) >= min(limit, len(members) - 1))
    if limit < len(members) - 1:
        complete_from[members[first + cut]] = np.where(like[cut] >= least, like[cut], 2.0).min(axis=1)
    return members[first + row], members[near[row, place]], like[row, place]
