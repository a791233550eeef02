"""Raw OpenAI Chat Completions and Responses: request and answer as the API has them, in a team's own envelope.

Also what speaks the same format: Azure OpenAI, DeepSeek, vLLM and other compatible servers. A streamed answer may
be logged as its event stream; without usage in the stream, usage is unknown.
"""

from __future__ import annotations

from typing import Any

from analyzers.core import Call, Message, Part, TextState
from collectors import envelope, event_stream
from collectors.around import Around
from collectors.context import Context
from collectors.fields import first_label, flag, label, mapping, parameters
from collectors.formats.chat_parts import choices_parts, split_messages, tool_parts
from collectors.formats.raw_usage import cache_diagnosis, openai_usage
from collectors.formats.responses_parts import responses_input, responses_output
from collectors.identity import response_id

NAME = "openai"
ANY_ENVELOPE = True

_OBJECTS = ("chat.completion", "chat.completion.chunk", "response")
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
        "text",
        "tool_choice",
        "reasoning_effort",
        "reasoning",
        "verbosity",
        "prompt_cache_key",
        "prompt_cache_retention",
        "prompt_cache_options",
        "previous_response_id",
    )
)


def parse(value: dict[str, Any], context: Context) -> list[Call] | None:
    """One call, or None when the value holds neither such a request nor such an answer."""
    found = envelope.exchange(value, _is_request, _is_response)
    if found is None:
        return None
    request, raw, fields = found
    around = Around(context, fields)
    response = _answer(raw)
    timing = around.timing(response.get("created", response.get("created_at")))
    outcome = around.outcome(response)
    labels = around.labels(request)
    is_responses = response.get("object") == "response" or ("input" in request and "messages" not in request)
    system, messages = _prompt(request, is_responses=is_responses)
    failed = outcome.status == "error" or response.get("status") == "failed"
    return [
        Call(
            id=context.identify(response_id(response.get("id")), around.request_id, timed=timing.timed),
            started_at=timing.started_at,
            time_source=timing.source,
            format=NAME,
            observer=context.observer,
            observation=around.observation,
            duration=timing.duration,
            time_to_first_token=timing.first_token,
            provider=around.provider or _provider(response),
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
            tools=tool_parts(request.get("tools")),
            messages=messages,
            output=responses_output(response.get("output")) if is_responses else choices_parts(response.get("choices")),
            parameters=_parameters(request, fields),
            usage=openai_usage(response.get("usage"), ok=not failed),
            status="error" if failed else "ok",
            error_type=outcome.error_type if outcome.status == "error" else _failure(response) if failed else None,
            finish_reason=_finish(response, is_responses=is_responses),
            service_tier=first_label(response, "service_tier"),
            stream=True if type(raw) is str else flag(request.get("stream")),
            logged_cost=around.logged_cost,
            response_cache_hit=around.answered_from_cache,
            text_state=_text_state(system, messages),
            cache_diagnosis=cache_diagnosis(response.get("prompt_cache_diagnostics")),
        )
    ]


def _is_request(value: Any) -> bool:
    if type(value) is not dict:
        return False
    if type(value.get("messages")) is list:
        # Anthropic's body has the same two fields; what only OpenAI has, or only Anthropic, decides.
        return not _is_anthropic(value)
    return (
        type(value.get("model")) is str and type(value.get("input")) in (str, list) and "litellm_call_id" not in value
    )


def _is_anthropic(value: dict[str, Any]) -> bool:
    if "system" in value or "anthropic_version" in value or "stop_sequences" in value:
        return True
    model = value.get("model")
    return type(model) is str and ("claude" in model or "anthropic" in model) and "max_tokens" in value


def _is_response(value: Any) -> bool:
    if type(value) is dict:
        if value.get("object") in _OBJECTS:
            return True
        error = value.get("error")
        return type(error) is dict and "message" in error and value.get("type") != "error" and "param" in error
    return event_stream.is_event_stream(value) and ('"chat.completion.chunk"' in value or '"response.' in value)


def _answer(raw: Any) -> dict[str, Any]:
    if type(raw) is str:
        return event_stream.chat_completion(raw) or event_stream.response(raw) or {}
    return raw if type(raw) is dict else {}


def _prompt(request: dict[str, Any], *, is_responses: bool) -> tuple[tuple[Part, ...], tuple[Message, ...]]:
    if is_responses:
        return responses_input(request.get("instructions"), request.get("input"))
    return split_messages(request.get("messages"))


def _provider(response: dict[str, Any]) -> str:
    """Whose dialect it is; OpenAI's own when nothing tells."""
    usage = mapping(response.get("usage"))
    if "prompt_cache_hit_tokens" in usage:
        return "deepseek"
    if "prompt_logprobs" in response or "kv_transfer_params" in response:
        return "vllm"
    if "prompt_filter_results" in response:
        return "azure"
    return "openai"


def _parameters(request: dict[str, Any], around: dict[str, Any]) -> dict[str, Any]:
    found = parameters(request, _PARAMETERS)
    if "custom_id" in around or "custom_id" in request:
        found["batch"] = True
    return found


def _finish(response: dict[str, Any], *, is_responses: bool) -> str | None:
    if is_responses:
        reason = first_label(mapping(response.get("incomplete_details")), "reason")
        return reason or label(response.get("status"))
    choices = response.get("choices")
    first = choices[0] if type(choices) is list and choices else None
    return label(first.get("finish_reason")) if type(first) is dict else None


def _failure(response: dict[str, Any]) -> str:
    return first_label(mapping(response.get("error")), "code", "type") or "failed"


def _text_state(system: tuple[Part, ...], messages: tuple[Message, ...]) -> TextState:
    return "full" if system or messages else "absent"
