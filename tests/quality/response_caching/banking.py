"""Streams of support questions whose right answer is known: Banking77, where the intent of a question is its answer."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzers.response_caching.stream import Stream
from tests.fixtures import banking


class Questions(NamedTuple):
    texts: tuple[str, ...]
    intent: NDArray[np.int32]
    intents: tuple[str, ...]


@cache
def questions() -> Questions:
    texts, of = banking.questions()
    intents = tuple(sorted(set(of)))
    number = {name: i for i, name in enumerate(intents)}
    return Questions(texts, np.array([number[name] for name in of], np.int32), intents)


def asked(length: int, seed: int, between: float = 0.8, within: float = 0.8) -> NDArray[np.int64]:
    """Questions of a stream: intents by Zipf's law, and the wordings of each again (exponents `between`, `within`)."""
    random = np.random.default_rng(seed)
    known = questions()
    groups = [random.permutation(np.flatnonzero(known.intent == i)) for i in range(len(known.intents))]
    share = 1.0 / np.arange(1, len(groups) + 1) ** between
    intents = random.permutation(len(groups))[random.choice(len(groups), length, p=share / share.sum())]
    chosen = np.empty(length, np.int64)
    for i, group in enumerate(groups):
        here = np.flatnonzero(intents == i)
        inside = 1.0 / np.arange(1, len(group) + 1) ** within
        chosen[here] = random.choice(group, len(here), p=inside / inside.sum())
    return chosen


def stream(chosen: NDArray[np.int64]) -> tuple[Stream, NDArray[np.int64]]:
    """The requests, one a second and answered at once, with the number of the question behind each distinct text."""
    known = questions()
    distinct, text = np.unique(chosen, return_inverse=True)
    at = np.arange(len(chosen), dtype=np.float64)
    made = Stream(
        scope="banking",
        app="bank",
        model="model",
        at=at,
        ready=at,
        text=text.astype(np.int32),
        key=text.astype(np.int32),
        answer=known.intent[chosen],
        cost=np.full(len(chosen), 10**9, np.int64),
        priced=np.ones(len(chosen), np.bool_),
        call=np.arange(len(chosen), dtype=np.int64),
        texts=[known.texts[i] for i in distinct.tolist()],
        answers=known.intents,
    )
    return made, distinct
