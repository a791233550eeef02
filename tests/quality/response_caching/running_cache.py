"""A GPTCache that really runs: SQLite, faiss, and its own evaluation of the distance that the search found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analyzers.embed.embedder import Vectors
from analyzers.response_caching.stream import Stream


def opened(folder: Path, vectors: Vectors, stream: Stream, threshold: float, entries: int = 10**6) -> Any:
    """The cache in `folder`, which serves texts from a cosine of `threshold`; the vectors of the texts are at hand."""
    import faiss
    from gptcache import Cache, Config
    from gptcache.manager import CacheBase, VectorBase, get_data_manager
    from gptcache.processor.pre import get_prompt
    from gptcache.similarity_evaluation.distance import SearchDistanceEvaluation
    from sqlalchemy import event

    vector = dict(zip(stream.texts, vectors, strict=True))
    folder.mkdir()
    faiss.omp_set_num_threads(1)
    running = Cache()
    running.init(
        pre_embedding_func=get_prompt,
        embedding_func=lambda text, **_: vector[text],
        data_manager=get_data_manager(
            CacheBase("sqlite", sql_url=f"sqlite:///{folder / 'cache.db'}"),
            VectorBase("faiss", dimension=vectors.shape[1], index_path=str(folder / "cache.index")),
            max_size=entries,
        ),
        similarity_evaluation=SearchDistanceEvaluation(max_distance=4.0),
        # It compares 4 - d² with a share of 4, where d² = 2 - 2 cos.
        config=Config(similarity_threshold=(1 + threshold) / 2),
    )
    engine = running.data_manager.s._engine
    event.listen(engine, "connect", _unsynced)
    engine.dispose()
    return running


def _unsynced(connection: Any, _: Any) -> None:
    """Nothing is read after a power cut, so no commit needs to wait for the disk."""
    connection.execute("PRAGMA synchronous = OFF")


def run(running: Any, stream: Stream) -> list[str | None]:
    """What it serves to each request; on a miss (None) the answer is put in."""
    from gptcache.adapter.api import get, put

    served: list[str | None] = []
    for text, answer in zip(stream.text.tolist(), stream.answer.tolist(), strict=True):
        question = stream.texts[text]
        found = get(question, cache_obj=running)
        served.append(found)
        if found is None:
            put(question, stream.answers[answer], cache_obj=running)
    return served
