"""The predicted hit rate is that of a cache that really runs on the same stream with the same vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analyzers.embed.choice import default_embedder
from analyzers.embed.embedder import Vectors
from analyzers.response_caching.graph import neighbours
from analyzers.response_caching.replay import FOREVER, MISS, UNLIMITED, Point, Replay
from analyzers.response_caching.stream import Stream
from tests.quality.response_caching.banking import asked, stream
from tests.quality.response_caching.running_cache import opened, run

pytestmark = [pytest.mark.quality, pytest.mark.slow]

THRESHOLDS = (0.75, 0.80, 0.85, 0.90, 0.95)
REQUESTS = 1_500


@pytest.fixture(scope="module")
def traffic() -> tuple[Stream, Vectors]:
    made, _ = stream(asked(REQUESTS, seed=77))
    return made, default_embedder().embed(made.texts)


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_hit_rate_and_wrong_answers_are_those_of_a_running_gptcache(
    threshold: float, traffic: tuple[Stream, Vectors], tmp_path: Path
) -> None:
    made, vectors = traffic
    real = run(opened(tmp_path / "cache", vectors, made, threshold), made)
    served = Replay(made, neighbours(vectors)).served(Point(threshold, FOREVER, UNLIMITED))

    right = [made.answers[i] for i in made.answer.tolist()]
    real_hits = sum(answer is not None for answer in real)
    real_wrong = sum(answer is not None and answer != truth for answer, truth in zip(real, right, strict=True))
    hit = served.source != MISS
    wrong = int((made.answer[served.source[hit]] != made.answer[hit]).sum())

    assert 0.02 < real_hits / REQUESTS < 0.98
    assert served.uncertain == 0
    assert hit.mean() == pytest.approx(real_hits / REQUESTS, abs=0.01)
    assert wrong / REQUESTS == pytest.approx(real_wrong / REQUESTS, abs=0.01)
    same = [
        (answer is None) == (source == MISS) and (answer is None or made.answers[made.answer[source]] == answer)
        for answer, source in zip(real, served.source.tolist(), strict=True)
    ]
    assert np.mean(same) > 0.99
