"""The distinct texts of an app in an order of their own, so that nothing depends on the order of calls."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzers.clusters.communities import Graph
from analyzers.clusters.leader import Floats, Numbers
from analyzers.clusters.requests import UNKNOWN, Requests
from analyzers.clusters.state import text_digest

_HOLDERS = 3


class Distinct(NamedTuple):
    """Texts that were asked, sorted and each once, whatever number(s) they have in the requests."""

    texts: list[str]
    vectors: Floats
    calls: NDArray[np.int64]
    holders: list[set[int]]
    """Up to three of those who asked it."""
    of: Numbers
    """By number in `Requests.texts`: which of `texts` it is, -1 for one that was not asked."""
    first: Numbers
    """By text: its number in `Requests.texts`."""

    def drawn(self, most: int) -> Numbers:
        """At most `most` numbers of texts, always the same ones of the same texts."""
        if len(self.texts) <= most:
            return np.arange(len(self.texts))
        names = [text_digest(text) for text in self.texts]
        return np.sort(np.array(sorted(range(len(names)), key=names.__getitem__)[:most], np.int64))

    def graph(self, given: Graph, some: Numbers) -> Graph:
        """`given`, which numbers texts as the requests do, for the texts `some` in their order."""
        place = np.full(len(self.of), -1, np.int64)
        where = np.full(len(self.texts), -1, np.int64)
        where[some] = np.arange(len(some))
        place[self.of >= 0] = where[self.of[self.of >= 0]]
        row = np.repeat(place, np.diff(given.indptr))
        near = place[given.indices]
        kept = (row >= 0) & (near >= 0) & (row != near)
        row, near, like = row[kept], near[kept], given.similarity[kept]
        # Texts that are in several scopes have a list in each.
        order = np.lexsort((near, -like, row))
        counts = np.bincount(row, minlength=len(some))
        start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return Graph(start, near[order].astype(np.int32), like[order])


def distinct(requests: Requests, vectors: Floats) -> Distinct:
    """The texts that at least one of `requests` asks."""
    asked = np.bincount(requests.text[requests.text != UNKNOWN], minlength=len(requests.texts))
    numbers = sorted(np.flatnonzero(asked).tolist(), key=requests.texts.__getitem__)
    texts: list[str] = []
    first: list[int] = []
    of = np.full(len(requests.texts), -1, np.int64)
    for number in numbers:
        text = requests.texts[number]
        if not texts or text != texts[-1]:
            texts.append(text)
            first.append(number)
        of[number] = len(texts) - 1
    calls = np.zeros(len(texts), np.int64)
    np.add.at(calls, of[of >= 0], asked[of >= 0])
    chosen = np.array(first, np.int64)
    rows = (
        np.ascontiguousarray(vectors[chosen], np.float32)
        if len(chosen)
        else np.zeros((0, vectors.shape[1]), np.float32)
    )
    return Distinct(texts, rows, calls, _holders(requests, of, len(texts)), of, chosen)


def _holders(requests: Requests, of: Numbers, count: int) -> list[set[int]]:
    """Which three of many does not matter: only how many there are is asked, and whether they are the same."""
    holders: list[set[int]] = [set() for _ in range(count)]
    known = requests.text != UNKNOWN
    pairs = np.unique(np.stack([of[requests.text[known]], requests.who[known]]), axis=1)
    for text, who in pairs.T.tolist():
        if len(holders[text]) < _HOLDERS:
            holders[text].add(who)
    return holders
