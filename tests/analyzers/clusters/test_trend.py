"""Trends: said when they are there, and not when chance or the time of day would do."""

from __future__ import annotations

import numpy as np
import pytest

from analyzers.clusters.trend import trend
from tests.analyzers.clusters.columns import DAY, START


def arrivals(rng: np.random.Generator, a_day: list[float]) -> np.ndarray:
    return np.concatenate([START + DAY * (day + rng.random(rng.poisson(rate))) for day, rate in enumerate(a_day)])


def test_more_every_day_is_rising_and_less_is_falling() -> None:
    rng = np.random.default_rng(0)
    more = arrivals(rng, [50 + 10 * day for day in range(14)])
    found = trend(more, more, START, START + 14 * DAY)
    assert (found.word, found.of, found.calls) == ("rising", "volume", len(more))
    assert found.low is not None and found.high is not None
    assert found.low < 130 / 115 < found.high
    less = START + 14 * DAY - (more - START)
    assert trend(less, less, START, START + 14 * DAY).word == "falling"


def test_chance_is_rarely_called_a_trend() -> None:
    words = []
    for seed in range(300):
        even = arrivals(np.random.default_rng(seed), [60.0] * 14)
        words.append(trend(even, even, START, START + 14 * DAY).word)
    assert sum(word in ("rising", "falling") for word in words) <= 9
    assert words.count("steady") > 200


def test_the_time_of_day_is_no_trend_of_a_share() -> None:
    rng = np.random.default_rng(3)
    app = np.sort(START + DAY / 2 * np.sqrt(rng.random(4_000)))
    own = app[rng.random(4_000) < 0.3]
    found = trend(own, app, START, START + DAY / 2)
    assert (found.word, found.of) == ("steady", "share")


def test_a_share_that_grows_is_rising() -> None:
    rng = np.random.default_rng(4)
    app = np.sort(START + DAY * rng.random(4_000))
    own = app[rng.random(4_000) < 0.1 + 0.3 * (app - START) / DAY]
    assert trend(own, app, START, START + DAY).word == "rising"


def test_the_only_kind_of_an_app_has_a_steady_share() -> None:
    app = START + np.linspace(0, DAY - 1, 500)
    assert trend(app, app, START, START + DAY).word == "steady"


@pytest.mark.parametrize("calls", [0, 1, 29])
def test_a_few_calls_have_no_trend(calls: int) -> None:
    at = START + DAY * np.linspace(0, 13.9, calls)
    assert trend(at, at, START, START + 14 * DAY).word is None
