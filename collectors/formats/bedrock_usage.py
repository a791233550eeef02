"""Token counts in the bodies of Bedrock's log, of each family of models. Raises Malformed for a count that is none."""

from __future__ import annotations

from typing import Any

from collectors.fields import first, mapping
from collectors.usage import Reported, count


def converse(usage: dict[str, Any]) -> Reported:
    """From the `usage` of Converse, or of a Nova model, which names the cache counters otherwise."""
    short = long = None
    details = usage.get("cacheDetails")
    for detail in details if type(details) is list else ():
        tokens = count(mapping(detail).get("inputTokens"), "usage.cacheDetails.inputTokens") or 0
        if mapping(detail).get("ttl") == "1h":
            long = (long or 0) + tokens
        else:
            short = (short or 0) + tokens
    read = first(usage, "cacheReadInputTokens", "cacheReadInputTokenCount")
    write = first(usage, "cacheWriteInputTokens", "cacheWriteInputTokenCount")
    return Reported(
        input=count(usage.get("inputTokens"), "usage.inputTokens"),
        output=count(usage.get("outputTokens"), "usage.outputTokens"),
        cache_read=count(read, "usage.cacheReadInputTokens"),
        cache_write=count(write, "usage.cacheWriteInputTokens"),
        write_short=short,
        write_long=long,
    )


def chat(usage: dict[str, Any]) -> Reported:
    """From the `usage` of a model that speaks OpenAI's dialect."""
    return Reported(
        input=count(usage.get("prompt_tokens"), "usage.prompt_tokens"),
        output=count(usage.get("completion_tokens"), "usage.completion_tokens"),
    )


def text(body: dict[str, Any], piece: dict[str, Any]) -> Reported:
    """From a body of Titan (with one of its results) or Llama."""
    return Reported(
        input=count(first(body, "inputTextTokenCount", "prompt_token_count"), "inputTextTokenCount"),
        output=count(first(piece, "tokenCount", "generation_token_count"), "tokenCount"),
    )


def measured(metrics: dict[str, Any], body: Reported) -> Reported:
    """Bedrock's own measurements at the end of a stream where it has them, the body's counts elsewhere."""
    own = Reported(
        input=count(metrics.get("inputTokenCount"), "invocationMetrics.inputTokenCount"),
        output=count(metrics.get("outputTokenCount"), "invocationMetrics.outputTokenCount"),
        cache_read=count(metrics.get("cacheReadInputTokenCount"), "invocationMetrics.cacheReadInputTokenCount"),
        cache_write=count(metrics.get("cacheWriteInputTokenCount"), "invocationMetrics.cacheWriteInputTokenCount"),
    )
    return Reported(*(b if m is None else m for b, m in zip(body, own, strict=True)))
