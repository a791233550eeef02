"""Arrivals follow the curve of the day, in order, inside the time, exactly as many as asked for."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.demo.clock import NIGHT, SHOP, arrivals, more, next_turn

MIDNIGHT = 1_795_392_000.0


@given(
    st.integers(0, 2**32),
    st.floats(0, 86_400),
    st.floats(60, 200_000),
    st.integers(0, 300),
)
def test_arrivals_are_ordered_and_inside(seed: int, offset: float, seconds: float, count: int) -> None:
    start = MIDNIGHT + offset
    times = list(arrivals(Random(seed), SHOP, start, seconds, count))
    assert len(times) == count
    assert times == sorted(times)
    assert all(start <= at < start + seconds for at in times)


@pytest.mark.parametrize("start", [MIDNIGHT, MIDNIGHT + 13.4 * 3600])
def test_arrivals_follow_the_hours_of_the_day(start: float) -> None:
    hours = [0] * 24
    for at in arrivals(Random(3), NIGHT, start, 86_400.0, 40_000):
        hours[int(at // 3600) % 24] += 1
    for hour, weight in enumerate(NIGHT):
        expected = 40_000 * weight / sum(NIGHT)
        assert abs(hours[hour] - expected) < 5 * expected**0.5 + 1


def test_from_when_the_traffic_doubles_there_is_twice_as_much_at_the_same_hours() -> None:
    doubled = 10.25 * 3600
    count = round(20_000 * more(SHOP, MIDNIGHT, 86_400.0, doubled))
    usual = list(arrivals(Random(3), SHOP, MIDNIGHT, 86_400.0, 20_000))
    found = list(arrivals(Random(3), SHOP, MIDNIGHT, 86_400.0, count, doubled))
    for start, end, times in ((0.0, doubled, 1.0), (doubled, 12 * 3600, 2.0), (12 * 3600, 86_400.0, 2.0)):
        was, now = (sum(start <= at - MIDNIGHT < end for at in each) for each in (usual, found))
        assert now == pytest.approx(times * was, rel=0.08)


def test_the_next_turn_comes_after_the_last_and_before_the_end_of_the_traffic() -> None:
    rng = Random(1)
    for _ in range(1000):
        assert 100.0 <= next_turn(rng, 100.0, 30.0, 110.0) <= 110.0
    assert next_turn(rng, 120.0, 30.0, 110.0) == 120.0
