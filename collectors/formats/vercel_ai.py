"""Spans of the Vercel AI SDK (scope `ai`), versions 3 to 6. Version 7 writes the GenAI conventions (`genai`).

A request is two spans: the outer (`ai.generateText`) sums up what its inner ones (`ai.generateText.doGenerate`, one
for each step) report, so the inner ones are the calls. What `ai.usage.inputTokens` includes changed: from version
6 on it holds cached tokens for every provider; before, it was the provider's own number, which for Anthropic
and Bedrock excludes them. `ai.response.providerMetadata` has the provider's own words.
"""

from __future__ import annotations

from typing import Any

from analyzers.core import NO_USAGE, Call, Usage
from collectors.context import Context
from collectors.fields import first, first_label, flag, json_text, label, mapping, parameters
from collectors.formats.otlp_records import Span, text_key
from collectors.formats.otlp_usage import counter
from collectors.formats.otlp_who import who
from collectors.formats.raw_usage import anthropic_usage
from collectors.formats.vercel_ai_messages import content
from collectors.identity import response_id
from collectors.times import lasting, seconds, span
from collectors.usage import Reported, count, embedded, normalise

NAME = "vercel_ai"

_CALLS = ("doGenerate", "doStream", "doEmbed")
_META_CHARS = 1 << 20
_INPUT = ("ai.usage.inputTokens", "ai.usage.promptTokens", "gen_ai.usage.input_tokens")
_OUTPUT = ("ai.usage.outputTokens", "ai.usage.completionTokens", "gen_ai.usage.output_tokens")
_TOTAL = ("ai.usage.totalTokens",)
_READ = ("ai.usage.inputTokenDetails.cacheReadTokens", "ai.usage.cachedInputTokens")
_WRITE = ("ai.usage.inputTokenDetails.cacheWriteTokens",)
_REASONING = ("ai.usage.outputTokenDetails.reasoningTokens", "ai.usage.reasoningTokens")
_WHOLE_INPUT = ("ai.usage.inputTokenDetails.noCacheTokens",)
"""Only from version 6 on."""
_PROVIDERS = (
    ("google.vertex", "gcp.vertex_ai"),
    ("google-vertex", "gcp.vertex_ai"),
    ("vertex", "gcp.vertex_ai"),
    ("google", "gcp.gemini"),
    ("amazon-bedrock", "aws.bedrock"),
    ("bedrock", "aws.bedrock"),
    ("azure", "azure.ai.openai"),
    ("xai", "x_ai"),
    ("mistral", "mistral_ai"),
    ("togetherai", "together_ai"),
    ("fireworks", "fireworks_ai"),
    ("moonshotai", "moonshot_ai"),
)
_EXCLUDE_CACHE = ("anthropic", "aws.bedrock")
_SETTINGS = {
    "ai.settings.temperature": "temperature",
    "ai.settings.topP": "top_p",
    "ai.settings.topK": "top_k",
    "ai.settings.maxTokens": "max_tokens",
    "ai.settings.maxOutputTokens": "max_tokens",
    "ai.settings.presencePenalty": "presence_penalty",
    "ai.settings.frequencyPenalty": "frequency_penalty",
    "ai.settings.stopSequences": "stop_sequences",
    "ai.settings.seed": "seed",
    "gen_ai.request.temperature": "temperature",
    "gen_ai.request.top_p": "top_p",
    "gen_ai.request.top_k": "top_k",
    "gen_ai.request.max_tokens": "max_tokens",
    "gen_ai.request.presence_penalty": "presence_penalty",
    "gen_ai.request.frequency_penalty": "frequency_penalty",
    "gen_ai.request.stop_sequences": "stop_sequences",
    "ai.prompt.toolChoice": "tool_choice",
}
_NAMES = frozenset(_SETTINGS.values())
_FIRST_CHUNK = ("ai.response.msToFirstChunk", "ai.stream.msToFirstChunk")


def call(one: Span, context: Context) -> Call | None:
    """The call of a span that carries `ai.operationId`, or None for an outer span, a tool or another operation."""
    attributes = one.attributes
    operation = str(attributes.get("ai.operationId"))
    kind = operation.rpartition(".")[2]
    if kind not in _CALLS:
        return None
    embeds = kind == "doEmbed"
    at, source = context.when(one.start)
    text = content(attributes)
    provider = _provider(attributes)
    metadata = mapping(_json(attributes.get("ai.response.providerMetadata")))
    error = next((event for event in one.events if event.name == "exception"), None)
    failed = one.failed or error is not None or attributes.get("ai.response.finishReason") == "error"
    about = who(attributes, one.resource, "ai.telemetry.functionId", "resource.name")
    key = text_key(one.trace, one.id)
    settings = {name: attributes[key] for key, name in _SETTINGS.items() if key in attributes}
    return Call(
        id=context.identify(
            response_id(first(attributes, "ai.response.id", "gen_ai.response.id")), key, timed=source == "record"
        ),
        started_at=at,
        time_source=source,
        format=NAME,
        observer=label(one.scope) or context.observer,
        observation=one.trace[:64],
        duration=span(seconds(one.start), seconds(one.end)),
        time_to_first_token=_first_token(one),
        provider=provider,
        request_model=first_label(attributes, "ai.model.id", "gen_ai.request.model"),
        response_model=first_label(attributes, "ai.response.model", "gen_ai.response.model"),
        operation="embeddings" if embeds else "chat",
        app=about.app,
        environment=about.environment,
        team=about.team,
        user=context.user(about.user),
        conversation=about.conversation,
        tags=about.tags,
        system=text.system,
        tools=text.tools,
        messages=text.messages,
        output=text.output,
        parameters=parameters(settings, _NAMES),
        usage=embedded(counter(attributes, ("ai.usage.tokens",)))
        if embeds
        else _usage(attributes, metadata, provider, failed=failed),
        status="error" if failed else "ok",
        error_type=(label(error.attributes.get("exception.type")) if error else None) or "unknown" if failed else None,
        finish_reason=first_label(attributes, "ai.response.finishReason", "ai.finishReason"),
        service_tier=first_label(mapping(metadata.get("openai")), "serviceTier", "service_tier"),
        stream=None if embeds else flag(kind == "doStream"),
        text_state=text.state,
        text_key=key if text.state == "absent" else "",
    )


def _provider(attributes: dict[str, Any]) -> str | None:
    """`openai.chat`, `anthropic.messages`, `google.generative-ai`, `amazon-bedrock`: the SDK's provider and its API."""
    name = first_label(attributes, "ai.model.provider", "gen_ai.system")
    if name is None:
        return None
    name = name.lower()
    for begin, provider in _PROVIDERS:
        if name.startswith(begin):
            return provider
    return name.partition(".")[0]


def _json(raw: object) -> Any:
    return json_text(raw) if type(raw) is str and len(raw) <= _META_CHARS else raw


def _first_token(one: Span) -> float | None:
    found = lasting(first(one.attributes, *_FIRST_CHUNK), 0.001)
    if found is None:
        for event in one.events:
            if event.name == "ai.stream.firstChunk":
                return lasting(first(event.attributes, *_FIRST_CHUNK), 0.001)
    return found


def _usage(attributes: dict[str, Any], metadata: dict[str, Any], provider: str | None, *, failed: bool) -> Usage:
    given = Reported(
        input=counter(attributes, _INPUT),
        output=counter(attributes, _OUTPUT),
        total=counter(attributes, _TOTAL),
        cache_read=counter(attributes, _READ),
        cache_write=counter(attributes, _WRITE),
        reasoning=counter(attributes, _REASONING),
    )
    anthropic = mapping(metadata.get("anthropic"))
    own = mapping(anthropic.get("usage"))
    if "input_tokens" in own:
        # Of a stream, the counts of its end; the provider's own object may still have the placeholder of its start.
        return anthropic_usage(own | ({"output_tokens": given.output} if given.output else {}), ok=not failed)
    if given == Reported():
        return NO_USAGE
    bedrock = mapping(mapping(metadata.get("bedrock")).get("usage"))
    openai = mapping(metadata.get("openai"))
    if given.cache_read is None:
        read = first(
            {
                "openai": openai.get("cachedPromptTokens"),
                "anthropic": anthropic.get("cacheReadInputTokens"),
                "bedrock": bedrock.get("cacheReadInputTokens"),
            },
            "openai",
            "anthropic",
            "bedrock",
        )
        given = given._replace(cache_read=count(read, "ai.response.providerMetadata.cacheReadInputTokens"))
    if given.cache_write is None:
        write = first(
            {
                "anthropic": anthropic.get("cacheCreationInputTokens"),
                "bedrock": bedrock.get("cacheWriteInputTokens"),
            },
            "anthropic",
            "bedrock",
        )
        given = given._replace(cache_write=count(write, "ai.response.providerMetadata.cacheCreationInputTokens"))
    includes = provider not in _EXCLUDE_CACHE or counter(attributes, _WHOLE_INPUT) is not None
    if not includes:
        # The SDK's total adds up its own two numbers, so it proves nothing about the cache.
        given = given._replace(total=None)
    return normalise(given, includes_cache=includes, ok=not failed)
