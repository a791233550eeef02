"""Streams of which it is known what a cache would answer wrongly, and a cache that is slow and plain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analyzers.response_caching.pairs import Pair
from analyzers.response_caching.stream import PICO, Stream


def stream(texts: Sequence[int], answers: Sequence[int], *, cost: float = 0.001, spoken: Sequence[str] = ()) -> Stream:
    """One request a second; equal texts are equal requests."""
    count = len(texts)
    at = np.arange(count, dtype=np.float64)
    return Stream(
        scope="scope",
        app="app",
        model="model",
        at=at,
        ready=at,
        text=np.array(texts, np.int32),
        key=np.array(texts, np.int32),
        answer=np.array(answers, np.int32),
        cost=np.full(count, round(cost * PICO), np.int64),
        priced=np.ones(count, bool),
        call=np.arange(count, dtype=np.int64),
        texts=[f"question {number}" for number in range(max(texts, default=-1) + 1)],
        answers=spoken or [f"answer {number}" for number in range(max(answers, default=-1) + 1)],
    )


def plain_cache(asked: Stream, likeness: NDArray[np.float32], threshold: float) -> NDArray[np.int64]:
    """Whose answer each request would be served: inserts on a miss, forgets nothing; -1 for a miss."""
    source = np.full(len(asked), -1, np.int64)
    held: list[int] = []
    texts: list[int] = []
    for now in range(len(asked)):
        if held:
            found = likeness[asked.text[now], texts]
            nearest = int(found.argmax())
            if found[nearest] >= threshold:
                source[now] = held[nearest]
                continue
        held.append(now)
        texts.append(int(asked.text[now]))
    return source


def same_answer(pairs: Sequence[Pair]) -> list[bool | None]:
    return [pair.answer == pair.cached_answer for pair in pairs]
