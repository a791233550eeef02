"""Which models turn the texts of an analysis into vectors."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from agent.config import Settings
    from agent.store import Store
    from analyzers.embed.embedder import Embedder


class Models(NamedTuple):
    """Each is loaded when it is first asked for, and only once."""

    cache: Callable[[], Embedder]
    """What a semantic cache would compare requests with: thresholds are stated for it."""
    words: Callable[[], Embedder]
    """What answers are compared and kinds of request are found with. Their limits are calibrated for the model that comes with
    the package, so that it is always that one."""


def packaged() -> Models:
    """The model that comes with the package, for everything."""
    from analyzers.embed.choice import default_embedder

    model = cache(default_embedder)
    return Models(model, model)


def models_of(settings: Settings, store: Store, now: float) -> Models:
    """As the settings say, computing the vector of a text once for all analyses of `store`; `now` is when they count as used.

    Asking for a model raises HoneError when it cannot be loaded.
    """
    from agent.vectors import Cached
    from analyzers.embed import embedder_named
    from analyzers.embed.choice import DEFAULT

    own = settings.embedding

    @cache
    def chosen() -> Embedder:
        return Cached(embedder_named(own.model, own.device, own.batch), store, now)

    @cache
    def words() -> Embedder:
        return Cached(embedder_named(DEFAULT), store, now)

    return Models(chosen, chosen if own.model == DEFAULT else words)
