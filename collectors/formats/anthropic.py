"""Raw Anthropic Messages: request and answer as the API has them, in a team's own envelope.

`input_tokens` excludes what was read from the cache and written to it. A streamed answer may be logged as its event
stream; one that was cut before its `message_delta` does not know its output.
"""

from __future__ import annotations

from typing import Any

from analyzers.core import Call
from collectors import envelope, event_stream
from collectors.around import Around
from collectors.context import Context
from collectors.fields import first_label, flag, label, mapping, parameters
from collectors.formats.anthropic_parts import (
    anthropic_content,
    anthropic_messages,
    anthropic_system,
    anthropic_tools,
)
from collectors.formats.raw_usage import anthropic_usage
from collectors.identity import response_id

NAME = "anthropic"
ANY_ENVELOPE = True

_PARAMETERS = frozenset(
    (
        "temperature",
        "top_p",
        "top_k",
        "max_tokens",
        "stop_sequences",
        "tool_choice",
        "thinking",
        "output_config",
        "speed",
        "cache_control",
    )
)


def parse(value: dict[str, Any], context: Context) -> list[Call] | None:
    """One call, or None when the value holds neither such a request nor such an answer."""
    found = envelope.exchange(value, _is_request, _is_response)
    if found is None:
        return None
    request, raw, fields = found
    around = Around(context, fields)
    response, complete = _answer(raw)
    timing = around.timing(None)
    outcome = around.outcome(response)
    labels = around.labels(request)
    usage = mapping(response.get("usage"))
    settings = parameters(request, _PARAMETERS)
    if usage.get("speed") == "fast":
        settings["speed"] = "fast"
    system = anthropic_system(request.get("system"))
    messages = anthropic_messages(request.get("messages"))
    return [
        Call(
            id=context.identify(response_id(response.get("id")), around.request_id, timed=timing.timed),
            started_at=timing.started_at,
            time_source=timing.source,
            format=NAME,
            observer=context.observer,
            observation=around.observation,
            duration=timing.duration,
            time_to_first_token=timing.first_token,
            provider=around.provider or "anthropic",
            request_model=label(request.get("model")),
            response_model=label(response.get("model")),
            operation="chat",
            app=labels.app,
            environment=labels.environment,
            team=labels.team,
            user=labels.user,
            conversation=labels.conversation,
            tags=labels.tags,
            system=system,
            tools=anthropic_tools(request.get("tools")),
            messages=messages,
            output=anthropic_content(response.get("content")),
            parameters=settings,
            usage=anthropic_usage(response.get("usage"), complete=complete, ok=outcome.status == "ok"),
            status=outcome.status,
            error_type=outcome.error_type,
            finish_reason=label(response.get("stop_reason")),
            service_tier=first_label(usage, "service_tier"),
            stream=True if type(raw) is str else flag(request.get("stream")),
            logged_cost=around.logged_cost,
            response_cache_hit=around.answered_from_cache,
            text_state="full" if system or messages else "absent",
        )
    ]


def _is_request(value: Any) -> bool:
    if type(value) is not dict or type(value.get("messages")) is not list:
        return False
    if "system" in value or "anthropic_version" in value or "stop_sequences" in value:
        return True
    model = value.get("model")
    return type(model) is str and ("claude" in model or "anthropic" in model) and "max_tokens" in value


def _is_response(value: Any) -> bool:
    if type(value) is dict:
        kind = value.get("type")
        if kind == "message":
            return type(value.get("content")) is list or "input_tokens" in mapping(value.get("usage"))
        return kind == "error" and type(value.get("error")) is dict and "type" in value["error"]
    return event_stream.is_event_stream(value) and '"message_start"' in value


def _answer(raw: Any) -> tuple[dict[str, Any], bool]:
    if type(raw) is str:
        message, complete = event_stream.anthropic_message(raw)
        return message or {}, complete
    return (raw, True) if type(raw) is dict else ({}, True)
