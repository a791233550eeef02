"""Which model turns texts into vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzers.embed.embedder import Embedder

DEFAULT = "minilm-int8"
STATIC = "static"


def default_embedder() -> Embedder:
    """The model that comes with the package. Loading it costs a fifth of a second, once a process."""
    return embedder_named(DEFAULT)


def embedder_named(model: str, device: str | None = None, batch: int | None = None) -> Embedder:
    """`minilm-int8` and `static` come with the package; anything else is a name or a folder for sentence-transformers.

    Raises HoneError: a file is damaged, the extra `models` is missing, no such model or device.
    """
    if model == DEFAULT:
        from analyzers.embed.minilm import BATCH, MiniLM

        return MiniLM(batch or BATCH)
    if model == STATIC:
        from analyzers.embed.static import static_embedder

        return static_embedder()
    from analyzers.embed.sentence_model import BATCH as LARGER
    from analyzers.embed.sentence_model import SentenceTransformersModel

    return SentenceTransformersModel(model, device, batch or LARGER)
