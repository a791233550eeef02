"""One recommended cache in the words of LiteLLM, GPTCache, RedisVL and Portkey."""

from __future__ import annotations

from analyzers.response_caching.artefacts import gptcache, litellm, portkey, redisvl
from analyzers.response_caching.artefacts.point import Point, expected, model


def configurations(point: Point) -> dict[str, str]:
    """File names and their content. A threshold must be above 0 and at most 1, a lifetime and entries above 0."""
    assert point.threshold is None or 0 < point.threshold <= 1
    return {
        "litellm/config.yaml": litellm.config(point),
        "gptcache/answer_cache.py": gptcache.program(point),
        "redisvl/answer_cache.py": redisvl.program(point),
        "portkey/config.json": portkey.config(point),
        "README.md": _readme(point),
    }


def _readme(point: Point) -> str:
    lines = ["# A cache of answers, as found in the log", "", *expected(point), ""]
    lines += [f"Model: {model(point.embedder).note}.", ""]
    if point.threshold is not None:
        lines += [
            "| file | the threshold there | scale |",
            "|---|---|---|",
            f"| litellm/config.yaml | similarity_threshold {point.threshold:g} | cosine |",
            f"| gptcache/answer_cache.py | SIMILARITY_THRESHOLD {gptcache.similarity_threshold(point.threshold):.6g} | (1 + cosine) / 2 |",
            f"| redisvl/answer_cache.py | DISTANCE_THRESHOLD {redisvl.distance_threshold(point.threshold):.6g} | 1 - cosine |",
            f"| portkey/config.json | cannot be set (its own is {portkey.OWN_THRESHOLD:g}) | cosine of its own model |",
            "",
        ]
    lines += ["## Portkey", "", *(f"- {note}" for note in portkey.notes(point)), ""]
    return "\n".join(lines)
