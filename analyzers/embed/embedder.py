"""What a model of texts has to be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""One row of length 1 for each text."""


class Embedder(Protocol):
    """Turns texts into unit vectors; the dot product of two is their cosine.

    `name` identifies the model, its weights and their quantisation: vectors of two names are never compared, because a
    threshold of one model means nothing to another.
    """

    @property
    def name(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> Vectors: ...
