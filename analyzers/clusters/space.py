"""Vectors for all texts of an app, of which a model computes no more than a budget allows.

The others get theirs from the static table, brought into the model's space by the least-squares map that fits those texts that have both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from analyzers.clusters.leader import Floats
from analyzers.clusters.state import text_digest
from analyzers.embed.embedder import Embedder

LEAST = 64
"""Texts that the model computes in any case."""
ENOUGH = 1_000
"""Computed texts beyond which no more are asked for."""
READ = 1_000
"""Characters of a text that count: models read no more."""
_RIDGE = 1e-2


def vectors(
    texts: Sequence[str], model: Embedder, static: Callable[[], Embedder], known: Callable[[str], bool], characters: int
) -> Floats:
    """A unit vector for each of `texts`, in the space of `model`.

    `known` are texts that cost `model` nothing more; `characters` of others may be computed, drawn by their digests, so that the same
    ones are for the same texts. `static` is asked for only where texts are left.
    """
    exact = _exact(texts, known, characters)
    found = np.empty((len(texts), model.dimensions), np.float32)
    computed = np.flatnonzero(exact)
    found[computed] = model.embed([texts[n] for n in computed.tolist()])
    rest = np.flatnonzero(~exact)
    if len(rest):
        cheap = static().embed(texts)
        found[rest] = _unit(cheap[rest] @ _mapped(cheap[computed], found[computed]))
    return found


def _exact(
    texts: Sequence[str], known: Callable[[str], bool], characters: int
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    exact = np.fromiter((known(text) for text in texts), np.bool_, len(texts))
    count, spent = int(exact.sum()), 0
    for number in sorted(np.flatnonzero(~exact).tolist(), key=lambda n: text_digest(texts[n])):
        spent += min(len(texts[number]), READ)
        if count >= LEAST and (count >= ENOUGH or spent > characters):
            break
        exact[number] = True
        count += 1
    return exact


def _mapped(given: Floats, target: Floats) -> Floats:
    product = (given.T @ given).astype(np.float64)
    ridge = _RIDGE * np.trace(product) / len(product) + 1e-9
    solved = np.linalg.solve(product + ridge * np.eye(len(product)), (given.T @ target).astype(np.float64))
    return np.asarray(solved, np.float32)


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), np.float32)
