"""Hit rates and wrong answers that are estimated from a static model and verified look-ups are those of the full replay.

Vectors are made: questions of some thousand kinds, a static model that sees each a little askew. `tests/bench/response_sampled.py`
has the same on a million calls with real texts and real models.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.embed.embedder import Vectors
from analyzers.response_caching.exact import Chains
from analyzers.response_caching.graph import neighbours
from analyzers.response_caching.pairs import Pair, Verdicts
from analyzers.response_caching.replay import FOREVER, MISS, UNLIMITED, Point, Replay
from analyzers.response_caching.sampled import LEAST, Budget, Sampled
from analyzers.response_caching.stream import Stream
from tests.analyzers.response_caching.made import stream

pytestmark = [pytest.mark.quality, pytest.mark.slow]

CALLS, TEXTS, KINDS, WIDTH = 100_000, 25_000, 3_000, 64
THRESHOLDS = (0.75, 0.80, 0.85, 0.90, 0.95)
DAY = 86_400.0
LIFETIMES = (DAY, FOREVER)
ENTRIES = (10_000, UNLIMITED)


class Known:
    """The good model: its vectors are at hand, and it counts what it is asked for."""

    name = "made"
    dimensions = WIDTH

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors
        self.asked: set[str] = set()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """`text 7` has the vector of row 7."""
        self.asked |= set(texts)
        return self._vectors[[int(text.split()[1]) for text in texts]]


class World(NamedTuple):
    """A stream of which everything is known, and what is estimated from less."""

    log: Stream
    full: Replay
    sampled: Sampled
    model: Known


def _unit(rows: NDArray[np.float64]) -> Vectors:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@pytest.fixture(scope="module")
def world() -> World:
    random = np.random.default_rng(11)
    kind = random.integers(KINDS, size=TEXTS)
    middle = _unit(random.normal(size=(KINDS, WIDTH)))
    apart = 0.2 + 0.6 * random.random((TEXTS, 1))
    good = _unit(middle[kind] + apart * random.normal(size=(TEXTS, WIDTH)) / np.sqrt(WIDTH))
    static = _unit(good + 0.3 * random.normal(size=(TEXTS, WIDTH)) / np.sqrt(WIDTH))
    share = 1.0 / np.arange(1, TEXTS + 1) ** 0.7
    text = random.choice(TEXTS, CALLS, p=share / share.sum())
    at = np.sort(random.random(CALLS)) * 7 * DAY
    log = stream(text, at, at + 2.0, texts=[f"text {i}" for i in range(TEXTS)])
    # Of a kind most have one answer and some another.
    answer = 2 * kind + (random.random(TEXTS) < 0.03)
    columns = log._asdict() | {"answer": answer[text].astype(np.int32), "answers": [str(i) for i in range(2 * KINDS)]}
    log = Stream(**columns)
    model = Known(good)
    missed = Chains(log).served(DAY, 10_000) == MISS
    sampled = Sampled(log, neighbours(static, least=LEAST), model, missed, Budget(4_000, 10**9))
    return World(log, Replay(log, neighbours(good, least=THRESHOLDS[0])), sampled, model)


def test_hit_rates_are_those_of_the_full_replay(world: World) -> None:
    truth = world.full.grid(THRESHOLDS, LIFETIMES, ENTRIES)
    found = world.sampled.grid(THRESHOLDS, LIFETIMES, ENTRIES)
    off = (found.hits - truth.hits) / CALLS
    assert np.ptp(truth.hits / CALLS) > 0.2
    assert np.abs(off[0]).max() < 0.025
    assert np.abs(off[2:]).max() < 0.01
    rate = truth.hits / CALLS
    assert ((found.low <= rate) & (rate <= found.high)).mean() > 0.9
    # Wider than that of the full replay by the error of drawing alone.
    assert 0.0 < ((found.high - found.low) - (truth.high - truth.low)).mean() < 0.03


def test_wrong_answers_are_rated_as_in_the_full_replay_and_lie_under_the_bound(world: World) -> None:
    log = world.log

    def judge(given: Sequence[Pair]) -> list[bool | None]:
        return [pair.answer == pair.cached_answer for pair in given]

    verdicts = Verdicts(log, judge)
    for threshold in THRESHOLDS:
        point = Point(threshold, DAY, 10_000)
        served = world.full.served(point).source
        hit = served != MISS
        truth = np.count_nonzero(log.answer[hit] != log.answer[served[hit]]) / CALLS
        source = world.sampled.source(*point)
        rated = world.sampled.wrong(threshold, source, np.arange(CALLS), verdicts, 2_000)
        assert rated.rate == pytest.approx(truth, abs=0.01)
        assert truth <= rated.rate_high < truth + 0.025
        assert rated.hits == np.count_nonzero(source != MISS)


def test_the_good_model_sees_a_part(world: World) -> None:
    assert world.sampled.lookups == 4_000
    assert world.sampled.embedded >= len(world.model.asked) > 4_000
    assert len(world.model.asked) < 0.8 * TEXTS
