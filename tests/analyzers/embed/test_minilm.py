"""The model that comes with the package: as good as what it was made from, and the same wherever a text stands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from analyzers.embed import default_embedder, package_file
from analyzers.errors import HoneError
from tests.analyzers.embed.texts import ROOT, needs_models, published, questions

OTHER_TEXTS = [
    "",
    " ",
    "a",
    "12345 67890",
    "!!! ???",
    "Wie ändere ich mein Passwort?",
    "如何更改我的密码？",
    "def add(a, b):\n    return a + b\n",
    '{"order": 4711, "items": [{"sku": "A-1", "n": 2}]}',
    "word " * 5_000,
]


@pytest.mark.slow
def test_vectors_are_those_of_sentence_transformers() -> None:
    texts = questions(600)
    cosines = (default_embedder().embed(texts) * published(texts)).sum(axis=1)
    assert cosines.mean() >= 0.99
    assert cosines.min() >= 0.98
    cosines = (default_embedder().embed(OTHER_TEXTS) * published(OTHER_TEXTS)).sum(axis=1)
    assert cosines.min() >= 0.95


def test_a_vector_does_not_depend_on_the_texts_beside_it() -> None:
    model, texts = default_embedder(), [*questions(60), *OTHER_TEXTS]
    together = model.embed(texts)
    assert together.shape == (len(texts), model.dimensions)
    assert together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = np.concatenate([model.embed([text]) for text in texts])
    assert np.abs(together - alone).max() < 1e-5
    assert np.abs(model.embed(texts[::-1])[::-1] - together).max() < 1e-5


def test_of_a_long_text_the_beginning_counts() -> None:
    model = default_embedder()
    start = " ".join(questions(40))
    one, same, other = model.embed([start + " red", start + " green" * 200_000, questions(1)[0]])
    assert one @ same > 0.9999
    assert one @ other < 0.9


@pytest.mark.parametrize("text", ["\ud800", "half \udfff a pair", "\x00", "🙂" * 300, "x" * 2_000_000])
def test_hostile_text_has_a_vector_too(text: str) -> None:
    vectors = default_embedder().embed([text, "hello"])
    assert np.isfinite(vectors).all()
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_no_vectors() -> None:
    assert default_embedder().embed([]).shape == (0, 384)


def test_a_damaged_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    whole = ROOT / "analyzers" / "embed" / "data"
    (folder / "SHA256SUMS").write_bytes((whole / "SHA256SUMS").read_bytes())
    monkeypatch.setattr(package_file, "files", lambda _package: tmp_path)
    with pytest.raises(HoneError, match="missing"):
        package_file.checked("tokenizer.json")
    (folder / "tokenizer.json").write_bytes((whole / "tokenizer.json").read_bytes())
    package_file.checked("tokenizer.json")
    (folder / "tokenizer.json").write_bytes((whole / "tokenizer.json").read_bytes()[:-1])
    with pytest.raises(HoneError, match="damaged") as caught:
        package_file.checked("tokenizer.json")
    assert caught.value.hint


@pytest.mark.slow
def test_the_files_are_what_their_script_makes(tmp_path: Path) -> None:
    needs_models("safetensors", "onnx")
    from analyzers.embed.make_model import make

    make(tmp_path)
    kept = ROOT / "analyzers" / "embed" / "data"
    for name in ("minilm-int8.onnx", "tokenizer.json"):
        assert (tmp_path / name).read_bytes() == (kept / name).read_bytes()
    made, shipped = (np.load(folder / "static-tokens.npz") for folder in (tmp_path, kept))
    # Directions come out of a linear algebra library, whose last digits depend on the processor.
    again, table = (one["rows"] * one["scales"][:, None] for one in (made, shipped))
    assert np.abs(again - table).max() < 0.02 * np.abs(table).max()


def test_importing_loads_no_model() -> None:
    program = "import sys, analyzers.embed\nprint({'onnxruntime', 'tokenizers', 'torch', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_runtime_of_the_model_neither_writes_nor_sends(tmp_path: Path) -> None:
    """Its builds report their use over the network unless told not to before they are imported."""
    code = "from analyzers.embed.minilm import MiniLM; MiniLM().embed(['a text'])"
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], env=env, check=True)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
