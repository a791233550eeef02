"""Would-be hits as pairs to be judged: what is the same pair, how often it occurs, in which order pairs are drawn.

A pair is a question and the answer it got, beside the question and the answer that the cache would have served. Requests that
make the same pair are judged once and count as often as they occur.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzers.response_caching.stream import NO_ANSWER, Stream

Longs = NDArray[np.int64]
Codes = NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Pairs(NamedTuple):
    """The would-be hits of one replay that answer another request than the one that was cached, in the order of drawing."""

    requests: int
    """That were looked at: hits and misses."""
    hits: int
    repeats: int
    """Hits of which the request is the cached one, letter for letter: an exact cache has them too. They are not judged."""
    hit: Longs
    """Places in the stream."""
    source: Longs
    pair: Longs
    """Number of the pair each of them makes."""
    times: Longs
    """Hits by pair."""
    first: Longs
    """By pair, which of the columns above is drawn first."""


def drawing_order(stream: Stream, seed: int = 0) -> Longs:
    """Places of the stream in an order that is random, and the same whenever the same requests come.

    It depends on a request's text and on which one of its kind it is, so every replay of the stream is judged on the same draws.
    """
    texts = np.array(
        [
            int.from_bytes(blake2b(f"{seed}:{text}".encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
            for text in stream.texts
        ],
        dtype=np.uint64,
    )
    if not len(stream):
        return np.zeros(0, np.int64)
    by_text = np.argsort(stream.text, kind="stable")
    ordered = stream.text[by_text]
    first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    rank = np.empty(len(stream), np.uint64)
    rank[by_text] = np.arange(len(stream)) - np.repeat(first, np.diff(np.r_[first, len(stream)]))
    with np.errstate(over="ignore"):
        drawn = _mixed(texts[stream.text] + rank * _GOLDEN)
    return np.argsort(drawn, kind="stable").astype(np.int64)


def pairs(stream: Stream, source: Longs, order: Longs) -> Pairs:
    """The pairs among the hits of a replay, of the requests that `order` names; `source` as in `Served`."""
    hit = order[source[order] >= 0]
    served = source[hit]
    other = stream.key[hit] != stream.key[served]
    repeats = int(len(hit) - other.sum())
    hits = len(hit)
    hit, served = hit[other], served[other]
    with np.errstate(over="ignore"):
        code = np.zeros(len(hit), np.uint64)
        for column in (stream.text[hit], stream.answer[hit], stream.text[served], stream.answer[served]):
            code = _mixed(code * _GOLDEN + column.astype(np.int64).astype(np.uint64) + np.uint64(1))
    _, first, pair, times = np.unique(code, return_index=True, return_inverse=True, return_counts=True)
    return Pairs(len(order), hits, repeats, hit, served, pair.astype(np.int64), times, first)


class Pair(NamedTuple):
    """A question with the answer it got, and the earlier ones that a cache would have served."""

    question: str
    answer: str
    cached_question: str
    cached_answer: str


Judge = Callable[[Sequence[Pair]], Sequence[bool | None]]
"""Of each pair, whether both answers say the same; None: cannot tell."""


class Verdicts:
    """Remembers verdicts by pair, so that no pair is judged twice, whichever replays it occurs in."""

    def __init__(self, stream: Stream, judge: Judge) -> None:
        self._stream = stream
        self._judge = judge
        self._known: dict[tuple[int, int, int, int], bool | None] = {}

    def __len__(self) -> int:
        return len(self._known)

    def same(self, hits: Longs, sources: Longs) -> list[bool | None]:
        """Of each pair of requests, whether the source was answered as the hit was; None where that cannot be told."""
        stream = self._stream
        columns = (stream.text[hits], stream.answer[hits], stream.text[sources], stream.answer[sources])
        keys = list(zip(*(column.tolist() for column in columns), strict=True))
        fresh = [key for key in dict.fromkeys(keys) if key not in self._known and NO_ANSWER not in (key[1], key[3])]
        texts, answers = stream.texts, stream.answers
        asked = [Pair(texts[key[0]], answers[key[1]], texts[key[2]], answers[key[3]]) for key in fresh]
        self._known.update(zip(fresh, self._judge(asked) if asked else (), strict=True))
        return [self._known.get(key) for key in keys]


def _mixed(code: Codes) -> Codes:
    """Steele, Lea, Flood: splitmix64's finaliser."""
    code = (code ^ (code >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    code = (code ^ (code >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return code ^ (code >> np.uint64(31))
