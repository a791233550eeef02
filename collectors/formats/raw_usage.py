"""The usage objects of providers' own APIs, and what they say of their cache, wherever a log keeps them.

Raises Malformed for a count that is none.
"""

from __future__ import annotations

from typing import Any

from analyzers.core import NO_USAGE, CacheDiagnosis, Usage
from collectors.fields import label, mapping
from collectors.usage import Reported, count, normalise


def openai_usage(raw: Any, *, ok: bool) -> Usage:
    """From the `usage` of Chat Completions or Responses; `ok`: the call succeeded."""
    if type(raw) is not dict:
        return NO_USAGE
    chat = "prompt_tokens" in raw
    prompt = mapping(raw.get("prompt_tokens_details" if chat else "input_tokens_details"))
    answer = raw.get("completion_tokens_details" if chat else "output_tokens_details")
    reasoning = answer.get("reasoning_tokens") if type(answer) is dict else None
    writes = prompt.get("cache_write_tokens_details")
    short = long = None
    if type(writes) is dict:
        short = count(writes.get("ttl_30m_tokens"), "usage.cache_write_tokens_details.ttl_30m_tokens")
        long = count(writes.get("ttl_12h_tokens"), "usage.cache_write_tokens_details.ttl_12h_tokens")
    read = prompt.get("cached_tokens")
    if read is None:
        # DeepSeek's older bodies name hits and misses instead.
        read = raw.get("prompt_cache_hit_tokens")
    written = prompt.get("cache_write_tokens")
    if written is None:
        # vLLM's name for what a request added to its cache.
        written = prompt.get("created_cache_tokens")
    if written is None and "prompt_cache_hit_tokens" in raw:
        # DeepSeek writes its cache by itself and for nothing.
        written = 0
    return normalise(
        Reported(
            # By position: naming the fields would cost more than reading them.
            count(raw.get("prompt_tokens" if chat else "input_tokens"), "usage.prompt_tokens"),
            count(raw.get("completion_tokens" if chat else "output_tokens"), "usage.completion_tokens"),
            count(raw.get("total_tokens"), "usage.total_tokens"),
            count(read, "usage.prompt_tokens_details.cached_tokens"),
            count(written, "usage.prompt_tokens_details.cache_write_tokens"),
            short,
            long,
            count(reasoning, "usage.completion_tokens_details.reasoning_tokens"),
        ),
        ok=ok,
    )


def anthropic_usage(raw: Any, *, complete: bool = True, ok: bool) -> Usage:
    """From the `usage` of Messages, whose input excludes the cache; `complete`: a stream came to its message_delta."""
    if type(raw) is not dict:
        return NO_USAGE
    return normalise(anthropic_counts(raw), includes_cache=False, complete=complete, ok=ok)


def anthropic_counts(raw: dict[str, Any]) -> Reported:
    """The counts in the `usage` of Messages, with those of a compaction, which the top level leaves out."""
    given = _anthropic_counts(raw)
    iterations = raw.get("iterations")
    if type(iterations) is not list:
        return given
    for one in iterations:
        if type(one) is dict and one.get("type") == "compaction":
            given = Reported(*map(_sum, given, _anthropic_counts(one)))
    return given


def _anthropic_counts(raw: dict[str, Any]) -> Reported:
    split = mapping(raw.get("cache_creation"))
    details = mapping(raw.get("output_tokens_details"))
    return Reported(
        input=count(raw.get("input_tokens"), "usage.input_tokens"),
        output=count(raw.get("output_tokens"), "usage.output_tokens"),
        cache_read=count(raw.get("cache_read_input_tokens"), "usage.cache_read_input_tokens"),
        cache_write=count(raw.get("cache_creation_input_tokens"), "usage.cache_creation_input_tokens"),
        write_short=count(split.get("ephemeral_5m_input_tokens"), "usage.cache_creation.ephemeral_5m_input_tokens"),
        write_long=count(split.get("ephemeral_1h_input_tokens"), "usage.cache_creation.ephemeral_1h_input_tokens"),
        reasoning=count(details.get("thinking_tokens"), "usage.output_tokens_details.thinking_tokens"),
    )


def _sum(a: int | None, b: int | None) -> int | None:
    return a if b is None else b if a is None else a + b


def cohere_usage(raw: dict[str, Any], *, ok: bool) -> Usage:
    """From the `usage` of Cohere's chat, or the `meta` of its first version: what is billed, not what was processed.

    `tokens` counts what Cohere puts around the messages too, several times as much for a short one, and nobody pays for it.
    """
    billed = mapping(raw.get("billed_units"))
    given = Reported(
        input=count(billed.get("input_tokens"), "usage.billed_units.input_tokens"),
        output=count(billed.get("output_tokens"), "usage.billed_units.output_tokens"),
    )
    return normalise(given, ok=ok)


def answer_usage(answer: dict[str, Any], *, ok: bool) -> Usage:
    """From a whole answer, told apart by its shape: OpenAI's chat and responses, Anthropic's messages, Cohere's chat."""
    raw = answer.get("usage")
    if type(raw) is not dict:
        return NO_USAGE
    if "billed_units" in raw:
        return cohere_usage(raw, ok=ok)
    if answer.get("type") == "message" or "cache_creation_input_tokens" in raw:
        return anthropic_usage(raw, ok=ok)
    return openai_usage(raw, ok=ok)


def cache_diagnosis(raw: Any) -> CacheDiagnosis | None:
    """From OpenAI's `prompt_cache_diagnostics`: {type, reason, cache_missed_tokens}, of which a miss has the last two."""
    if type(raw) is not dict:
        return None
    reason = label(raw.get("reason")) or label(raw.get("type"))
    if reason is None:
        return None
    return CacheDiagnosis(reason, count(raw.get("cache_missed_tokens"), "prompt_cache_diagnostics.cache_missed_tokens"))


def anthropic_diagnosis(raw: Any) -> CacheDiagnosis | None:
    """From the `diagnostics` of Messages: why less was read than could be; None while the comparison is pending."""
    miss = raw.get("cache_miss_reason") if type(raw) is dict else None
    reason = label(miss.get("type")) if type(miss) is dict else None
    if type(miss) is not dict or reason is None:
        return None
    return CacheDiagnosis(reason, count(miss.get("cache_missed_input_tokens"), "diagnostics.cache_missed_input_tokens"))
