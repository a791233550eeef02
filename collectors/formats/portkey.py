"""Portkey's log export: a row per request, with both bodies when they were logged.

`cost` is in cents. `cache_status` is Portkey's own response cache, simple or semantic; what the provider's cache gave
stands only in the answer's usage. The unit columns count tokens without telling cached ones apart.
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

NAME = "portkey"
ANY_ENVELOPE = False

_HITS = frozenset(("HIT", "SEMANTIC HIT", "SEMANTIC_HIT"))
_CENTS = 100


def may_hold(names: Collection[str]) -> bool:
    """Whether an object with these fields may be of this format."""
    return "ai_org" in names and "req_units" in names


def parse(value: dict[str, Any], context: Context) -> list[Call] | None:
    """One call, or None when the object is no such row."""
    if "ai_org" not in value or "req_units" not in value:
        return None
    metadata = _object(value.get("metadata"))
    own_id = first_label(value, "request_id", "id", "log_id")
    body = body_call(
        _body(value.get("request")),
        _body(value.get("response")),
        context,
        started=value.get("created_at"),
        request_id=own_id,
        url=value.get("request_url"),
    )
    labels = Around(context, metadata).labels({})
    failed = value.get("is_success") in (0, False, "0", "false")
    outcome = http_outcome(value.get("response_status_code"), body, failed=failed)
    hit = str(value.get("cache_status")).upper() in _HITS
    kind = operation(value.get("request_url"))
    person = first(metadata, "_user")
    stream = flag(value.get("stream_mode"))
    trace = label(value.get("trace_id"))
    return [
        msgspec.structs.replace(
            body,
            format=NAME,
            observer=NAME,
            # A trace may hold several requests, and an answer from the cache has the id of the one it gives again.
            observation=own_id or context.identify(timed=body.time_source == "record"),
            duration=lasting(value.get("response_time"), 0.001),
            time_to_first_token=lasting(value.get("time_to_first_token"), 0.001),
            provider=label(value.get("ai_org")) or body.provider,
            request_model=body.request_model or label(value.get("ai_model")),
            response_model=body.response_model or label(value.get("ai_model")),
            operation=kind,
            app=labels.app or body.app,
            environment=labels.environment or label(metadata.get("_environment")) or body.environment,
            team=labels.team or body.team,
            user=context.user(person) if person is not None else labels.user or body.user,
            conversation=labels.conversation or body.conversation or trace,
            tags=labels.tags or body.tags,
            account=context.user(first(value, "virtual_key", "virtual_key_slug")),
            usage=nearest(body.usage, _usage(value, ok=outcome.status == "ok", vectors=kind == "embeddings")),
            status=outcome.status,
            error_type=outcome.error_type,
            stream=body.stream if stream is None else stream,
            logged_cost=None if hit else _cost(value),
            response_cache_hit=hit,
        )
    ]


def _object(raw: Any) -> dict[str, Any]:
    return mapping(json_text(raw) if type(raw) is str and raw[:1] == "{" else raw)


def _body(side: Any) -> Any:
    """A body beside its headers and URL, or alone."""
    inner = _object(side)
    return inner.get("body") if "body" in inner else side


def _cost(value: dict[str, Any]) -> float | None:
    """USD; 0 means that Portkey had no price."""
    cents = number(value.get("cost"))
    if not cents or first(value, "cost_currency") not in (None, "USD", "usd"):
        return None
    return cents / _CENTS


def _usage(value: dict[str, Any], *, ok: bool, vectors: bool) -> Usage:
    asked, output = count(value.get("req_units"), "req_units"), count(value.get("res_units"), "res_units")
    if vectors:
        return embedded(asked)
    if not ok and not asked and not output:
        return NO_USAGE
    return normalise(Reported(input=asked, output=output, total=count(value.get("total_units"), "total_units")), ok=ok)
