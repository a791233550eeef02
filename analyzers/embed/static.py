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

from analyzers.embed.embedder import Vectors
from analyzers.embed.package_file import checked
from analyzers.embed.tokens import tokenizer, tokens

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
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
        sums: Vectors = token_counts(self._tokenizer, texts) @ self._table
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        nothing = lengths[:, 0] < 1e-9
        sums[nothing, 0] = lengths[nothing] = 1
        sums /= lengths
        return sums


def token_counts(tokenizer: Tokenizer, texts: Sequence[str]) -> csr_matrix:
    """How often (float32) each text has each token of the vocabulary, texts x tokens; unknown tokens are left out."""
    from scipy.sparse import csr_matrix

    each = [
        [token for token in ids if token != UNKNOWN_TOKEN] if UNKNOWN_TOKEN in ids else ids
        for ids in tokens(tokenizer, texts, marks=False)
    ]
    ends = np.cumsum([0, *map(len, each)])
    ids = np.fromiter((token for some in each for token in some), np.int32, int(ends[-1]))
    shape = (len(texts), tokenizer.get_vocab_size())
    return csr_matrix((np.ones(len(ids), np.float32), ids, ends), shape=shape)


@cache
def static_embedder() -> StaticModel:
    """The table that comes with the package. Raises HoneError when it is damaged."""
    packed = np.load(BytesIO(checked(TABLE)[0]), allow_pickle=False)
    return StaticModel("static", packed["rows"].astype(np.float32) * packed["scales"][:, None])
