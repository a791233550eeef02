"""Look-ups that the good model verifies, where there are too many texts to embed all of them with it.

Sampling requests and replaying the sample would make repeats rarer and every hit rate far too low. So everything is put
in, by a static model that costs a thirtieth, and only look-ups are sampled: requests are drawn, so that a question is as
likely to be looked up as it is often asked; its nearest earlier texts to the static model are candidates, and the good
model says how similar the best of them is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzers.embed.embedder import Embedder, Vectors
from analyzers.response_caching.graph import Graph
from analyzers.response_caching.pairs import Longs
from analyzers.response_caching.stream import Stream

CANDIDATES = 20
"""Earlier texts that the good model sees for one look-up: fewer lose hits at low thresholds."""
_STEP = 2_000

_Singles = NDArray[np.float32]


class Earlier(NamedTuple):
    """By text, what its first request would have found had everything before it been put in."""

    first: Longs
    """Place of the text's first request in the stream; its length for a text that nobody asks."""
    nearest: _Singles
    """Static similarity of the nearest text that was asked before; 0 without one."""


class Lookups(NamedTuple):
    """Look-ups of drawn requests, in the order of drawing; each is that of its text's first request."""

    request: Longs
    """Places in the stream."""
    static: _Singles
    """Similarity of the nearest earlier text to the static model; 0 without a candidate."""
    good: _Singles
    """Of the best candidate to the good model; 0 without a candidate."""
    source: Longs
    """First request of the best candidate, or -1."""
    embedded: int
    """Texts that the good model embedded."""


def earlier(stream: Stream, graph: Graph) -> Earlier:
    """`graph` is the static one over the stream's texts."""
    first = np.full(len(stream.texts), len(stream), np.int64)
    np.minimum.at(first, stream.text, np.arange(len(stream)))
    owner = np.repeat(np.arange(len(graph)), np.diff(graph.start))
    before = first[graph.near] < first[owner]
    nearest = np.zeros(len(graph), np.float32)
    np.maximum.at(nearest, owner[before], graph.similarity[before])
    return Earlier(first, nearest)


def look_up(
    stream: Stream, graph: Graph, before: Earlier, good: Embedder, order: Longs, most: int, characters: int
) -> Lookups:
    """Verify the first `most` requests of `order` (a random one), fewer where their texts are longer than `characters` in all."""
    drawn, candidates, wanted = _drawn(stream, graph, before, order[:most], characters)
    texts = np.array(sorted(wanted), np.int64)
    vectors = _embedded(good, [stream.texts[text] for text in texts.tolist()])
    best, source = np.zeros(len(drawn), np.float32), np.full(len(drawn), -1, np.int64)
    for row, request in enumerate(drawn.tolist()):
        text = int(stream.text[request])
        near = candidates[text]
        if len(near):
            alike = vectors[np.searchsorted(texts, near)] @ vectors[np.searchsorted(texts, text)]
            best[row], source[row] = alike.max(), before.first[near[int(alike.argmax())]]
    return Lookups(drawn, before.nearest[stream.text[drawn]], np.minimum(best, np.float32(1.0)), source, len(texts))


def _drawn(
    stream: Stream, graph: Graph, before: Earlier, order: Longs, characters: int
) -> tuple[Longs, dict[int, Longs], set[int]]:
    """The requests there is room for, the candidates by text, and all texts that have to be embedded."""
    candidates: dict[int, Longs] = {}
    wanted: set[int] = set()
    for place, text in enumerate(stream.text[order].tolist()):
        if text in candidates:
            continue
        near = graph.near[graph.start[text] : graph.start[text + 1]]
        near = near[before.first[near] < before.first[text]][:CANDIDATES].astype(np.int64)
        new = ({text, *near.tolist()} if len(near) else set()) - wanted
        characters -= sum(len(stream.texts[one]) for one in new)
        if characters < 0:
            return order[:place], candidates, wanted
        candidates[text] = near
        wanted |= new
    return order, candidates, wanted


def _embedded(good: Embedder, texts: Sequence[str]) -> Vectors:
    parts = [good.embed(texts[place : place + _STEP]) for place in range(0, len(texts), _STEP)]
    return np.concatenate(parts) if parts else np.zeros((0, good.dimensions), np.float32)
