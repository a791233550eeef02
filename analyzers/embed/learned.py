"""A static table that is fitted to a log: from texts that a good model has embedded already, to that model's space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analyzers.embed.embedder import Vectors
from analyzers.embed.static import StaticModel, token_counts
from analyzers.embed.tokens import tokenizer

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

HOLD = 0.1
"""How strongly the table is held to its beginning, against one text's vector."""
_RARE = 0.01
"""Of smooth inverse frequency in the log: a token of this frequency counts half."""
_ROUNDS = 3
_STEPS = 12


def learned(texts: Sequence[str], vectors: Vectors, start: StaticModel, hold: float = HOLD) -> StaticModel:
    """`start`, brought into the space of `vectors` and fitted to them.

    `vectors` has one row of length 1 for each of `texts` (distinct, a few thousand). Least squares: the token vectors of a
    text, averaged and brought to length 1, shall be its vector, while the table stays near its beginning; tokens that no
    text has stay there. The same arguments give the same table. Some 10 seconds of one core for 5,000 short texts.
    """
    counts = token_counts(tokenizer(), texts)
    filled = np.flatnonzero(np.diff(counts.indptr))
    counts, target = counts[filled], np.asarray(vectors, np.float32)[filled]
    begin = _weighted(start.table, counts.indices)
    # Where the start says something in its own space, the least-squares map says it in the other.
    table = begin @ _map(_unit(counts @ begin), target)
    for _ in range(_ROUNDS):
        # A text's mean has any length; what is fitted is its direction.
        shares = _scaled(counts, table)
        table = table + _step(shares, target - shares @ table, hold)
    return StaticModel("static-learned", np.ascontiguousarray(table, np.float32))


def _weighted(table: Vectors, ids: NDArray[np.int32]) -> Vectors:
    """The table, its tokens weighted by how rare they are in this log too."""
    seen = np.bincount(ids, minlength=len(table)) / max(len(ids), 1)
    weights = _RARE / (_RARE + seen)
    return np.asarray(table * weights[:, None], np.float32)


def _unit(rows: Vectors) -> Vectors:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), np.float32)


def _map(given: Vectors, target: Vectors) -> Vectors:
    product = (given.T @ given).astype(np.float64)
    ridge = 1e-3 * np.trace(product) / len(product) + 1e-9
    found = np.linalg.solve(product + ridge * np.eye(len(product)), (given.T @ target).astype(np.float64))
    return np.asarray(found, np.float32)


def _scaled(counts: csr_matrix, table: Vectors) -> csr_matrix:
    from scipy.sparse import diags

    lengths = np.maximum(np.linalg.norm(counts @ table, axis=1), 1e-6)
    return (diags((1 / lengths).astype(np.float32)) @ counts).tocsr()


def _step(shares: csr_matrix, error: Vectors, hold: float) -> Vectors:
    """The change of the table of least |shares @ change - error|² + hold |change|², by conjugate gradients."""
    scale = hold * float(shares.multiply(shares).sum(axis=1).mean())
    back = shares.T.tocsr()
    change = np.zeros((shares.shape[1], error.shape[1]), np.float32)
    residual = np.asarray(back @ error, np.float32)
    direction = residual.copy()
    size = (residual**2).sum(axis=0)
    for _ in range(_STEPS):
        curved = back @ (shares @ direction) + scale * direction
        far = size / np.maximum((direction * curved).sum(axis=0), 1e-12)
        change += far * direction
        residual -= far * curved
        now = (residual**2).sum(axis=0)
        direction = residual + (now / np.maximum(size, 1e-12)) * direction
        size = now
    return change
