"""The JSON that a team's own middleware wraps around a provider's request and answer.

There is no standard for it, so request and answer are found by what they hold, down to the second level and inside
JSON strings, and the rest by its common names (times, status, app, team, user, ...).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any, NamedTuple

from collectors.event_stream import is_event_stream
from collectors.fields import json_text

_MOST_FIELDS = 64
_OTHERS = frozenset(
    (
        "schemaType",
        "llm_summary",
        "llm_request",
        "usageDetails",
        "usage_details",
        "heliconeMeta",
        "cache_reference_id",
        "request_response_url",
        "req_units",
        "hidden_params",
        "standard_logging_object",
        "tokens_in",
        "tokens_out",
    )
)
"""Fields of gateways and platforms with a log format of their own: their envelopes say more than the bodies inside,
some of it in other units, so they must not be read as anybody's."""
_REQUEST_NAMES = ("request", "request_body", "req", "input", "body", "kwargs")
_RESPONSE_NAMES = ("response", "response_body", "resp", "output", "result", "completion")


class Exchange(NamedTuple):
    """One request, its answer (decoded, or a stream: its text or an array of chunks), and the object around both."""

    request: dict[str, Any]
    response: Any
    around: dict[str, Any]


def may_hold(names: Collection[str]) -> bool:
    """Whether an object with these fields may be a middleware's, and not of a log format of its own."""
    return _OTHERS.isdisjoint(names)


def exchange(
    value: dict[str, Any], is_request: Callable[[Any], bool], is_response: Callable[[Any], bool]
) -> Exchange | None:
    """Request and answer of one API in `value`, or None when there is neither."""
    if not _OTHERS.isdisjoint(value):
        return None
    request, response = value.get("request"), value.get("response")
    if type(request) is dict and is_request(request) and response is not None and is_response(response):
        return Exchange(request, response, value)
    if is_response(value):
        request = _found(value, is_request, _REQUEST_NAMES)
        return Exchange(request or {}, value, {})
    request = value if is_request(value) else _found(value, is_request, _REQUEST_NAMES)
    response = _found(value, is_response, _RESPONSE_NAMES)
    if request is None and response is None:
        return None
    return Exchange(request or {}, response, {} if request is value and response is None else value)


def _found(value: dict[str, Any], fits: Callable[[Any], bool], names: tuple[str, ...]) -> Any:
    """The first fitting value: under the usual names, then anywhere on the first and second level."""
    for name in names:
        if name in value:
            inner = _decoded(value[name])
            if inner is not None and fits(inner):
                return inner
    for inner in _inside(value):
        if fits(inner):
            return inner
    return None


def _inside(value: dict[str, Any]) -> Iterator[Any]:
    second: list[dict[str, Any]] = []
    for raw in list(value.values())[:_MOST_FIELDS]:
        inner = _decoded(raw)
        if inner is not None:
            yield inner
            if type(inner) is dict:
                second.append(inner)
    for outer in second:
        for raw in list(outer.values())[:_MOST_FIELDS]:
            inner = _decoded(raw)
            if inner is not None:
                yield inner


def _decoded(raw: Any) -> Any:
    if type(raw) is dict:
        return raw
    if type(raw) is str and len(raw) > 1:
        if raw[0] == "{" or raw[0] == "[":
            return json_text(raw)
        return raw if is_event_stream(raw) else None
    # A stream that was logged as an array of its chunks.
    return raw if type(raw) is list and raw and type(raw[0]) is dict else None
