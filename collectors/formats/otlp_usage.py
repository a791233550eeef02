"""Token counts in the attributes of GenAI spans, under every name that instrumentations have given them."""

from __future__ import annotations

import re
from typing import Any

from analyzers.core import NO_USAGE, Usage
from collectors.fields import among, by_names, first, json_text, mapping
from collectors.usage import Reported, count, embedded, normalise

_REPR_CHARS = 20_000
_INPUT = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens")
_OUTPUT = ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens")
_TOTAL = ("gen_ai.usage.total_tokens", "llm.usage.total_tokens")
_READ = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.cache_read_tokens",
    "gen_ai.usage.details.cache_read_input_tokens",
    "gen_ai.usage.details.cache_read_tokens",
    "gen_ai.usage.prompt_details.cache_read",
    "gen_ai.usage.input_cached_tokens",
)
_WRITE = (
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.cache_write_tokens",
    "gen_ai.usage.details.cache_creation_input_tokens",
    "gen_ai.usage.details.cache_write_tokens",
    "gen_ai.usage.prompt_details.cache_write",
)
_REASONING = (
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.usage.reasoning_tokens",
    "gen_ai.usage.details.reasoning_tokens",
    "llm.usage.reasoning_tokens",
)
_WRITE_SHORT = ("anthropic.usage.cache_creation.ephemeral_5m_input_tokens",)
_WRITE_LONG = ("anthropic.usage.cache_creation.ephemeral_1h_input_tokens",)
_TABLES = (_INPUT, _OUTPUT, _TOTAL, _READ, _WRITE, _WRITE_SHORT, _WRITE_LONG, _REASONING)
"""In the order of `Reported`."""
_WORD = re.compile(r"""'([^'"\\\x00-\x1f]*)'|\b(None|True|False)\b""")
_WORDS = {"None": "null", "True": "true", "False": "false"}


def counter(attributes: dict[str, Any], names: tuple[str, ...]) -> int | None:
    """The count under the first of these names that is there. Raises Malformed."""
    for name in names:
        value = attributes.get(name)
        if value is not None:
            return count(value, name)
    return None


def usage(attributes: dict[str, Any], *, failed: bool, embeds: bool = False) -> Usage:
    """The counters of one call; none of them when the span reports no usage. `embeds`: it asked for vectors."""
    there = _there(attributes)
    given = Reported(*[counter(attributes, names) if names else None for names in there])
    if given.cache_read is None and (hidden := _litellm(attributes.get("metadata.usage_object"))):
        details = mapping(hidden.get("prompt_tokens_details"))
        given = given._replace(
            cache_read=count(details.get("cached_tokens"), "metadata.usage_object.cached_tokens"),
            cache_write=count(
                first(details, "cache_write_tokens", "cache_creation_tokens"),
                "metadata.usage_object.cache_write_tokens",
            ),
        )
    if embeds:
        return embedded(given.input if given.input is not None else given.total)
    if given == _NOTHING:
        return NO_USAGE
    return normalise(given, ok=not failed)


_NOTHING = Reported()


@by_names
def _there(names: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Of each table what is there: spans of one instrumentation have few shapes."""
    return tuple(among(names, table) for table in _TABLES)


def _litellm(raw: object) -> dict[str, Any]:
    """LiteLLM's callback writes the usage object as Python's repr; its v2 as JSON.

    A repr of numbers, names and None differs from JSON in its words alone, so no Python is ever evaluated.
    """
    if type(raw) is not str or not raw or len(raw) > _REPR_CHARS:
        return {}
    return mapping(json_text(raw) or json_text(_WORD.sub(_as_json, raw)))


def _as_json(word: re.Match[str]) -> str:
    return f'"{word[1]}"' if word[2] is None else _WORDS[word[2]]
