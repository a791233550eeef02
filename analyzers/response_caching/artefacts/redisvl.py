"""RedisVL: a module with a `SemanticCache` and its filter (redisvl 0.28)."""

from __future__ import annotations

from analyzers.response_caching.artefacts.litellm import index_name
from analyzers.response_caching.artefacts.point import Point, comment, field_name, model, quoted


def distance_threshold(cosine: float) -> float:
    """RedisVL's threshold for a cosine: Redis' COSINE distance is 1 - cos, from 0 to 2."""
    return 1 - cosine


def program(point: Point) -> str:
    """A module of Python; without a threshold the distance is that of equal texts."""
    target = model(point.embedder)
    distance = 1e-6 if point.threshold is None else distance_threshold(point.threshold)
    vectorizer = (
        f"HFTextVectorizer(model={quoted(target.sentence_transformers)})"
        if target.sentence_transformers
        else f"OpenAITextVectorizer(model={quoted(target.litellm.rsplit('/', 1)[-1])})"
    )
    fields = [field_name(key) for key in point.scope_keys]
    return comment(point) + _PROGRAM.format(
        note=target.note,
        kind=vectorizer.split("(", maxsplit=1)[0],
        vectorizer=vectorizer,
        name=quoted(index_name(point)),
        distance=f"{distance:.6g}",
        cosine="1 (equal texts)" if point.threshold is None else f"{point.threshold:g}",
        ttl="None" if point.lifetime_s is None else max(round(point.lifetime_s), 1),
        fields="".join(f"    {quoted(name)},\n" for name in fields),
        entries=""
        if point.entries is None
        else f"# Redis evicts by memory: a maxmemory that holds about {point.entries:,} entries, and the policy allkeys-lru.\n",
    )


_PROGRAM = """# Model: {note}.
{entries}import os

from redisvl.extensions.cache.llm import SemanticCache
from redisvl.query.filter import Tag
from redisvl.utils.vectorize import {kind}

# 1 minus a cosine of {cosine}.
DISTANCE_THRESHOLD = {distance}
SCOPE = [
{fields}]


def open_cache(**connection) -> SemanticCache:
    return SemanticCache(
        name={name},
        distance_threshold=DISTANCE_THRESHOLD,
        ttl={ttl},
        vectorizer={vectorizer},
        filterable_fields=[{{"name": name, "type": "tag"}} for name in SCOPE],
        redis_url=os.environ.get("REDIS_URL", "redis://localhost:6379"),
        **connection,
    )


def look_up(cache: SemanticCache, question: str, scope: dict[str, str]):
    \"\"\"Answers of the same scope alone; `scope` has a value for each name in SCOPE.\"\"\"
    same = None
    for name in SCOPE:
        one = Tag(name) == scope[name]
        same = one if same is None else same & one
    return cache.check(prompt=question, filter_expression=same, num_results=1)


def keep(cache: SemanticCache, question: str, answer: str, scope: dict[str, str]) -> str:
    return cache.store(prompt=question, response=answer, filters={{name: scope[name] for name in SCOPE}})
"""
