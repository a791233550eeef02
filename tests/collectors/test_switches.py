"""What a producer is told to switch on, for every format that is read and every gap that its records can have."""

from __future__ import annotations

from typing import get_args

import pytest

from collectors.formats import FORMATS
from collectors.switches import Missing, switch

MISSING = get_args(Missing)


@pytest.mark.parametrize(
    ("form", "observer", "missing", "says"),
    [
        ("otel", "opentelemetry.instrumentation.genai.openai", "text", "CAPTURE_MESSAGE_CONTENT=SPAN_ONLY"),
        ("otel", "opentelemetry.instrumentation.openai_v2", "text", "otlp_logs"),
        ("otel", "opentelemetry.instrumentation.openai.v1", "text", "TRACELOOP_TRACE_CONTENT"),
        ("otel", "com.anthropic.sdk.python", "text", "no text by default"),
        ("otel", "com.anthropic.sdk.python", "usage", "include_usage"),
        ("otel", "litellm", "cache_split", "LITELLM_OTEL_V2"),
        ("otel", "somebody.else", "text", "CAPTURE_MESSAGE_CONTENT"),
        ("openinference", "openinference.instrumentation.openai", "text", "OPENINFERENCE_HIDE_INPUTS"),
        ("openinference", "openinference.instrumentation.openai", "usage", "stream_options.include_usage"),
        ("vercel_ai", "ai", "text", "recordInputs"),
        ("litellm", "litellm", "text", "turn_off_message_logging"),
        ("openai", "@logs", "cache_split", "--enable-prompt-tokens-details"),
        ("openai", "@logs", "usage", "stream_options.include_usage"),
        ("bedrock", "bedrock", "text", "text data delivery"),
        ("kong", "kong", "text", "log_payloads"),
        ("apisix", "apisix", "text", "logging.payloads"),
        ("apisix", "apisix", "usage", "logging.summaries"),
        ("helicone", "helicone", "text", "Helicone-Omit-Request"),
        ("cloudflare", "cloudflare", "text", "cf-aig-collect-log-payload"),
        ("envoy", "envoy", "cache_split", "CachedInputToken"),
        ("spendlogs", "litellm", "text", "store_prompts_in_spend_logs"),
    ],
)
def test_the_setting_that_is_named(form: str, observer: str, missing: Missing, says: str) -> None:
    found = switch(form, observer, missing)
    assert found is not None
    assert says in found


PUBLISHED = "mooncake"
"""Traces of research: nobody can switch anything on."""


@pytest.mark.parametrize("form", [form.NAME for form in FORMATS if form.NAME not in ("otlp", PUBLISHED)])
@pytest.mark.parametrize("missing", [one for one in MISSING if one != "time"])
def test_every_format_has_a_way_to_more(form: str, missing: Missing) -> None:
    found = switch(form, "", missing)
    assert found
    assert not found.endswith(".")
    assert found.isprintable()


def test_a_format_of_ones_own_is_mapped_in_the_configuration() -> None:
    for missing in MISSING:
        assert "[formats.acme]" in (switch("acme", "acme", missing) or "")
