"""all-MiniLM-L6-v2 with weights of 8 bits, which comes with the package and needs no torch.

`data/minilm-int8.onnx` is made by `python -m analyzers.embed.make_model`. Its activations are quantised for each token
on its own, so the vector of a text does not depend on the texts that it is embedded with.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from analyzers.embed.embedder import Vectors
from analyzers.embed.package_file import checked
from analyzers.embed.tokens import tokenizer, tokens

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

MODEL = "minilm-int8.onnx"
DIMENSIONS = 384
BATCH = 16
_BATCH_TOKENS = 512
"""Texts and tokens that are computed at once: more leave the core's cache and cost time."""


@cache
def session() -> tuple[InferenceSession, str]:
    """The loaded model, one a process, and its SHA-256. Raises HoneError when its file is damaged."""
    # Its Linux builds count their use and report it over the network, from the import on: Hone sends nothing unasked.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    content, checksum = checked(MODEL)
    options = onnxruntime.SessionOptions()
    # Threads of a session wait by spinning: beside a busy neighbour two are slower than one.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"]), checksum


class MiniLM:
    """Vectors of 384 dimensions; one session a process, shared by all instances, on one thread."""

    dimensions = DIMENSIONS

    def __init__(self, batch: int = BATCH) -> None:
        """Load the model. Raises HoneError when its files are damaged."""
        self._batch = batch
        self._session, checksum = session()
        self._tokenizer = tokenizer()
        self.name = f"all-MiniLM-L6-v2-int8-{checksum[:8]}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row for each text; of a long text its first 256 tokens."""
        vectors = np.empty((len(texts), DIMENSIONS), np.float32)
        encoded = tokens(self._tokenizer, texts)
        for rows in _batches([len(ids) for ids in encoded], self._batch):
            width = len(encoded[rows[-1]])
            ids = np.zeros((len(rows), width), np.int64)
            mask = np.zeros((len(rows), width), np.int64)
            for i, row in enumerate(rows):
                ids[i, : len(encoded[row])] = encoded[row]
                mask[i, : len(encoded[row])] = 1
            vectors[rows] = self._session.run(None, {"ids": ids, "mask": mask})[0]
        return vectors


def _batches(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Numbers of texts that are computed together: of about one length, the longest last."""
    some: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        if some and (len(some) == most or (len(some) + 1) * lengths[row] > _BATCH_TOKENS):
            yield some
            some = []
        some.append(row)
    if some:
        yield some
