"""Helicone: rows of its export, its webhook, and the messages of its own queue.

A row's counts are disjoint: `prompt_tokens` leaves out what the cache gave and sound, for Anthropic also what was written
to the cache, for everybody else not; `completion_tokens` leaves out reasoning and sound. Where the answer is in the row,
the provider's own usage in it is preferred. An answer of Helicone's response cache names the one that it gives again
(`cache_reference_id`) and counts no tokens. A queue message carries neither tokens nor text (they are in S3), but the
sender's key, which goes no further, like every header.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from analyzers.core import NO_USAGE, Call, Usage
from collectors.around import Around, Labels
from collectors.context import Context
from collectors.fields import first, first_label, flag, json_text, label, mapping, number
from collectors.formats.gateway_parts import body_call, http_outcome, nearest, operation
from collectors.times import lasting, seconds, span
from collectors.usage import Reported, count, embedded, normalise

NAME = "helicone"
ANY_ENVELOPE = False

_NO_REFERENCE = "00000000-0000-0000-0000-000000000000"
_SESSION, _APP = "helicone-session-id", "helicone-session-name"


def may_hold(names: Collection[str]) -> bool:
    """Whether an object with these fields may be of this format."""
    return "value" in names or "heliconeMeta" in names or ("request_id" in names and "response_body" in names)


def parse(value: dict[str, Any], context: Context) -> list[Call] | None:
    """One call, or None when the object is of none of the three."""
    inner = value.get("value")
    if type(inner) is str and len(value) <= 2 and '"heliconeMeta"' in inner:
        # Upstash wraps the message once more.
        value = mapping(json_text(inner))
    if type(value.get("heliconeMeta")) is dict:
        log = mapping(value.get("log"))
        return [_message(value["heliconeMeta"], mapping(log.get("request")), mapping(log.get("response")), context)]
    if "request_id" not in value or "response_body" not in value:
        return None
    if "cache_reference_id" in value or "request_created_at" in value:
        return [_row(value, context)]
    if "request_response_url" in value or "promptTokens" in mapping(value.get("metadata")):
        return [_webhook(value, context)]
    return None


def _row(value: dict[str, Any], context: Context) -> Call:
    started = value.get("request_created_at")
    own_id = label(value.get("request_id"))
    body = body_call(
        value.get("request_body"),
        value.get("response_body"),
        context,
        started=started,
        request_id=own_id,
        url=value.get("target_url"),
    )
    properties = mapping(value.get("request_properties")) or mapping(value.get("properties"))
    hit = _is_reference(value.get("cache_reference_id"))
    outcome = http_outcome(value.get("response_status"), body)
    kind = operation(value.get("request_path"), value.get("target_url"))
    provider = _provider(value.get("provider")) or body.provider
    cost = number(value.get("cost"))
    counted = NO_USAGE if hit else _usage(value, provider, vectors=kind == "embeddings", ok=outcome.status == "ok")
    delay = lasting(value.get("delay_ms"), 0.001)
    return _labelled(
        msgspec.structs.replace(
            body,
            observation=own_id or context.identify(timed=body.time_source == "record"),
            duration=span(seconds(started), seconds(value.get("response_created_at"))) if delay is None else delay,
            time_to_first_token=lasting(value.get("time_to_first_token"), 0.001),
            provider=provider,
            request_model=first_label(value, "request_model", "model_override") or body.request_model,
            response_model=body.response_model or first_label(value, "response_model", "model"),
            operation=kind,
            usage=nearest(body.usage, counted),
            status=outcome.status,
            error_type=outcome.error_type,
            logged_cost=cost if cost and not hit else None,
            response_cache_hit=hit,
            text_state="offloaded" if body.text_state != "full" and _is_elsewhere(value) else body.text_state,
        ),
        properties,
        value.get("request_user_id"),
        context,
    )


def _webhook(value: dict[str, Any], context: Context) -> Call:
    own_id = label(value.get("request_id"))
    metadata = mapping(value.get("metadata"))
    body = body_call(value.get("request_body"), value.get("response_body"), context, started=None, request_id=own_id)
    usage = body.usage
    if usage.input_total is None:
        # Its prompt tokens leave out what the cache gave, which is not told: the whole input is not known.
        usage = Usage(output=count(metadata.get("completionTokens"), "metadata.completionTokens") or None)
    return _labelled(
        msgspec.structs.replace(
            body,
            observation=own_id or "",
            duration=lasting(metadata.get("latencyMs"), 0.001),
            provider=_provider(value.get("provider")) or body.provider,
            request_model=body.request_model or label(value.get("model")),
            usage=usage,
            logged_cost=number(metadata.get("cost")) or None,
            text_state="offloaded" if body.text_state != "full" and _is_elsewhere(value) else body.text_state,
        ),
        mapping(value.get("properties")),
        value.get("user_id"),
        context,
    )


def _message(meta: dict[str, Any], request: dict[str, Any], response: dict[str, Any], context: Context) -> Call:
    own_id = label(request.get("id"))
    started = request.get("requestCreatedAt")
    body = body_call(None, None, context, started=started, request_id=own_id)
    hit = _is_reference(request.get("cacheReferenceId"))
    outcome = http_outcome(response.get("status"), body)
    delay = lasting(response.get("delayMs"), 0.001)
    cost = number(response.get("cost"))
    return _labelled(
        msgspec.structs.replace(
            body,
            observation=own_id or "",
            duration=span(seconds(started), seconds(response.get("responseCreatedAt"))) if delay is None else delay,
            time_to_first_token=lasting(response.get("timeToFirstToken"), 0.001),
            provider=_provider(meta.get("gatewayProvider")) or _provider(request.get("provider")),
            request_model=first_label(meta, "gatewayModel", "providerModelId"),
            response_model=label(meta.get("providerModelId")),
            operation=operation(request.get("path"), request.get("targetUrl")),
            status=outcome.status,
            error_type=outcome.error_type,
            stream=flag(request.get("isStream")),
            logged_cost=cost if cost and not hit else None,
            response_cache_hit=hit,
            text_state="absent" if meta.get("omitRequestLog") is True else "offloaded",
        ),
        mapping(request.get("properties")),
        request.get("userId"),
        context,
    )


def _labelled(call: Call, properties: dict[str, Any], person: Any, context: Context) -> Call:
    """With the sender's own properties, among them Helicone's sessions."""
    lower = {name.lower(): text for name, text in properties.items()}
    labels: Labels = Around(context, lower).labels({})
    return msgspec.structs.replace(
        call,
        format=NAME,
        observer=NAME,
        app=labels.app or label(lower.get(_APP)) or call.app,
        environment=labels.environment or call.environment,
        team=labels.team or call.team,
        user=context.user(person) or labels.user or call.user,
        conversation=label(lower.get(_SESSION)) or labels.conversation or call.conversation,
        tags=labels.tags or call.tags,
    )


def _is_reference(raw: Any) -> bool:
    return type(raw) is str and raw not in ("", _NO_REFERENCE)


def _is_elsewhere(value: dict[str, Any]) -> bool:
    return first(value, "request_response_url", "signed_body_url") is not None


def _provider(raw: Any) -> str | None:
    name = label(raw)
    return None if name is None or name == "CUSTOM" else name.lower()


def _usage(value: dict[str, Any], provider: str | None, *, vectors: bool, ok: bool) -> Usage:
    def tokens(name: str) -> int | None:
        return count(value.get(name), name)

    asked, answered = tokens("prompt_tokens"), tokens("completion_tokens")
    read, write, reasoning = (
        tokens(name) for name in ("prompt_cache_read_tokens", "prompt_cache_write_tokens", "reasoning_tokens")
    )
    if asked is not None:
        asked += tokens("prompt_audio_tokens") or 0
    if answered is not None:
        answered += (reasoning or 0) + (tokens("completion_audio_tokens") or 0)
    if vectors:
        return embedded(asked)
    if not ok and not asked and not answered:
        return NO_USAGE
    excludes_writes = provider in ("anthropic", "aws", "bedrock")
    if asked is not None and not excludes_writes:
        asked += read or 0
    return normalise(
        Reported(input=asked, output=answered, cache_read=read, cache_write=write, reasoning=reasoning),
        includes_cache=not excludes_writes,
        ok=ok,
    )
