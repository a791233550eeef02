"""Spans of the Langfuse SDKs from version 3 on, which are OpenTelemetry's: generations and embeddings are calls.

`input` and `output` are whatever the application gave: messages, a request, a text. Tokens and cost are what it gave too;
without them Langfuse counts with a tokenizer of its own later, which never shows here.
"""

from __future__ import annotations

from typing import Any

from analyzers.core import NO_USAGE, Call, Message, Part, Usage
from collectors.context import Context
from collectors.fields import first_label, json_text, label, mapping, number, parameters
from collectors.formats.anthropic_parts import anthropic_content, anthropic_messages, anthropic_system
from collectors.formats.chat_parts import choices_parts, message_parts, split_messages, tool_parts, written
from collectors.formats.langfuse_usage import usage_details
from collectors.formats.otlp_messages import Content
from collectors.formats.otlp_records import Span, text_key
from collectors.formats.otlp_who import who
from collectors.formats.responses_parts import responses_input, responses_output
from collectors.identity import response_id
from collectors.times import seconds, span
from collectors.usage import embedded

NAME = "langfuse_spans"

_KINDS = {"generation": "chat", "embedding": "embeddings"}
_OBSERVATION = "langfuse.observation."
_JSON_CHARS = 4 << 20
_PARAMETERS = frozenset(
    (
        "temperature",
        "top_p",
        "top_k",
        "max_tokens",
        "max_completion_tokens",
        "max_output_tokens",
        "n",
        "seed",
        "stop",
        "frequency_penalty",
        "presence_penalty",
        "reasoning_effort",
        "verbosity",
        "prompt_cache_key",
        "prompt_cache_retention",
    )
)


def call(one: Span, context: Context) -> Call | None:
    """The call of a span that carries `langfuse.observation.type`, or None when it is of another type."""
    attributes = one.attributes
    operation = _KINDS.get(str(attributes["langfuse.observation.type"]).lower())
    if operation is None:
        return None
    at, source = context.when(one.start)
    start = seconds(one.start)
    output = _json(attributes.get(_OBSERVATION + "output"))
    text = _content(_json(attributes.get(_OBSERVATION + "input")), output)
    error = next((event for event in one.events if event.name == "exception"), None)
    failed = one.failed or error is not None or attributes.get(_OBSERVATION + "level") == "ERROR"
    about = who(attributes, one.resource, "langfuse.trace.name")
    settings = mapping(_json(attributes.get(_OBSERVATION + "model.parameters")))
    key = text_key(one.trace, one.id)
    return Call(
        id=context.identify(
            response_id(attributes.get("gen_ai.response.id")) or response_id(mapping(output).get("id")),
            key,
            timed=source == "record",
        ),
        started_at=at,
        time_source=source,
        format=NAME,
        observer=label(one.scope) or context.observer,
        observation=one.trace[:64],
        duration=span(start, seconds(one.end)),
        time_to_first_token=span(start, seconds(_json(attributes.get(_OBSERVATION + "completion_start_time")))),
        provider=first_label(attributes, "gen_ai.provider.name", "gen_ai.system", _OBSERVATION + "metadata.provider"),
        request_model=first_label(attributes, _OBSERVATION + "model.name", "gen_ai.request.model"),
        response_model=first_label(attributes, "gen_ai.response.model") or label(mapping(output).get("model")),
        operation=operation,
        app=about.app,
        environment=about.environment,
        team=about.team,
        user=context.user(about.user),
        conversation=about.conversation,
        tags=about.tags,
        system=text.system,
        tools=text.tools,
        messages=text.messages,
        output=text.output,
        parameters=parameters(settings, _PARAMETERS),
        usage=_usage(_json(attributes.get(_OBSERVATION + "usage_details")), operation, failed=failed),
        status="error" if failed else "ok",
        error_type=(label(error.attributes.get("exception.type")) if error else None) or "unknown" if failed else None,
        service_tier=label(settings.get("service_tier")),
        logged_cost=number(mapping(_json(attributes.get(_OBSERVATION + "cost_details"))).get("total")),
        text_state=text.state,
        text_key=key if text.state == "absent" else "",
    )


def _json(raw: Any) -> Any:
    """The value that an attribute holds as JSON; a text that is none is itself."""
    if type(raw) is not str or not raw or len(raw) > _JSON_CHARS or raw[0] not in '[{"':
        return raw
    value = json_text(raw)
    return raw if value is None else value


def _usage(raw: Any, operation: str, *, failed: bool) -> Usage:
    if type(raw) is not dict:
        return NO_USAGE
    found = usage_details(raw, ok=not failed)
    return embedded(found.input_total) if operation == "embeddings" else found


def _content(given: Any, answer: Any) -> Content:
    tools: tuple[Part, ...] = ()
    if type(given) is dict:
        tools = tool_parts(given.get("tools"))
    system, messages = _prompt(given)
    return Content(system, tools, messages, _answer(answer))


def _prompt(given: Any) -> tuple[tuple[Part, ...], tuple[Message, ...]]:
    if type(given) is dict:
        turns = given.get("messages")
        if type(turns) is list and "system" in given:
            return anthropic_system(given["system"]), anthropic_messages(turns)
        if type(turns) is list:
            return split_messages(turns)
        if "input" in given:
            return responses_input(given.get("instructions"), given["input"])
        if "role" in given:
            return split_messages([given])
    if type(given) is list and given and all(type(turn) is dict and "role" in turn for turn in given):
        return split_messages(given)
    if given in (None, "", [], {}):
        return (), ()
    return (), (Message("user", (Part("text", given if type(given) is str else written(given)),)),)


def _answer(answer: Any) -> tuple[Part, ...]:
    if type(answer) is list and len(answer) == 1 and type(answer[0]) is dict and "role" in answer[0]:
        answer = answer[0]
    if type(answer) is dict:
        if type(answer.get("choices")) is list:
            return choices_parts(answer["choices"])
        if type(answer.get("output")) is list:
            return responses_output(answer["output"])
        if answer.get("type") == "message":
            return anthropic_content(answer.get("content"))
        if "content" in answer or "tool_calls" in answer:
            return tuple(message_parts(answer, "assistant"))
    if answer in (None, "", [], {}):
        return ()
    return (Part("text", answer if type(answer) is str else written(answer)),)
