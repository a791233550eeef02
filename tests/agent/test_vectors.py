"""Vectors in the database: computed once, the same from the model and from the table, forgotten when of no use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from agent.store import Store, StoreUnavailable, open_store
from agent.store.retention import Keep, forget
from agent.vectors import Cached
from analyzers.core import digest
from analyzers.embed.embedder import Vectors
from tests.analyzers.embed.texts import questions

NOW = 1_795_000_000.0
DAY = 86_400


class Counting:
    """Directions drawn from the text; counts what it is asked."""

    def __init__(self, name: str = "counting", dimensions: int = 48) -> None:
        self.name = name
        self.dimensions = dimensions
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        rows = [
            np.random.default_rng(int.from_bytes(digest(text), "big")).normal(size=self.dimensions) for text in texts
        ]
        found = np.array(rows).reshape(len(texts), self.dimensions)
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'hone.db'}" if request.param == "sqlite" else str(request.getfixturevalue("postgres"))
    opened = open_store(url, owner="a")
    yield opened
    opened.close()


def test_a_text_is_computed_once_for_all_runs(store: Store) -> None:
    model, texts = Counting(), [f"question {n}" for n in range(12_000)]
    first = Cached(model, store, NOW).embed(texts)
    assert len(model.asked) == 12_000
    again = Cached(model, store, NOW).embed(texts[::-1])
    assert len(model.asked) == 12_000
    assert np.array_equal(first, again[::-1])
    more = Cached(model, store, NOW).embed(["new", *texts[:2], "new", "\ud800"])
    assert model.asked[12_000:] == ["new", "\ud800"]
    assert np.array_equal(more[1:3], first[:2])
    assert np.array_equal(more[0], more[3])


def test_rounding_moves_no_cosine_by_a_ten_thousandth(store: Store) -> None:
    model, texts = Counting(dimensions=384), [f"question {n}" for n in range(300)]
    exact, kept = model.embed(texts), Cached(model, store, NOW).embed(texts)
    assert kept.dtype == np.float32
    assert np.abs(np.linalg.norm(kept, axis=1) - 1).max() < 1e-6
    assert np.abs(kept @ kept.T - exact @ exact.T).max() < 1e-4


def test_models_do_not_share_vectors(store: Store) -> None:
    one, other = Counting("one"), Counting("other", dimensions=8)
    Cached(one, store, NOW).embed(["a"])
    assert Cached(other, store, NOW).embed(["a"]).shape == (1, 8)
    assert other.asked == ["a"]


def test_no_texts_ask_nothing(store: Store) -> None:
    model = Counting()
    assert Cached(model, store, NOW).embed([]).shape == (0, 48)
    assert model.asked == []


def test_what_is_of_no_use_is_forgotten_and_what_is_used_stays(store: Store) -> None:
    model = Counting()
    Cached(model, store, NOW).embed(["old", "used"])
    Cached(model, store, NOW + 20 * DAY).embed(["used"])
    assert forget(store.engine, Keep(calls=30), NOW + 31 * DAY).vectors == 1
    Cached(model, store, NOW + 31 * DAY).embed(["old", "used"])
    assert model.asked == ["old", "used", "old"]


def test_the_oldest_go_when_there_are_too_many(store: Store) -> None:
    model = Counting()
    for day in range(3):
        Cached(model, store, NOW + day * DAY).embed([f"{day} {n}" for n in range(10)])
    assert forget(store.engine, Keep(vector_rows=20), NOW + 2 * DAY).vectors == 10
    Cached(model, store, NOW + 2 * DAY).embed(["0 0", "1 0", "2 0"])
    assert model.asked[30:] == ["0 0"]


def test_a_vector_that_lost_its_form_is_computed_again(store: Store) -> None:
    model = Counting()
    store.keep_vectors(model.name, {digest("a"): b"xx"}, NOW)
    assert Cached(model, store, NOW).embed(["a"]).shape == (1, 48)
    assert model.asked == ["a"]
    assert len(store.vectors(model.name, [digest("a")])[digest("a")][1]) == 96


def test_a_database_that_takes_no_vectors_costs_only_time(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise StoreUnavailable("the database is read-only")

    monkeypatch.setattr(store, "keep_vectors", refuse)
    found = Cached(Counting(), store, NOW).embed(["my secret"])
    assert found.shape == (1, 48)
    assert re.search("vectors are not kept", caplog.text) and "secret" not in caplog.text


def test_the_model_of_the_package_gives_the_same_through_the_table(store: Store) -> None:
    from analyzers.embed import default_embedder

    model, texts = default_embedder(), questions(20)
    Cached(model, store, NOW).embed(texts[:10])
    kept = Cached(model, store, NOW)
    assert (kept.embed(texts) * model.embed(texts)).sum(axis=1).min() > 0.9999
    assert kept.computed == 10
