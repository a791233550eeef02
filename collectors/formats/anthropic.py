"""Raw Anthropic Messages: request and answer as the API has them, in a team's own envelope.

`input_tokens` excludes what was read from the cache and written to it. A streamed answer may be logged as its event
stream; one that was cut before its `message_delta` does not know its output.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from analyzers.core import Call
from collectors import envelope, event_stream
from collectors.around import Around
from collectors.context import Context
from collectors.fields import first_label, flag, label, mapping, parameters
from collectors.formats import bodies
from collectors.formats.anthropic_parts import (
    ANTHROPIC_PARAMETERS,
    anthropic_content,
    anthropic_messages,
    anthropic_system,
    anthropic_tools,
)
from collectors.formats.raw_usage import anthropic_diagnosis, anthropic_usage
from collectors.identity import response_id

NAME = "anthropic"
ANY_ENVELOPE = True

_SELLERS = {"msg_bdrk_": "aws.bedrock", "msg_vrtx_": "gcp.vertex_ai"}
"""How the ids of answers begin that another cloud sold."""


def may_hold(names: Collection[str]) -> bool:
    """Whether an object with these fields may be of this format."""
    return envelope.may_hold(names)


def parse(value: dict[str, Any], context: Context) -> list[Call] | None:
    """One call, or None when the value holds neither such a request nor such an answer."""
    found = bodies.exchange(value, bodies.ANTHROPIC, context)
    if found is None:
        return None
    request, raw, fields = found
    around = Around(context, fields)
    response, complete = _answer(raw)
    timing = around.timing(None)
    outcome = around.outcome(response)
    labels = around.labels(request)
    usage = mapping(response.get("usage"))
    own_id = response_id(response.get("id"))
    system = anthropic_system(request.get("system"))
    messages = anthropic_messages(request.get("messages"))
    return [
        Call(
            id=context.identify(own_id, around.request_id, timed=timing.timed),
            started_at=timing.started_at,
            time_source=timing.source,
            format=NAME,
            observer=context.observer,
            observation=around.observation,
            duration=timing.duration,
            time_to_first_token=timing.first_token,
            provider=around.provider or (_SELLERS.get(own_id[:9], "anthropic") if own_id else "anthropic"),
            request_model=label(request.get("model")),
            response_model=label(response.get("model")),
            operation="chat",
            app=labels.app,
            environment=labels.environment,
            team=labels.team,
            user=labels.user,
            conversation=labels.conversation,
            tags=labels.tags,
            system=system,
            tools=anthropic_tools(request.get("tools")),
            messages=messages,
            output=anthropic_content(response.get("content")),
            parameters=_parameters(request, fields, usage),
            usage=anthropic_usage(response.get("usage"), complete=complete, ok=outcome.status == "ok"),
            status=outcome.status,
            error_type=outcome.error_type,
            finish_reason=label(response.get("stop_reason")),
            service_tier=first_label(usage, "service_tier") or first_label(request, "service_tier"),
            stream=True if type(raw) in (str, list) else flag(request.get("stream")),
            logged_cost=around.logged_cost,
            response_cache_hit=around.answered_from_cache,
            text_state="full" if system or messages else "absent",
            region=_region(usage),
            account=around.account,
            cache_diagnosis=anthropic_diagnosis(response.get("diagnostics")),
        )
    ]


def _answer(raw: Any) -> tuple[dict[str, Any], bool]:
    if type(raw) is dict:
        return raw, True
    if raw is None:
        return {}, True
    message, complete = event_stream.anthropic_message(raw)
    return message or {}, complete


def _parameters(request: dict[str, Any], around: dict[str, Any], usage: dict[str, Any]) -> dict[str, Any]:
    """Of the request, and what of the usage has a price of its own."""
    found = parameters(request, ANTHROPIC_PARAMETERS)
    if usage.get("speed") == "fast":
        found["speed"] = "fast"
    if "custom_id" in around:
        found["batch"] = True
    searches = mapping(usage.get("server_tool_use")).get("web_search_requests")
    if type(searches) is int and searches > 0:
        found["web_search_requests"] = searches
    return found


def _region(usage: dict[str, Any]) -> str | None:
    place = first_label(usage, "inference_geo")
    return None if place == "not_available" else place
