"""OpenTelemetry: GenAI spans and events as OTLP/JSON or OTLP protobuf, and the dialects that share the envelope.

Counted is one span per request to a model: semantic conventions of any version, OpenLLMetry, LiteLLM's callback,
SDKs' own spans, OpenInference. Spans of agents, tools, chains and servers repeat what their children report and are
skipped. `gen_ai.client.inference.operation.details` events carry what their span carries and are the same call. Log
records of single messages (conventions 1.28 to 1.36) say neither model nor usage and are skipped: the call
comes with its span.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from analyzers.core import Call
from collectors.context import Context, Malformed
from collectors.fields import first, first_label, flag, json_text, label, number, parameters, tagged, tags
from collectors.formats import openinference
from collectors.formats.otlp_messages import content
from collectors.formats.otlp_records import Event, Log, Span, json_records, protobuf_records
from collectors.formats.otlp_usage import usage
from collectors.identity import response_id
from collectors.times import lasting, seconds, span

NAME = "otlp"
ANY_ENVELOPE = False

_FORMAT = "otel"
_DETAILS = "gen_ai.client.inference.operation.details"
_NOT_CALLS = frozenset(
    (
        "invoke_agent",
        "create_agent",
        "execute_tool",
        "invoke_workflow",
        "plan",
        "retrieval",
        "agent",
        "tool",
        "workflow",
        "task",
        "rerank",
    )
)
_OPERATIONS = {"acompletion": "chat", "completion": "chat", "chat": "chat", "anthropic_messages": "chat"}
_TIERS = (
    "openai.response.service_tier",
    "gen_ai.openai.response.service_tier",
    "anthropic.response.service_tier",
    "openai.request.service_tier",
    "gen_ai.openai.request.service_tier",
)
_PARAMETERS = frozenset(
    (
        "temperature",
        "top_p",
        "top_k",
        "max_tokens",
        "seed",
        "stop_sequences",
        "frequency_penalty",
        "presence_penalty",
    )
)


def parse(value: dict[str, Any], context: Context) -> list[Call] | None:
    """The calls of an export request as JSON, or None when it is none."""
    if not (
        "resourceSpans" in value or "resourceLogs" in value or "resource_spans" in value or "resource_logs" in value
    ):
        return None
    return _calls(json_records(value), context)


def parse_protobuf(data: bytes, context: Context) -> list[Call] | None:
    """The calls of an export request as protobuf, or None when the bytes are none."""
    records = protobuf_records(data)
    return None if records is None else _calls(records, context)


def _calls(records: Iterable[Span | Log], context: Context) -> list[Call]:
    calls: list[Call] = []
    for position, record in enumerate(records):
        context.element = position
        try:
            call = _of_span(record, context) if type(record) is Span else _of_log(record, context)  # type: ignore[arg-type]
        except Malformed as error:
            context.reject(error.reason, f"{NAME}: {error.field}")
            continue
        if call is None:
            context.skipped += 1
        else:
            calls.append(call)
    if context.element is None:
        context.reject("empty", f"{NAME}: an export request without a span or a log record")
    context.element = None
    return calls


def _of_span(one: Span, context: Context) -> Call | None:
    attributes = one.attributes
    if "openinference.span.kind" in attributes:
        return openinference.call(one, context)
    if not _is_call(one):
        return None
    start, end = seconds(one.start), seconds(one.end)
    ttft = lasting(first(attributes, "gen_ai.response.time_to_first_chunk", "gen_ai.server.time_to_first_token"))
    return _call(
        attributes,
        one.events,
        context,
        trace=one.trace,
        span_id=one.id,
        scope=one.scope,
        resource=one.resource,
        start=one.start,
        duration=span(start, end),
        ttft=ttft,
        failed=one.failed,
    )


def _of_log(one: Log, context: Context) -> Call | None:
    if one.name != _DETAILS:
        return None
    return _call(
        one.attributes,
        (),
        context,
        trace=one.trace,
        span_id=one.span,
        scope=one.scope,
        resource=one.resource,
        start=one.time,
        duration=None,
        ttft=lasting(one.attributes.get("gen_ai.response.time_to_first_chunk")),
        failed=False,
    )


def _is_call(one: Span) -> bool:
    attributes = one.attributes
    operation = attributes.get("gen_ai.operation.name") or attributes.get("llm.request.type")
    if operation in _NOT_CALLS or one.name == "raw_gen_ai_request":
        return False
    if type(attributes.get("traceloop.span.kind")) is str and operation is None:
        return False
    return "gen_ai.request.model" in attributes or "gen_ai.response.model" in attributes


def _call(
    attributes: dict[str, Any],
    events: tuple[Event, ...],
    context: Context,
    *,
    trace: str,
    span_id: str,
    scope: str,
    resource: dict[str, Any],
    start: object,
    duration: float | None,
    ttft: float | None,
    failed: bool,
) -> Call:
    at, source = context.when(start)
    text = content(attributes, events)
    error = label(attributes.get("error.type")) or _exception(events)
    failed = failed or error is not None
    own = response_id(attributes.get("gen_ai.response.id"))
    given = tags(first(attributes, "tag.tags", "tags", "gen_ai.tags"))
    operation = first_label(attributes, "gen_ai.operation.name", "llm.request.type") or "chat"
    who = attributes | {k: v for k, v in resource.items() if k not in attributes}
    return Call(
        id=context.identify(own, f"{trace}:{span_id}" if trace and span_id else None, timed=source == "record"),
        started_at=at,
        time_source=source,
        format=_FORMAT,
        observer=label(scope) or context.observer,
        observation=trace[:64],
        duration=duration,
        time_to_first_token=ttft,
        provider=_provider(attributes),
        request_model=label(attributes.get("gen_ai.request.model")),
        response_model=label(attributes.get("gen_ai.response.model")),
        operation=_OPERATIONS.get(operation, operation),
        app=first_label(who, "app", "service.name", "gen_ai.agent.name", "traceloop.workflow.name"),
        environment=first_label(who, "deployment.environment.name", "deployment.environment"),
        team=first_label(who, "team", "service.team", "metadata.user_api_key_team_alias", "litellm.team.id")
        or tagged(given, "team"),
        user=context.user(
            first(
                attributes,
                "user.id",
                "enduser.id",
                "gen_ai.user",
                "llm.user",
                "traceloop.association.properties.user_id",
            )
        ),
        conversation=first_label(
            attributes, "gen_ai.conversation.id", "session.id", "traceloop.association.properties.session_id"
        ),
        tags=given,
        system=text.system,
        tools=text.tools,
        messages=text.messages,
        output=text.output,
        parameters=_parameters(attributes),
        usage=usage(attributes, failed=failed),
        status="error" if failed else "ok",
        error_type=(error or "unknown") if failed else None,
        finish_reason=_finish(attributes.get("gen_ai.response.finish_reasons")),
        service_tier=first_label(attributes, *_TIERS),
        stream=flag(first(attributes, "gen_ai.request.stream", "gen_ai.is_streaming", "llm.is_streaming")),
        logged_cost=number(first(attributes, "gen_ai.usage.cost", "gen_ai.cost.total_cost", "litellm.cost.total")),
        response_cache_hit=flag(attributes.get("litellm.cache_hit")) is True,
        text_state=text.state,
    )


def _provider(attributes: dict[str, Any]) -> str | None:
    name = first_label(attributes, "gen_ai.provider.name", "gen_ai.system")
    if name is None:
        return None
    address = label(attributes.get("server.address")) or ""
    if name.lower() == "openai" and address.endswith((".openai.azure.com", ".cognitiveservices.azure.com")):
        return "azure.ai.openai"
    return name.lower()


def _finish(raw: object) -> str | None:
    values = json_text(raw) if type(raw) is str and raw[:1] == "[" else raw
    return label(values[0]) if type(values) is list and values else label(values)


def _exception(events: tuple[Event, ...]) -> str | None:
    for event in events:
        if event.name == "exception":
            return label(event.attributes.get("exception.type")) or "exception"
    return None


def _parameters(attributes: dict[str, Any]) -> dict[str, Any]:
    prefix = "gen_ai.request."
    return parameters(
        {name: attributes[prefix + name] for name in _PARAMETERS if prefix + name in attributes}, _PARAMETERS
    )
