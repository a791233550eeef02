"""Spend that is not what it was: found in real rises, silent in noise, however regular or wild the traffic is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.anomalies import Anomaly, Hour, find

START = 1_795_000_000 // 3_600
DAY = 24


def traffic(seed: int, days: int, *, noise: float = 0.2, calls_hour: float = 200.0) -> dict[int, Hour]:
    """Hours of a service that is used in the day and less on weekends, with noise of each hour and of the number of calls."""
    chance = Random(seed)
    hours = {}
    for hour in range(START, START + days * DAY):
        level = calls_hour * (1 + 0.8 * math.sin((hour % DAY - 9) / DAY * 2 * math.pi))
        level *= 0.4 if (hour // DAY + 3) % 7 >= 5 else 1.0
        level *= math.exp(chance.gauss(0, noise) - noise * noise / 2)
        calls = max(0, round(chance.gauss(level, math.sqrt(level))))
        if calls:
            hours[hour] = Hour(
                calls * 0.02 * chance.gauss(1, 0.03), calls, round(calls * 3_000 * chance.gauss(1, 0.02))
            )
    return hours


def changed(hours: Mapping[int, Hour], since: int, change: Callable[[Hour], Hour]) -> dict[int, Hour]:
    return {hour: change(one) if hour >= since else one for hour, one in hours.items()}


def doubled(one: Hour) -> Hour:
    return Hour(one.usd * 2, one.calls * 2, one.tokens * 2)


def first(hours: Mapping[int, Hour], since: int, within: int = 48) -> tuple[int, Anomaly]:
    for after in range(1, within):
        found = find(hours, since + after, least_usd_day=1.0)
        if found is not None:
            return after, found
    raise AssertionError(f"nothing found in {within} hours")


@pytest.mark.parametrize(
    ("seed", "noise", "calls_hour"), [(1, 0.3, 300.0), (2, 0.1, 30.0), (3, 0.5, 100.0), (4, 0.0, 5.0)]
)
def test_noise_of_sixty_days_is_no_event(seed: int, noise: float, calls_hour: float) -> None:
    hours = traffic(seed, 60, noise=noise, calls_hour=calls_hour)
    found = [end for end in range(START, START + 60 * DAY + 1) if find(hours, end, least_usd_day=0.0)]
    assert found == []


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (doubled, "volume"),
        (lambda one: one._replace(usd=one.usd * 2.2), "price"),
        (lambda one: one._replace(usd=one.usd * 2, tokens=one.tokens * 2), "tokens_per_call"),
    ],
)
def test_a_doubling_is_found_within_hours_with_its_cause(change: Callable[[Hour], Hour], cause: str) -> None:
    since = START + 40 * DAY + 10
    after, found = first(changed(traffic(5, 45, noise=0.05), since, change), since)
    assert after <= 6
    assert found.cause == cause
    assert found.shares[cause] > 0.8
    assert sum(found.shares.values()) == pytest.approx(1)
    assert found.usd / found.usual_usd > 1.5


def test_a_doubling_in_wild_traffic_is_found_within_a_day_and_a_half() -> None:
    since = START + 40 * DAY + 10
    after, _ = first(changed(traffic(6, 45, noise=0.4), since, doubled), since)
    assert after <= 36


def test_it_lasts_until_half_of_the_excess_is_gone() -> None:
    since = START + 40 * DAY + 10
    hours = traffic(5, 45)
    less = changed(hours, since + 6, lambda one: Hour(one.usd * 0.7, round(one.calls * 0.7), round(one.tokens * 0.7)))
    rising = changed(hours, since, doubled)
    half = {hour: doubled(less[hour]) if hour >= since else one for hour, one in hours.items()}
    assert find(rising, since + 6, least_usd_day=1.0)
    assert find(half, since + 30, least_usd_day=1.0) is None
    assert find(half, since + 30, least_usd_day=1.0, already=True)
    assert find(hours, since + 30, least_usd_day=1.0, already=True) is None


def test_a_history_that_is_too_short_is_silence_and_so_is_what_costs_little() -> None:
    since = START + 40 * DAY + 10
    rising = changed(traffic(5, 45), since, doubled)
    young = {hour: one for hour, one in rising.items() if hour >= since - 4 * DAY}
    assert [end for end in range(since, since + 48) if find(young, end, least_usd_day=0.0)] == []
    _, found = first(rising, since)
    assert find(rising, found.end, least_usd_day=found.usd_day + 0.01) is None
    assert find({}, since, least_usd_day=0.0) is None


def test_a_job_of_one_night_a_week_is_usual() -> None:
    hours = traffic(7, 45, noise=0.1)
    for day in range(45):
        hour = START // DAY * DAY + day * DAY + 27
        if (hour // DAY + 3) % 7 == 0 and hour in hours:
            hours[hour] = Hour(80.0, 4_000, 12_000_000)
    ends = range(START + 30 * DAY, START + 45 * DAY)
    assert [end for end in ends if find(hours, end, least_usd_day=1.0)] == []


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1_000), st.floats(0.01, 100), st.integers(0, 200))
def test_another_currency_finds_the_same(seed: int, factor: float, after: int) -> None:
    since = START + 20 * DAY
    hours = changed(traffic(seed, 30), since, doubled)
    other = {hour: one._replace(usd=one.usd * factor) for hour, one in hours.items()}
    a = find(hours, since + after, least_usd_day=10.0)
    b = find(other, since + after, least_usd_day=10.0 * factor)
    assert (a is None) == (b is None)
    if a is not None and b is not None:
        assert b.usd_day == pytest.approx(a.usd_day * factor)
        assert (a.cause, a.hours) == (b.cause, b.hours)
