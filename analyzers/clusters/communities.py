"""Communities of the graph of nearest neighbours: which texts are of one kind."""

from __future__ import annotations

import ctypes
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzers.clusters.leader import Floats, Numbers

NEIGHBOURS = 8
_RESOLUTION = 2.5
_POWER = 4
_AS_ALIKE = 0.95
"""Two kinds are one when the mean similarity between them is this share of the lesser one within them."""
_FLOOR_QUANTILE = 0.05
_SEED = 1
_one_at_a_time = Lock()


class Graph(NamedTuple):
    """Neighbours of each text in CSR form: those of text i are `indices[indptr[i]:indptr[i + 1]]`, most alike first."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    similarity: Floats


def nearest(vectors: Floats) -> Graph:
    """The graph of the NEIGHBOURS nearest of each vector, found exactly."""
    import faiss

    count = len(vectors)
    wanted = min(NEIGHBOURS + 1, count)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors))
    similarity, found = index.search(np.ascontiguousarray(vectors), wanted)
    others = found != np.arange(count)[:, None]
    return Graph(
        np.concatenate([[0], np.cumsum(others.sum(1))]).astype(np.int64),
        found[others].astype(np.int32),
        similarity[others].astype(np.float32),
    )


def communities(vectors: Floats, graph: Graph) -> Numbers:
    """A number for each text, 0 for the largest community; the same for the same texts in the same order.

    Of `graph` the first NEIGHBOURS of each text count. A text without neighbours is a community of its own.
    """
    count = len(vectors)
    if count < 3:
        return np.zeros(count, np.int64) if count < 2 or float(vectors[0] @ vectors[1]) > 0.5 else np.arange(count)
    return _numbered(_merged(vectors, _leiden(_adjacency(graph, count))))


def _adjacency(graph: Graph, count: int) -> Any:
    from scipy.sparse import coo_matrix

    degree = np.diff(graph.indptr)
    row = np.repeat(np.arange(count), degree)
    rank = np.arange(len(graph.indices)) - np.repeat(graph.indptr[:-1], degree)
    kept = (rank < NEIGHBOURS) & (graph.similarity > 0) & (graph.indices != row)
    weight = graph.similarity[kept].astype(np.float64) ** _POWER
    one_way = coo_matrix((weight, (row[kept], graph.indices[kept])), shape=(count, count)).tocsr()
    return one_way.maximum(one_way.T).tocsr()


def _leiden(adjacency: Any) -> Numbers:
    from sknetwork.clustering import Leiden

    if not adjacency.nnz:
        return np.arange(adjacency.shape[0])
    leiden = Leiden(resolution=_RESOLUTION, return_probs=False, return_aggregate=False, sort_clusters=False)
    with _one_at_a_time:
        # The library draws from the C library's generator, which its own argument for a seed does not reach.
        ctypes.CDLL(None).srand(_SEED)
        return np.asarray(leiden.fit_predict(adjacency), np.int64)


def _merged(vectors: Floats, numbers: Numbers) -> Numbers:
    """Joins the two most alike communities as long as they are as alike as each is within itself."""
    numbers = numbers.copy()
    sums = summed(vectors, numbers, int(numbers.max()) + 1).astype(np.float64)
    sizes = np.bincount(numbers).astype(np.float64)
    dots = sums @ sums.T
    while True:
        pairs = np.maximum(sizes * (sizes - 1), 1)
        within = np.where(sizes > 1, (np.diag(dots) - sizes) / pairs, 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = dots / np.outer(sizes, sizes) / np.minimum.outer(within, within)
        share[~np.isfinite(share)] = -1.0
        np.fill_diagonal(share, -1.0)
        # Single texts are no measure of how alike a kind is within itself.
        share[sizes < 2] = -1.0
        share[:, sizes < 2] = -1.0
        into, gone = np.unravel_index(int(share.argmax()), share.shape)
        if share[into, gone] < _AS_ALIKE:
            return numbers
        numbers[numbers == gone] = into
        dots[into] += dots[gone]
        dots[:, into] += dots[:, gone]
        dots[gone] = dots[:, gone] = 0.0
        sizes[into] += sizes[gone]
        sizes[gone] = 0.0


def _numbered(numbers: Numbers) -> Numbers:
    """Renumbered by size, equal sizes by their first text."""
    _, first, inverse, sizes = np.unique(numbers, return_index=True, return_inverse=True, return_counts=True)
    order = np.lexsort((first, -sizes))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank[inverse]


def summed(vectors: Floats, numbers: Numbers, count: int) -> Floats:
    """The sum of the vectors of each number below `count`; numbers below 0 are left out."""
    from scipy.sparse import csr_matrix

    rows = np.flatnonzero(numbers >= 0)
    pick = csr_matrix((np.ones(len(rows), np.float32), (numbers[rows], rows)), shape=(count, len(vectors)))
    return np.asarray(pick @ vectors, np.float32)


def middle(vectors: Floats, numbers: Numbers, count: int) -> tuple[Floats, Floats]:
    """Unit centroids of the numbers, and the similarity to them that all but `_FLOOR_QUANTILE` of their texts reach."""
    sums = summed(vectors, numbers, count)
    centroids = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), np.float32(1e-12))
    floors = np.ones(count, np.float32)
    order = np.argsort(numbers, kind="stable")
    bounds = np.searchsorted(numbers[order], np.arange(count + 1))
    for number in range(count):
        own = order[bounds[number] : bounds[number + 1]]
        if len(own):
            floors[number] = np.quantile(vectors[own] @ centroids[number], _FLOOR_QUANTILE)
    return centroids, floors
