"""Every recorded sample comes out as expected, and no format reads another one's records."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from analyzers.core import Call
from collectors import identity
from collectors.formats import FORMATS
from collectors.parse import Parsed, Parser
from collectors.source import Record

DATA = Path(__file__).parents[1] / "data" / "formats"
READ = sorted((DATA / "read").glob("*.json"))

FULL = (1500, 1024, 128, 348, 20)
NO_WRITES = (1500, 1024, None, 476, 20)
CLAUDE = (2112, 1800, 300, 12, 20)
SPLIT_UNKNOWN = (1500, None, None, None, 20)
UNKNOWN = (None, None, None, None, None)
"""input_total, cached_read, cache_write, uncached, output"""

SEVERAL = {
    "bedrock_invocation_log_error": [UNKNOWN],
    "cloudflare_ai_gateway_logpush": [UNKNOWN],
    "helicone_kafka_message": [UNKNOWN],
    # Kong itself counts no writes; the provider's own usage in the logged payload does, and is preferred.
    "kong_ai_proxy_kafka_log": [FULL],
    "litellm_generic_api_batch": [FULL, UNKNOWN],
    "litellm_slp_openai_chat_stream": [UNKNOWN],
    "litellm_slp_openai_fail": [UNKNOWN],
    "openinference_span_lab_anthropic_3.1.0": [CLAUDE, CLAUDE],
    "openinference_span_lab_openai_0.1.66": [FULL, UNKNOWN, FULL, UNKNOWN, FULL],
    "otel_genai_events_lab_genai_openai_1.3b0": [FULL, UNKNOWN, FULL, UNKNOWN, FULL],
    "otel_genai_events_lab_openai_v2_2.3b0_default": [],
    "otel_genai_span_lab_anthropic_sdk_plus_traceloop": [CLAUDE, CLAUDE],
    "otel_genai_span_lab_genai_openai_1.3b0": [FULL, UNKNOWN, FULL, UNKNOWN, FULL],
    "otel_genai_span_lab_litellm_otel_v1_1.106.2": [FULL, CLAUDE],
    "otel_genai_span_lab_openai_v2_2.3b0_default": [SPLIT_UNKNOWN, UNKNOWN, SPLIT_UNKNOWN, UNKNOWN],
    "otel_genai_span_lab_protobuf": [FULL, UNKNOWN, FULL, UNKNOWN, FULL],
    "otel_genai_span_lab_traceloop_openai_0.62.4": [NO_WRITES, UNKNOWN, NO_WRITES, UNKNOWN, NO_WRITES],
}
"""Samples whose expectation is a sentence or a list, spelled out."""


OWN = {
    "openai": ("openai", "deepseek", "vllm"),
    "otlp": ("otel", "openinference"),
    "litellm": ("litellm_slp", "litellm_generic"),
    "spendlogs": ("litellm_spend",),
}
"""How the samples of a format begin, where not with its name."""


def sample(path: Path) -> tuple[bytes, Any]:
    whole = json.loads(path.read_text())
    value = whole["value"]
    return b64decode(value) if type(value) is str else json.dumps(value).encode(), whole.get("_expected")


def parse(data: bytes, parser: Parser | None = None) -> Parsed:
    return (parser or Parser()).parse(Record(0, data, 1_795_000_000.0), "logs", 0)


def counters(call: Call) -> tuple[int | None, ...]:
    usage = call.usage
    writes = (usage.cache_write_short, usage.cache_write_long)
    write = None if writes == (None, None) else sum(one or 0 for one in writes)
    return usage.input_total, usage.cache_read, write, usage.uncached_input, usage.output


@pytest.mark.parametrize("path", READ, ids=lambda p: p.stem)
def test_a_sample_is_read_as_expected(path: Path) -> None:
    data, expected = sample(path)
    parsed = parse(data)
    assert parsed.rejects == ()
    found = [counters(call) for call in parsed.calls]
    if path.stem in SEVERAL:
        assert found == SEVERAL[path.stem]
        return
    if "counters" in expected:
        assert found == [tuple(call) for call in expected["counters"]]
        return
    assert len(parsed.fragments) == expected.get("messages", 0)
    if expected["calls"] == 0:
        assert found == []
        return
    assert len(found) == expected["calls"]
    names = ("input_total", "cached_read", "cache_write", "uncached", "output")
    known = dict(zip(names, found[0], strict=True))
    assert {name: known[name] for name in names if name in expected} == {n: expected[n] for n in names if n in expected}


@pytest.mark.parametrize("path", READ, ids=lambda p: p.stem)
@pytest.mark.parametrize("form", FORMATS, ids=lambda f: f.NAME)
def test_a_format_refuses_what_is_not_its_own(path: Path, form: Any) -> None:
    data, _ = sample(path)
    usual = parse(data)
    alone = parse(data, Parser(formats=(form,)))
    own = OWN.get(form.NAME, (form.NAME,))
    if path.stem.startswith(own):
        assert [counters(call) for call in alone.calls] == [counters(call) for call in usual.calls]
    else:
        assert alone.calls == ()


def calls_of(*stems: str) -> list[Call]:
    return [call for stem in stems for call in parse(sample(DATA / "read" / f"{stem}.json")[0]).calls]


def test_spans_and_their_events_are_the_same_calls() -> None:
    both = calls_of("otel_genai_span_lab_genai_openai_1.3b0", "otel_genai_events_lab_genai_openai_1.3b0")
    united, absorbed = identity.unite(both)
    assert (len(united), absorbed) == (5, 5)


def test_protobuf_and_json_are_the_same_calls() -> None:
    from google.protobuf.json_format import Parse
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    for path in READ:
        if not path.stem.startswith(("otel_genai_span", "otel_traceloop", "openinference")) or "protobuf" in path.stem:
            continue
        data, _ = sample(path)
        value = json.loads(data)
        for whole in value["resourceSpans"]:
            for scoped in whole["scopeSpans"]:
                for span in scoped["spans"]:
                    # The library's JSON has ids in base64 where OTLP's has hexadecimal.
                    for name in ("traceId", "spanId", "parentSpanId"):
                        if span.get(name):
                            from base64 import b64encode

                            span[name] = b64encode(
                                bytes.fromhex(span[name].zfill(32 if name == "traceId" else 16))
                            ).decode()
        request = Parse(json.dumps(value), ExportTraceServiceRequest(), ignore_unknown_fields=True)
        assert [c for c in parse(request.SerializeToString()).calls] == [c for c in parse(data).calls], path.stem


def test_what_a_cache_of_the_gateway_answered_is_marked() -> None:
    (hit,) = calls_of("litellm_slp_cache_2")
    (paid,) = calls_of("litellm_slp_openai_chat")
    assert hit.response_cache_hit and not paid.response_cache_hit
    assert not identity.same_call(identity.keys(hit), identity.keys(paid))


def test_states_of_text() -> None:
    assert calls_of("litellm_slp_redacted")[0].text_state == "redacted"
    assert calls_of("otel_genai_span_lab_openai_v2_2.3b0_default")[0].text_state == "absent"
    assert calls_of("otel_genai_span_latest")[0].text_state == "full"


def test_a_failure_keeps_its_class_and_has_no_usage() -> None:
    (failure,) = calls_of("litellm_slp_openai_fail")
    assert (failure.status, failure.error_type, failure.id) == (
        "error",
        "RateLimitError",
        "265385d9-2801-44e8-b22d-314987669b74",
    )


def test_who_and_what_a_call_was_for() -> None:
    (span,) = calls_of("otel_genai_span_latest")
    assert (span.app, span.environment, span.team, span.conversation) == ("faq-bot", "prod", "search", "conv_SYNTH01")
    assert span.user is not None and span.user != "u-1"
    assert span.duration == pytest.approx(1.799)
    assert span.time_to_first_token == 0.42
    (logged,) = calls_of("litellm_slp_openai_chat")
    assert (logged.app, logged.team, logged.logged_cost) == ("faq", "search", 0.0001602)
    (raw,) = calls_of("openai_chat_completions")
    assert (raw.team, raw.duration, raw.service_tier) == ("search", 1.8, "default")
    assert [part.cache_mark for part in raw.system] == ["30m"]
    assert raw.parameters["prompt_cache_key"] == "faq-v1"


@pytest.mark.parametrize("path", READ, ids=lambda p: p.stem)
def test_user_ids_and_secrets_go_no_further(path: Path) -> None:
    for call in parse(sample(path)[0]).calls:
        assert call.user not in ("u-1", "hash-u-1")
        assert "Bearer" not in repr(call)
