from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.errors import HoneError
from analyzers.response_caching.graph import neighbours
from analyzers.response_caching.replay import FOREVER, MISS, UNLIMITED, Point, Replay
from tests.analyzers.response_caching.made import stream
from tests.analyzers.response_caching.plain_cache import plain

ROOT = Path(__file__).parents[3]
THRESHOLDS = (0.7, 0.8, 0.9, 0.99)
LIFETIMES = (1.0, 2.5, 7.0, FOREVER)
ENTRIES = (1, 2, 5, UNLIMITED)


def _vectors(seed: int, texts: int, spread: float) -> Any:
    random = np.random.default_rng(seed)
    made = random.normal(size=(max(1, texts // 4), 6))
    vectors = made[random.integers(len(made), size=texts)] + spread * random.normal(size=(texts, 6))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Any, Any, Any]:
    texts = draw(st.integers(1, 14))
    asked = draw(st.lists(st.integers(0, texts - 1), min_size=1, max_size=60))
    # Steps of a half and whole delays make requests, answers and ends of lives fall together.
    gaps = draw(st.lists(st.sampled_from([0.0, 0.5, 1.0, 3.0]), min_size=len(asked), max_size=len(asked)))
    delays = draw(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0, np.inf]), min_size=len(asked), max_size=len(asked)))
    at = np.cumsum(gaps)
    vectors = _vectors(draw(st.integers(0, 10_000)), texts, draw(st.sampled_from([0.0, 0.1, 0.3])))
    scopes = np.array(draw(st.lists(st.integers(0, 2), min_size=texts, max_size=texts)), np.int32)
    cost = [1 + 10 * i for i in range(len(asked))]
    log = stream(asked, at, at + np.array(delays), cost, [str(i) for i in range(texts)])
    return log, vectors, scopes


@settings(max_examples=150)
@given(cases())
def test_replay_is_what_a_plain_cache_does_at_every_point(case: tuple[Any, Any, Any]) -> None:
    log, vectors, scopes = case
    graph = neighbours(vectors, scopes)
    alike = np.full((len(vectors), len(vectors)), -1.0, np.float32)
    for text in range(len(graph)):
        places = slice(graph.start[text], graph.start[text + 1])
        alike[text, graph.near[places]] = graph.similarity[places]
    replay = Replay(log, graph)
    grid = replay.grid(THRESHOLDS, LIFETIMES, ENTRIES)
    for place in np.ndindex(grid.hits.shape):
        point = Point(THRESHOLDS[place[0]], LIFETIMES[place[1]], ENTRIES[place[2]])
        source, similarity = plain(log, alike, *point)
        served = replay.served(point)
        assert served.source.tolist() == source
        assert served.similarity.tolist() == pytest.approx(similarity)
        hit = served.source != MISS
        assert grid.hits[place] == hit.sum()
        assert grid.saved[place] == log.cost[hit].sum()
        assert grid.low[place] <= hit.mean() <= grid.high[place]
        assert served.uncertain == grid.uncertain[place] == 0


def test_a_text_served_a_neighbours_answer_is_never_inserted() -> None:
    vectors = np.array([[1, 0], [0.9, np.sqrt(1 - 0.81)], [0.62, np.sqrt(1 - 0.62**2)]], np.float32)
    served = Replay(stream([0, 1, 1, 2, 2]), neighbours(vectors)).served(Point(0.85, FOREVER, UNLIMITED))
    # The third text is like the second (.90), which has no entry, and not like the first.
    assert served.source.tolist() == [MISS, 0, 0, MISS, 3]


def test_a_hit_is_use_but_does_not_lengthen_a_life() -> None:
    vectors = np.eye(3, dtype=np.float32)
    used = Replay(stream([0, 1, 0, 2, 0, 1]), neighbours(vectors)).served(Point(0.9, FOREVER, 2))
    assert used.source.tolist() == [MISS, MISS, 0, MISS, 0, MISS]
    lived = Replay(stream([0, 0, 0, 0]), neighbours(vectors[:1])).served(Point(0.9, 2.5, UNLIMITED))
    assert lived.source.tolist() == [MISS, 0, 0, MISS]


def test_nothing_is_served_before_its_answer_is_there() -> None:
    log = stream([0, 0, 0, 0], at=[0, 1, 2, 3], ready=[2, 2.5, 9, 9])
    served = Replay(log, neighbours(np.eye(1, dtype=np.float32))).served(Point(0.9, FOREVER, UNLIMITED))
    # The second was in flight beside the first; its answer, the later one, takes the place.
    assert served.source.tolist() == [MISS, MISS, 0, 1]


def test_refusals_name_what_is_wrong() -> None:
    graph = neighbours(np.eye(2, dtype=np.float32), least=0.8)
    replay = Replay(stream([0, 1]), graph)
    with pytest.raises(HoneError, match=r"0\.75.*0\.8"):
        replay.served(Point(0.75, FOREVER, UNLIMITED))
    with pytest.raises(HoneError):
        replay.served(Point(0.85, 0.0, UNLIMITED))
    with pytest.raises(HoneError):
        Replay(stream([0, 1, 2]), graph)


def test_an_empty_stream_has_no_hits_and_says_nothing_of_the_rate() -> None:
    grid = Replay(stream([]), neighbours(np.zeros((0, 4), np.float32))).grid((0.8,), (60.0,), (10,))
    assert (grid.hits.item(), grid.low.item(), grid.high.item()) == (0, 0.0, 1.0)


def test_misses_below_the_end_of_a_list_that_was_cut_are_called_uncertain() -> None:
    # Ten texts in a row: a list of two names those beside a text, not the first of all, which has the entry.
    angles = 0.05 * np.arange(10)
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    graph = neighbours(vectors, most=2)
    served = Replay(stream(range(10)), graph).served(Point(0.8, FOREVER, UNLIMITED))
    missed = int((served.source == MISS).sum())
    assert served.uncertain == missed > 1


def test_machine_code_is_made_anew_where_it_cannot_be_kept(tmp_path: Path) -> None:
    program = """
import numpy as np
from analyzers.response_caching.graph import neighbours
from analyzers.response_caching.replay import Point, Replay
from tests.analyzers.response_caching.made import stream
print(Replay(stream([0, 0]), neighbours(np.eye(1, dtype=np.float32))).served(Point(.9, 60.0, 5)).source)
"""
    # With a cache folder that cannot be made, numba refuses to keep anything.
    blocked = tmp_path / "file"
    blocked.write_text("")
    environment = {"NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator", "PYTHONPATH": str(ROOT), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["[-1", "0]"]
