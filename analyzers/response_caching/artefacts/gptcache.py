"""GPTCache: a function that opens the cache of one scope (gptcache 0.1.44)."""

from __future__ import annotations

from analyzers.response_caching.artefacts.point import Point, comment, model, quoted


def similarity_threshold(cosine: float) -> float:
    """GPTCache's threshold for a cosine: it compares (4 - d²) / 4, and d² of unit vectors is 2 - 2 cos."""
    return (1 + cosine) / 2


def program(point: Point) -> str:
    """A module of Python."""
    if point.threshold is None:
        return comment(point) + _EXACT.format(entries=point.entries or 1_000_000)
    target = model(point.embedder)
    embedding = f"SBERT({quoted(target.sentence_transformers)})" if target.sentence_transformers else "your_embedding()"
    lifetime = (
        ""
        if point.lifetime_s is None
        else f"# GPTCache has no lifetime: clear the folder of a scope every {point.lifetime_s:g} s, or answers get older than was looked at.\n"
    )
    return comment(point) + _SIMILAR.format(
        note=target.note,
        lifetime=lifetime,
        cosine=f"{point.threshold:g}",
        threshold=f"{similarity_threshold(point.threshold):.6g}",
        embedding=embedding,
        entries=point.entries or 1_000_000,
    )


_EXACT = """from pathlib import Path

from gptcache import Cache
from gptcache.manager import manager_factory
from gptcache.processor.pre import last_content


def open_cache(scope: str, folder: str = "gptcache") -> Cache:
    \"\"\"The cache of one scope: a name made of all that has to be equal, such as a digest.\"\"\"
    opened = Cache()
    opened.init(
        pre_embedding_func=last_content,
        data_manager=manager_factory("map", data_dir=str(Path(folder) / scope), max_size={entries}),
    )
    return opened
"""

_SIMILAR = """# Model: {note}.
{lifetime}from pathlib import Path

from gptcache import Cache, Config
from gptcache.adapter.api import init_similar_cache
from gptcache.embedding import SBERT
from gptcache.manager import manager_factory
from gptcache.processor.post import first
from gptcache.processor.pre import last_content
from gptcache.similarity_evaluation import SearchDistanceEvaluation

# A cosine of {cosine} on GPTCache's scale, which is (1 + cosine) / 2.
SIMILARITY_THRESHOLD = {threshold}


def open_cache(scope: str, folder: str = "gptcache", embedding=None, pre_func=last_content) -> Cache:
    \"\"\"The cache of one scope: a name made of all that has to be equal, such as a digest. GPTCache itself compares only the question.\"\"\"
    embedding = embedding or {embedding}
    opened = Cache()
    init_similar_cache(
        cache_obj=opened,
        pre_func=pre_func,
        embedding=embedding,
        data_manager=manager_factory(
            "sqlite,faiss",
            data_dir=str(Path(folder) / scope),
            vector_params={{"dimension": embedding.dimension}},
            eviction_params={{"max_size": {entries}, "clean_size": 1, "eviction": "LRU"}},
        ),
        evaluation=SearchDistanceEvaluation(),
        post_func=first,
        config=Config(similarity_threshold=SIMILARITY_THRESHOLD),
    )
    return opened
"""
