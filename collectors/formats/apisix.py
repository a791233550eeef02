"""Apache APISIX's loggers (kafka-logger and its like) with what ai-proxy adds: `llm_summary`, `llm_request`, ...

Counts come as numbers or as their digits, and follow the dialect that was spoken upstream: the input of a client's
Messages request to a Claude model excludes the cache, every other includes it. `duration` is the time to the first
token, in milliseconds. A value that nginx does not have is 0 or missing. Headers hold secrets and are read for the
request's id alone; of a Messages request the system prompt is not logged.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from analyzers.core import NO_USAGE, Call, Message, Part, TextState, Usage
from collectors.context import Context
from collectors.fields import first, first_label, flag, label, mapping
from collectors.formats.anthropic_parts import anthropic_messages
from collectors.formats.chat_parts import split_messages
from collectors.formats.gateway_parts import http_status, operation, public_name
from collectors.formats.responses_parts import responses_input
from collectors.times import lasting
from collectors.usage import Reported, count, embedded, normalise

NAME = "apisix"
ANY_ENVELOPE = False

_MESSAGES = "/v1/messages"


def may_hold(names: Collection[str]) -> bool:
    """Whether an object with these fields may be of this format."""
    return "llm_summary" in names or "llm_request" in names or ("apisix_latency" in names and "route_id" in names)


def parse(value: dict[str, Any], context: Context) -> list[Call] | None:
    """One call, none of a route without a model behind it; None when the object is no such log."""
    raw = value.get("llm_summary")
    asked = value.get("llm_request")
    if type(raw) is not dict and type(asked) is not dict:
        if "apisix_latency" not in value or "route_id" not in value:
            return None
        context.skipped += 1
        return []
    summary, given = mapping(raw), mapping(asked)
    request = mapping(value.get("request"))
    path = first_label(request, "uri", "url") or ""
    is_messages = path.partition("?")[0].endswith(_MESSAGES)
    consumer = mapping(value.get("consumer"))
    own_id = first_label(value, "request_id", "apisix_request_id") or _header(value, "x-request-id")
    status = http_status(mapping(value.get("response")).get("status"))
    failed = status >= 400
    kind = operation(path)
    system, messages = _prompt(given.get("messages"), is_messages=is_messages)
    answer = mapping(value.get("llm_response_text")).get("content")
    at, source = context.when(value.get("start_time"))
    model = label(summary.get("model"))
    stream = flag(summary.get("stream"))
    return [
        Call(
            id=context.identify(own_id, timed=source == "record"),
            started_at=at,
            time_source=source,
            format=NAME,
            observer=NAME,
            observation=own_id or "",
            duration=lasting(first(value, "latency", "upstream_latency"), 0.001),
            time_to_first_token=lasting(summary.get("duration"), 0.001),
            provider=first_label(summary, "provider"),
            request_model=label(summary.get("request_model")) or model,
            response_model=model,
            operation=kind,
            app=public_name(consumer.get("username"), value.get("route_name"), value.get("service_name")),
            team=public_name(consumer.get("group_id")),
            user=context.user(summary.get("end_user_id")),
            system=system,
            messages=messages,
            output=(Part("text", answer),) if type(answer) is str and answer else (),
            usage=_usage(
                summary, exclusive=is_messages and _is_claude(model), vectors=kind == "embeddings", ok=not failed
            ),
            status="error" if failed else "ok",
            error_type=str(status) if failed else None,
            stream=flag(given.get("stream")) if stream is None else stream,
            text_state=_text_state(bool(system or messages), is_messages=is_messages),
        )
    ]


def _is_claude(model: str | None) -> bool:
    return model is not None and ("claude" in model or "anthropic" in model)


def _prompt(given: Any, *, is_messages: bool) -> tuple[tuple[Part, ...], tuple[Message, ...]]:
    if is_messages:
        return (), anthropic_messages(given)
    if type(given) is list and any("type" in mapping(item) for item in given):
        return responses_input(None, given)
    return ((), (Message("user", (Part("text", given),)),)) if type(given) is str and given else split_messages(given)


def _text_state(has_text: bool, *, is_messages: bool) -> TextState:
    if not has_text:
        return "absent"
    return "truncated" if is_messages else "full"


def _header(value: dict[str, Any], name: str) -> str | None:
    for side in ("response", "request"):
        for header, text in mapping(mapping(value.get(side)).get("headers")).items():
            if header.lower() == name:
                return label(text)
    return None


def _usage(raw: dict[str, Any], *, exclusive: bool, vectors: bool, ok: bool) -> Usage:
    asked = count(raw.get("prompt_tokens"), "llm_summary.prompt_tokens")
    output = count(raw.get("completion_tokens"), "llm_summary.completion_tokens")
    if vectors:
        return embedded(asked)
    if not ok and not asked and not output:
        return NO_USAGE
    return normalise(
        Reported(
            input=asked,
            output=output,
            # Of a Messages answer APISIX adds up input and output itself, so that it says nothing about the cache.
            total=None if exclusive else count(raw.get("total_tokens"), "llm_summary.total_tokens"),
            cache_read=count(raw.get("cache_read_input_tokens"), "llm_summary.cache_read_input_tokens"),
            cache_write=count(raw.get("cache_creation_input_tokens"), "llm_summary.cache_creation_input_tokens"),
            reasoning=count(raw.get("reasoning_tokens"), "llm_summary.reasoning_tokens"),
        ),
        includes_cache=not exclusive,
        ok=ok,
    )
