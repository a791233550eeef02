"""A provider's usage object, whoever's it is, told apart by the names of its counts."""

from __future__ import annotations

from typing import Any

from analyzers.core import NO_USAGE, Usage
from collectors.fields import mapping
from collectors.formats import bedrock_usage
from collectors.formats.gemini import gemini_usage
from collectors.formats.gemini_parts import either
from collectors.formats.raw_usage import anthropic_usage, cohere_usage, openai_usage
from collectors.usage import normalise

_ANTHROPIC = frozenset(("cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation"))


def usage_object(raw: Any, *, ok: bool) -> Usage:
    """From OpenAI's (chat and responses), Anthropic's, Cohere's, Gemini's or Bedrock Converse's; `ok`: the call succeeded."""
    given = mapping(raw)
    if not given:
        return NO_USAGE
    if not _ANTHROPIC.isdisjoint(given):
        return anthropic_usage(given, ok=ok)
    if "billed_units" in given:
        return cohere_usage(given, ok=ok)
    if "inputTokens" in given or "outputTokens" in given:
        return normalise(bedrock_usage.converse(given), includes_cache=False, ok=ok)
    if either(given, "promptTokenCount") is not None:
        return gemini_usage(given, ok=ok)
    return openai_usage(given, ok=ok)
