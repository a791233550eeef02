"""The static table: fast, of length 1 for any text, and better once it has learned from the log."""

from __future__ import annotations

import numpy as np
import pytest

from analyzers.embed import default_embedder, embedder_named
from analyzers.embed.embedder import Vectors
from analyzers.embed.learned import learned
from analyzers.embed.static import static_embedder
from tests.analyzers.embed.texts import questions


def kept_hits(candidates: Vectors, vectors: Vectors, threshold: float = 0.8, k: int = 10) -> float:
    """Of texts that another text is near to, the share whose k candidates have one that is near."""
    near, guess = vectors @ vectors.T, candidates @ candidates.T
    np.fill_diagonal(near, -1)
    np.fill_diagonal(guess, -2)
    best = np.argsort(-guess, axis=1)[:, :k]
    hits = near.max(axis=1) >= threshold
    found = np.take_along_axis(near, best, axis=1).max(axis=1) >= threshold
    assert hits.sum() > 100
    return float((hits & found).sum() / hits.sum())


@pytest.mark.parametrize("text", ["", " ", "\ud800", "!", "\x00", "🙂🙂", "如何", "word " * 100_000])
def test_every_text_has_a_vector_of_length_1(text: str) -> None:
    model = embedder_named("static")
    vectors = model.embed([text, "Where is my card?", text])
    assert vectors.shape == (3, model.dimensions)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.array_equal(vectors[0], vectors[2])
    assert np.allclose(vectors[1], model.embed(["Where is my card?"])[0], atol=1e-6)


def test_paraphrases_are_nearer_than_other_questions() -> None:
    one, same, other = static_embedder().embed(
        ["I am still waiting on my card?", "My new card has not arrived yet", "What is the exchange rate for euros?"]
    )
    assert one @ same > one @ other + 0.1


@pytest.mark.slow
def test_what_is_learned_from_a_log_finds_more_of_what_the_model_finds_in_unseen_texts() -> None:
    texts = questions(3_000)
    vectors = default_embedder().embed(texts)
    start, seen = static_embedder(), 1_500
    model = learned(texts[:seen], vectors[:seen], start)
    assert model.dimensions == 384
    assert model.name != start.name
    unseen = vectors[seen:]
    before = kept_hits(start.embed(texts[seen:]), unseen)
    after = kept_hits(model.embed(texts[seen:]), unseen)
    assert after > before + 0.02
    assert after > 0.96
    again = learned(texts[:seen], vectors[:seen], start)
    assert again.name == model.name
