"""Chat records that differ from one read before only in ids, times, counts and texts: nearly all of a stream.

The names of a record's fields and the values of some of them (labels, model, parameters, status) decide most of a
Call. So a record of the same kind takes all that from the first Call of its kind, and only the rest is read. What is
not plainly of a kind is left to the whole reading (`collectors.formats.openai`), which gives the same Call.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from operator import itemgetter
from typing import Any, NamedTuple

from msgspec.structs import replace

from analyzers.core import Call
from collectors.around import Around, Plan, plan_of
from collectors.context import Context
from collectors.formats.chat_parts import choices_parts, split_messages, tool_parts
from collectors.formats.raw_usage import openai_usage
from collectors.identity import response_id

_SHAPES = 256
_KINDS_OF_A_SHAPE = 256
_MOST_NAMES = 64
_LONGEST = 200
_LONGEST_OBJECTS = 4_000
_UNKNOWN = (LookupError, TypeError, RecursionError)
"""What it raises to look for values that are not there, no keys, or too deep."""
_REQUEST = ("model", "stream")
_RESPONSE = ("object", "model", "service_tier", "status")
_PLAIN = frozenset(("id", "created", "choices", "usage", "system_fingerprint", "prompt_filter_results", *_RESPONSE))
"""A response with any other field may say more than is read here."""
_ELSEWHERE = frozenset(("input", "prompt", "conversation", "previous_response_id"))
"""A request with one of these says something that only the whole reading looks at."""
_PERSONAL = ("user", "safety_identifier")
_DEEPSEEK = "prompt_cache_hit_tokens"

Pick = Callable[[dict[str, Any]], tuple[Any, ...]]


class _Shape(NamedTuple):
    """Records whose objects have the same names: the fields that decide, and a call for each of their values."""

    plan: Plan
    around: Pick
    request: Pick
    response: Pick
    metadata: Pick
    inner: Pick
    objects: tuple[str, ...]
    """Parameters that are lists or objects."""
    labels_vary: bool
    ids_vary: bool
    calls: dict[tuple[Any, ...], Call]


_shapes: dict[tuple[Any, ...], _Shape] = {}


def read(value: dict[str, Any], context: Context) -> Call | None:
    """The call of a record whose kind is known, else None."""
    request, response = value.get("request"), value.get("response")
    if type(request) is not dict or type(response) is not dict:
        return None
    shape = _shapes.get(_names(value, request, response))
    if shape is None:
        return None
    choices, messages = response["choices"], request["messages"]
    try:
        known = shape.calls[_values(shape, value, request, response, context)]
    except _UNKNOWN:
        return None
    if type(messages) is not list:
        return None
    around = Around(context, value, shape.plan)
    timing = around.timing(response.get("created", response.get("created_at")))
    system, turns = split_messages(messages)
    call = replace(
        known,
        id=context.identify(response_id(response.get("id")), around.request_id, timed=timing.timed),
        started_at=timing.started_at,
        time_source=timing.source,
        duration=timing.duration,
        time_to_first_token=timing.first_token,
        system=system,
        tools=tool_parts(request["tools"]) if "tools" in request else (),
        messages=turns,
        output=choices_parts(choices),
        usage=openai_usage(response.get("usage"), ok=known.status == "ok"),
        text_state="full" if system or turns else "absent",
    )
    if shape.ids_vary:
        call = replace(call, observation=around.observation, logged_cost=around.logged_cost, account=around.account)
    if shape.labels_vary:
        labels = around.labels(request)
        call = replace(
            call,
            app=labels.app,
            environment=labels.environment,
            team=labels.team,
            user=labels.user,
            conversation=labels.conversation,
            tags=labels.tags,
        )
    return call


def learn(
    value: dict[str, Any], found: tuple[Any, Any, Any], context: Context, call: Call, parameters: Collection[str]
) -> None:
    """Remember `call`, read from the exchange `found` in `value`; `parameters` are the names of Call.parameters."""
    request, response, around = found
    if around is not value or request is not value.get("request") or response is not value.get("response"):
        return
    if type(response) is not dict:
        return
    if not _PLAIN.issuperset(response) or response.get("object") != "chat.completion":
        return
    if "choices" not in response or type(request.get("messages")) is not list or not _ELSEWHERE.isdisjoint(request):
        return
    names = _names(value, request, response)
    shape = _shapes.get(names)
    if shape is None:
        if len(value) + len(request) + len(response) > _MOST_NAMES:
            return
        if len(_shapes) >= _SHAPES:
            _shapes.clear()
        shape = _shapes[names] = _shape(value, request, response, parameters)
    try:
        values = _values(shape, value, request, response, context)
        if any(type(each) is str and len(each) > _LONGEST for each in values[0]) or len(values[-1]) > _LONGEST_OBJECTS:
            return
        if len(shape.calls) >= _KINDS_OF_A_SHAPE:
            shape.calls.clear()
        shape.calls[values] = call
    except _UNKNOWN:
        return  # a deciding field is a list or an object


def _names(value: dict[str, Any], request: dict[str, Any], response: dict[str, Any]) -> tuple[Any, ...]:
    outer, inner, choices = value.get("metadata"), request.get("metadata"), response.get("choices")
    choice = choices[0] if type(choices) is list and choices else None
    return (
        tuple(value),
        tuple(request),
        tuple(response),
        tuple(outer) if type(outer) is dict else None,
        tuple(inner) if type(inner) is dict else None,
        tuple(choice) if type(choice) is dict else None,
    )


def _values(
    shape: _Shape, value: dict[str, Any], request: dict[str, Any], response: dict[str, Any], context: Context
) -> tuple[Any, ...]:
    """The deciding values, and their types: True, 1 and 1.0 are equal and not the same. Raises one of `_UNKNOWN`."""
    usage = response.get("usage")
    found = (
        *shape.around(value),
        *shape.request(request),
        *shape.response(response),
        *(shape.metadata(value["metadata"]) if shape.metadata is not _nothing else ()),
        *(shape.inner(request["metadata"]) if shape.inner is not _nothing else ()),
        response["choices"][0]["finish_reason"],
    )
    # As text: equal objects may hold True, 1 and 1.0, and none is a key.
    objects = repr([request[name] for name in shape.objects]) if shape.objects else ""
    return found, tuple(map(type, found)), context.topic, type(usage) is dict and _DEEPSEEK in usage, objects


def _shape(
    value: dict[str, Any], request: dict[str, Any], response: dict[str, Any], parameters: Collection[str]
) -> _Shape:
    given = [name for name in request if name in parameters]
    objects = tuple([name for name in given if type(request[name]) in (dict, list)])
    plan, outer, inner = plan_of(value), plan_of(value.get("metadata")), plan_of(request.get("metadata"))
    return _Shape(
        plan,
        _pick(plan.deciding),
        _pick([name for name in request if name in _REQUEST or (name in parameters and name not in objects)]),
        _pick([name for name in response if name in _RESPONSE]),
        _pick(outer.deciding),
        _pick(inner.deciding),
        objects,
        plan.personal or outer.personal or inner.personal or any(name in request for name in _PERSONAL),
        bool(plan.costs or plan.observations or plan.accounts),
        {},
    )


def _pick(names: Collection[str]) -> Pick:
    if not names:
        return _nothing
    # One name alone would give its bare value instead of a tuple.
    return itemgetter(*names) if len(names) > 1 else itemgetter(*names, *names)


def _nothing(_: dict[str, Any]) -> tuple[Any, ...]:
    return ()
