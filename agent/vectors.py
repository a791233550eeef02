"""Vectors that were computed before are read from the database."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agent.store import StoreUnavailable
from analyzers.core import digest
from analyzers.embed.embedder import Embedder, Vectors

log = logging.getLogger("hone.vectors")

_TEXTS_AT_ONCE = 5_000
_DAY_S = 86_400


class VectorStore(Protocol):
    """Where vectors are kept, as bytes by 16-byte digest of the text; see `agent.store.vectors`."""

    def vectors(self, model: str, keys: Sequence[bytes]) -> dict[bytes, tuple[int, bytes]]: ...

    def keep_vectors(self, model: str, rows: Mapping[bytes, bytes], now: float) -> None: ...


class Cached:
    """An Embedder that computes the vector of a text once for all runs.

    Vectors are kept as float16, and the rounded ones are what is returned also at the first time: an analysis gives the
    same with an empty and with a full cache. The cosine of two of them is off by less than 0.0001. A database that cannot
    be written to costs time and nothing else.
    """

    def __init__(self, embedder: Embedder, store: VectorStore, now: float) -> None:
        """`now` (unix seconds) is when the vectors count as used."""
        self._embedder = embedder
        self._store = store
        self._now = now
        self.name = embedder.name
        self.dimensions = embedder.dimensions
        self.computed = 0
        """How many texts the model has been asked for."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row for each text; each distinct text is computed and kept once."""
        places: dict[str, int] = {}
        rows = np.fromiter((places.setdefault(text, len(places)) for text in texts), np.int64, len(texts))
        distinct = list(places)
        found = np.empty((len(distinct), self.dimensions), np.float32)
        for start in range(0, len(distinct), _TEXTS_AT_ONCE):
            found[start : start + _TEXTS_AT_ONCE] = self._some(distinct[start : start + _TEXTS_AT_ONCE])
        return found[rows] if len(distinct) < len(texts) else found

    def _some(self, texts: list[str]) -> Vectors:
        keys = [digest(text) for text in texts]
        kept = self._store.vectors(self.name, keys)
        size = 2 * self.dimensions
        known = {key: body for key, (_, body) in kept.items() if len(body) == size}
        today = int(self._now // _DAY_S)
        used = {key: known[key] for key, (day, _) in kept.items() if day < today and key in known}
        new = [i for i, key in enumerate(keys) if key not in known]
        if new:
            computed = self._embedder.embed([texts[i] for i in new]).astype("<f2")
            self.computed += len(new)
            fresh = {keys[i]: row.tobytes() for i, row in zip(new, computed, strict=True)}
            known |= fresh
            used |= fresh
        if used:
            self._keep(used)
        return _unit(np.frombuffer(b"".join([known[key] for key in keys]), "<f2").reshape(len(keys), -1))

    def _keep(self, rows: Mapping[bytes, bytes]) -> None:
        try:
            self._store.keep_vectors(self.name, rows, self._now)
        except StoreUnavailable as error:
            log.warning("vectors are not kept: %s", error.message)


def _unit(rounded: NDArray[np.float16]) -> Vectors:
    vectors = rounded.astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors
