"""OTLP spans and log records out of protobuf, as `otlp_records` has them from JSON."""

from __future__ import annotations

from typing import Any

from collectors.formats.otlp_records import DEEPEST, GENAI, MOST_ATTRIBUTES, Event, Log, Span


def protobuf_records(data: bytes) -> list[Span | Log] | None:
    """Spans or log records of an export request, or None when the bytes are neither."""
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    try:
        spans = _spans(ExportTraceServiceRequest.FromString(data))
        if spans:
            return spans
        logs = _logs(ExportLogsServiceRequest.FromString(data))
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return logs or None


def _spans(request: Any) -> list[Span | Log]:
    found: list[Span | Log] = []
    for whole in request.resource_spans:
        resource = _attributes(whole.resource.attributes)
        for scoped in whole.scope_spans:
            for span in scoped.spans:
                if len(span.trace_id) != 16:
                    # A log request has the same outer shape; its records carry no trace id in this field.
                    return []
                found.append(
                    Span(
                        span.trace_id.hex(),
                        span.span_id.hex(),
                        span.parent_span_id.hex(),
                        span.name,
                        span.start_time_unix_nano or None,
                        span.end_time_unix_nano or None,
                        span.status.code == 2,
                        _attributes(span.attributes),
                        tuple(Event(e.name, e.time_unix_nano or None, _attributes(e.attributes)) for e in span.events),
                        scoped.scope.name,
                        resource,
                    )
                )
    return found


def _logs(request: Any) -> list[Span | Log]:
    found: list[Span | Log] = []
    for whole in request.resource_logs:
        resource = _attributes(whole.resource.attributes)
        for scoped in whole.scope_logs:
            for log in scoped.log_records:
                attributes = _attributes(log.attributes)
                named = log.event_name or attributes.get("event.name") or attributes.get("event_name")
                name = named if type(named) is str else ""
                found.append(
                    Log(
                        log.trace_id.hex(),
                        log.span_id.hex(),
                        name,
                        log.time_unix_nano or log.observed_time_unix_nano or None,
                        attributes,
                        scoped.scope.name,
                        resource,
                        _value(log.body, 0) if name.startswith(GENAI) else None,
                    )
                )
    return found


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: _value(pair.value, 0) for pair in pairs[:MOST_ATTRIBUTES]}


def _value(value: Any, depth: int) -> Any:
    kind = value.WhichOneof("value")
    if kind is None or depth > DEEPEST:
        return None
    inner = getattr(value, kind)
    if kind == "array_value":
        return [_value(one, depth + 1) for one in inner.values]
    if kind == "kvlist_value":
        return {pair.key: _value(pair.value, depth + 1) for pair in inner.values}
    return None if kind == "bytes_value" else inner
