"""Puts one call together from several sightings of it: text from one, usage from another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from analyzers.core import Call, Part, Usage

_RAW_FORMATS = frozenset(("openai", "anthropic"))
_TEXT_RANK = {"full": 6, "truncated": 5, "hashes": 4, "offloaded": 3, "encrypted": 2, "redacted": 1, "absent": 0}
_MOST_TEXT_KEYS = 8
_TIME_RANK = {"record": 0, "broker": 1, "unknown": 2}
_FIRST_KNOWN = (
    "time_to_first_token",
    "provider",
    "request_model",
    "response_model",
    "app",
    "environment",
    "team",
    "user",
    "conversation",
    "finish_reason",
    "service_tier",
    "stream",
    "logged_cost",
    "feedback",
    "prompt_blocks",
    "error_type",
    "region",
    "account",
    "cache_diagnosis",
)


def merged(sightings: Sequence[Call]) -> Call:
    """One call from sightings in their order of arrival; identity stays that of the first.

    Usage: the most complete one; among equals the one nearest to the provider (its raw body, its own SDK, then
    instrumentation, which may miscount: one adds the placeholder of a stream's first event to its final count).
    Text: the fullest. Time: the earliest that the record itself gives.
    """
    best = min(sightings, key=lambda call: (-_completeness(call.usage), _distance(call)))
    prompt = max(sightings, key=_prompt_rank)
    answer = max(sightings, key=lambda call: _length(call.output))
    clock = min(sightings, key=lambda call: (_TIME_RANK[call.time_source], call.started_at))
    order = [best, *(call for call in sightings if call is not best)]
    known: dict[str, Any] = {name: _first(order, name) for name in _FIRST_KNOWN}
    embedded = next((call for call in order if call.embedding is not None), best)
    return msgspec.structs.replace(
        best,
        id=sightings[0].id,
        observer=sightings[0].observer,
        observation=sightings[0].observation,
        started_at=clock.started_at,
        time_source=clock.time_source,
        duration=clock.duration if clock.duration is not None else _first(order, "duration"),
        system=prompt.system,
        tools=prompt.tools or max((call.tools for call in sightings), key=len),
        messages=prompt.messages,
        output=answer.output,
        text_state=prompt.text_state,
        text_key=_text_keys(sightings) if prompt.text_state == "absent" else "",
        tags=tuple(dict.fromkeys(tag for call in order for tag in call.tags)),
        parameters={name: value for call in reversed(order) for name, value in call.parameters.items()},
        status="error" if any(call.status == "error" for call in sightings) else "ok",
        response_cache_hit=any(call.response_cache_hit for call in sightings),
        embedding=embedded.embedding,
        embedding_model=embedded.embedding_model,
        **known,
    )


def _text_keys(sightings: Sequence[Call]) -> str:
    """The messages of a call may be logged beside any one of its sightings."""
    keys = dict.fromkeys(key for call in sightings for key in call.text_key.split())
    return " ".join(list(keys)[:_MOST_TEXT_KEYS])


def _first(calls: Sequence[Call], name: str) -> Any:
    for call in calls:
        value = getattr(call, name)
        if value is not None:
            return value
    return None


def _completeness(usage: Usage) -> int:
    counters = (usage.input_total, usage.cache_read, usage.cache_write_short, usage.output)
    return sum(counter is not None for counter in counters)


def _distance(call: Call) -> int:
    """How far the observer stands from the provider: 0 holds the provider's own words."""
    if call.format in _RAW_FORMATS:
        return 0
    if ".sdk." in call.observer:
        return 1
    return 3 if call.observer.startswith("opentelemetry.instrumentation.") else 2


def _length(parts: Sequence[Part]) -> int:
    return sum(len(part.text) for part in parts) + len(parts)


def _prompt_rank(call: Call) -> tuple[int, bool, int]:
    marked = any(part.cache_mark for part in call.system) or any(
        part.cache_mark for message in call.messages for part in message.parts
    )
    length = _length(call.system) + _length(call.tools) + sum(_length(message.parts) for message in call.messages)
    return _TEXT_RANK[call.text_state], marked, length
