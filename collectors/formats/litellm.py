"""LiteLLM's StandardLoggingPayload, as its callbacks hand it on: alone, in arrays, or inside `standard_logging_object`.

`prompt_tokens` includes cache reads and writes for every provider. Retries and fallbacks of the proxy are calls of
their own; a hit of its response cache repeats the token counts of the call it answers from, and costs nothing.
"""

from __future__ import annotations

from typing import Any

from analyzers.core import NO_USAGE, Call, Message, Part, TextState, Usage
from collectors.context import Context
from collectors.fields import first_label, flag, label, mapping, number, parameters, tagged, tags
from collectors.formats.anthropic_parts import anthropic_messages
from collectors.formats.chat_parts import choices_parts, split_messages, tool_parts
from collectors.formats.responses_parts import responses_input, responses_output
from collectors.identity import response_id, unwrapped
from collectors.times import seconds, span
from collectors.usage import Reported, count, normalise

NAME = "litellm"
ANY_ENVELOPE = False

_REDACTED = "redacted-by-litellm"
_MARKS = ("hidden_params", "model_map_information", "litellm_call_id", "custom_llm_provider", "status_fields")
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
    )
)
_HEALTH_CHECK = "litellm-internal-health-check"


def parse(value: dict[str, Any], context: Context) -> list[Call] | None:
    """One call, or None when the object is no such payload."""
    inner = value.get("standard_logging_object")
    if type(inner) is dict:
        value = inner
    if "call_type" not in value or not any(mark in value for mark in _MARKS) or type(value.get("metadata")) is str:
        return None
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
    system, messages, output, tools, text_state = _texts(value, response, settings)
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
            operation=_operation(value.get("call_type")),
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
            system=system,
            tools=tools,
            messages=messages,
            output=output,
            parameters=parameters(settings, _PARAMETERS),
            usage=NO_USAGE if failed else _usage(value, metadata, response),
            status="error" if failed else "ok",
            error_type=_error(value) if failed else None,
            finish_reason=_finish(response),
            service_tier=first_label(response, "service_tier") or first_label(_usage_object(metadata), "service_tier"),
            stream=streamed,
            logged_cost=None if failed else _cost(value, hit=hit),
            response_cache_hit=hit,
            text_state=text_state,
        )
    ]


def _invented(own_id: str | None) -> bool:
    """LiteLLM makes up chatcmpl-<uuid> for providers that do not speak OpenAI's dialect."""
    return own_id is not None and own_id.startswith("chatcmpl-") and own_id.count("-") == 5


def _operation(call_type: object) -> str:
    kind = call_type if type(call_type) is str else ""
    if "embedding" in kind:
        return "embeddings"
    return "text_completion" if "text_completion" in kind else "chat"


def _texts(
    value: dict[str, Any], response: dict[str, Any], settings: dict[str, Any]
) -> tuple[tuple[Part, ...], tuple[Message, ...], tuple[Part, ...], tuple[Part, ...], TextState]:
    raw = value.get("messages")
    if raw == _REDACTED or (type(raw) is list and raw and mapping(raw[0]).get("content") == _REDACTED):
        return (), (), (), (), "redacted"
    if response.get("object") == "response":
        system, messages = responses_input(response.get("instructions"), raw)
        output = responses_output(response.get("output"))
    elif value.get("call_type") == "anthropic_messages" and type(raw) is list:
        lead = 1 if raw and mapping(raw[0]).get("role") == "system" else 0
        system, _ = split_messages(raw[:lead])
        messages = anthropic_messages(raw[lead:])
        output = choices_parts(response.get("choices"))
    else:
        system, messages = split_messages(raw)
        output = choices_parts(response.get("choices"))
    if any(part.text == _REDACTED for message in messages for part in message.parts):
        return (), (), (), (), "redacted"
    tools = tool_parts(settings.get("tools"))
    return system, messages, output, tools, "full" if system or messages else "absent"


def _usage_object(metadata: dict[str, Any]) -> dict[str, Any]:
    return mapping(metadata.get("usage_object"))


def _usage(value: dict[str, Any], metadata: dict[str, Any], response: dict[str, Any]) -> Usage:
    """From the provider's usage in the response, else from the copy in the metadata, else from the totals."""
    raw = mapping(response.get("usage")) or _usage_object(metadata)
    if not raw:
        raw = value
    details = mapping(raw.get("prompt_tokens_details")) or mapping(raw.get("input_tokens_details"))
    answer = mapping(raw.get("completion_tokens_details")) or mapping(raw.get("output_tokens_details"))
    split = mapping(details.get("cache_creation_token_details"))

    def counter(field: str, *found: Any) -> int | None:
        for one in found:
            if one is not None:
                return count(one, field)
        return None

    return normalise(
        Reported(
            input=counter("usage.prompt_tokens", raw.get("prompt_tokens"), raw.get("input_tokens")),
            output=counter("usage.completion_tokens", raw.get("completion_tokens"), raw.get("output_tokens")),
            total=counter("usage.total_tokens", raw.get("total_tokens")),
            cache_read=counter("usage.cached_tokens", details.get("cached_tokens"), raw.get("cache_read_input_tokens")),
            cache_write=counter(
                "usage.cache_write_tokens",
                details.get("cache_write_tokens"),
                details.get("cache_creation_tokens"),
                raw.get("cache_creation_input_tokens"),
            ),
            write_short=_sum(split, "ephemeral_5m_input_tokens", "ephemeral_30m_input_tokens"),
            write_long=_sum(split, "ephemeral_1h_input_tokens", "ephemeral_12h_input_tokens"),
            reasoning=counter("usage.reasoning_tokens", answer.get("reasoning_tokens")),
        )
    )


def _sum(split: dict[str, Any], *names: str) -> int | None:
    found = [count(split.get(name), f"usage.{name}") for name in names]
    known = [one for one in found if one is not None]
    return sum(known) if known else None


def _cost(value: dict[str, Any], *, hit: bool) -> float | None:
    """The proxy's own cost; 0 with a diagnostic means that it had no price."""
    cost = number(value.get("response_cost"))
    if cost == 0 and not hit:
        return None
    return cost


def _error(value: dict[str, Any]) -> str:
    information = mapping(value.get("error_information"))
    return first_label(information, "error_class", "error_code") or "unknown"


def _finish(response: dict[str, Any]) -> str | None:
    choices = response.get("choices")
    first = choices[0] if type(choices) is list and choices else None
    return label(first.get("finish_reason")) if type(first) is dict else None
