"""Texts of LiteLLM's payloads and spend logs, in the shape of whatever API was called, and what else they share."""

from __future__ import annotations

from typing import Any, NamedTuple

from analyzers.core import Message, Part, TextState
from collectors.fields import first_label, label, mapping
from collectors.formats.anthropic_parts import anthropic_content, anthropic_messages
from collectors.formats.chat_parts import choices_parts, split_messages, tool_parts
from collectors.formats.responses_parts import responses_input, responses_output

_REDACTED = "redacted-by-litellm"
_OPERATIONS = {
    "embedding": "embeddings",
    "text_completion": "text_completion",
    "image": "image_generation",
    "transcription": "transcription",
    "speech": "speech",
    "rerank": "rerank",
    "moderation": "moderation",
}
_NO_CALLS = ("mcp", "file", "vector_store")


class Texts(NamedTuple):
    """What was asked and answered."""

    system: tuple[Part, ...] = ()
    messages: tuple[Message, ...] = ()
    output: tuple[Part, ...] = ()
    tools: tuple[Part, ...] = ()
    state: TextState = "absent"


def is_no_call(call_type: object) -> bool:
    """Whether the proxy did something else than to call a model: files, tools of MCP servers, vector stores."""
    return type(call_type) is str and any(kind in call_type for kind in _NO_CALLS)


def operation(call_type: object) -> str:
    """The operation under its usual name; "chat" for every kind of conversation."""
    if type(call_type) is str:
        for kind, name in _OPERATIONS.items():
            if kind in call_type:
                return name
    return "chat"


def texts(raw: Any, response: dict[str, Any], settings: dict[str, Any], call_type: object) -> Texts:
    """From the messages as logged, the response, and the parameters of the request."""
    if raw == _REDACTED or (type(raw) is list and raw and mapping(raw[0]).get("content") == _REDACTED):
        return Texts(state="redacted")
    if response.get("object") == "response":
        system, messages = responses_input(response.get("instructions"), raw)
        output = responses_output(response.get("output"))
    elif call_type == "anthropic_messages" and type(raw) is list:
        lead = 1 if raw and mapping(raw[0]).get("role") == "system" else 0
        system, _ = split_messages(raw[:lead])
        messages = anthropic_messages(raw[lead:])
        output = anthropic_content(response.get("content")) or choices_parts(response.get("choices"))
    else:
        system, messages = split_messages(raw)
        output = choices_parts(response.get("choices"))
    if any(part.text == _REDACTED for message in messages for part in message.parts):
        return Texts(state="redacted")
    tools = tool_parts(settings.get("tools"))
    if settings.get("previous_response_id"):
        state: TextState = "truncated"
    else:
        state = "full" if system or messages else "absent"
    return Texts(system, messages, output, tools, state)


def finish_reason(response: dict[str, Any]) -> str | None:
    """Why the answer ended, in the words of its API."""
    choices = response.get("choices")
    first = choices[0] if type(choices) is list and choices else None
    if type(first) is dict:
        return label(first.get("finish_reason"))
    if response.get("object") == "response":
        return first_label(mapping(response.get("incomplete_details")), "reason") or label(response.get("status"))
    return label(response.get("stop_reason"))


def error_class(information: dict[str, Any]) -> str:
    """The class of a failure."""
    return first_label(information, "error_class", "error_code") or "unknown"


def region(usage: dict[str, Any], breakdown: dict[str, Any]) -> str | None:
    """Where the provider computed, as far as its usage or the proxy's bill says."""
    place = first_label(usage, "inference_geo")
    if place is not None and place != "not_available":
        return place
    return first_label(breakdown, "data_residency", "vertex_location")
