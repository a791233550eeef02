"""The bodies inside Bedrock's log: Converse and Nova, Claude, and the text of Titan, Llama, Mistral and OpenAI's models.

An answer that was streamed is an array of its events; InvokeModel's last one carries Bedrock's own measurements.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from analyzers.core import Message, Part
from collectors import event_stream
from collectors.fields import first, first_label, label, mapping, parameters
from collectors.formats import bedrock_usage
from collectors.formats.anthropic_parts import (
    ANTHROPIC_PARAMETERS,
    anthropic_content,
    anthropic_messages,
    anthropic_system,
    anthropic_tools,
)
from collectors.formats.chat_parts import choices_parts, split_messages, tool_parts
from collectors.formats.converse_parts import converse_answer, converse_content, converse_messages, converse_tools
from collectors.formats.raw_usage import anthropic_counts
from collectors.usage import Reported

_MEASURED = "amazon-bedrock-invocationMetrics"
_INFERENCE = {
    "maxTokens": "max_tokens",
    "max_new_tokens": "max_tokens",
    "maxTokenCount": "max_tokens",
    "max_gen_len": "max_tokens",
    "temperature": "temperature",
    "topP": "top_p",
    "topK": "top_k",
    "stopSequences": "stop_sequences",
}
_OTHER = frozenset(("temperature", "top_p", "top_k", "max_tokens", "max_completion_tokens", "stop", "tool_choice"))


class Prompt(NamedTuple):
    """What was asked."""

    system: tuple[Part, ...] = ()
    tools: tuple[Part, ...] = ()
    messages: tuple[Message, ...] = ()
    parameters: dict[str, Any] | None = None


class Answer(NamedTuple):
    """What came back. `complete` is False for Claude's events without their final counts."""

    parts: tuple[Part, ...] = ()
    usage: Reported = Reported()
    id: str | None = None
    model: str | None = None
    finish_reason: str | None = None
    service_tier: Any = None
    latency_ms: Any = None
    first_byte_ms: Any = None
    complete: bool = True


def prompt(body: Any, *, converse: bool) -> Prompt:
    """The prompt in a request's body; an empty one for a body of no known shape."""
    if type(body) is not dict:
        return Prompt()
    if converse or _is_converse(body):
        tools = mapping(body.get("toolConfig"))
        settings = _inference(body, body.get("inferenceConfig")) | parameters(body, ("additionalModelRequestFields",))
        if tools.get("toolChoice") is not None:
            settings |= parameters({"tool_choice": tools["toolChoice"]}, ("tool_choice",))
        return Prompt(
            converse_content(body.get("system")),
            converse_tools(tools.get("tools")),
            converse_messages(body.get("messages")),
            settings,
        )
    if "anthropic_version" in body and "messages" in body:
        return Prompt(
            anthropic_system(body.get("system")),
            anthropic_tools(body.get("tools")),
            anthropic_messages(body.get("messages")),
            parameters(body, ANTHROPIC_PARAMETERS),
        )
    if type(body.get("messages")) is list:
        system, messages = split_messages(body["messages"])
        return Prompt(system, tool_parts(body.get("tools")), messages, parameters(body, _OTHER))
    text = first(body, "prompt", "inputText", "message")
    settings = _inference(body, body.get("textGenerationConfig", body)) | parameters(body, _OTHER)
    if type(text) is not str:
        return Prompt(parameters=settings)
    return Prompt(messages=(Message("user", (Part("text", text),)),), parameters=settings)


def _is_converse(body: dict[str, Any]) -> bool:
    if "inferenceConfig" in body or "toolConfig" in body:
        return True
    messages = body.get("messages")
    turn = mapping(messages[0]) if type(messages) is list and messages else {}
    content = turn.get("content")
    block = mapping(content[0]) if type(content) is list and content else {}
    return bool(block) and "type" not in block


def _inference(body: dict[str, Any], config: Any) -> dict[str, Any]:
    named = {_INFERENCE[name]: value for name, value in mapping(config).items() if name in _INFERENCE}
    return parameters(named, frozenset(named))


def answer(body: Any) -> Answer:
    """The answer in a response's body or its events; an empty one for a body of no known shape."""
    if type(body) is list:
        return _streamed([event for event in body if type(event) is dict])
    return _whole(body) if type(body) is dict else Answer()


def _whole(body: dict[str, Any]) -> Answer:
    if body.get("type") == "message":
        return _claude(body, complete=True)
    usage = mapping(body.get("usage"))
    if "output" in body or "stopReason" in body:
        message = mapping(mapping(body.get("output")).get("message"))
        return Answer(
            converse_content(message.get("content")),
            bedrock_usage.converse(usage),
            finish_reason=label(body.get("stopReason")),
            service_tier=body.get("serviceTier"),
            latency_ms=mapping(body.get("metrics")).get("latencyMs"),
        )
    if type(body.get("choices")) is list:
        return _chat(body)
    results = body.get("results", body.get("outputs"))
    piece = mapping(results[0]) if type(results) is list and results else body
    text = first(piece, "outputText", "generation", "text", "completion")
    return Answer(
        (Part("text", text),) if type(text) is str else (),
        bedrock_usage.text(body, piece),
        finish_reason=first_label(piece, "completionReason", "stop_reason"),
    )


def _streamed(events: list[dict[str, Any]]) -> Answer:
    measured: dict[str, Any] = next((mapping(e[_MEASURED]) for e in reversed(events) if _MEASURED in e), {})
    claude, complete = event_stream.anthropic_message(events)
    if claude is not None:
        found = _claude(claude, complete=complete)
    elif any("contentBlockDelta" in event or "messageStart" in event for event in events):
        found = _whole(converse_answer(events))
    elif any(event.get("object") == "chat.completion.chunk" for event in events):
        found = _chat(event_stream.chat_completion(events) or {})
    else:
        pieces = [_whole(event) for event in events]
        text = "".join(part.text for piece in pieces for part in piece.parts)
        ends = [piece.finish_reason for piece in pieces if piece.finish_reason]
        found = Answer((Part("text", text),) if text else (), finish_reason=ends[-1] if ends else None)
    if not measured:
        return found
    return found._replace(
        usage=bedrock_usage.measured(measured, found.usage),
        latency_ms=measured.get("invocationLatency"),
        first_byte_ms=measured.get("firstByteLatency"),
        complete=True,
    )


def _claude(body: dict[str, Any], *, complete: bool) -> Answer:
    usage = mapping(body.get("usage"))
    return Answer(
        anthropic_content(body.get("content")),
        anthropic_counts(usage),
        id=label(body.get("id")),
        model=label(body.get("model")),
        finish_reason=label(body.get("stop_reason")),
        service_tier=usage.get("service_tier"),
        complete=complete,
    )


def _chat(body: dict[str, Any]) -> Answer:
    usage = mapping(body.get("usage"))
    choices = body.get("choices")
    choice = mapping(choices[0]) if type(choices) is list and choices else {}
    return Answer(
        choices_parts(choices),
        bedrock_usage.chat(usage),
        id=label(body.get("id")),
        model=label(body.get("model")),
        finish_reason=first_label(choice, "finish_reason", "stop_reason"),
        service_tier=body.get("service_tier"),
    )
