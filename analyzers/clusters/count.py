"""What is counted of each kind: calls, money, repeats, trend."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analyzers.clusters.kind import Kind
from analyzers.clusters.leader import Numbers
from analyzers.clusters.requests import UNKNOWN, Requests
from analyzers.clusters.state import Known
from analyzers.clusters.trend import trend


class Described(NamedTuple):
    """What a kind is, before its calls are counted."""

    id: str
    label: str
    template: str | None = None
    before: Known | None = None
    texts: int = 0
    examples: tuple[int, ...] = ()
    centroid: str = ""
    floor: float = 0.0
    frequent: tuple[str, ...] = ()
    """Digests of its most frequent texts."""

    def known(self, kind: Kind) -> Known:
        """What the next run is told."""
        return Known(
            id=self.id,
            label=self.label,
            template=self.template,
            centroid=self.centroid,
            floor=round(self.floor, 4),
            texts=self.frequent,
            calls=kind.calls,
            first_seen=kind.first_seen,
            last_seen=kind.last_seen,
        )


class Counted:
    """Counts the requests of each number in `of`; shares are of all requests."""

    def __init__(self, requests: Requests, of: Numbers, count: int, start: float, end: float) -> None:
        self._requests = requests
        self._start, self._end = start, end
        self._cost = int(requests.cost[requests.priced].sum())
        order = np.argsort(of, kind="stable")
        bounds = np.searchsorted(of[order], np.arange(count + 1))
        self._own = [order[bounds[n] : bounds[n + 1]] for n in range(count)]

    def kind(self, number: int, one: Described) -> Kind:
        """The kind with this number."""
        requests, own = self._requests, self._own[number]
        at, priced, key = requests.at[own], requests.priced[own], requests.key[own]
        keyed = key[key != UNKNOWN]
        cost = int(requests.cost[own][priced].sum())
        seen = [float(at.min()), float(at.max())]
        if one.before is not None:
            seen += [one.before.first_seen, one.before.last_seen]
        return Kind(
            id=one.id,
            label=one.label,
            template=one.template,
            calls=len(own),
            texts=one.texts,
            share_of_calls=len(own) / len(requests.at),
            cost=cost,
            priced=int(priced.sum()),
            share_of_spend=cost / self._cost if self._cost else None,
            repeat_rate=1 - len(np.unique(keyed)) / len(keyed) if len(keyed) else None,
            trend=trend(at, requests.at, self._start, self._end),
            first_seen=min(seen),
            last_seen=max(seen),
            examples=one.examples,
        )
