from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analyzers.response_caching.graph as module
from analyzers.response_caching.graph import Graph, neighbours


def _clustered(seed: int, texts: int, width: int, centres: int, spread: float = 0.6) -> Any:
    random = np.random.default_rng(seed)
    made = random.normal(size=(centres, width)) / np.sqrt(width)
    vectors = made[random.integers(centres, size=texts)] + spread * random.normal(size=(texts, width)) / np.sqrt(width)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def _pairs(graph: Graph) -> dict[tuple[int, int], float]:
    owner = np.repeat(np.arange(len(graph)), np.diff(graph.start))
    return dict(zip(zip(owner.tolist(), graph.near.tolist(), strict=True), graph.similarity.tolist(), strict=True))


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 90), st.integers(1, 40), st.integers(1, 20))
def test_all_alike_within_a_scope_are_neighbours_and_no_others(seed: int, texts: int, scopes: int, rows: int) -> None:
    vectors = _clustered(seed, texts, 5, 6)
    labels = np.random.default_rng(seed).integers(scopes, size=texts).astype(np.int32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_ROWS", rows)
        graph = neighbours(vectors, labels)
    found = _pairs(graph)
    alike = vectors @ vectors.T
    for a in range(texts):
        for b in range(texts):
            if a == b or labels[a] != labels[b] or alike[a, b] < 0.6999:
                assert (a, b) not in found
            elif alike[a, b] > 0.7001:
                assert found[a, b] == pytest.approx(min(1.0, alike[a, b]), abs=1e-5)
    assert (graph.complete_from == np.float32(0.7)).all()


def test_lists_go_both_ways_from_most_to_least_alike_and_say_where_they_end() -> None:
    vectors = _clustered(1, 600, 16, 12)
    graph = neighbours(vectors, most=10)
    found = _pairs(graph)
    assert all(found[b, a] == like for (a, b), like in found.items())
    alike = vectors @ vectors.T
    np.fill_diagonal(alike, -1)
    for text in range(len(graph)):
        likes = graph.similarity[graph.start[text] : graph.start[text + 1]]
        assert (np.diff(likes) <= 0).all()
        end = graph.complete_from[text]
        assert (likes >= end - 1e-6).sum() >= (alike[text] > end + 1e-5).sum()
        assert end <= np.float32(0.7) or ((alike[text] >= 0.7).sum() >= 10)


def test_cells_find_nearly_all_and_the_same_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = _clustered(2, 20_000, 64, 4_000, 0.55)
    whole = _pairs(neighbours(vectors, most=50))
    monkeypatch.setattr(module, "COMPLETE", 1_000)
    found = _pairs(neighbours(vectors, most=50))
    for threshold, share in ((0.75, 0.975), (0.80, 0.985), (0.85, 0.99)):
        alike = {pair for pair, like in whole.items() if like >= threshold}
        assert len(alike) > 3_000
        assert len(found.keys() & alike) / len(alike) > share
    assert all(whole[pair] == pytest.approx(like, abs=1e-5) for pair, like in found.items() if pair in whole)
    assert found == _pairs(neighbours(vectors, most=50))


def test_many_small_scopes_cost_little() -> None:
    vectors = _clustered(3, 60_000, 32, 50, 0.3)
    scopes = (np.arange(60_000) % 20_000).astype(np.int32)
    graph = neighbours(vectors, scopes)
    owner = np.repeat(np.arange(len(graph)), np.diff(graph.start))
    assert (scopes[owner] == scopes[graph.near]).all()
