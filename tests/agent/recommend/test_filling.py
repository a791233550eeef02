"""A log in which a cache begins empty tells less than the cache will do: the upper bound reaches to where it is full."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.recommend import caches
from agent.recommend.filling import filling
from agent.recommend.opportunity import Opportunity
from agent.response_caching import answered
from analyzers.core import Call
from analyzers.prices import Prices
from analyzers.response_caching.analyse import Options
from analyzers.response_caching.semantic import Limits
from tests.agent import test_response_caching as questions

DAY_S = 86_400.0
KINDS = 400


def asked(seed: int, hours: float, an_hour: int = 150) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Times and questions, popular ones again and again."""
    random = np.random.default_rng(seed)
    at = np.sort(random.random(int(hours * an_hour))) * hours * 3_600
    share = 1.0 / np.arange(1, KINDS + 1)
    return at, random.choice(KINDS, len(at), p=share / share.sum())


def hits(at: NDArray[np.float64], kind: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of them a cache answers whose entries live for a day."""
    since: dict[int, float] = {}
    answered = np.zeros(len(at), np.bool_)
    for number, (when, one) in enumerate(zip(at.tolist(), kind.tolist(), strict=True)):
        answered[number] = when - since.get(one, -np.inf) <= DAY_S
        if not answered[number]:
            since[one] = when
    return answered


@pytest.mark.parametrize("hours", [3.0, 6.0, 12.0])
def test_the_share_of_a_full_cache_lies_between_the_logs_own_and_the_bound(hours: float) -> None:
    covered = []
    for seed in range(40):
        at, kind = asked(seed, DAY_S / 3_600 + 24)
        answered = hits(at, kind)
        full = answered[at >= DAY_S].mean()
        first = at < hours * 3_600
        found = filling(at[first], answered[first], DAY_S)
        assert found is not None
        assert found.whole < full
        covered.append(full <= found.whole * found.most)
    assert np.mean(covered) >= 0.93


def test_a_log_longer_than_entries_live_promises_little_more() -> None:
    at, kind = asked(1, 96.0)
    found = filling(at, hits(at, kind), DAY_S)
    assert found is not None
    assert 1.0 <= found.most < 1.1


def test_too_few_requests_tell_nothing() -> None:
    assert filling(np.zeros(0), np.zeros(0, np.bool_), DAY_S) is None
    assert filling(np.array([5.0]), np.array([True]), DAY_S) is None


def by_similarity(calls: list[Call]) -> tuple[Opportunity, list[int]]:
    """The cache by similarity that is proposed for these calls, and which of them it answers."""
    options = Options(limits=Limits(max_wrong_rate=0.2))
    found = answered(calls, Prices(), questions.prompts(calls), options).analysis
    (one,) = (each for each in caches.opportunities(found, len(calls), None) if each.kind == "semantic_cache")
    assert found.curve is not None
    return one, found.curve.answered["faq"].tolist()


def test_a_cache_by_similarity_fills_as_well_and_its_bound_reaches_to_where_it_is_full() -> None:
    calls = questions.asked(calls=300)
    one, _ = by_similarity(calls[:100])
    _, later = by_similarity(calls)
    at_first, full = one.calls / 100, sum(number >= 200 for number in later) / 100
    assert at_first < full <= at_first * one.fuller
    assert one.fuller <= one.most
    assert any("the cache begins empty" in each.fact for each in one.evidence)
