"""OpenInference spans (Arize Phoenix and others), which arrive inside OTLP.

Only spans of kind LLM (and EMBEDDING) are calls; CHAIN, AGENT and TOOL spans may repeat their counts. The whole bodies in
`input.value` and `output.value` are the best source of the provider's id, its own usage and the prompt as it was sent.
A stream that was not asked for usage has none.
"""

from __future__ import annotations

from typing import Any

from analyzers.core import NO_USAGE, Call, Usage
from collectors.context import Context, Malformed
from collectors.fields import first_label, flag, json_text, label, mapping, number, parameters
from collectors.formats.openinference_messages import content
from collectors.formats.otlp_records import Span, text_key
from collectors.formats.otlp_usage import counter
from collectors.formats.otlp_usage import usage as genai_usage
from collectors.formats.otlp_who import who
from collectors.formats.raw_usage import answer_usage, cache_diagnosis
from collectors.identity import response_id
from collectors.times import seconds, span
from collectors.usage import Reported, embedded, normalise

NAME = "openinference"

_STREAM_BEGAN = "First Token Stream Event"
_BODY_CHARS = 4 << 20
_COUNT = "llm.token_count."
_READ = (
    _COUNT + "prompt_details.cache_read",
    # The older name for tokens that came out of the cache.
    _COUNT + "prompt_details.cache_input",
)
_PARAMETERS = frozenset(
    (
        "temperature",
        "top_p",
        "top_k",
        "max_tokens",
        "max_completion_tokens",
        "max_output_tokens",
        "n",
        "seed",
        "stop",
        "stop_sequences",
        "response_format",
        "tool_choice",
        "reasoning_effort",
        "reasoning",
        "thinking",
        "verbosity",
        "speed",
        "cache_control",
        "prompt_cache_key",
        "prompt_cache_retention",
        "prompt_cache_options",
        "previous_response_id",
    )
)


def call(one: Span, context: Context) -> Call | None:
    """The call of a span that carries `openinference.span.kind`, or None when it is of another kind."""
    attributes = one.attributes
    kind = str(attributes.get("openinference.span.kind")).upper()
    if kind not in ("LLM", "EMBEDDING"):
        return None
    request = _body(attributes.get("input.value"))
    response = _body(attributes.get("output.value"))
    at, source = context.when(one.start)
    start, end = seconds(one.start), seconds(one.end)
    text = content(attributes, request, response)
    error = next((event for event in one.events if event.name == "exception"), None)
    failed = one.failed or error is not None
    about = who(attributes, one.resource, "agent.name")
    metadata = _body(attributes.get("metadata"))
    asked = _body(attributes.get("llm.invocation_parameters")) or request
    key = text_key(one.trace, one.id)
    return Call(
        id=context.identify(response_id(response.get("id")), key, timed=source == "record"),
        started_at=at,
        time_source=source,
        format=NAME,
        observer=label(one.scope) or context.observer,
        observation=one.trace[:64],
        duration=span(start, end),
        time_to_first_token=next((span(start, seconds(e.time)) for e in one.events if e.name == _STREAM_BEGAN), None),
        provider=(first_label(attributes, "llm.provider", "llm.system", "embedding.provider") or "").lower() or None,
        request_model=first_label(attributes, "llm.request.model_name") or label(request.get("model")),
        response_model=first_label(
            attributes, "llm.response.model_name", "llm.model_name", "embedding.model_name", "gen_ai.response.model"
        ),
        operation="embeddings" if kind == "EMBEDDING" else "chat",
        app=about.app,
        environment=about.environment,
        team=about.team or first_label(metadata, "team"),
        user=context.user(about.user or metadata.get("user_id") or asked.get("user")),
        conversation=about.conversation or first_label(metadata, "session_id", "thread_id"),
        tags=about.tags,
        system=text.system,
        tools=text.tools,
        messages=text.messages,
        output=text.output,
        parameters=parameters(asked, _PARAMETERS),
        usage=_usage(attributes, response, failed=failed, embeds=kind == "EMBEDDING"),
        status="error" if failed else "ok",
        error_type=(label(error.attributes.get("exception.type")) if error else None) or "unknown" if failed else None,
        finish_reason=first_label(attributes, "llm.finish_reason") or first_label(response, "stop_reason"),
        service_tier=first_label(response, "service_tier")
        or first_label(mapping(response.get("usage")), "service_tier"),
        stream=flag(asked.get("stream")),
        logged_cost=_cost(attributes),
        text_state=text.state,
        cache_diagnosis=cache_diagnosis(response.get("prompt_cache_diagnostics")),
        text_key=key if text.state == "absent" else "",
    )


def _body(raw: object) -> dict[str, Any]:
    return mapping(json_text(raw)) if type(raw) is str and raw[:1] == "{" and len(raw) <= _BODY_CHARS else {}


def _usage(attributes: dict[str, Any], response: dict[str, Any], *, failed: bool, embeds: bool) -> Usage:
    given = Reported(
        input=counter(attributes, (_COUNT + "prompt",)),
        output=counter(attributes, (_COUNT + "completion",)),
        total=counter(attributes, (_COUNT + "total",)),
        cache_read=counter(attributes, _READ),
        cache_write=counter(attributes, (_COUNT + "prompt_details.cache_write",)),
        reasoning=counter(attributes, (_COUNT + "completion_details.reasoning",)),
    )
    if embeds:
        return embedded(given.input if given.input is not None else given.total)
    if type(response.get("usage")) is dict:
        # The provider's own words, wherever they say as much as what was made of them.
        try:
            own = answer_usage(response, ok=not failed)
        except Malformed:
            own = NO_USAGE
        if own.input_total is not None and (own.cache_read is not None or given.cache_read is None):
            return own
    if given == Reported():
        return genai_usage(attributes, failed=failed)
    return normalise(given, ok=not failed)


def _cost(attributes: dict[str, Any]) -> float | None:
    whole = number(attributes.get("llm.cost.total"))
    if whole is not None:
        return whole
    prompt, completion = number(attributes.get("llm.cost.prompt")), number(attributes.get("llm.cost.completion"))
    return prompt + completion if prompt is not None and completion is not None else None
