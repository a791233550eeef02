"""Whose a provider's body is: requests and answers of Gemini, Anthropic and OpenAI, told apart by what they hold.

Where a record keeps both under `request` and `response` and they are of one provider, it is that provider's and no
other looks further. Any other record is searched by each of them (`collectors.envelope`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from collectors import envelope, event_stream
from collectors.context import Context
from collectors.envelope import Exchange
from collectors.fields import mapping
from collectors.formats.gemini_parts import either
from collectors.formats.openai_dialects import is_embeddings, is_plain_request

_OBJECTS = ("chat.completion", "chat.completion.chunk", "response", "text_completion")


class Bodies(NamedTuple):
    """How one provider's bodies are recognised; the answer may be a stream: its text or an array of its events."""

    is_request: Callable[[Any], bool]
    is_response: Callable[[Any], bool]


def exchange(value: dict[str, Any], own: Bodies, context: Context) -> Exchange | None:
    """Request and answer of one provider in `value`, or None when there is neither."""
    known, owner = context.owner
    if known is not value:
        owner = _owner(value.get("request"), value.get("response"))
        context.owner = value, owner
    if owner is not None and envelope.may_hold(value):
        return Exchange(value["request"], value["response"], value) if owner is own else None
    return envelope.exchange(value, own.is_request, own.is_response)


def _owner(request: Any, response: Any) -> Bodies | None:
    if type(request) is not dict or response is None:
        return None
    for one in (GEMINI, ANTHROPIC, OPENAI):
        if one.is_request(request) and one.is_response(response):
            return one
    return None


def _gemini_request(value: Any) -> bool:
    if type(value) is not dict:
        return False
    contents = value.get("contents")
    if type(contents) is list and contents:
        return type(contents[0]) is str or "parts" in mapping(contents[0])
    return type(contents) is str and (type(value.get("model")) is str or type(value.get("config")) is dict)


def _gemini_response(value: Any) -> bool:
    if type(value) is dict:
        usage = either(value, "usageMetadata")
        if type(usage) is dict and either(usage, "promptTokenCount") is not None:
            return True
        candidates = value.get("candidates")
        if type(candidates) is list and candidates:
            return "content" in mapping(candidates[0]) or either(mapping(candidates[0]), "finishReason") is not None
        error = value.get("error")
        return type(error) is dict and type(error.get("code")) is int and type(error.get("status")) is str
    return any("candidates" in event for event in event_stream.first_events(value))


def _anthropic_request(value: Any) -> bool:
    return type(value) is dict and type(value.get("messages")) is list and _is_anthropic(value)


def _is_anthropic(value: dict[str, Any]) -> bool:
    """Of a request with messages, which OpenAI's has too: what only Anthropic has decides."""
    if "system" in value or "anthropic_version" in value or "stop_sequences" in value:
        return True
    model = value.get("model")
    return type(model) is str and ("claude" in model or "anthropic" in model) and "max_tokens" in value


def _anthropic_response(value: Any) -> bool:
    if type(value) is dict:
        kind = value.get("type")
        if kind == "message":
            return type(value.get("content")) is list or "input_tokens" in mapping(value.get("usage"))
        return kind == "error" and type(value.get("error")) is dict and "type" in value["error"]
    return any(
        event.get("type") == "message_start" or (event.get("type") == "error" and type(event.get("error")) is dict)
        for event in event_stream.first_events(value)
    )


def _openai_request(value: Any) -> bool:
    if type(value) is not dict:
        return False
    if type(value.get("messages")) is list:
        return not _is_anthropic(value)
    if type(value.get("input")) in (str, list):
        return type(value.get("model")) is str and "litellm_call_id" not in value
    return is_plain_request(value)


def _openai_response(value: Any) -> bool:
    if type(value) is dict:
        if value.get("object") in _OBJECTS:
            return True
        if "data" in value and is_embeddings(value):
            return True
        error = value.get("error")
        return type(error) is dict and "message" in error and value.get("type") != "error" and "param" in error
    return any(_is_openai_event(event) for event in event_stream.first_events(value))


def _is_openai_event(event: dict[str, Any]) -> bool:
    kind = event.get("type")
    if type(kind) is str:
        return kind.startswith("response.") or (kind == "error" and "code" in event)
    return event.get("object") in _OBJECTS or "prompt_filter_results" in event or type(event.get("error")) is dict


GEMINI = Bodies(_gemini_request, _gemini_response)
ANTHROPIC = Bodies(_anthropic_request, _anthropic_response)
OPENAI = Bodies(_openai_request, _openai_response)
