"""OTLP spans and log records as plain values, the same from JSON and from protobuf.

OTLP/JSON has hexadecimal ids, 64-bit integers as strings and attributes as lists of key and typed value; protobuf has
bytes, integers and messages. After this file nobody needs to know which it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from collectors.identity import bounded

MOST_ATTRIBUTES = 4_096
GENAI = "gen_ai."
DEEPEST = 64
_INT64_DIGITS = 20


class Event(NamedTuple):
    """An event of a span: its name, time (unix ns as logged) and attributes."""

    name: str
    time: object
    attributes: dict[str, Any]


class Span(NamedTuple):
    """A span, with what its resource and scope say. Times are unix nanoseconds as logged."""

    trace: str
    id: str
    parent: str
    name: str
    start: object
    end: object
    failed: bool
    attributes: dict[str, Any]
    events: tuple[Event, ...]
    scope: str
    resource: dict[str, Any]


class Log(NamedTuple):
    """A log record that belongs to a span. `name` is its event name; `body` is read for GenAI events alone."""

    trace: str
    span: str
    name: str
    time: object
    attributes: dict[str, Any]
    scope: str
    resource: dict[str, Any]
    body: Any = None


def text_key(trace: str, span: str) -> str:
    """The key under which the messages of a span are logged where they come in records of their own, "" for none."""
    return bounded(f"{trace}:{span}") if trace and span else ""


def json_records(value: Mapping[str, Any]) -> Iterator[Span | Log]:
    """Spans and log records of an OTLP/JSON object, in their order; what has a wrong shape is passed over."""
    for outer, inner, leaf, read in (
        ("resourceSpans", "scopeSpans", "spans", _json_span),
        ("resource_spans", "scope_spans", "spans", _json_span),
        ("resourceLogs", "scopeLogs", "logRecords", _json_log),
        ("resource_logs", "scope_logs", "log_records", _json_log),
    ):
        if outer not in value:
            continue
        for whole in _dicts(value.get(outer)):
            resource = json_attributes(_dict(whole.get("resource")).get("attributes"))
            for scoped in _dicts(whole.get(inner, whole.get("instrumentationLibrarySpans"))):
                scope = _text(_dict(scoped.get("scope", scoped.get("instrumentationLibrary"))).get("name"))
                for one in _dicts(scoped.get(leaf)):
                    yield read(one, scope, resource)


def _json_span(raw: dict[str, Any], scope: str, resource: dict[str, Any]) -> Span:
    name, status, events = raw.get("name"), raw.get("status"), raw.get("events")
    return Span(
        _id(raw, "traceId", "trace_id"),
        _id(raw, "spanId", "span_id"),
        _id(raw, "parentSpanId", "parent_span_id"),
        name if type(name) is str else "",
        _either(raw, "startTimeUnixNano", "start_time_unix_nano"),
        _either(raw, "endTimeUnixNano", "end_time_unix_nano"),
        type(status) is dict and status.get("code") in (2, "STATUS_CODE_ERROR"),
        json_attributes(raw.get("attributes")),
        tuple([_json_event(event) for event in _dicts(events)]) if events else (),
        scope,
        resource,
    )


def _json_event(raw: dict[str, Any]) -> Event:
    time = _either(raw, "timeUnixNano", "time_unix_nano")
    return Event(_text(raw.get("name")), time, json_attributes(raw.get("attributes")))


def _json_log(raw: dict[str, Any], scope: str, resource: dict[str, Any]) -> Log:
    attributes = json_attributes(raw.get("attributes"))
    name = _text(
        _either(raw, "eventName", "event_name") or attributes.get("event.name") or attributes.get("event_name")
    )
    return Log(
        _id(raw, "traceId", "trace_id"),
        _id(raw, "spanId", "span_id"),
        name,
        _time(_either(raw, "timeUnixNano", "time_unix_nano"))
        or _either(raw, "observedTimeUnixNano", "observed_time_unix_nano"),
        attributes,
        scope,
        resource,
        _json_value(raw.get("body"), 0) if name.startswith(GENAI) else None,
    )


def json_attributes(raw: object) -> dict[str, Any]:
    """Attributes as a dictionary of plain values; also accepts what already is one."""
    if type(raw) is dict:
        return raw
    found: dict[str, Any] = {}
    for pair in raw[:MOST_ATTRIBUTES] if type(raw) is list else ():
        if type(pair) is dict:
            key = pair.get("key")
            if type(key) is str:
                value = pair.get("value")
                # Most attributes are text, and most of the others numbers.
                if type(value) is dict and len(value) == 1:
                    if type(text := value.get("stringValue")) is str:
                        found[key] = text
                        continue
                    if type(digits := value.get("intValue")) is str:
                        found[key] = _whole(digits, 0)
                        continue
                found[key] = _json_value(value, 0)
    return found


def _json_value(raw: object, depth: int) -> Any:
    if type(raw) is not dict or depth > DEEPEST:
        return None
    for kind, inner in raw.items():
        read = _READ.get(kind)
        if read is not None:
            return read(inner, depth)
    return None


def _string(inner: Any, _: int) -> Any:
    return inner if type(inner) is str else None


def _whole(inner: Any, _: int) -> Any:
    if type(inner) is str:
        digits = inner.removeprefix("-")
        return int(inner) if len(inner) <= _INT64_DIGITS and digits.isascii() and digits.isdigit() else None
    return inner if type(inner) is int else None


def _double(inner: Any, _: int) -> Any:
    return float(inner) if type(inner) is float or type(inner) is int else None


def _bool(inner: Any, _: int) -> Any:
    return inner if type(inner) is bool else None


def _array(inner: Any, depth: int) -> Any:
    values = _dict(inner).get("values")
    return [_json_value(one, depth + 1) for one in values] if type(values) is list else []


def _list_of_pairs(inner: Any, depth: int) -> Any:
    pairs = _dict(inner).get("values")
    return {
        _text(pair.get("key")): _json_value(pair.get("value"), depth + 1)
        for pair in (pairs if type(pairs) is list else ())
        if type(pair) is dict
    }


_READ: dict[str, Callable[[Any, int], Any]] = {
    name: read
    for names, read in (
        (("stringValue", "string_value"), _string),
        (("intValue", "int_value"), _whole),
        (("doubleValue", "double_value"), _double),
        (("boolValue", "bool_value"), _bool),
        (("arrayValue", "array_value"), _array),
        (("kvlistValue", "kvlist_value"), _list_of_pairs),
    )
    for name in names
}


def _dict(value: object) -> dict[str, Any]:
    return value if type(value) is dict else {}


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in value if type(one) is dict] if type(value) is list else []


def _text(value: object) -> str:
    return value if type(value) is str else ""


def _either(raw: dict[str, Any], camel: str, snake: str) -> Any:
    value = raw.get(camel)
    return raw.get(snake) if value is None else value


def _id(raw: dict[str, Any], camel: str, snake: str) -> str:
    value = raw.get(camel)
    if value is None:
        value = raw.get(snake)
    return value.lower() if type(value) is str else ""


def _time(value: object) -> object:
    return None if value in (None, 0, "0", "") else value
