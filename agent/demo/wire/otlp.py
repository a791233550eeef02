"""OpenTelemetry GenAI spans and events as the Collector's Kafka exporter writes them, as OTLP/JSON or protobuf.

Names: semantic-conventions-genai, client inference spans and `gen_ai.client.inference.operation.details` events.
Content is a JSON string on spans and structured on events, as the Python instrumentations have it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

Attributes = dict[str, Any]
_SCOPE = {"name": "opentelemetry.instrumentation.genai.openai", "version": "1.3b0"}
_CLIENT, _INTERNAL, _ERROR = 3, 1, 2
EVENT = "gen_ai.client.inference.operation.details"


class Span(NamedTuple):
    """One span; ids are lower-case hex, times unix nanoseconds."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    client: bool
    start: int
    end: int
    attributes: Attributes
    failed: bool = False


def traces_json(resource: Attributes, spans: list[Span]) -> bytes:
    """The value on topic `otlp_spans` with encoding otlp_json."""
    body = [
        {
            "traceId": span.trace_id,
            "spanId": span.span_id,
            **({"parentSpanId": span.parent_id} if span.parent_id else {}),
            "name": span.name,
            "kind": _CLIENT if span.client else _INTERNAL,
            "startTimeUnixNano": str(span.start),
            "endTimeUnixNano": str(span.end),
            "attributes": _json_attributes(span.attributes),
            "status": {"code": _ERROR} if span.failed else {},
        }
        for span in spans
    ]
    scopes = [{"scope": _SCOPE, "spans": body}]
    return orjson.dumps(
        {"resourceSpans": [{"resource": {"attributes": _json_attributes(resource)}, "scopeSpans": scopes}]}
    )


def traces_protobuf(resource: Attributes, spans: list[Span]) -> bytes:
    """The same as an ExportTraceServiceRequest (encoding otlp_proto, the exporter's default)."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    _fill(group.resource.attributes, resource)
    scope = group.scope_spans.add()
    scope.scope.name, scope.scope.version = _SCOPE["name"], _SCOPE["version"]
    for span in spans:
        out = scope.spans.add()
        out.trace_id = bytes.fromhex(span.trace_id)
        out.span_id = bytes.fromhex(span.span_id)
        out.parent_span_id = bytes.fromhex(span.parent_id)
        out.name = span.name
        out.kind = _CLIENT if span.client else _INTERNAL
        out.start_time_unix_nano = span.start
        out.end_time_unix_nano = span.end
        _fill(out.attributes, span.attributes)
        if span.failed:
            out.status.code = _ERROR
    return bytes(request.SerializeToString(deterministic=True))


def event_json(resource: Attributes, span: Span, content: Attributes) -> bytes:
    """The event of a call on topic `otlp_logs`: the span's attributes again, with content as structured values."""
    record = {
        "body": {},
        "attributes": _json_attributes({**span.attributes, **content}),
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "observedTimeUnixNano": str(span.end),
        "eventName": EVENT,
    }
    scopes = [{"scope": _SCOPE, "logRecords": [record]}]
    return orjson.dumps(
        {"resourceLogs": [{"resource": {"attributes": _json_attributes(resource)}, "scopeLogs": scopes}]}
    )


def _json_attributes(attributes: Attributes) -> list[dict[str, Any]]:
    return [{"key": key, "value": _json_value(value)} for key, value in attributes.items()]


def _json_value(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_json_value(item) for item in value]}}
    return {"kvlistValue": {"values": _json_attributes(value)}}


def _fill(target: Any, attributes: Attributes) -> None:
    for key, value in attributes.items():
        pair = target.add()
        pair.key = key
        _set(pair.value, value)


def _set(target: Any, value: Any) -> None:
    if isinstance(value, str):
        target.string_value = value
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int):
        target.int_value = value
    elif isinstance(value, float):
        target.double_value = value
    elif isinstance(value, list):
        for item in value:
            _set(target.array_value.values.add(), item)
    else:
        _fill(target.kvlist_value.values, value)
