"""Any model of sentence-transformers, by name or path (extra `models`)."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from analyzers.embed.embedder import Vectors
from analyzers.embed.tokens import well_formed
from analyzers.errors import HoneError

BATCH = 32


class SentenceTransformersModel:
    """A model on `device` ("cpu", "cuda", "cuda:1", "mps"); None takes a GPU when there is one."""

    def __init__(self, model: str, device: str | None = None, batch: int = BATCH) -> None:
        """Load it; a name that is no folder is fetched by sentence-transformers unless it has it.

        Raises HoneError: the extra is missing, no such model or device.
        """
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError:
            raise HoneError(
                f"the embedding model {model!r} needs sentence-transformers, which is not installed",
                "pip install 'hone-agent[models]', or leave `embedding.model` out",
            ) from None
        try:
            self._model = SentenceTransformer(model, device=device)
        except (OSError, ValueError, RuntimeError, AssertionError) as error:
            raise HoneError(
                f"the embedding model {model!r} cannot be loaded ({type(error).__name__})",
                "check `embedding.model` (a name or a folder) and `embedding.device`; a name has to be in reach once",
            ) from None
        self._batch = batch
        self.device = str(self._model.device)
        width = self._model.get_embedding_dimension()
        self.dimensions = int(width) if width else int(self.embed(["a"]).shape[1])
        self.name = f"{Path(model).name}-{_fingerprint(self._model)}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row for each text; how much of a long text is read is the model's matter."""
        if not texts:
            return np.empty((0, self.dimensions), np.float32)
        found = self._model.encode(
            [well_formed(text) for text in texts],
            batch_size=self._batch,
            normalize_embeddings=True,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        return np.asarray(found, np.float32)


def _fingerprint(model: Any) -> str:
    """Tells other weights under the same name or path: the beginning of each tensor, the same on every device."""
    h = blake2b(digest_size=4)
    for tensor in model.parameters():
        h.update(tensor.detach().flatten()[:64].float().cpu().numpy().tobytes())
    return h.hexdigest()
