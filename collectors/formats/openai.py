"""Raw OpenAI Chat Completions, Responses, completions and embeddings: request and answer in a team's own envelope.

Also what speaks the same format: Azure OpenAI, DeepSeek, vLLM and other compatible servers. A streamed answer may
be logged as its event stream; without usage in the stream, usage is unknown. A line of a batch's input and an answer
that is still queued or in progress are no calls.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from analyzers.core import Call, Message, Part, TextState
from collectors import envelope, event_stream
from collectors.around import Around
from collectors.context import Context
from collectors.fields import first_label, flag, label, mapping, parameters
from collectors.formats import bodies, openai_alike, openai_dialects
from collectors.formats.chat_parts import choices_parts, split_messages, tool_parts
from collectors.formats.openai_dialects import embeddings_usage, plain_messages
from collectors.formats.raw_usage import cache_diagnosis, openai_usage
from collectors.formats.responses_parts import responses_input, responses_output
from collectors.identity import response_id

NAME = "openai"
ANY_ENVELOPE = True

_UNFINISHED = ("queued", "in_progress")
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
        "service_tier",
        "cache_control",
    )
)


def may_hold(names: Collection[str]) -> bool:
    """Whether an object with these fields may be of this format."""
    return envelope.may_hold(names)


def parse(value: dict[str, Any], context: Context) -> list[Call] | None:
    """One call, or None when the value holds neither such a request nor such an answer."""
    alike = openai_alike.read(value, context)
    if alike is not None:
        return [alike]
    found = bodies.exchange(value, bodies.OPENAI, context)
    if found is None:
        return None
    request, raw, fields = found
    response = _answer(raw)
    if (raw is response and response.get("status") in _UNFINISHED) or (raw is None and "custom_id" in fields):
        context.skipped += 1
        return []
    around = Around(context, fields)
    timing = around.timing(response.get("created", response.get("created_at")))
    outcome = around.outcome(response)
    labels = around.labels(request)
    is_responses = response.get("object") == "response" or ("input" in request and "messages" not in request)
    operation = openai_dialects.operation(request, response)
    system, messages = _prompt(request, operation, is_responses=is_responses)
    usage = response.get("usage")
    failed = outcome.status == "error" or response.get("status") == "failed"
    call = Call(
        id=context.identify(response_id(response.get("id")), around.request_id, timed=timing.timed),
        started_at=timing.started_at,
        time_source=timing.source,
        format=NAME,
        observer=context.observer,
        observation=around.observation,
        duration=timing.duration,
        time_to_first_token=timing.first_token,
        provider=around.provider or openai_dialects.provider(response, around.url),
        request_model=label(request.get("model")),
        response_model=label(response.get("model")),
        operation=operation,
        app=labels.app,
        environment=labels.environment,
        team=labels.team,
        user=labels.user,
        conversation=labels.conversation or _conversation(request),
        tags=labels.tags,
        system=system,
        tools=tool_parts(request.get("tools")),
        messages=messages,
        output=responses_output(response.get("output")) if is_responses else choices_parts(response.get("choices")),
        parameters=_parameters(request, fields),
        usage=openai_usage(embeddings_usage(usage) if operation == "embeddings" else usage, ok=not failed),
        status="error" if failed else "ok",
        error_type=outcome.error_type if outcome.status == "error" else _failure(response) if failed else None,
        finish_reason=_finish(response, is_responses=is_responses),
        service_tier=first_label(response, "service_tier") or first_label(request, "service_tier"),
        stream=True if type(raw) in (str, list) else flag(request.get("stream")),
        logged_cost=around.logged_cost,
        response_cache_hit=around.answered_from_cache,
        text_state=_text_state(request, response, bool(system or messages)),
        region=openai_dialects.region(around.url),
        account=around.account,
        cache_diagnosis=cache_diagnosis(response.get("prompt_cache_diagnostics")),
    )
    openai_alike.learn(value, found, context, call, _PARAMETERS)
    return [call]


def _answer(raw: Any) -> dict[str, Any]:
    if type(raw) is dict:
        return raw
    if raw is None:
        return {}
    return event_stream.chat_completion(raw) or event_stream.response(raw) or {}


def _prompt(
    request: dict[str, Any], operation: str, *, is_responses: bool
) -> tuple[tuple[Part, ...], tuple[Message, ...]]:
    if operation != "chat":
        return (), plain_messages(request.get("input" if operation == "embeddings" else "prompt"))
    if is_responses:
        return responses_input(request.get("instructions"), request.get("input"))
    return split_messages(request.get("messages"))


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


def _text_state(request: dict[str, Any], response: dict[str, Any], has_text: bool) -> TextState:
    """Earlier turns that lie at the provider are part of the prompt and not of the request."""
    if not has_text:
        return "absent"
    stored = request.get("previous_response_id") or request.get("conversation") or response.get("previous_response_id")
    return "truncated" if stored else "full"


def _conversation(request: dict[str, Any]) -> str | None:
    given = request.get("conversation")
    return label(given.get("id") if type(given) is dict else given)
