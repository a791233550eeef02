"""LiteLLM's StandardLoggingPayload, as its callbacks hand it on: alone, in arrays, or inside `standard_logging_object`.

`prompt_tokens` includes cache reads and writes for every provider. Retries and fallbacks of the proxy are calls of
their own; a hit of its response cache repeats the token counts of the call it answers from, and costs nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from analyzers.core import NO_USAGE, Call
from collectors.context import Context
from collectors.fields import first_label, flag, label, mapping, number, parameters, tagged, tags
from collectors.formats import litellm_texts
from collectors.formats.litellm_usage import litellm_usage, usage_object
from collectors.formats.raw_usage import cache_diagnosis
from collectors.identity import response_id, unwrapped
from collectors.times import seconds, span

NAME = "litellm"
ANY_ENVELOPE = False

_MARKS = (
    "hidden_params",
    "model_map_information",
    "litellm_call_id",
    "custom_llm_provider",
    "status_fields",
    "call_type",
    "model_parameters",
)
_PARAMETERS = frozenset(
    (
        "temperature",
        "top_p",
        "max_tokens",
        "max_completion_tokens",
        "max_output_tokens",
        "n",
        "seed",
        "stop",
        "response_format",
        "tool_choice",
        "reasoning_effort",
        "thinking",
        "prompt_cache_key",
        "prompt_cache_retention",
        "prompt_cache_options",
        "previous_response_id",
        "service_tier",
        "cache_control",
        "cache_control_injection_points",
    )
)
_HEALTH_CHECK = "litellm-internal-health-check"


def may_hold(names: Collection[str]) -> bool:
    """Whether an object with these fields may be of this format."""
    return "standard_logging_object" in names or _is_marked(names)


def parse(value: dict[str, Any], context: Context) -> list[Call] | None:
    """One call, or None when the object is no such payload."""
    inner = value.get("standard_logging_object")
    if type(inner) is dict:
        value = inner
    if not _is_payload(value):
        return None
    if litellm_texts.is_no_call(value.get("call_type")):
        context.skipped += 1
        return []
    metadata = mapping(value.get("metadata"))
    settings = mapping(value.get("model_parameters"))
    response = mapping(value.get("response"))
    start, first, end = (value.get(name) for name in ("startTime", "completionStartTime", "endTime"))
    at, source = context.when(start, end)
    own_id, cached_id = unwrapped(value.get("id"))
    hit = flag(value.get("cache_hit")) is True or cached_id
    failed = value.get("status") == "failure"
    call_id = label(value.get("litellm_call_id"))
    if failed or own_id == call_id:
        own_id = None
    if value.get("custom_llm_provider") in ("anthropic", "bedrock", "vertex_ai") and _invented(own_id):
        own_id = response_id(mapping(response.get("_hidden_params")).get("response_id"))
    given = tags(value.get("request_tags"))
    if metadata.get("is_silent_experiment") or _HEALTH_CHECK in given:
        given = (*given, "no-user-traffic")
    text = litellm_texts.texts(value.get("messages"), response, settings, value.get("call_type"))
    usage = mapping(response.get("usage")) or usage_object(metadata)
    asked = parameters(settings, _PARAMETERS)
    if usage.get("speed") == "fast":
        asked["speed"] = "fast"
    ttft = span(seconds(start), seconds(first))
    streamed = flag(value.get("stream"))
    return [
        Call(
            id=context.identify(own_id, call_id, timed=source == "record"),
            started_at=at,
            time_source=source,
            format=NAME,
            observer=NAME,
            observation=call_id or "",
            duration=span(seconds(start), seconds(end)),
            time_to_first_token=ttft if streamed and first != end else None,
            provider=label(value.get("custom_llm_provider")),
            request_model=first_label(value, "model_group", "model"),
            response_model=label(response.get("model")) or label(value.get("model")),
            operation=litellm_texts.operation(value.get("call_type")),
            app=tagged(given, "app")
            or first_label(metadata, "user_api_key_alias")
            or first_label(mapping(metadata.get("requester_metadata")), "app", "service"),
            environment=tagged(given, "env") or tagged(given, "environment"),
            team=tagged(given, "team") or first_label(metadata, "user_api_key_team_alias", "team_alias", "team_id"),
            user=context.user(
                value.get("end_user") or metadata.get("user_api_key_end_user_id") or settings.get("user")
            ),
            conversation=first_label(value, "session_id", "trace_id"),
            tags=given,
            system=text.system,
            tools=text.tools,
            messages=text.messages,
            output=text.output,
            parameters=asked,
            usage=NO_USAGE if failed else litellm_usage(value, metadata, response),
            status="error" if failed else "ok",
            error_type=litellm_texts.error_class(mapping(value.get("error_information"))) if failed else None,
            finish_reason=litellm_texts.finish_reason(response),
            service_tier=first_label(response, "service_tier")
            or first_label(usage, "service_tier")
            or first_label(settings, "service_tier"),
            stream=streamed,
            logged_cost=None if failed else _cost(value, hit=hit),
            response_cache_hit=hit,
            text_state=text.state,
            region=litellm_texts.region(usage, mapping(value.get("cost_breakdown"))),
            account=context.user(metadata.get("user_api_key_hash")),
            cache_diagnosis=cache_diagnosis(response.get("prompt_cache_diagnostics")),
        )
    ]


def _is_payload(value: dict[str, Any]) -> bool:
    """By the fields that no other log has together: any of them may be excluded from the payload."""
    if type(value.get("metadata")) is str:
        return False
    return _is_marked(value)


def _is_marked(names: Collection[str]) -> bool:
    if "call_type" in names and ("hidden_params" in names or "litellm_call_id" in names):
        return True
    return sum(mark in names for mark in _MARKS) > 2


def _invented(own_id: str | None) -> bool:
    """LiteLLM makes up chatcmpl-<uuid> for providers that do not speak OpenAI's dialect."""
    return own_id is not None and own_id.startswith("chatcmpl-") and own_id.count("-") == 5


def _cost(value: dict[str, Any], *, hit: bool) -> float | None:
    """The proxy's own cost; 0 for what its cache did not answer means that it had no price."""
    cost = number(value.get("response_cost"))
    if cost is None:
        cost = number(mapping(value.get("cost_breakdown")).get("total_cost"))
    if cost == 0 and not hit:
        return None
    return cost
