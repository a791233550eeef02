"""Token counts of LiteLLM's payloads and spend logs, whose input includes the cache for every provider."""

from __future__ import annotations

from typing import Any

from analyzers.core import Usage
from collectors.fields import mapping
from collectors.formats.raw_usage import anthropic_usage
from collectors.usage import Reported, count, normalise


def usage_object(metadata: dict[str, Any]) -> dict[str, Any]:
    """The proxy's copy of the provider's usage."""
    return mapping(metadata.get("usage_object"))


def litellm_usage(value: dict[str, Any], metadata: dict[str, Any], response: dict[str, Any]) -> Usage:
    """From the provider's usage in the response, else from the copy in the metadata, else from the totals."""
    raw = mapping(response.get("usage"))
    if raw and response.get("type") == "message":
        return anthropic_usage(raw, ok=True)
    raw = raw or usage_object(metadata) or value | mapping(metadata.get("additional_usage_values"))
    details = mapping(raw.get("prompt_tokens_details")) or mapping(raw.get("input_tokens_details"))
    answer = mapping(raw.get("completion_tokens_details")) or mapping(raw.get("output_tokens_details"))
    split = mapping(details.get("cache_creation_token_details"))

    def counter(field: str, *found: Any) -> int | None:
        """One number under several names, of which the proxy may leave some at 0."""
        known = [one for raw_count in found if (one := count(raw_count, field)) is not None]
        return max(known) if known else None

    return normalise(
        Reported(
            input=counter("usage.prompt_tokens", raw.get("prompt_tokens"), raw.get("input_tokens")),
            output=counter("usage.completion_tokens", raw.get("completion_tokens"), raw.get("output_tokens")),
            total=counter("usage.total_tokens", raw.get("total_tokens")),
            cache_read=counter("usage.cached_tokens", details.get("cached_tokens"), raw.get("cache_read_input_tokens")),
            cache_write=counter(
                "usage.cache_write_tokens",
                details.get("cache_write_tokens"),
                details.get("cache_creation_tokens"),
                raw.get("cache_creation_input_tokens"),
            ),
            write_short=_sum(split, "ephemeral_5m_input_tokens", "ephemeral_30m_input_tokens"),
            write_long=_sum(split, "ephemeral_1h_input_tokens", "ephemeral_12h_input_tokens"),
            reasoning=counter("usage.reasoning_tokens", answer.get("reasoning_tokens")),
        )
    )


def _sum(split: dict[str, Any], *names: str) -> int | None:
    found = [count(split.get(name), f"usage.{name}") for name in names]
    known = [one for one in found if one is not None]
    return sum(known) if known else None
