"""Makes `data/static-tokens.npz`: what all-MiniLM-L6-v2 says of each token alone, in its main directions."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from analyzers.embed.make_model import quantised
from analyzers.embed.minilm import session
from analyzers.embed.static import UNKNOWN_TOKEN
from analyzers.embed.tokens import tokenizer

DIMENSIONS = 256
_RARE = 1e-4
"""Of smooth inverse frequency: a token of this frequency counts half."""
_FIRST_WORD = 999
"""Tokens before it are marks and unused places."""


def weights(count: int) -> NDArray[np.float64]:
    """How much each token counts: the vocabulary is in order of frequency, which falls as Zipf has it."""
    rank = 1 / (np.arange(count) + 2.0)
    return np.asarray(_RARE / (_RARE + rank / rank.sum()))


def table_bytes() -> bytes:
    """The npz file: `rows` (tokens x 256, int8) and the `scales` (float32) that they are multiplied with."""
    count = tokenizer().get_vocab_size()
    begin, end = tokenizer().encode("").ids
    ids = np.stack([np.full(count, begin), np.arange(count), np.full(count, end)], axis=1).astype(np.int64)
    run = session()[0].run
    alone = np.concatenate(
        [run(None, {"ids": some, "mask": np.ones_like(some)})[0] for some in np.array_split(ids, count // 128)]
    ).astype(np.float64)
    words = alone[_FIRST_WORD:]
    centre = words.mean(axis=0)
    _, directions = np.linalg.eigh(np.cov(words.T))
    main = directions[:, ::-1][:, :DIMENSIONS]
    # The sign of a direction is arbitrary; the largest value is made positive.
    main *= np.sign(main[np.abs(main).argmax(axis=0), np.arange(DIMENSIONS)])
    table = (alone - centre) @ main * weights(count)[:, None]
    table[UNKNOWN_TOKEN] = 0
    rows, scales = quantised(np.where(np.abs(table) < 1e-12, 1e-12, table).astype(np.float32), 127)
    packed = BytesIO()
    np.savez_compressed(packed, rows=rows, scales=scales)
    return packed.getvalue()
