"""The vectors that the log brings with its calls: a cache that runs already knows better than any model of ours what is alike to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from analyzers.embed.embedder import Vectors

LEAST_SHARE = 0.5
"""Of the requests that have a vector: with fewer, what a cache would hit among them says little of the others."""
MOST_BYTES = 512_000_000
"""Of vectors that are compared with each other; of more, those of each application's newest requests."""
UNNAMED = "the model of the log's own vectors"


class OwnVectors:
    """An Embedder that knows the texts of the log alone; vectors as long as 1, of one model and one number of dimensions."""

    def __init__(self, name: str, by_text: Mapping[str, bytes]) -> None:
        """`by_text` holds little-endian float32, equally long, none of them all 0."""
        self.name = name
        self._by_text = by_text
        self.dimensions = len(next(iter(by_text.values()))) // 4

    def has(self, text: str) -> bool:
        """Whether the log brings a vector for the text."""
        return text in self._by_text

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row for each text; KeyError for one that the log has no vector of."""
        rows = np.frombuffer(b"".join([self._by_text[text] for text in texts]), "<f4")
        # Squares of large numbers may not fit into float32.
        wide = rows.reshape(len(texts), self.dimensions).astype(np.float64)
        found: Vectors = (wide / np.linalg.norm(wide, axis=1, keepdims=True)).astype(np.float32)
        return found

    def requests(self, texts: Sequence[str], text: NDArray[np.int32]) -> NDArray[np.int64]:
        """Those of the requests, each given as the number of one of `texts`, that have a vector."""
        known = np.fromiter((one in self._by_text for one in texts), np.bool_, len(texts))
        return np.flatnonzero(known[text])


class Brought:
    """Collects the vectors of a log; two models are never mixed."""

    def __init__(self) -> None:
        self._found: dict[tuple[str | None, int], dict[str, bytes]] = {}

    def add(self, text: str, vector: bytes, model: str | None) -> None:
        """The first vector of a text stays: what a model makes of a text does not change."""
        self._found.setdefault((model, len(vector)), {}).setdefault(text, vector)

    def most(self) -> OwnVectors | None:
        """Those of the model that has most texts; None where the log has no vectors."""
        if not self._found:
            return None
        model, size = max(self._found, key=lambda one: (len(self._found[one]), one[0] or "", one[1]))
        return OwnVectors(model or UNNAMED, self._found[model, size])
