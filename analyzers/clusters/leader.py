"""Leader clustering with running centroids: one matrix product a batch, numbers that never change."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]

OPEN_FLOOR = 0.6
"""Similarity to its centroid that a cluster begun by a single text asks of others, until its own texts say better."""
MOST = 2_000
_AT_ONCE = 64
_MOST_WEIGHT = 10_000.0
"""A centroid moves with what comes in, however much came before."""


class Leaders:
    """Clusters by centroid (unit vectors, one row each), each with the least similarity (`floor`) it asks of a member.

    Deterministic for one order of vectors; cost and memory are bounded by MOST clusters, whatever comes in.
    """

    def __init__(self, centroids: Floats, weights: Floats, floors: Floats) -> None:
        self._count = len(centroids)
        self._centroids = np.array(centroids, np.float32)
        self._weights = np.array(weights, np.float32)
        self._floors = np.array(floors, np.float32)

    def __len__(self) -> int:
        return self._count

    @property
    def centroids(self) -> Floats:
        """Unit vectors in the order of their numbers."""
        return self._centroids[: self._count]

    @property
    def floors(self) -> Floats:
        """Least similarity of a member to its centroid."""
        return self._floors[: self._count]

    def nearest(self, vectors: Floats) -> Numbers:
        """The number of the nearest cluster for each vector, -1 where none takes it; nothing is learned."""
        if not self._count or not len(vectors):
            return np.full(len(vectors), -1, np.int64)
        similarity = vectors @ self.centroids.T
        best = similarity.argmax(1)
        taken = similarity[np.arange(len(vectors)), best] >= self.floors[best]
        return np.where(taken, best, -1)

    def assign(self, vectors: Floats) -> Numbers:
        """The cluster of each vector, beginning new ones where none takes it, and moves the centroids; -1 once there are MOST."""
        numbers = self.nearest(vectors)
        self._move(vectors, numbers)
        rest = np.flatnonzero(numbers < 0)
        while len(rest) and self._count < MOST:
            rest = self._begin_some(vectors, rest, numbers)
        return numbers

    def _begin_some(self, vectors: Floats, rest: Numbers, numbers: Numbers) -> Numbers:
        """Clusters around the first of `rest`, each unless an earlier one takes it; what no one takes comes back."""
        similarity = vectors[rest] @ vectors[rest[:_AT_ONCE]].T
        left = np.ones(len(rest), np.bool_)
        for column in range(similarity.shape[1]):
            if not left[column] or self._count == MOST:
                continue
            joins = left & (similarity[:, column] >= OPEN_FLOOR)
            joins[column] = True
            numbers[rest[joins]] = self._begin(vectors[rest[joins]])
            left &= ~joins
        return np.asarray(rest[left], np.int64)

    def _move(self, vectors: Floats, numbers: Numbers) -> None:
        known = numbers >= 0
        if not known.any():
            return
        # A product of a sparse matrix: adding row by row takes longer than finding the nearest did.
        from scipy.sparse import csr_matrix

        rows = np.flatnonzero(known)
        pick = csr_matrix((np.ones(len(rows), np.float32), (numbers[rows], rows)), shape=(self._count, len(vectors)))
        touched = np.unique(numbers[rows])
        counts = np.asarray(pick.sum(1), np.float32).ravel()[touched]
        weight = self._weights[touched]
        moved = self._centroids[touched] * weight[:, None] + (pick[touched] @ vectors)
        self._centroids[touched] = _unit(moved)
        self._weights[touched] = np.minimum(weight + counts, _MOST_WEIGHT)

    def _begin(self, vectors: Floats) -> int:
        if self._count == len(self._weights):
            size = max(64, 2 * self._count)
            self._centroids = _grown(self.centroids, size, vectors.shape[1])
            self._weights = np.resize(self._weights, size) if self._count else np.zeros(size, np.float32)
            self._floors = np.resize(self._floors, size) if self._count else np.zeros(size, np.float32)
        number = self._count
        self._centroids[number] = _unit(vectors.sum(0)[None])[0]
        self._weights[number] = len(vectors)
        self._floors[number] = OPEN_FLOOR
        self._count += 1
        return number


def _grown(rows: Floats, size: int, width: int) -> Floats:
    grown = np.zeros((size, width), np.float32)
    if len(rows):
        grown[: len(rows)] = rows
    return grown


def _unit(rows: Floats) -> Floats:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(length, np.float32(1e-12)), np.float32)
