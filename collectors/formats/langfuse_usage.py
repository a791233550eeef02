"""Langfuse's `usageDetails`: what each kind of token was counted, in Langfuse's names or in a provider's own.

Langfuse's names are disjoint: `input` excludes what has a key of its own (`input_cached_tokens`, `input_audio`, ...),
`output` excludes `output_reasoning`. Producers that hand in counts of their own making break that; `total`, which is
theirs too, then says what `input` and `output` include. Some hand a provider's usage object through as it is.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from analyzers.core import NO_USAGE, Usage
from collectors.fields import mapping
from collectors.formats.litellm_usage import litellm_usage
from collectors.formats.raw_usage import anthropic_usage, cohere_usage, openai_usage
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
_ANTHROPIC = frozenset(("cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation"))


class _Counted(NamedTuple):
    """What stands under Langfuse's names; `more_*` is what has a key of its own and is neither cache nor reasoning."""

    input: int | None
    more_in: int
    output: int | None
    more_out: int
    read: int | None
    short: int | None
    long: int | None
    reasoning: int | None


def usage_details(raw: dict[str, Any], *, ok: bool) -> Usage:
    """The counters in a `usageDetails` object. Raises Malformed for a count that is none."""
    if "prompt_tokens" in raw or "completion_tokens" in raw:
        return litellm_usage(raw, {}, {})
    if type(raw.get("billed_units")) is dict:
        return cohere_usage(raw, ok=ok)
    if "input_tokens" in raw or "output_tokens" in raw:
        if type(raw.get("input_token_details")) is dict:
            return _langchain(raw, ok=ok)
        return openai_usage(raw, ok=ok) if _ANTHROPIC.isdisjoint(raw) else anthropic_usage(raw, ok=ok)
    given = _counted(raw)
    if given.input is None and given.output is None and not given.more_in and not given.more_out:
        return NO_USAGE
    total = count(raw.get("total"), "usageDetails.total")
    cached = (given.read or 0) + (given.short or 0) + (given.long or 0)
    reasoning, base_in, base_out = given.reasoning or 0, given.input or 0, given.output or 0
    # OpenInference's names come with its counts, which include everything.
    inclusive_in = inclusive_out = any(name.startswith("prompt_details.") for name in raw)
    if total is not None:
        if total == base_in + given.more_in + cached + base_out + given.more_out + reasoning:
            inclusive_in = inclusive_out = False
        elif total == base_in + base_out:
            inclusive_in = inclusive_out = True
        elif total == base_in + given.more_in + cached + base_out:
            inclusive_in, inclusive_out = False, True
        elif total == base_in + base_out + given.more_out + reasoning:
            inclusive_in, inclusive_out = True, False
        elif given.read and total == base_in + given.read + base_out:
            # LiteLLM takes what was read from the input, and leaves what was written in it.
            base_in += given.read
            inclusive_in = inclusive_out = True
    whole_in = None if given.input is None and not given.more_in else base_in
    whole_out = None if given.output is None and not given.more_out else base_out
    if whole_in is not None and not inclusive_in:
        whole_in += given.more_in
    if whole_out is not None and not inclusive_out:
        whole_out += given.more_out + reasoning
    told = not (given.read is given.short is given.long is None)
    return normalise(
        Reported(
            input=whole_in,
            output=whole_out,
            cache_read=given.read,
            write_short=given.short,
            write_long=given.long,
            reasoning=given.reasoning,
        ),
        includes_cache=inclusive_in or not told,
        ok=ok,
    )


def _counted(raw: dict[str, Any]) -> _Counted:
    base_in = base_out = read = short = long = reasoning = None
    more_in = more_out = 0
    for name, value in raw.items():
        tokens = count(value, "usageDetails") if type(value) in (int, float, str) else None
        if tokens is None:
            continue
        if name == "input":
            base_in = tokens
        elif name == "output":
            base_out = tokens
        elif name in _READ:
            read = max(read or 0, tokens)
        elif name in _WRITE_LONG:
            long = max(long or 0, tokens)
        elif name in _WRITE_SHORT:
            short = max(short or 0, tokens)
        elif name in _REASONING:
            reasoning = max(reasoning or 0, tokens)
        elif name.startswith("input"):
            more_in += tokens
        elif name.startswith("output"):
            more_out += tokens
    return _Counted(base_in, more_in, base_out, more_out, read, short, long, reasoning)


def _langchain(raw: dict[str, Any], *, ok: bool) -> Usage:
    """LangChain's `usage_metadata`, whose input includes the cache except where an integration forgot it."""
    details, answer = mapping(raw.get("input_token_details")), mapping(raw.get("output_token_details"))
    return normalise(
        Reported(
            input=count(raw.get("input_tokens"), "usage.input_tokens"),
            output=count(raw.get("output_tokens"), "usage.output_tokens"),
            total=count(raw.get("total_tokens"), "usage.total_tokens"),
            cache_read=count(details.get("cache_read"), "usage.input_token_details.cache_read"),
            cache_write=count(details.get("cache_creation"), "usage.input_token_details.cache_creation"),
            write_short=count(details.get("ephemeral_5m_input_tokens"), "usage.input_token_details"),
            write_long=count(details.get("ephemeral_1h_input_tokens"), "usage.input_token_details"),
            reasoning=count(answer.get("reasoning"), "usage.output_token_details.reasoning"),
        ),
        ok=ok,
    )
