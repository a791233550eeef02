"""LiteLLM's spend logs: rows of its database table, as the Pub/Sub callback or a change stream hands them on.

What is nested is JSON in a string, times have no zone (UTC), `cache_hit` is a word, and text is there only when the
proxy stores prompts. `prompt_tokens` includes cache reads and writes for every provider.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from analyzers.core import NO_USAGE, Call
from collectors.context import Context
from collectors.fields import first, first_label, flag, json_text, label, mapping, number, tagged, tags
from collectors.formats import litellm_texts
from collectors.formats.litellm_usage import litellm_usage, usage_object
from collectors.identity import unwrapped
from collectors.times import seconds, span

NAME = "spendlogs"
ANY_ENVELOPE = False

_NESTED = ("metadata", "request_tags", "messages", "response", "proxy_server_request")


def may_hold(names: Collection[str]) -> bool:
    """Whether an object with these fields may be of this format."""
    return "spend" in names and "request_id" in names and "call_type" in names and "hidden_params" not in names


def parse(value: dict[str, Any], context: Context) -> list[Call] | None:
    """One call, or None when the object is no such row."""
    if "spend" not in value or "request_id" not in value or "call_type" not in value or "hidden_params" in value:
        return None
    if litellm_texts.is_no_call(value.get("call_type")):
        context.skipped += 1
        return []
    metadata, given, asked, response, request = (_nested(value.get(name)) for name in _NESTED)
    metadata, response, request = mapping(metadata), mapping(response), mapping(request)
    start, end, first_token = (value.get(name) for name in ("startTime", "endTime", "completionStartTime"))
    at, source = context.when(start, end)
    own_id, cached_id = unwrapped(value.get("request_id"))
    hit = flag(value.get("cache_hit")) is True or cached_id
    failed = value.get("status") == "failure" or metadata.get("status") == "failure"
    labels = tags(given)
    text = litellm_texts.texts(asked or request.get("messages"), response, request, value.get("call_type"))
    usage = usage_object(metadata)
    ttft = span(seconds(start), seconds(first_token)) if first_token != end else None
    row_id = label(value.get("request_id"))
    spend = number(value.get("spend"))
    return [
        Call(
            id=context.identify(own_id, row_id, timed=source == "record"),
            started_at=at,
            time_source=source,
            format=NAME,
            observer=NAME,
            observation=row_id or "",
            duration=span(seconds(start), seconds(end)),
            time_to_first_token=ttft,
            provider=label(value.get("custom_llm_provider")),
            request_model=first_label(value, "model_group", "model"),
            response_model=label(response.get("model")) or _deployment(value),
            operation=litellm_texts.operation(value.get("call_type")),
            app=tagged(labels, "app") or first_label(metadata, "user_api_key_alias"),
            environment=tagged(labels, "env") or tagged(labels, "environment"),
            team=tagged(labels, "team")
            or first_label(metadata, "user_api_key_team_alias")
            or label(value.get("team_id")),
            user=context.user(first(value, "end_user", "user")),
            conversation=label(value.get("session_id")),
            tags=labels,
            system=text.system,
            tools=text.tools,
            messages=text.messages,
            output=text.output,
            usage=NO_USAGE if failed else litellm_usage(value, metadata, response),
            status="error" if failed else "ok",
            error_type=litellm_texts.error_class(mapping(metadata.get("error_information"))) if failed else None,
            finish_reason=litellm_texts.finish_reason(response),
            service_tier=first_label(usage, "service_tier"),
            stream=True if ttft is not None else None,
            logged_cost=spend if (spend or hit) and not failed else None,
            response_cache_hit=hit,
            text_state=text.state,
            region=litellm_texts.region(usage, mapping(metadata.get("cost_breakdown"))),
            account=context.user(value.get("api_key")),
        )
    ]


def _deployment(value: dict[str, Any]) -> str | None:
    """The model that the proxy called, without the name of the provider that its router puts before it."""
    model, provider = label(value.get("model")), label(value.get("custom_llm_provider"))
    return model.removeprefix(f"{provider}/") if model and provider else model


def _nested(raw: Any) -> Any:
    """What a JSON string holds; a change stream may have decoded it already."""
    return json_text(raw) if type(raw) is str else raw
