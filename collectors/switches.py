"""What the producer of a record can switch on so that the record says more. Pure: names in, a sentence out.

Where a record lacks its text, its usage, how much of its input was cached or when it happened, somebody has to
change a setting at the producer; this names the setting. Nothing here turns anything on.
"""

from __future__ import annotations

from typing import Literal

Missing = Literal["text", "usage", "cache_split", "time"]
"""What a call may lack: text (absent or redacted), every token count, the split of its input, a time of its own."""

_CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_CAPTURE_SPAN = f"set {_CAPTURE}=SPAN_ONLY (true for older instrumentations) where the application runs"
_CAPTURE_EVENTS = f"set {_CAPTURE}=true where the application runs, and send its logs (topic otlp_logs) here too"
_STREAM = "ask for usage in streams: stream_options.include_usage = true"
_STREAM_OR_SDK = f"{_STREAM}; the instrumentation then logs what the provider reports"
_RAW_TIME = "log when the request began beside request and response: timestamp (ISO 8601 or unix)"
_RAW_TEXT = "log the whole request body, or send Hone's own record with messages or prompt_blocks"

_BY_FORMAT: dict[str, dict[Missing, str]] = {
    "otel": {
        "text": _CAPTURE_SPAN,
        "usage": _STREAM_OR_SDK,
        "cache_split": "use an instrumentation of the conventions 1.38 or later (gen_ai.usage.cache_read.input_tokens)"
        " and, where it asks for it, OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental",
    },
    "openinference": {
        "text": "unset OPENINFERENCE_HIDE_INPUTS, OPENINFERENCE_HIDE_INPUT_MESSAGES, OPENINFERENCE_HIDE_INPUT_TEXT,"
        " OPENINFERENCE_HIDE_PROMPTS and their OUTPUT and CHOICES counterparts",
        "usage": _STREAM_OR_SDK,
        "cache_split": "update the OpenInference instrumentation: older ones leave out"
        " llm.token_count.prompt_details.cache_read",
    },
    "vercel_ai": {
        "text": "set experimental_telemetry.recordInputs and recordOutputs to true (their default)",
        "usage": "update the provider package: the provider's stream has to carry its usage",
        "cache_split": "update to AI SDK 5 or later, which logs ai.usage.cachedInputTokens",
    },
    "langfuse_spans": {
        "text": "do not mask input and output: remove mask= from the client and capture_input=False from @observe",
        "usage": f"give usage_details to the generation; {_STREAM}",
        "cache_split": "give the provider's whole usage object as usage_details, with its token details",
        "time": "start the generation before the request and end it after the answer",
    },
    "litellm": {
        "text": "remove turn_off_message_logging from litellm_settings (and no-log from requests), and messages and"
        " response from standard_logging_payload_excluded_fields",
        "usage": f"{_STREAM}, or general_settings.always_include_stream_usage for every stream",
        "cache_split": "keep metadata and response in the payload: remove them from"
        " standard_logging_payload_excluded_fields",
        "time": "keep startTime in the payload: remove it from standard_logging_payload_excluded_fields",
    },
    "spendlogs": {
        "text": "set general_settings.store_prompts_in_spend_logs: true, or send StandardLoggingPayload instead",
        "usage": f"{_STREAM}, or general_settings.always_include_stream_usage for every stream",
        "cache_split": "send LiteLLM's StandardLoggingPayload (generic_api callback) instead of its spend logs",
    },
    "openai": {
        "text": _RAW_TEXT,
        "usage": _STREAM,
        "cache_split": "log the whole usage object with prompt_tokens_details; vLLM reports it when started with"
        " --enable-prompt-tokens-details",
        "time": _RAW_TIME,
    },
    "anthropic": {
        "text": _RAW_TEXT,
        "usage": "log the whole answer with usage; of a stream every event, message_delta included",
        "cache_split": "log the whole usage object with cache_read_input_tokens and cache_creation_input_tokens",
        "time": _RAW_TIME,
    },
    "gemini": {
        "text": _RAW_TEXT,
        "usage": "log the whole answer with usageMetadata; of a stream the last chunk too",
        "cache_split": "log the whole usageMetadata with cachedContentTokenCount",
        "time": _RAW_TIME,
    },
    "bedrock": {
        "text": "switch on text data delivery in the model invocation logging settings; bodies over 100 KB go to S3",
        "usage": "switch on text data delivery: the counts of some streams are only in the logged body",
        "cache_split": "switch on text data delivery: the lifetime of cache writes is only in the logged body",
    },
    "kong": {
        "text": "set logging.log_payloads to true in the AI plugin that proxies the request",
        "usage": f"set logging.log_statistics to true in the AI plugin that proxies the request; {_STREAM}",
        "cache_split": "Kong 3.11 and later log prompt_tokens_details.cached_tokens; or set logging.log_payloads to true",
    },
    "apisix": {
        "text": "set logging.payloads to true in ai-proxy or ai-proxy-multi",
        "usage": f"set logging.summaries to true in ai-proxy or ai-proxy-multi; {_STREAM}",
        "cache_split": "update APISIX: since mid-2026 llm_summary has cache_read_input_tokens"
        " and cache_creation_input_tokens",
    },
    "helicone": {
        "text": "remove the headers Helicone-Omit-Request and Helicone-Omit-Response; the queue's own messages carry no"
        " text, its export does",
        "usage": f"send Helicone's export instead of its queue messages, which carry no tokens; {_STREAM}",
        "cache_split": "send Helicone's export with prompt_cache_read_tokens and response_body",
    },
    "langfuse": {
        "text": "do not mask input and output at the client; the export has them as input and output",
        "usage": f"give usage_details to the generation; {_STREAM}",
        "cache_split": "give the provider's whole usage object as usage_details, with its token details",
    },
    "envoy": {
        "text": "the access log carries no text: send its OpenInference traces instead",
        "usage": "configure llmRequestCosts for InputToken and OutputToken and put their keys into the access log",
        "cache_split": "add CachedInputToken and CachedWriteInputToken to llmRequestCosts and to the access log",
        "time": "put start_time into the access log's JSON format",
    },
    "cloudflare": {
        "text": "remove the header cf-aig-collect-log-payload: false; Logpush encrypts bodies: decrypt them on the way",
        "usage": "Logpush encrypts what holds the tokens: decrypt it on the way, or send rows of the logs API",
        "cache_split": "send the response bodies (decrypted): the rows only count tokens in and out",
    },
    "portkey": {
        "text": "include request and response in the export; requests sent with logging of bodies off have none",
        "usage": f"export the response with its usage; {_STREAM}",
        "cache_split": "export the response with its usage: the unit columns do not tell cached tokens apart",
    },
    "mooncake": {},
    "hone": {
        "text": "send gen_ai.input.messages (with gen_ai.system_instructions and gen_ai.tool.definitions), or"
        " prompt_blocks where no text may leave",
        "usage": "send usage, or gen_ai.usage.input_tokens and gen_ai.usage.output_tokens",
        "cache_split": "send usage with cache_read, or gen_ai.usage.cache_read.input_tokens",
        "time": "send timestamp (ISO 8601 or unix)",
    },
}

_BY_OBSERVER: tuple[tuple[str, dict[Missing, str]], ...] = (
    (
        "com.anthropic.sdk.",
        {
            "text": "the SDK's own spans carry no text by default: add an instrumentation that captures it"
            " (the call still counts once)",
        },
    ),
    ("opentelemetry.instrumentation.openai_v2", {"text": _CAPTURE_EVENTS}),
    ("opentelemetry.instrumentation.google_genai", {"text": _CAPTURE_EVENTS}),
    ("opentelemetry.instrumentation.vertexai", {"text": _CAPTURE_EVENTS}),
    ("opentelemetry.instrumentation.botocore", {"text": _CAPTURE_EVENTS}),
    ("opentelemetry.instrumentation.genai.", {}),
    (
        # OpenLLMetry names its scopes like OpenTelemetry's own instrumentations, which stand above.
        "opentelemetry.instrumentation.",
        {
            "text": "do not set TRACELOOP_TRACE_CONTENT to false where the application runs",
            "cache_split": "update OpenLLMetry: older ones leave out gen_ai.usage.cache_read.input_tokens",
        },
    ),
    (
        "litellm",
        {
            "text": f"remove turn_off_message_logging, and for LITELLM_OTEL_V2 set {_CAPTURE}=SPAN_ONLY",
            "usage": _BY_FORMAT["litellm"]["usage"],
            "cache_split": "set LITELLM_OTEL_V2=true, which logs gen_ai.usage.cache_read.input_tokens",
        },
    ),
    ("gen_ai", {"text": _BY_FORMAT["vercel_ai"]["text"]}),
)
"""Scopes of OpenTelemetry instrumentations by how they begin, the longest first where one begins another."""


def switch(format: str, observer: str, missing: Missing) -> str | None:  # noqa: A002  (as in Call)
    """The setting at the producer that would make the log say what is `missing`, as one sentence without a full stop.

    `format` and `observer` are those of a Call: the format that read it, and the instrumentation scope or gateway
    that logged it, which decides among the instrumentations of OpenTelemetry. None where no setting is known. A format
    that is not known here is one of the user's own (`collectors.formats.mapping`).
    Sources: the producers' own documentation and code; see the module of each format for its fields.
    """
    if format == "otel":
        for scope, settings in _BY_OBSERVER:
            if observer.startswith(scope):
                return settings.get(missing) or _BY_FORMAT["otel"].get(missing)
    if format not in _BY_FORMAT:
        return f"map it in [formats.{format}] of the configuration, or have it logged first"
    return _BY_FORMAT[format].get(missing)


def deciding_scope(format: str, observer: str) -> str:  # noqa: A002  (as in Call)
    """The beginning of an observer's name on which `switch` decides; "" where only the format does."""
    if format != "otel":
        return ""
    return next((scope for scope, _ in _BY_OBSERVER if observer.startswith(scope)), "")
