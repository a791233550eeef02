"""From requests and the vectors of their texts to kinds: found, matched with those of before, named, counted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analyzers.clusters.communities import Graph, communities, middle, nearest
from analyzers.clusters.count import Counted, Described
from analyzers.clusters.distinct import Distinct, distinct
from analyzers.clusters.examples import examples
from analyzers.clusters.kind import NO_TEXT_LABEL, OTHER, OTHER_LABEL, Kinds
from analyzers.clusters.labels import labels
from analyzers.clusters.leader import Floats, Leaders, Numbers
from analyzers.clusters.match import matched
from analyzers.clusters.requests import UNKNOWN, Requests
from analyzers.clusters.state import MOST_TEXTS, Known, State, new_id, packed, remembered, text_digest

MOST_KINDS = 150
"""Of one app; the smallest beyond are `other`."""
MOST_GRAPH_TEXTS = 20_000
"""Distinct texts that the graph is made of, drawn by their digests; the rest go to the nearest kind."""
EXAMPLES = 5
_LEAST_CALLS = 3
_LEAST_SHARE = 0.0005
_MOST_WITHOUT_TEXT = 50


def kinds(
    requests: Requests,
    vectors: Floats,
    embedder: str,
    previous: State | None = None,
    *,
    period: tuple[float, float] | None = None,
    graph: Graph | None = None,
) -> Kinds:
    """Find the kinds of `requests`.

    `vectors`: a unit vector for each of `requests.texts`, of the model named `embedder`. `graph`: the neighbours of those texts where they are
    known already (of any number a text, most alike first); it must join all of the app's texts, not each scope apart. `period` (unix seconds)
    is what was looked at, from the first to the last request unless given. The order of requests makes no difference.
    """
    previous = previous or State()
    start, end = period or (float(requests.at.min(initial=np.inf)), float(requests.at.max(initial=-np.inf)))
    found = distinct(requests, vectors)
    numbers = _enough(_numbers(found, graph), found.calls, len(requests.at))
    earlier = matched(found.texts, found.vectors, numbers, previous.kinds, same_vectors=previous.embedder == embedder)
    of = np.full(len(requests.at), -1, np.int64)
    asked = requests.text != UNKNOWN
    of[asked] = numbers[found.of[requests.text[asked]]]
    described = _with_text(found, numbers, earlier, {kind.id for kind in previous.kinds}, requests.app)
    described += _without_text(requests, of, len(described), previous)
    if (of < 0).any():
        of[of < 0] = len(described)
        described.append(Described(OTHER, OTHER_LABEL))
    count = Counted(requests, of, len(described), start, end)
    everything = [count.kind(number, one) for number, one in enumerate(described)]
    order = sorted(range(len(everything)), key=lambda n: (-everything[n].calls, everything[n].id))
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    kept = [one.known(kind) for one, kind in zip(described, everything, strict=True) if one.id != OTHER]
    return Kinds(tuple(everything[n] for n in order), rank[of], remembered(kept, previous, embedder, end))


def _numbers(found: Distinct, graph: Graph | None) -> Numbers:
    """A number of a kind for each distinct text; -1 for none."""
    some = found.drawn(MOST_GRAPH_TEXTS)
    vectors = found.vectors[some]
    if not len(some):
        return np.zeros(0, np.int64)
    joined = nearest(vectors) if graph is None else found.graph(graph, some)
    numbers = np.full(len(found.texts), -1, np.int64)
    numbers[some] = communities(vectors, joined)
    # Single texts in the graph may still lie within a kind.
    sizes = np.bincount(numbers[some])
    alone = some[sizes[numbers[some]] == 1]
    numbers[alone] = -1
    rest = np.flatnonzero(numbers < 0)
    if len(rest):
        numbers[rest] = _leaders(found.vectors, numbers).assign(found.vectors[rest])
    return numbers


def _leaders(vectors: Floats, numbers: Numbers) -> Leaders:
    count = int(numbers.max(initial=-1)) + 1
    centroids, floors = middle(vectors, numbers, count)
    return Leaders(centroids, np.bincount(numbers[numbers >= 0], minlength=count).astype(np.float32), floors)


def _enough(numbers: Numbers, calls: NDArray[np.int64], total: int) -> Numbers:
    """Renumbered by calls; -1 for what is too little to be a kind."""
    if not (numbers >= 0).any():
        return numbers
    known = numbers >= 0
    weight = np.bincount(numbers[known], calls[known])
    first = np.full(len(weight), len(numbers))
    np.minimum.at(first, numbers[known], np.flatnonzero(known))
    order = np.lexsort((first, -weight))
    least = max(_LEAST_CALLS, _LEAST_SHARE * total)
    kept = [number for number in order if weight[number] >= least][:MOST_KINDS]
    # Where nothing comes often enough, what comes most is still shown.
    kept = kept or [number for number in order if weight[number]][:EXAMPLES]
    rank = np.full(len(weight), -1, np.int64)
    rank[kept] = np.arange(len(kept))
    return np.where(known, rank[np.where(known, numbers, 0)], -1)


def _with_text(
    found: Distinct, numbers: Numbers, earlier: dict[int, Known], taken: set[str], app: str | None
) -> list[Described]:
    count = int(numbers.max(initial=-1)) + 1
    centroids, floors = middle(found.vectors, numbers, count)
    names = labels(found.texts, numbers, found.holders)
    described: list[Described] = []
    for number, label in enumerate(names):
        own = np.flatnonzero(numbers == number)
        shown = own[examples(found.vectors[own], centroids[number], float(floors[number]), EXAMPLES)]
        before = earlier.get(number)
        name = before.id if before else new_id(app, found.texts[shown[0]], taken)
        taken.add(name)
        often = own[np.lexsort((own, -found.calls[own]))][:MOST_TEXTS]
        described.append(
            Described(
                name,
                label,
                before=before,
                texts=len(own),
                examples=tuple(found.first[shown].tolist()),
                centroid=packed(centroids[number]),
                floor=float(floors[number]),
                frequent=tuple(text_digest(found.texts[i]) for i in often),
            )
        )
    return described


def _without_text(requests: Requests, of: Numbers, count: int, previous: State) -> list[Described]:
    """A kind for each template whose requests have no text; marks them in `of`, from number `count` on."""
    before = {kind.template: kind for kind in previous.kinds if kind.template is not None}
    described: list[Described] = []
    without, calls = np.unique(requests.template[requests.text == UNKNOWN], return_counts=True)
    common = sorted(
        zip(without.tolist(), calls.tolist(), strict=True), key=lambda one: (-one[1], requests.templates[one[0]])
    )
    for number, _ in common[:_MOST_WITHOUT_TEXT]:
        template = requests.templates[number]
        of[(requests.text == UNKNOWN) & (requests.template == number)] = count + len(described)
        name = text_digest(f"{requests.app or ''}\0template\0{template}")[:10]
        described.append(Described(name, NO_TEXT_LABEL, template=template, before=before.get(template)))
    return described
