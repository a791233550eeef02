"""Raw Gemini generateContent, of Google's Gemini API and of Vertex AI: request and answer in a team's own envelope.

Names may be the API's or the SDK's (`usageMetadata`, `usage_metadata`). A stream is logged as an array of chunks or as
its event stream; each chunk carries usage so far, the last one's holds. `promptTokenCount` includes what the cache
gave and leaves out what tools returned; `candidatesTokenCount` leaves out thoughts. A count that is absent is zero:
the API writes no zeros. The model may stand in the URL alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, NamedTuple

from analyzers.core import NO_USAGE, Call, TextState, Usage
from collectors import envelope, event_stream
from collectors.around import Around
from collectors.context import Context
from collectors.fields import first_label, label, mapping
from collectors.formats import bodies
from collectors.formats.gemini_parts import (
    either,
    gemini_messages,
    gemini_parts,
    gemini_settings,
    gemini_tools,
    joined,
)
from collectors.identity import response_id
from collectors.usage import Reported, count, normalise

NAME = "gemini"
ANY_ENVELOPE = True

_TIERS = {
    "ON_DEMAND": "standard",
    "ON_DEMAND_PRIORITY": "priority",
    "ON_DEMAND_FLEX": "flex",
    "ON_DEMAND_OFFPEAK": "offpeak",
    "PROVISIONED_THROUGHPUT": "provisioned_throughput",
}
_MODEL = re.compile(r"models/([\w.\-]+)")
_PLACE = re.compile(r"projects/([\w.:\-]+)/locations/([\w\-]+)")


class _Address(NamedTuple):
    """What the URL tells: model, project, location, and whether it is Vertex AI's."""

    model: str | None = None
    project: str | None = None
    location: str | None = None
    vertex: bool = False


def may_hold(names: Collection[str]) -> bool:
    """Whether an object with these fields may be of this format."""
    return envelope.may_hold(names)


def parse(value: dict[str, Any], context: Context) -> list[Call] | None:
    """One call, or None when the value holds neither such a request nor such an answer."""
    found = bodies.exchange(value, bodies.GEMINI, context)
    if found is None:
        return None
    request, raw, fields = found
    around = Around(context, fields)
    response = _answer(raw)
    config = mapping(request.get("config")) or mapping(either(request, "generationConfig"))
    timing = around.timing(either(response, "createTime"))
    outcome = around.outcome(response)
    usage = mapping(either(response, "usageMetadata"))
    traffic = label(either(usage, "trafficType"))
    given = mapping(request.get("labels")) or mapping(config.get("labels"))
    labels = around.labels({"metadata": given})
    address = _address(around.url)
    is_vertex = address.vertex or bool(given or traffic) or either(response, "createTime") is not None
    settings = gemini_settings(config, request)
    system = gemini_parts(either(request, "systemInstruction") or either(config, "systemInstruction"))
    messages = gemini_messages(request.get("contents"))
    candidates = response.get("candidates")
    candidate = mapping(candidates[0]) if type(candidates) is list and candidates else {}
    return [
        Call(
            id=context.identify(response_id(either(response, "responseId")), around.request_id, timed=timing.timed),
            started_at=timing.started_at,
            time_source=timing.source,
            format=NAME,
            observer=context.observer,
            observation=around.observation,
            duration=timing.duration,
            time_to_first_token=timing.first_token,
            provider=around.provider or ("gcp.vertex_ai" if is_vertex else "gcp.gemini"),
            request_model=_name(request.get("model")) or address.model or _name(fields.get("model")),
            response_model=_name(either(response, "modelVersion")),
            operation="chat",
            app=labels.app,
            environment=labels.environment,
            team=labels.team,
            user=labels.user,
            conversation=labels.conversation,
            tags=labels.tags,
            system=system,
            tools=gemini_tools(request.get("tools") or config.get("tools")),
            messages=messages,
            output=gemini_parts(candidate.get("content")),
            parameters=settings,
            usage=gemini_usage(usage, ok=outcome.status == "ok"),
            status=outcome.status,
            error_type=label(mapping(response.get("error")).get("status")) or outcome.error_type,
            finish_reason=label(either(candidate, "finishReason"))
            or label(either(mapping(either(response, "promptFeedback")), "blockReason")),
            service_tier=_tier(traffic, settings),
            stream=True if type(raw) is not dict and raw is not None else None,
            logged_cost=around.logged_cost,
            response_cache_hit=around.answered_from_cache,
            text_state=_text_state(settings, bool(system or messages)),
            region=address.location,
            account=context.user(address.project) or around.account,
        )
    ]


def _answer(raw: Any) -> dict[str, Any]:
    if type(raw) is dict:
        return raw
    return joined(list(event_stream.all_events(raw))) if raw is not None else {}


def _address(url: str) -> _Address:
    url = url[:2_000]
    model, place = _MODEL.search(url), _PLACE.search(url)
    return _Address(
        label(model[1]) if model else None,
        place[1] if place else None,
        label(place[2]) if place else None,
        place is not None or "aiplatform.googleapis.com" in url,
    )


def _text_state(settings: dict[str, Any], has_text: bool) -> TextState:
    """A named cache holds the beginning of the prompt, which is then not in the request."""
    return "truncated" if "cached_content" in settings else "full" if has_text else "absent"


def _name(raw: Any) -> str | None:
    """The model without the path of resources that may stand before it."""
    name = label(raw)
    return name.rpartition("models/")[2] or None if name else None


def _tier(traffic: str | None, settings: dict[str, Any]) -> str | None:
    """The tier that served, else the one asked for."""
    if traffic is not None and traffic != "TRAFFIC_TYPE_UNSPECIFIED":
        return _TIERS.get(traffic, traffic.lower())
    asked = first_label(settings, "service_tier")
    return asked.lower() if asked and asked.lower() != "unspecified" else None


def gemini_usage(raw: dict[str, Any], *, ok: bool) -> Usage:
    """From `usageMetadata`, in the names of the API or of the SDK; `ok`: the call succeeded."""

    def counter(name: str) -> int | None:
        return count(either(raw, name), f"usageMetadata.{name}")

    prompt = counter("promptTokenCount")
    if prompt is None:
        return NO_USAGE
    prompt += counter("toolUsePromptTokenCount") or 0
    thoughts, candidates = counter("thoughtsTokenCount"), counter("candidatesTokenCount")
    total = counter("totalTokenCount")
    if candidates is None and thoughts is None:
        output = total - prompt if total is not None and total >= prompt else None
    else:
        output = (candidates or 0) + (thoughts or 0)
        if candidates is not None and thoughts and total == prompt + candidates:
            output = candidates
    return normalise(
        Reported(
            input=prompt,
            output=output,
            cache_read=counter("cachedContentTokenCount") or 0,
            reasoning=thoughts,
        ),
        ok=ok,
    )
