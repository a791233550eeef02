"""Which model turns texts into vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzers.embed.embedder import Embedder

DEFAULT = "minilm-int8"


def default_embedder() -> Embedder:
    """The model that comes with the package. Loading it costs a fifth of a second, once a process."""
    from analyzers.embed.minilm import MiniLM

    return MiniLM()
