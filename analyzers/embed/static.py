"""A vector for each token of the vocabulary; a text is the mean of its tokens: no network, tens of times as fast.

`data/static-tokens.npz` holds what all-MiniLM-L6-v2 says of each token alone, in its 256 main directions, each token
weighted by how rare it is (smooth inverse frequency). `learned.py` fits the table to a log.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analyzers.embed.embedder import Vectors
from analyzers.embed.package_file import checked
from analyzers.embed.tokens import tokenizer, tokens

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TABLE = "static-tokens.npz"
UNKNOWN_TOKEN = 100
_TEXTS_AT_ONCE = 4_096


class StaticModel:
    """Rows of `table` (tokens x dimensions, the token's weight in its length) are added up for each text."""

    def __init__(self, name: str, table: Vectors) -> None:
        self._table = table
        self._tokenizer: Tokenizer = tokenizer()
        self.dimensions = table.shape[1]
        self.name = f"{name}-{sha256(table.tobytes()).hexdigest()[:8]}"

    @property
    def table(self) -> Vectors:
        """The vector of each token, weighted."""
        return self._table

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row for each text; one without a known token gets the first axis, so it is like no other."""
        found = np.empty((len(texts), self.dimensions), np.float32)
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            found[start : start + _TEXTS_AT_ONCE] = self._some(texts[start : start + _TEXTS_AT_ONCE])
        return found

    def _some(self, texts: Sequence[str]) -> Vectors:
        ids, starts, filled = flat_tokens(self._tokenizer, texts)
        sums = np.zeros((len(texts), self.dimensions), np.float32)
        if len(ids):
            sums[filled] = np.add.reduceat(self._table[ids], starts, axis=0)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        nothing = lengths[:, 0] < 1e-9
        sums[nothing, 0] = lengths[nothing] = 1
        sums /= lengths
        return sums


def flat_tokens(
    tokenizer: Tokenizer, texts: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Known tokens of all texts in one row, where each text that has some begins in it, and which texts these are."""
    each = [
        [token for token in ids if token != UNKNOWN_TOKEN] if UNKNOWN_TOKEN in ids else ids
        for ids in tokens(tokenizer, texts, marks=False)
    ]
    lengths = np.fromiter(map(len, each), np.int64, len(each))
    filled = np.flatnonzero(lengths)
    starts = np.concatenate(([0], np.cumsum(lengths[filled])))[:-1].astype(np.int64)
    ids = np.fromiter((token for some in each for token in some), np.int64, int(lengths.sum()))
    return ids, starts, filled


@cache
def static_embedder() -> StaticModel:
    """The table that comes with the package. Raises HoneError when it is damaged."""
    packed = np.load(BytesIO(checked(TABLE)[0]), allow_pickle=False)
    return StaticModel("static", packed["rows"].astype(np.float32) * packed["scales"][:, None])
