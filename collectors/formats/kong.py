"""Kong's AI plugins in the records of its log plugins (kafka-log and its like): `ai.<plugin>.{meta, usage, payload, cache}`.

Each plugin that called a model stands under a key of its own, and so is a call of its own; targets that were tried
in vain before the one that answered are failed calls. Token counts are copied from upstream, so whether they include
the cache follows the provider's dialect; where payloads are logged, the provider's own usage in them is preferred.
An answer from Kong's semantic cache repeats the usage of the answer it gives again. A cost of 0 is no price.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from analyzers.core import NO_USAGE, Call, Usage
from collectors.context import Context
from collectors.fields import first, label, mapping, number
from collectors.formats.gateway_parts import body_call, http_outcome, nearest, operation, public_name
from collectors.times import lasting
from collectors.usage import Reported, count, normalise

NAME = "kong"
ANY_ENVELOPE = False

_HIT = "hit"
_NO_NAME = ("UNSPECIFIED", "unspecified", "")


def may_hold(names: Collection[str]) -> bool:
    """Whether an object with these fields may be of this format."""
    return "latencies" in names and "started_at" in names


def parse(value: dict[str, Any], context: Context) -> list[Call] | None:
    """The calls of one request through Kong, none where no AI plugin ran; None when the object is no such log."""
    if "latencies" not in value or "started_at" not in value:
        return None
    ai, request = mapping(value.get("ai")), mapping(value.get("request"))
    plugins = _plugins(ai)
    if not plugins:
        if "querystring" not in request or not {"tries", "upstream_uri", "upstream_status"} & value.keys():
            return None
        context.skipped += 1
        return []
    own_id = label(request.get("id"))
    calls: list[Call] = []
    for name, plugin in plugins:
        call_id = own_id
        if len(plugins) > 1:
            call_id = f"{own_id or context.identify(timed=True)}:{name}"
        calls += _tried(plugin, value, call_id, context)
        calls.append(_call(plugin, ai, value, call_id, context))
    return calls


def _plugins(ai: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """What each plugin logged; the oldest versions log one plugin without its name."""
    if type(ai.get("meta")) is dict or type(ai.get("usage")) is dict:
        return [("", ai)]
    found = [(name, mapping(inner)) for name, inner in ai.items()]
    return [
        (name, inner) for name, inner in found if type(inner.get("meta")) is dict or type(inner.get("usage")) is dict
    ]


def _call(
    plugin: dict[str, Any], ai: dict[str, Any], value: dict[str, Any], own_id: str | None, context: Context
) -> Call:
    meta, usage = mapping(plugin.get("meta")), mapping(plugin.get("usage"))
    payload = mapping(plugin.get("payload")) or mapping(ai.get("payload"))
    consumer = mapping(value.get("consumer"))
    hit = str(mapping(plugin.get("cache")).get("cache_status")).lower() == _HIT
    body = body_call(
        payload.get("request"), payload.get("response"), context, started=value.get("started_at"), request_id=own_id
    )
    outcome = http_outcome(_status(value, hit=hit), body)
    kind = operation(meta.get("operation_name"), mapping(value.get("request")).get("uri"))
    workspace = public_name(value.get("workspace_name"))
    duration = first(meta, "llm_latency")
    cost = number(usage.get("cost"))
    return msgspec.structs.replace(
        body,
        format=NAME,
        observer=NAME,
        observation=own_id or context.identify(timed=body.time_source == "record"),
        duration=lasting(mapping(value.get("latencies")).get("request") if duration is None else duration, 0.001),
        time_to_first_token=lasting(usage.get("time_to_first_token"), 0.001),
        provider=_named(meta.get("provider_name")) or body.provider,
        request_model=_named(meta.get("request_model")) or body.request_model,
        response_model=body.response_model or _named(meta.get("response_model")),
        operation=kind,
        app=body.app or public_name(consumer.get("username")) or public_name(mapping(value.get("route")).get("name")),
        team=body.team or (None if workspace == "default" else workspace),
        user=context.user(first(consumer, "custom_id")) or body.user or context.user(_mail(consumer.get("username"))),
        usage=nearest(body.usage, _usage(usage, ok=outcome.status == "ok", vectors=kind == "embeddings")),
        status=outcome.status,
        error_type=outcome.error_type,
        stream=meta["request_mode"] == "stream" if type(meta.get("request_mode")) is str else body.stream,
        logged_cost=cost if cost and not hit else None,
        response_cache_hit=hit,
    )


def _tried(plugin: dict[str, Any], value: dict[str, Any], own_id: str | None, context: Context) -> list[Call]:
    """The targets before the last one: Kong went on to the next because they failed."""
    targets = plugin.get("tried_targets")
    at, source = context.when(value.get("started_at"))
    base = own_id or context.identify(timed=source == "record")
    return [
        Call(
            id=f"{base}:target {position}",
            started_at=at,
            time_source=source,
            format=NAME,
            observer=NAME,
            observation=f"{base}:target {position}",
            provider=_named(target.get("provider")),
            request_model=_named(target.get("model")),
            operation=operation(target.get("route_type")),
            app=public_name(mapping(value.get("consumer")).get("username"), mapping(value.get("route")).get("name")),
            status="error",
            error_type="failed over",
            text_state="absent",
        )
        for position, target in enumerate(targets[:-1] if type(targets) is list else ())
        if type(target) is dict
    ]


def _named(raw: Any) -> str | None:
    name = label(raw)
    return None if name in _NO_NAME else name


def _mail(raw: Any) -> str | None:
    return raw if type(raw) is str and "@" in raw else None


def _status(value: dict[str, Any], *, hit: bool) -> Any:
    upstream = value.get("upstream_status")
    return mapping(value.get("response")).get("status") if hit or upstream in (None, "") else upstream


def _usage(raw: dict[str, Any], *, ok: bool, vectors: bool) -> Usage:
    """From Kong's counts, of which older versions have names in the singular."""
    details, answer = mapping(raw.get("prompt_tokens_details")), mapping(raw.get("completion_tokens_details"))
    asked = count(first(raw, "prompt_tokens", "prompt_token", "input_tokens"), "usage.prompt_tokens")
    output = count(first(raw, "completion_tokens", "completion_token", "output_tokens"), "usage.completion_tokens")
    total = count(first(raw, "total_tokens", "total_token"), "usage.total_tokens")
    if not ok and not asked and not output:
        return NO_USAGE
    return normalise(
        Reported(
            input=asked,
            output=0 if output is None and vectors else output,
            total=total,
            cache_read=count(details.get("cached_tokens"), "usage.prompt_tokens_details.cached_tokens"),
            cache_write=count(
                first(details, "cache_write_tokens", "cache_creation_tokens"),
                "usage.prompt_tokens_details.cache_write_tokens",
            ),
            reasoning=count(answer.get("reasoning_tokens"), "usage.completion_tokens_details.reasoning_tokens"),
        ),
        ok=ok,
    )
