"""The vectors that a producer logged with its calls stand in for a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from analyzers.embed.embedder import Vectors
from analyzers.errors import HoneError


class Logged(NamedTuple):
    """A text, its vector (little-endian float32, `Call.embedding`) and what made it, if the log says."""

    text: str
    vector: bytes
    model: str | None


class OwnVectors:
    """An Embedder for those texts that the log has a vector for: of one model, the one that most texts have.

    Vectors of other models, or of another length, are left out; a text with several vectors keeps its first.
    """

    def __init__(self, logged: Iterable[Logged]) -> None:
        """Raises HoneError when there are none."""
        given = list(logged)
        kinds = Counter((one.model or "", len(one.vector) // 4) for one in given)
        if not kinds:
            raise HoneError(
                "the log has no vectors of its own", "log `embedding` and `embedding_model`, or use a model"
            )
        # Of two that are equally common the first by name, so that the order of the calls decides nothing.
        (model, size), _ = min(kinds.items(), key=lambda kind: (-kind[1], kind[0]))
        rows: dict[str, bytes] = {}
        for one in given:
            if (one.model or "", len(one.vector) // 4) == (model, size):
                rows.setdefault(one.text, one.vector)
        self._row = {text: i for i, text in enumerate(rows)}
        vectors = np.frombuffer(b"".join(rows.values()), "<f4").reshape(len(rows), size).astype(np.float64)
        # Scaled first: the squares of very large numbers are no numbers.
        vectors /= np.abs(vectors).max(axis=1, keepdims=True)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        self._vectors: Vectors = vectors.astype(np.float32)
        self.name = f"own-{model or 'unnamed'}-{size}"
        self.dimensions = size

    def has(self, text: str) -> bool:
        """Whether the log has a vector for the text."""
        return text in self._row

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row for each text. Raises HoneError when one of them has no vector."""
        try:
            rows = [self._row[text] for text in texts]
        except KeyError:
            raise HoneError("a text has no vector in the log", "embed only texts that `has` knows") from None
        return self._vectors[rows]
