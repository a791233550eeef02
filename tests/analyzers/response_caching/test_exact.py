from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.response_caching.exact import (
    ENTRIES,
    FOREVER,
    LIFETIMES,
    MISS,
    UNLIMITED,
    Chains,
    Hits,
    exact,
)
from analyzers.response_caching.stream import NO_ANSWER, Stream

Requests = Sequence[tuple[int, int, int, int]]


def stream(requests: Requests) -> Stream:
    """Requests as (seconds since the last, key, duration, cost)."""
    columns = np.array(requests, np.int64).reshape(-1, 4)
    at = np.cumsum(columns[:, 0]).astype(np.float64)
    keys = columns[:, 1].astype(np.int32)
    return Stream(
        "",
        None,
        "",
        at,
        at + columns[:, 2],
        keys,
        keys,
        np.full(len(at), NO_ANSWER, np.int32),
        columns[:, 3],
        np.ones(len(at), np.bool_),
        np.arange(len(at)),
        [str(key) for key in range(20)],
        [],
    )


def a_cache(one: Stream, lifetime: float, size: int) -> tuple[list[int], list[bool]]:
    """A cache as one would write it: a dictionary in the order of use."""
    held: OrderedDict[int, list[int]] = OrderedDict()
    source, in_flight = [], []
    for now, (at, key) in enumerate(zip(one.at, one.key.tolist(), strict=True)):
        if key not in held and len(held) >= size:
            held.popitem(last=False)
        answers = held.setdefault(key, [])
        held.move_to_end(key)
        arrived = sorted((one.ready[i], i) for i in answers if one.ready[i] <= at)
        if arrived and at < arrived[-1][0] + lifetime:
            source.append(arrived[-1][1])
            in_flight.append(False)
        else:
            source.append(MISS)
            in_flight.append(len(arrived) < len(answers))
            answers.append(now)
    return source, in_flight


def counted(one: Stream, lifetime: float, size: int) -> Hits:
    source, flown = a_cache(one, lifetime, size)
    hit = [i for i, found in enumerate(source) if found != MISS]
    flying = [i for i, found in enumerate(flown) if found]
    return Hits(lifetime, size, len(hit), int(one.cost[hit].sum()), len(flying), int(one.cost[flying].sum()))


REQUESTS = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 11), st.integers(0, 25), st.integers(0, 1_000)), max_size=120
)


@given(REQUESTS)
@settings(max_examples=300)
def test_every_lifetime_hits_what_a_cache_with_it_hits(requests: Requests) -> None:
    one = stream(requests)
    lifetimes = (1.0, 5.0, 20.0, 100.0, FOREVER)
    assert exact(one, lifetimes).by_lifetime == tuple(counted(one, lifetime, UNLIMITED) for lifetime in lifetimes)


@given(REQUESTS)
@settings(max_examples=300)
def test_every_size_hits_what_a_cache_of_it_hits(requests: Requests) -> None:
    one = stream(requests)
    sizes = (1, 2, 3, 5, 8)
    expected = tuple(counted(one, FOREVER, size) for size in (*sizes, UNLIMITED))
    assert exact(one, LIFETIMES, sizes).by_entries == expected


@given(REQUESTS, st.sampled_from((2.0, 10.0, 60.0, FOREVER)), st.sampled_from((1, 2, 4, 7, UNLIMITED)))
@settings(max_examples=300)
def test_both_limits_together_serve_what_a_cache_serves(requests: Requests, lifetime: float, size: int) -> None:
    one = stream(requests)
    assert Chains(one).served(lifetime, size).tolist() == a_cache(one, lifetime, size)[0]


@given(REQUESTS)
def test_more_of_either_never_hits_less_without_expiry(requests: Requests) -> None:
    found = exact(stream(requests), LIFETIMES, (1, 2, 4, 8)).by_entries
    assert all(a.hits <= b.hits and a.saved <= b.saved for a, b in pairwise(found))


def test_a_duplicate_in_flight_is_no_hit() -> None:
    found = exact(stream([(0, 1, 10, 5), (3, 1, 10, 5), (8, 1, 10, 7)]), (60.0,))
    assert found.by_lifetime == (Hits(60.0, UNLIMITED, 1, 7, 1, 5),)
    assert found.by_entries[-1] == Hits(FOREVER, UNLIMITED, 1, 7, 1, 5)


def test_a_hit_does_not_renew_the_answer() -> None:
    found = exact(stream([(0, 1, 0, 1)] + [(40, 1, 0, 1)] * 3), (60.0,))
    assert Chains(stream([(0, 1, 0, 1)] + [(40, 1, 0, 1)] * 3)).served(60.0, UNLIMITED).tolist() == [-1, 0, -1, 2]
    assert found.by_lifetime[0].hits == 2


def test_recommends_no_more_than_it_takes() -> None:
    # Two keys that come back every ten minutes among many that never do.
    requests: list[tuple[int, int, int, int]] = []
    for turn in range(200):
        requests += [(300, turn % 2, 1, 1_000), *((0, 100 + turn * 5 + i, 1, 1_000) for i in range(5))]
    one = stream(requests)
    found = exact(one, LIFETIMES, (10, 100, 1_000))
    assert found.recommended is not None
    assert (found.recommended.lifetime, found.recommended.entries) == (21_600.0, 100)
    assert found.recommended == counted(one, 21_600.0, 100)


def test_nothing_hit_recommends_nothing() -> None:
    assert exact(stream([(1, key, 1, 1) for key in range(9)])).recommended is None
    assert exact(stream([])).recommended is None


@pytest.mark.parametrize("count", [0, 1])
def test_short_streams(count: int) -> None:
    found = exact(stream([(1, 0, 1, 1)] * count))
    assert [one.hits for one in found.by_lifetime] == [0] * len(LIFETIMES)
    assert [one.entries for one in found.by_entries] == [*ENTRIES, UNLIMITED]
