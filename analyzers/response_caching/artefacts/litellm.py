"""LiteLLM proxy: the cache part of config.yaml (litellm 1.110, `litellm.caching.caching.Cache`)."""

from __future__ import annotations

from analyzers.response_caching.artefacts.point import Point, comment, model, quoted


def config(point: Point) -> str:
    """`redis-semantic` with a threshold, `redis` without; LiteLLM's similarity is the cosine."""
    target = model(point.embedder)
    lines = [comment(point)]
    if point.threshold is not None:
        lines += [
            "# LiteLLM embeds the text of all messages together, the system prompt among them: behind a shared prompt all questions look\n"
            "# alike, and a threshold found on questions would serve wrong answers. max_messages 1 leaves such requests alone; the figures\n"
            "# above hold for requests of a single message, so send the system prompt outside of `messages` or use another cache.\n"
            f"# Model: {target.note}.\n"
            "model_list:\n"
            "  - model_name: cache-embeddings\n"
            "    litellm_params:\n"
            f"      model: {quoted(target.litellm)}\n"
            f"      {_access(target.litellm)}\n",
        ]
    lines += [
        "litellm_settings:\n",
        "  cache: true\n",
        "  cache_params:\n",
        f"    type: {'redis' if point.threshold is None else 'redis-semantic'}\n",
        "    host: os.environ/REDIS_HOST\n",
        "    port: os.environ/REDIS_PORT\n",
        "    password: os.environ/REDIS_PASSWORD\n",
    ]
    if point.threshold is not None:
        lines += [
            f"    similarity_threshold: {point.threshold:g}\n",
            "    redis_semantic_cache_embedding_model: cache-embeddings\n",
            f"    redis_semantic_cache_index_name: {quoted(index_name(point))}\n",
            "    max_messages: 1\n",
            "    # Answers are kept apart by key, team and organisation; end_user keeps persons apart as well.\n",
            f"    semantic_cache_scope: {'end_user' if _personal(point) else 'key'}\n",
        ]
    else:
        lines.append(f"    namespace: {quoted(index_name(point))}\n")
    if point.lifetime_s is not None:
        lines.append(f"    ttl: {point.lifetime_s:g}\n")
    lines.append('    supported_call_types: ["acompletion"]\n')
    if point.entries is not None:
        lines.append(
            f"# LiteLLM sets no number of entries: give Redis a maxmemory that holds about {point.entries:,} and the policy allkeys-lru.\n"
        )
    return "".join(lines)


def index_name(point: Point) -> str:
    """One cache an app."""
    return f"answers_{''.join(c if c.isascii() and c.isalnum() else '_' for c in point.app or 'app').lower()}"


def _personal(point: Point) -> bool:
    return any(key.casefold() in ("user", "end_user", "tenant") for key in point.scope_keys)


def _access(name: str) -> str:
    return "api_key: os.environ/OPENAI_API_KEY" if name.startswith("openai/") else "api_base: os.environ/EMBEDDINGS_URL"
