"""The stated bound of wrong answers lies above the true rate, and not far above it: on streams of which every answer is known.

Questions of Banking77, popular ones asked again and again, each intent with one answer, in front of a cache that inserts on a miss.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.demo.texts import banking77, structured
from analyzers.embed.choice import default_embedder
from analyzers.response_caching.graph import Graph, neighbours
from analyzers.response_caching.pairs import Pair, Verdicts, drawing_order, pairs
from analyzers.response_caching.replay import FOREVER, UNLIMITED, Point, Replay
from analyzers.response_caching.stream import Stream
from analyzers.response_caching.wrong import Wrong, wrong

pytestmark = [pytest.mark.quality, pytest.mark.slow]

STREAMS = 100
REQUESTS = 5_000
JUDGED = 400
THRESHOLDS = (0.75, 0.80, 0.85, 0.90, 0.95)
INTENTS = 20


class World(NamedTuple):
    """Questions, their intents and how near they are to one another."""

    questions: list[str]
    answers: list[str]
    intent: NDArray[np.int32]
    graph: Graph


class Outcome(NamedTuple):
    """What was found at one threshold of one stream, and what is true of it."""

    threshold: float
    found: Wrong
    true: float


@pytest.fixture(scope="module")
def world() -> World:
    by_intent = list(banking77().items())[:INTENTS]
    questions = [question for _, some in by_intent for question in some]
    intent = np.repeat(np.arange(len(by_intent), dtype=np.int32), [len(some) for _, some in by_intent])
    answers = [structured("faq_answers.json")[name] for name, _ in by_intent]
    return World(questions, answers, intent, neighbours(default_embedder().embed(questions), least=THRESHOLDS[0]))


def stream(world: World, seed: int) -> Stream:
    """Intents and, within each, wordings by Zipf's law."""
    rng = np.random.default_rng(seed)
    popularity = 1.0 / np.arange(1, INTENTS + 1)
    asked = rng.choice(rng.permutation(INTENTS), REQUESTS, p=popularity / popularity.sum())
    text = np.zeros(REQUESTS, np.int32)
    for number in range(INTENTS):
        own = rng.permutation(np.flatnonzero(world.intent == number))
        weight = 1.0 / np.arange(1, len(own) + 1) ** 0.8
        mine = asked == number
        text[mine] = rng.choice(own, int(mine.sum()), p=weight / weight.sum())
    at = np.cumsum(rng.exponential(10.0, REQUESTS))
    return Stream(
        scope="faq",
        app="faq",
        model="m",
        at=at,
        ready=at,
        text=text,
        key=text,
        answer=world.intent[text],
        cost=np.ones(REQUESTS, np.int64),
        priced=np.ones(REQUESTS, bool),
        call=np.arange(REQUESTS, dtype=np.int64),
        texts=world.questions,
        answers=world.answers,
    )


def outcomes(world: World, seed: int) -> Iterator[Outcome]:
    asked = stream(world, seed)
    replay, order = Replay(asked, world.graph), drawing_order(asked)
    verdicts = Verdicts(asked, equal)
    for threshold in THRESHOLDS:
        source = replay.served(Point(threshold, FOREVER, UNLIMITED)).source
        hit = source >= 0
        true = np.count_nonzero(asked.answer[hit] != asked.answer[source[hit]]) / REQUESTS
        yield Outcome(threshold, wrong(pairs(asked, source, order), verdicts, JUDGED), true)


def equal(given: Sequence[Pair]) -> list[bool | None]:
    return [pair.answer == pair.cached_answer for pair in given]


@pytest.fixture(scope="module")
def found(world: World) -> list[Outcome]:
    return [outcome for seed in range(STREAMS) for outcome in outcomes(world, seed)]


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_the_true_rate_lies_under_the_bound(found: list[Outcome], threshold: float) -> None:
    own = [one for one in found if one.threshold == threshold]
    covered = sum(one.true <= one.found.rate_high for one in own)
    assert len(own) == STREAMS
    assert covered >= 0.95 * STREAMS


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_the_bound_is_not_trivially_wide(found: list[Outcome], threshold: float) -> None:
    own = [one for one in found if one.threshold == threshold]
    above = np.array([one.found.rate_high - one.true for one in own])
    assert above.mean() <= 0.025
    assert np.quantile(above, 0.9) <= 0.03
    assert all(one.found.judged_pairs <= JUDGED for one in own)


def test_there_is_something_to_be_wrong_about(found: list[Outcome]) -> None:
    """Bounds of rates that are nothing would prove nothing."""
    loose = [one.true for one in found if one.threshold == THRESHOLDS[0]]
    strict = [one.true for one in found if one.threshold == THRESHOLDS[-1]]
    assert float(np.mean(loose)) > 0.01 > float(np.mean(strict))


def test_the_estimate_is_right_on_average(found: list[Outcome]) -> None:
    for threshold in THRESHOLDS:
        own = [one for one in found if one.threshold == threshold]
        estimates = [one.found.rate for one in own if one.found.rate is not None]
        assert len(estimates) == len(own)
        assert float(np.mean(estimates)) == pytest.approx(float(np.mean([one.true for one in own])), abs=0.002)
