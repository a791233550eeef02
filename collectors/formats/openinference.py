"""OpenInference spans (Arize Phoenix and others), which arrive inside OTLP.

Only spans of kind LLM (and EMBEDDING) are calls; CHAIN, AGENT and TOOL spans may repeat their counts. The whole bodies in
`input.value` and `output.value` are the best source of the provider's id.
"""

from __future__ import annotations

from typing import Any

from analyzers.core import NO_USAGE, Call, Message, Part, TextState, Usage
from collectors.context import Context
from collectors.fields import first, first_label, flag, json_text, label, mapping, number, parameters, tags
from collectors.formats.chat_parts import split_messages, written
from collectors.formats.otlp_records import Span
from collectors.identity import response_id
from collectors.times import seconds, span
from collectors.usage import Reported, count, normalise

NAME = "openinference"

_STREAM_BEGAN = "First Token Stream Event"
_MASKED = "__REDACTED__"
_BODY_CHARS = 4 << 20
_MOST_INDEXED = 2_000
_PARAMETERS = frozenset(
    ("temperature", "top_p", "max_tokens", "max_completion_tokens", "seed", "stop", "response_format")
)


def call(one: Span, context: Context) -> Call | None:
    """The call of a span that carries `openinference.span.kind`, or None when it is of another kind."""
    attributes = one.attributes
    kind = str(attributes.get("openinference.span.kind")).upper()
    if kind not in ("LLM", "EMBEDDING"):
        return None
    request = _body(attributes.get("input.value"))
    response = _body(attributes.get("output.value"))
    at, source = context.when(one.start)
    start, end = seconds(one.start), seconds(one.end)
    system, messages = split_messages(_flattened(attributes, "llm.input_messages."))
    _, answers = split_messages(
        [{"role": "user", "content": ""}, *_flattened(attributes, "llm.output_messages.", role="assistant")]
    )
    output = answers[1].parts if len(answers) > 1 else ()
    error = next((event for event in one.events if event.name == "exception"), None)
    failed = one.failed or error is not None
    who = attributes | {k: v for k, v in one.resource.items() if k not in attributes}
    given = tags(attributes.get("tag.tags"))
    asked = mapping(_body(attributes.get("llm.invocation_parameters")))
    return Call(
        id=context.identify(
            response_id(response.get("id")),
            f"{one.trace}:{one.id}" if one.trace and one.id else None,
            timed=source == "record",
        ),
        started_at=at,
        time_source=source,
        format=NAME,
        observer=label(one.scope) or context.observer,
        observation=one.trace[:64],
        duration=span(start, end),
        time_to_first_token=next((span(start, seconds(e.time)) for e in one.events if e.name == _STREAM_BEGAN), None),
        provider=(first_label(attributes, "llm.provider", "llm.system") or "").lower() or None,
        request_model=first_label(attributes, "llm.request.model_name") or label(request.get("model")),
        response_model=first_label(attributes, "llm.response.model_name", "llm.model_name"),
        operation="embeddings" if kind == "EMBEDDING" else "chat",
        app=first_label(who, "app", "service.name", "agent.name"),
        environment=first_label(who, "deployment.environment.name", "deployment.environment"),
        team=first_label(who, "team") or first_label(mapping(_body(attributes.get("metadata"))), "team"),
        user=context.user(attributes.get("user.id") or asked.get("user")),
        conversation=first_label(attributes, "session.id"),
        tags=given,
        system=system,
        tools=_tools(attributes),
        messages=messages,
        output=output,
        parameters=parameters(asked, _PARAMETERS),
        usage=_usage(attributes, failed=failed),
        status="error" if failed else "ok",
        error_type=(label(error.attributes.get("exception.type")) if error else None) or "unknown" if failed else None,
        finish_reason=first_label(attributes, "llm.finish_reason"),
        service_tier=first_label(response, "service_tier"),
        stream=flag(asked.get("stream")),
        logged_cost=number(attributes.get("llm.cost.total")),
        text_state=_text_state(system, messages),
    )


def _body(raw: object) -> dict[str, Any]:
    return mapping(json_text(raw)) if type(raw) is str and raw[:1] == "{" and len(raw) <= _BODY_CHARS else {}


def _usage(attributes: dict[str, Any], *, failed: bool) -> Usage:
    prefix = "llm.token_count."

    def counter(*names: str) -> int | None:
        name = next((prefix + one for one in names if attributes.get(prefix + one) is not None), None)
        return None if name is None else count(attributes[name], name)

    given = Reported(
        input=counter("prompt"),
        output=counter("completion"),
        total=counter("total"),
        cache_read=counter("prompt_details.cache_read"),
        cache_write=counter("prompt_details.cache_write"),
        reasoning=counter("completion_details.reasoning"),
    )
    return NO_USAGE if all(found is None for found in given) else normalise(given, ok=not failed)


def _flattened(attributes: dict[str, Any], prefix: str, role: str | None = None) -> list[dict[str, Any]]:
    """`llm.input_messages.0.message.contents.1.message_content.text` and its like, as chat messages in order."""
    found: dict[int, dict[str, Any]] = {}
    for key, value in attributes.items():
        if not key.startswith(prefix):
            continue
        index, _, rest = key[len(prefix) :].partition(".message.")
        number = _index(index)
        if number is None:
            continue
        message = found.setdefault(number, {})
        name, _, deeper = rest.partition(".")
        if name in ("contents", "tool_calls") and deeper:
            inner, _, field = deeper.partition(".")
            position = _index(inner)
            if position is not None:
                message.setdefault(name, {}).setdefault(position, {})[field] = value
        else:
            message[rest] = value
    return [_message(found[number], role) for number in sorted(found)]


def _message(raw: dict[str, Any], role: str | None) -> dict[str, Any]:
    message: dict[str, Any] = {"role": role or raw.get("role"), "content": raw.get("content")}
    contents = raw.get("contents")
    if type(contents) is dict:
        message["content"] = [
            {"type": "image_url", "image_url": image}
            if (image := first(block, "message_content.image.image.url"))
            else {"type": "text", "text": block.get("message_content.text", "")}
            for _, block in sorted(contents.items())
        ]
    calls = raw.get("tool_calls")
    if type(calls) is dict:
        message["tool_calls"] = [
            {
                "id": one.get("tool_call.id"),
                "name": one.get("tool_call.function.name"),
                "arguments": one.get("tool_call.function.arguments"),
            }
            for _, one in sorted(calls.items())
        ]
    return message


def _index(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 and int(text) < _MOST_INDEXED else None


def _tools(attributes: dict[str, Any]) -> tuple[Part, ...]:
    found: dict[int, Part] = {}
    for key, value in attributes.items():
        if key.startswith("llm.tools.") and key.endswith(".tool.json_schema"):
            number = _index(key[len("llm.tools.") : -len(".tool.json_schema")])
            if number is not None:
                schema = json_text(value) if type(value) is str else value
                found[number] = Part("tool_definition", written(schema))
    return tuple(found[number] for number in sorted(found))


def _text_state(system: tuple[Part, ...], messages: tuple[Message, ...]) -> TextState:
    parts = [*system, *(part for message in messages for part in message.parts)]
    if not parts:
        return "absent"
    return "redacted" if all(part.text == _MASKED for part in parts) else "full"
