"""The JSON that a team's own middleware wraps around a provider's request and answer.

There is no standard for it, so request and answer are found by what they hold, down to the second level and inside
JSON strings, and the rest by its common names (times, status, app, team, user, ...).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from analyzers.core import Status, TimeSource
from collectors.context import Context
from collectors.fields import first, first_label, flag, json_text, label, mapping, number, tagged, tags
from collectors.times import lasting, seconds, span

_MOST_FIELDS = 64
_OTHERS = (
    "schemaType",
    "llm_summary",
    "llm_request",
    "usageDetails",
    "heliconeMeta",
    "cache_reference_id",
    "req_units",
    "hidden_params",
    "standard_logging_object",
    "latencies",
)
"""Fields of gateways and platforms with a log format of their own: their envelopes say more than the bodies inside,
some of it in other units, so they must not be read as anybody's."""
_REQUEST_NAMES = ("request", "request_body", "req", "input", "body", "kwargs")
_RESPONSE_NAMES = ("response", "response_body", "resp", "output", "result", "completion")

_STARTS = (
    "timestamp",
    "started_at",
    "start_time",
    "startTime",
    "request_time",
    "requested_at",
    "ts",
    "time",
    "@timestamp",
    "created_at",
    "date",
)
_ENDS = ("ended_at", "end_time", "endTime", "finished_at", "completed_at")
_MILLISECONDS = ("latency_ms", "duration_ms", "response_time_ms", "elapsed_ms", "total_ms")
_SECONDS = ("latency_s", "duration_s", "latency_seconds", "duration_seconds", "elapsed_s")
_FIRST_MILLISECONDS = ("ttft_ms", "time_to_first_token_ms", "first_token_ms")
_FIRST_SECONDS = ("ttft_s", "time_to_first_token", "time_to_first_token_s", "ttft")
_APPS = ("app", "application", "service", "service_name", "feature", "route", "use_case")
_ENVIRONMENTS = ("environment", "env", "deployment_environment", "stage")
_TEAMS = ("team", "team_id", "team_alias", "department")
_CONVERSATIONS = ("conversation_id", "conversation", "session_id", "session", "thread_id")
_USERS = ("user_id", "user", "end_user", "customer_id", "safety_identifier")
_COSTS = ("cost_usd", "cost", "total_cost", "response_cost")


class Exchange(NamedTuple):
    """One request, its answer (decoded, or the text of an event stream), and the object around both."""

    request: dict[str, Any]
    response: Any
    around: dict[str, Any]


def exchange(
    value: dict[str, Any], is_request: Callable[[dict[str, Any]], bool], is_response: Callable[[Any], bool]
) -> Exchange | None:
    """Request and answer of one API in `value`, or None when there is neither."""
    if any(mark in value for mark in _OTHERS):
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
        if raw[0] == "{":
            return json_text(raw)
        if raw.startswith(("data:", "event:")):
            return raw
    return None


class Labels(NamedTuple):
    """Who and what a call was for."""

    app: str | None
    environment: str | None
    team: str | None
    user: str | None
    conversation: str | None
    tags: tuple[str, ...]


def labels(context: Context, around: dict[str, Any], request: dict[str, Any]) -> Labels:
    """From the fields around the exchange and the `metadata` of either; the user comes back hashed."""
    outer = mapping(around.get("metadata"))
    inner = mapping(request.get("metadata"))
    given = tags(around.get("tags") or outer.get("tags") or inner.get("tags"))

    def named(names: tuple[str, ...], tag: str) -> str | None:
        return (
            first_label(around, *names)
            or (first_label(outer, *names) if outer else None)
            or (first_label(inner, *names) if inner else None)
            or (tagged(given, tag) if given else None)
        )

    user = first(around, *_USERS) or first(request, "safety_identifier", "user") or first(outer, *_USERS)
    return Labels(
        named(_APPS, "app"),
        named(_ENVIRONMENTS, "env"),
        named(_TEAMS, "team"),
        context.user(user or first(inner, "user_id", "user")),
        named(_CONVERSATIONS, "conversation"),
        given,
    )


class Timing(NamedTuple):
    """When the request began (unix seconds), how long it took and when its first token came (seconds)."""

    started_at: float
    source: TimeSource
    duration: float | None
    first_token: float | None
    timed: bool
    """The record carries a time of its own."""


def timing(context: Context, around: dict[str, Any], served_at: object) -> Timing:
    """From the fields around the exchange; `served_at` is the provider's own time, used when there is none."""
    start = first(around, *_STARTS)
    at, source = context.when(start, served_at)
    duration = _lasted(around, _MILLISECONDS, _SECONDS)
    if duration is None:
        end = first(around, *_ENDS)
        duration = span(seconds(start), seconds(end)) if end is not None and start is not None else None
    return Timing(at, source, duration, _lasted(around, _FIRST_MILLISECONDS, _FIRST_SECONDS), source == "record")


def _lasted(around: dict[str, Any], milliseconds: tuple[str, ...], whole: tuple[str, ...]) -> float | None:
    for name in milliseconds:
        if name in around:
            return lasting(around[name], 0.001)
    for name in whole:
        if name in around:
            return lasting(around[name])
    return None


class Outcome(NamedTuple):
    """Whether the provider answered, and how it failed where it did not."""

    status: Status
    error_type: str | None


def outcome(around: dict[str, Any], response: Any) -> Outcome:
    """From the provider's error object, the HTTP status, or an error field around the exchange."""
    error = response.get("error") if type(response) is dict else None
    code = around.get("status_code", around.get("http_status", around.get("status")))
    if error is None:
        error = first(around, "error", "exception", "error_type")
    failed = type(code) is int and code >= 400
    if error is None and not failed:
        return Outcome("ok", None)
    kind = None
    if type(error) is dict:
        kind = first_label(error, "type", "code", "name")
    elif type(error) is str:
        # A word is a class of errors; a sentence may quote the prompt.
        kind = label(error) if error.replace("_", "").replace(".", "").isalnum() else None
    return Outcome("error", kind or (str(code) if type(code) is int else "unknown"))


def logged_cost(around: dict[str, Any]) -> float | None:
    """USD that the record itself names."""
    return number(first(around, *_COSTS))


def answered_from_cache(around: dict[str, Any]) -> bool:
    """A cache in front of the provider answered."""
    return flag(first(around, "cache_hit", "response_cache_hit", "from_cache")) is True
