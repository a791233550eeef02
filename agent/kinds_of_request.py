"""The kinds of request of each application among the calls that are kept, under the ids that they had before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from analyzers.clusters.collect import Collected
from analyzers.core import Call
from analyzers.embed.embedder import Embedder
from analyzers.prompt_caching.analyse import Analysis

if TYPE_CHECKING:
    from analyzers.clusters.kind import Kinds
    from analyzers.clusters.leader import Floats
    from analyzers.clusters.requests import Requests
    from analyzers.clusters.state import State

CHARACTERS = 24_000
"""Of an app's texts that are embedded beyond those that are anyway: what they cost is seconds, whatever the traffic."""


class KindsOfApp(NamedTuple):
    """One application's requests, their kinds, and the vectors of their texts; `numbers` are those of the calls, by request."""

    requests: Requests
    found: Kinds
    vectors: Floats
    numbers: Sequence[int]


class Model(Embedder, Protocol):
    """A model that knows what it has computed."""

    def has(self, text: str) -> bool: ...


class Gathering:
    """Notes calls as they pass, by their number among those looked at; finds their kinds when all have."""

    def __init__(self, prompts: Analysis) -> None:
        """`prompts` is the analysis of the same calls: it knows which template a call was made from."""
        self._template = {
            prompt.number: template.id for template in prompts.templates for prompt in template.outcome.case.prompts
        }
        self._collected = Collected()
        self._numbers: dict[str | None, list[int]] = {}

    def add(self, number: int, call: Call, cost: Decimal | None) -> None:
        """`cost` is in USD, as billed."""
        if self._collected.add(call, cost, self._template.get(number) or call.model or ""):
            self._numbers.setdefault(call.app, []).append(number)

    def kinds(self, model: Callable[[], Model], before: Mapping[str | None, State]) -> tuple[KindsOfApp, ...]:
        """By application, most calls first; `before` are the kinds that an earlier analysis kept."""
        from analyzers.clusters.analyse import kinds
        from analyzers.clusters.space import vectors
        from analyzers.embed.static import static_embedder

        found = []
        for app, requests in self._collected.by_app().items():
            embedder = model()
            rows = vectors(requests.texts, embedder, static_embedder, embedder.has, CHARACTERS)
            of = kinds(requests, rows, embedder.name, before.get(app))
            found.append(KindsOfApp(requests, of, rows, self._numbers[app]))
        return tuple(sorted(found, key=lambda one: (-len(one.requests.at), one.requests.app or "")))


def calls_of(found: Iterable[KindsOfApp]) -> dict[tuple[str | None, str], frozenset[int]]:
    """By application and id of a kind: numbers of its calls among those looked at."""
    by: dict[tuple[str | None, str], frozenset[int]] = {}
    for one in found:
        numbers = np.asarray(one.numbers, np.int64)
        for rank, kind in enumerate(one.found.kinds):
            by[one.requests.app, kind.id] = frozenset(numbers[one.found.of == rank].tolist())
    return by


def states(found: tuple[KindsOfApp, ...]) -> dict[str | None, State]:
    """What the next analysis is to be given as `before`."""
    return {one.requests.app: one.found.state for one in found}
