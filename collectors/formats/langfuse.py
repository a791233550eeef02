"""Langfuse's observations (API, blob export) and the batches that its SDKs send to be ingested.

| record                      | usage                                                                                    |
|-----------------------------|------------------------------------------------------------------------------------------|
| observation                 | `usageDetails`, disjoint after the server's own arithmetic (`langfuse_usage`)             |
| of an OpenTelemetry span    | that of the span, whose attributes are kept under `metadata.attributes`: it goes first    |
| batch of ingestion          | as the application gave it                                                                |

A generation comes in two events, as it begins and as it ends, in one batch or in two. What only begins is no call yet:
its messages are kept as fragments for the call that the other event becomes. Langfuse's own id of the observation is
that of a call from a batch, whatever else the event says, so that a later one is the same call.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import msgspec

from analyzers.core import NO_USAGE, Call, Message, Usage
from collectors.around import Around
from collectors.context import Context, Malformed
from collectors.fields import first, first_label, json_text, label, mapping, number, tags
from collectors.formats import genai, langfuse_spans, openinference, otlp_usage, vercel_ai
from collectors.formats.otlp_records import Span, json_attributes, text_key
from collectors.fragment import Fragment
from collectors.identity import bounded, response_id
from collectors.times import lasting, seconds, span

NAME = "langfuse"
ANY_ENVELOPE = False

_CALLS = ("GENERATION", "EMBEDDING")
_OTHERS = frozenset(("SPAN", "EVENT", "AGENT", "TOOL", "CHAIN", "RETRIEVER", "EVALUATOR", "GUARDRAIL"))
_EVENT = re.compile(r"([a-z]+)-(?:create|update)")
_ERROR = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,80}?(?:Error|Exception|Timeout)(?![A-Za-z0-9_.])")
_O = "langfuse.observation."


def may_hold(names: Collection[str]) -> bool:
    """Whether an object with these fields may be of this format."""
    return "batch" in names or ("type" in names and ("traceId" in names or "trace_id" in names))


def parse(value: dict[str, Any], context: Context) -> list[Call] | None:
    """The calls of an observation or a batch; None when the object is neither."""
    batch = value.get("batch")
    if type(batch) is list:
        return _ingested(batch, context) if any(_kind(event) for event in batch) else None
    kind = value.get("type")
    if type(kind) is not str or ("traceId" not in value and "trace_id" not in value):
        return None
    if "startTime" not in value and "start_time" not in value:
        return None
    if kind in _CALLS:
        return [_call(_camel(value), kind, context)]
    if kind in _OTHERS:
        context.skipped += 1
        return []
    return None


def _kind(event: Any) -> str | None:
    """`generation` of an event of type generation-create or generation-update, None for what is no such event."""
    if type(event) is not dict or type(event.get("body")) is not dict or type(event.get("type")) is not str:
        return None
    found = _EVENT.fullmatch(event["type"])
    return found[1] if found else None


def _ingested(batch: list[Any], context: Context) -> list[Call]:
    traces: dict[str, dict[str, Any]] = {}
    bodies: dict[str, dict[str, Any]] = {}
    for event in batch:
        kind = _kind(event)
        body = event["body"] if kind else {}
        own_id = body.get("id")
        if kind is None or type(own_id) is not str or not own_id:
            context.skipped += 1
            continue
        given = {name: known for name, known in body.items() if known is not None}
        if kind == "trace":
            traces[own_id] = traces.get(own_id, {}) | given
        elif kind in ("generation", "embedding") or (kind == "observation" and body.get("type") in _CALLS):
            if given.get("type") not in _CALLS:
                given["type"] = "EMBEDDING" if kind == "embedding" else "GENERATION"
            given.setdefault("seenAt", event.get("timestamp"))
            bodies[own_id] = bodies.get(own_id, {}) | given
        else:
            context.skipped += 1
    calls = []
    for body in bodies.values():
        trace = traces.get(str(body.get("traceId")), {})
        about = {
            "traceName": trace.get("name"),
            **{name: trace.get(name) for name in ("userId", "sessionId", "tags", "environment")},
        }
        try:
            call = _call(about | body, body["type"], context, ingested=True)
        except Malformed as error:
            # Its neighbours in the batch still count.
            context.reject(error.reason, f"{NAME}: {error.field}")
            continue
        if _has_ended(body):
            calls.append(call)
        else:
            context.skipped += 1
            context.fragments += _fragments(call, context)
    return calls


def _fragments(call: Call, context: Context) -> list[Fragment]:
    """The messages of a generation that only began, under the key of the call that its end becomes."""
    given = (Message("system", call.system), *call.messages) if call.system else call.messages
    key, at = _batch_key(call.observation), call.started_at
    return [
        context.copy_of(Fragment(key, int(at * 1e9), position, at, False, message))
        for position, message in enumerate(given)
    ]


def _batch_key(own_id: str) -> str:
    return bounded(f"langfuse:{own_id}")


def _has_ended(body: dict[str, Any]) -> bool:
    return body.get("level") == "ERROR" or any(
        body.get(name) for name in ("endTime", "output", "usage", "usageDetails")
    )


def _camel(value: dict[str, Any]) -> dict[str, Any]:
    """The names of the API for those of the tables, which some exports have."""
    if "trace_id" not in value:
        return value
    found = {re.sub(r"_([a-z])", lambda m: m[1].upper(), name): known for name, known in value.items()}
    return found


def _call(value: dict[str, Any], kind: str, context: Context, *, ingested: bool = False) -> Call:
    metadata = _object(value.get("metadata"))
    own_id, trace = label(value.get("id")) or "", label(value.get("traceId")) or ""
    start = first(value, "startTime") or first(value, "endTime", "seenAt")
    span_of = Span(trace, own_id, "", "", start, value.get("endTime"), False, _attributes(value, kind), (), "", {})
    call = langfuse_spans.call(span_of, context)
    assert call is not None, "its type is one that is read"
    original = None if ingested else _original(metadata, span_of, context)
    around = Around(context, metadata)
    labels = around.labels({})
    failed = value.get("level") == "ERROR" or (original is not None and original.status == "error")
    given = tags(value.get("tags"))
    took = span(seconds(value.get("startTime")), seconds(value.get("endTime")))
    began = call.time_to_first_token
    # Older exports have milliseconds under the same names; where both ends are known they decide.
    in_seconds = "isRootObservation" in value
    cost = number(first(value, "totalCost", "calculatedTotalCost")) or call.logged_cost
    hit = around.answered_from_cache
    key = _batch_key(own_id) if ingested else text_key(trace, own_id)
    answer = original.id if original is not None and original.id != key else None
    known = original if original is not None else call
    timed = call.time_source == "record"
    return msgspec.structs.replace(
        call,
        id=context.identify(*((key,) if ingested else (_answer_id(value) or answer, key)), timed=timed),
        format=NAME,
        observer=NAME,
        observation=own_id or trace,
        duration=lasting(value.get("latency")) if took is None and in_seconds else took,
        time_to_first_token=lasting(value.get("timeToFirstToken")) if began is None and in_seconds else began,
        provider=known.provider or label(first(metadata, "provider", "ls_provider")),
        response_model=call.response_model or known.response_model,
        app=labels.app or call.app or known.app,
        environment=label(value.get("environment")) or labels.environment or known.environment,
        team=labels.team or known.team or next((t[5:] for t in given if t.startswith("team:") and t[5:]), None),
        user=context.user(value.get("userId")) or labels.user or known.user,
        conversation=label(value.get("sessionId")) or labels.conversation or known.conversation,
        tags=given or labels.tags,
        usage=_usage(value, call, original),
        status="error" if failed else "ok",
        error_type=(_error(value.get("statusMessage")) or known.error_type or "unknown") if failed else None,
        finish_reason=known.finish_reason,
        service_tier=call.service_tier or known.service_tier,
        stream=known.stream,
        region=known.region,
        account=known.account,
        cache_diagnosis=known.cache_diagnosis,
        logged_cost=cost if cost and not hit else None,
        response_cache_hit=hit or known.response_cache_hit,
        text_key=key if not call.messages and not call.system else "",
    )


def _attributes(value: dict[str, Any], kind: str) -> dict[str, Any]:
    """The observation as the SDK's own spans have it, whose reader knows inputs and outputs of every shape."""
    return {
        _O + "type": kind.lower(),
        _O + "input": value.get("input"),
        _O + "output": value.get("output"),
        _O + "level": value.get("level"),
        _O + "model.name": first_label(value, "model", "providedModelName"),
        _O + "model.parameters": value.get("modelParameters"),
        _O + "usage_details": _details(value),
        _O + "cost_details": value.get("costDetails"),
        _O + "completion_start_time": value.get("completionStartTime"),
        "langfuse.trace.name": value.get("traceName"),
    }


def _details(value: dict[str, Any]) -> Any:
    details = _object(value.get("usageDetails"))
    if details:
        provided = value.get("providedUsageDetails")
        # Nobody handed in a count: the server's tokenizer guessed.
        return None if provided in ({}, "{}") else details
    usage = _object(value.get("usage"))
    if usage and str(usage.get("unit") or "TOKENS").upper() == "TOKENS":
        older = {"input": "promptTokens", "output": "completionTokens", "total": "totalTokens"}
        named = {name: usage.get(name, usage.get(old)) for name, old in older.items()}
        return usage if all(known is None for known in named.values()) else named
    return None


def _original(metadata: dict[str, Any], one: Span, context: Context) -> Call | None:
    """The call as the span that the observation was made of tells it, None where it was made of none."""
    attributes = json_attributes(_object(metadata.get("attributes")))
    if not attributes:
        return None
    resource = json_attributes(_object(metadata.get("resourceAttributes")))
    scope = label(_object(metadata.get("scope")).get("name")) or ""
    told = one._replace(attributes=attributes, scope=scope, resource=resource)
    if "openinference.span.kind" in attributes:
        return openinference.call(told, context)
    if "ai.operationId" in attributes:
        return vercel_ai.call(told, context)
    found = genai.of_span(told, context)
    if found is None:
        usage = otlp_usage.usage(attributes, failed=False)
        if usage != NO_USAGE:
            at, source = context.when(one.start)
            key = text_key(one.trace, one.id)
            return Call(id=key, started_at=at, time_source=source, format=NAME, usage=usage)
    return found


def _usage(value: dict[str, Any], call: Call, original: Call | None) -> Usage:
    if original is not None and original.usage.input_total is not None and original.usage.output is not None:
        return original.usage
    return call.usage


def _answer_id(value: dict[str, Any]) -> str | None:
    return response_id(_object(value.get("output")).get("id"))


def _error(message: Any) -> str | None:
    """The class of an error before its message, which may quote the prompt."""
    found = _ERROR.match(message) if type(message) is str else None
    return label(found[0]) if found else None


def _object(raw: Any) -> dict[str, Any]:
    return mapping(json_text(raw) if type(raw) is str and raw[:1] == "{" else raw)
