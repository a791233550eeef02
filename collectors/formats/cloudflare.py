"""Cloudflare AI Gateway: rows of its logs API, and its Logpush data set, whose bodies are encrypted.

`cached` is the gateway's response cache. Rows count tokens in and out without telling those of the provider's cache
apart. A Logpush record carries no tokens in the clear: its usage is unknown, and its text encrypted, unless somebody
decrypted the bodies on the way.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from analyzers.core import NO_USAGE, Call, Usage
from collectors.around import Around
from collectors.context import Context
from collectors.fields import first, first_label, flag, json_text, label, mapping, number
from collectors.formats.gateway_parts import body_call, http_outcome, nearest, operation
from collectors.times import lasting
from collectors.usage import Reported, count, embedded, normalise

NAME = "cloudflare"
ANY_ENVELOPE = False

_ROW = frozenset(("tokens_in", "tokens_out", "provider", "model"))
_BODIES = ("RequestBody", "ResponseBody", "Metadata")
_TOO_MANY = 429


def may_hold(names: Collection[str]) -> bool:
    """Whether an object with these fields may be of this format."""
    return _ROW.issubset(names) or ("Gateway" in names and "Provider" in names)


def parse(value: dict[str, Any], context: Context) -> list[Call] | None:
    """One call, or None when the object is neither a row nor a Logpush record."""
    if "tokens_in" in value and value.keys() >= _ROW:
        return [_row(value, context)]
    if "Gateway" in value and "Provider" in value and any(name in value for name in _BODIES):
        return [_logpush(value, context)]
    return None


def _row(value: dict[str, Any], context: Context) -> Call:
    own_id = label(value.get("id"))
    request, response = value.get("request"), value.get("response")
    body = body_call(request, response, context, started=value.get("created_at"), request_id=own_id)
    outcome = http_outcome(value.get("status_code"), body, failed=flag(value.get("success")) is False)
    hit = flag(value.get("cached")) is True
    kind = operation(value.get("path"), value.get("request_type"), value.get("model_type"))
    cost = number(value.get("cost"))
    usage = nearest(body.usage, _usage(value, ok=outcome.status == "ok", vectors=kind == "embeddings"))
    event_stream = value.get("response_content_type")
    return _labelled(
        msgspec.structs.replace(
            body,
            observation=own_id or context.identify(timed=body.time_source == "record"),
            duration=lasting(value.get("duration"), 0.001),
            provider=label(value.get("provider")) or body.provider,
            request_model=body.request_model or label(value.get("model")),
            response_model=body.response_model or label(value.get("model")),
            operation=kind,
            usage=usage,
            status=outcome.status,
            error_type=outcome.error_type,
            stream="event-stream" in event_stream if type(event_stream) is str else body.stream,
            logged_cost=cost if cost and not hit else None,
            response_cache_hit=hit,
        ),
        value.get("metadata"),
        value.get("gateway_id"),
        context,
    )


def _logpush(value: dict[str, Any], context: Context) -> Call:
    started = first(value, "Datetime", "CreatedAt", "Timestamp")
    own_id = first_label(value, "LogID", "LogId", "RayID")
    body = body_call(
        _open(value.get("RequestBody")), _open(value.get("ResponseBody")), context, started=started, request_id=own_id
    )
    status = value.get("StatusCode")
    if flag(value.get("RateLimited")) is True and status is None:
        status = _TOO_MANY
    outcome = http_outcome(status, body)
    sealed = any(_is_sealed(value.get(name)) for name in ("RequestBody", "ResponseBody"))
    return _labelled(
        msgspec.structs.replace(
            body,
            observation=own_id or context.identify(timed=body.time_source == "record"),
            provider=label(value.get("Provider")) or body.provider,
            request_model=body.request_model or label(value.get("Model")),
            response_model=body.response_model or label(value.get("Model")),
            operation=operation(value.get("Endpoint")),
            status=outcome.status,
            error_type=outcome.error_type,
            response_cache_hit=flag(value.get("Cached")) is True,
            text_state="encrypted" if sealed and body.text_state == "absent" else body.text_state,
        ),
        _open(value.get("Metadata")),
        value.get("Gateway"),
        context,
    )


def _labelled(call: Call, metadata: Any, gateway: Any, context: Context) -> Call:
    """With what the sender's metadata say; a gateway usually stands before one application."""
    given = json_text(metadata) if type(metadata) is str and metadata[:1] == "{" else metadata
    labels = Around(context, mapping(given)).labels({})
    return msgspec.structs.replace(
        call,
        format=NAME,
        observer=NAME,
        app=labels.app or call.app or label(gateway),
        environment=labels.environment or call.environment,
        team=labels.team or call.team,
        user=labels.user or call.user,
        conversation=labels.conversation or call.conversation,
        tags=labels.tags or call.tags,
    )


def _is_sealed(body: Any) -> bool:
    return mapping(body).get("type") == "encrypted"


def _open(body: Any) -> Any:
    return None if _is_sealed(body) else body


def _usage(value: dict[str, Any], *, ok: bool, vectors: bool) -> Usage:
    asked, output = count(value.get("tokens_in"), "tokens_in"), count(value.get("tokens_out"), "tokens_out")
    if vectors:
        return embedded(asked)
    if not ok and not asked and not output:
        return NO_USAGE
    return normalise(Reported(input=asked, output=output), ok=ok)
