"""Spans and events of the GenAI semantic conventions, of any version, and of what writes under their names.

Those are the instrumentations of OpenTelemetry, OpenLLMetry before and after it took over the conventions' names,
LiteLLM's callback (both versions), SDKs' own spans, vLLM. Where one of them writes something under a name of
its own, the name stands beside the convention's in the tables below.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from analyzers.core import CacheDiagnosis, Call
from collectors.context import Context
from collectors.fields import first, first_label, flag, json_text, label, number, parameters
from collectors.formats.genai_plan import DIAGNOSES, PARAMETERS, Plan, plan_of
from collectors.formats.genai_provider import place
from collectors.formats.otlp_messages import content
from collectors.formats.otlp_records import Event, Log, Span, text_key
from collectors.formats.otlp_usage import usage
from collectors.formats.otlp_who import who
from collectors.formats.raw_usage import cache_diagnosis
from collectors.identity import response_id, unwrapped
from collectors.times import lasting, seconds, span

NAME = "otel"
DETAILS = "gen_ai.client.inference.operation.details"
"""The event that carries what its span carries."""

_NOT_CALLS = frozenset(
    (
        "invoke_agent",
        "create_agent",
        "agent_step",
        "execute_tool",
        "invoke_workflow",
        "plan",
        "retrieval",
        "agent",
        "tool",
        "workflow",
        "task",
        "rerank",
        "evaluate",
        "litellm.vector_store_management",
        "litellm.vector_store_file_management",
        "litellm.responses_management",
        "litellm.moderation",
    )
)
_OPERATIONS = {
    "acompletion": "chat",
    "completion": "chat",
    "anthropic_messages": "chat",
    "aresponses": "chat",
    "responses": "chat",
    "embedding": "embeddings",
    "aembedding": "embeddings",
    "atext_completion": "text_completion",
}
_FIRST_CHUNK = ("gen_ai.content.completion.chunk", "llm.content.completion.chunk")
_LITELLM = "litellm"
_HEALTH = "no-user-traffic"


class _Seen(NamedTuple):
    """What a span and an event have in common."""

    trace: str
    span: str
    scope: str
    attributes: dict[str, Any]
    resource: dict[str, Any]
    events: tuple[Event, ...]
    start: object
    duration: float | None
    failed: bool


def of_span(one: Span, context: Context) -> Call | None:
    """The call of a span, or None when it is no request to a model."""
    if not _is_call(one):
        return None
    start = seconds(one.start)
    duration = span(start, seconds(one.end))
    return _call(
        _Seen(one.trace, one.id, one.scope, one.attributes, one.resource, one.events, start, duration, one.failed),
        context,
    )


def of_details(one: Log, context: Context) -> Call:
    """The call of an operation.details event, whose content may be in its body where it is not in its attributes."""
    attributes = one.attributes
    if type(one.body) is dict and "gen_ai.request.model" not in attributes:
        attributes = attributes | one.body
    return _call(_Seen(one.trace, one.span, one.scope, attributes, one.resource, (), one.time, None, False), context)


def _is_call(one: Span) -> bool:
    attributes = one.attributes
    operation = attributes.get("gen_ai.operation.name") or attributes.get("llm.request.type")
    if operation in _NOT_CALLS or one.name == "raw_gen_ai_request":
        return False
    if type(attributes.get("traceloop.span.kind")) is str and operation is None:
        return False
    return "gen_ai.request.model" in attributes or "gen_ai.response.model" in attributes


def _call(seen: _Seen, context: Context) -> Call:
    attributes = seen.attributes
    plan = plan_of(attributes)
    at, source = context.when(seen.start)
    text = content(attributes, seen.events)
    error = label(attributes.get("error.type")) or _exception(seen.events)
    failed = seen.failed or error is not None
    operation = first_label(attributes, "gen_ai.operation.name", "llm.request.type") or "chat"
    operation = _OPERATIONS.get(operation, operation)
    own, cached, gateway_id = _identity(attributes, seen.scope)
    about = who(
        attributes, seen.resource, "metadata.user_api_key_alias", "gen_ai.agent.name", "traceloop.workflow.name"
    )
    where = place(attributes)
    key = text_key(seen.trace, seen.span)
    state = text.state
    return Call(
        id=context.identify(own, gateway_id, key, timed=source == "record"),
        started_at=at,
        time_source=source,
        format=NAME,
        observer=label(seen.scope) or context.observer,
        observation=gateway_id or seen.trace[:64],
        duration=seen.duration,
        time_to_first_token=_first_token(seen, plan),
        provider=where.provider,
        request_model=label(attributes.get("gen_ai.request.model")),
        response_model=label(attributes.get("gen_ai.response.model")),
        operation=operation,
        app=about.app,
        environment=about.environment,
        team=about.team,
        user=context.user(about.user),
        conversation=about.conversation,
        tags=(*about.tags, _HEALTH) if "litellm.request.purpose" in attributes else about.tags,
        system=text.system,
        tools=text.tools,
        messages=text.messages,
        output=text.output,
        parameters=_parameters(attributes, plan) if plan.parameters else {},
        usage=usage(attributes, failed=failed, embeds=operation == "embeddings"),
        status="error" if failed else "ok",
        error_type=(error or _http(attributes) or "unknown") if failed else None,
        finish_reason=_finish(first(attributes, *plan.finishes)) if plan.finishes else None,
        service_tier=first_label(attributes, *plan.tiers) if plan.tiers else None,
        stream=flag(first(attributes, *plan.streams)) if plan.streams else None,
        logged_cost=number(first(attributes, *plan.costs)) if plan.costs else None,
        response_cache_hit=cached or flag(attributes.get("litellm.cache_hit")) is True,
        text_state=state,
        region=where.region,
        account=context.user(where.account),
        cache_diagnosis=_diagnosis(attributes) if plan.diagnosed else None,
        text_key=key if state == "absent" else "",
    )


def _identity(attributes: dict[str, Any], scope: str) -> tuple[str | None, bool, str | None]:
    """(the provider's id, answered by a gateway's cache, the gateway's id).

    LiteLLM makes up ids for providers that do not speak OpenAI's dialect; its own id of the call is the same in all of
    its callbacks. vLLM knows the id that it hands out as the one of the request.
    """
    raw = first(attributes, "gen_ai.response.id")
    if scope == _LITELLM:
        own, cached = unwrapped(raw)
        gateway_id = label(attributes.get("litellm.call_id"))
        if gateway_id and own and (own == gateway_id or (own.startswith("chatcmpl-") and own.count("-") == 5)):
            own = None
        return own, cached, gateway_id
    if raw is None:
        asked = attributes.get("gen_ai.request.id")
        raw = asked if type(asked) is str and asked.startswith(("chatcmpl-", "cmpl-", "resp_")) else None
    return response_id(raw), False, None


def _first_token(seen: _Seen, plan: Plan) -> float | None:
    found = lasting(first(seen.attributes, *plan.first_tokens)) if plan.first_tokens else None
    if found is None and seen.events:
        start = seconds(seen.start)
        found = next((span(start, seconds(e.time)) for e in seen.events if e.name in _FIRST_CHUNK), None)
    return found


def _finish(raw: object) -> str | None:
    values = json_text(raw) if type(raw) is str and raw[:1] == "[" else raw
    return label(values[0]) if type(values) is list and values else label(values)


def _exception(events: tuple[Event, ...]) -> str | None:
    for event in events:
        if event.name == "exception":
            return label(event.attributes.get("exception.type")) or "exception"
    return None


def _http(attributes: dict[str, Any]) -> str | None:
    code = first(attributes, "http.response.status_code", "http.status_code")
    return str(code) if type(code) is int and 400 <= code < 600 else None


def _parameters(attributes: dict[str, Any], plan: Plan) -> dict[str, Any]:
    return parameters({known: attributes[name] for name, known in plan.parameters}, PARAMETERS)


def _diagnosis(attributes: dict[str, Any]) -> CacheDiagnosis | None:
    for name in DIAGNOSES:
        raw = attributes.get(name)
        if raw is not None:
            return cache_diagnosis(json_text(raw) if type(raw) is str else raw)
        prefix = name + "."
        flat = {key[len(prefix) :]: value for key, value in attributes.items() if key.startswith(prefix)}
        if flat:
            return cache_diagnosis(flat)
    return None
