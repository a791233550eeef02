"""Langfuse's `usageDetails`: what each kind of token was counted, in Langfuse's names or in a provider's own.

Langfuse's names are disjoint: `input` excludes what has a key of its own (`input_cached_tokens`, `input_audio`, ...),
`output` excludes `output_reasoning`. Some producers hand a provider's usage object through as it is.
"""

from __future__ import annotations

from typing import Any

from analyzers.core import NO_USAGE, Usage
from collectors.formats.raw_usage import answer_usage
from collectors.usage import Reported, count, normalise

_READ = frozenset(
    (
        "input_cached_tokens",
        "input_cached",
        "input_cache_read",
        "input_cache_read_tokens",
        "input_cache_read_input_tokens",
        "cache_read_input_tokens",
        "cache_read_tokens",
        "cache_read",
        "prompt_details.cache_read",
    )
)
_WRITE_SHORT = frozenset(
    (
        "input_cache_creation",
        "input_cache_creation_5m",
        "input_cache_creation_tokens",
        "input_cache_creation_input_tokens",
        "input_cache_write",
        "input_cache_write_tokens",
        "cache_creation_input_tokens",
        "cache_write_tokens",
        "cache_creation",
        "prompt_details.cache_write",
    )
)
_WRITE_LONG = frozenset(("input_cache_creation_1h", "cache_creation_1h"))
_REASONING = frozenset(("output_reasoning_tokens", "output_reasoning", "reasoning_tokens", "reasoning"))
_PROVIDERS_OWN = ("prompt_tokens", "completion_tokens", "input_tokens", "output_tokens")


def usage_details(raw: dict[str, Any], *, ok: bool) -> Usage:
    """The counters in a `usageDetails` object. Raises Malformed for a count that is none."""
    if any(name in raw for name in _PROVIDERS_OWN):
        return answer_usage({"usage": raw}, ok=ok)
    read = short = long = reasoning = rest_in = rest_out = None
    for name, value in raw.items():
        tokens = count(value, "usageDetails") if type(value) in (int, float, str) else None
        if tokens is None or name == "total":
            continue
        if name in _READ:
            read = max(read or 0, tokens)
        elif name in _WRITE_LONG:
            long = max(long or 0, tokens)
        elif name in _WRITE_SHORT:
            short = max(short or 0, tokens)
        elif name in _REASONING:
            reasoning = max(reasoning or 0, tokens)
        elif name.startswith("input"):
            rest_in = (rest_in or 0) + tokens
        elif name.startswith("output"):
            rest_out = (rest_out or 0) + tokens
    if rest_in is None and rest_out is None:
        return NO_USAGE
    cached = (read or 0) + (short or 0) + (long or 0)
    total = count(raw.get("total"), "usageDetails.total")
    if reasoning and rest_out is not None and (total is None or total != (rest_in or 0) + cached + rest_out):
        rest_out += reasoning
    given = Reported(
        input=rest_in,
        output=rest_out,
        total=total,
        cache_read=read,
        write_short=short,
        write_long=long,
        reasoning=reasoning,
    )
    return normalise(given, includes_cache=False, ok=ok)
