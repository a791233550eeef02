"""Langfuse's observations and batches: what its counts include, which of several counts holds, and what is one call."""

from __future__ import annotations

import json
from typing import Any

import pytest

from analyzers.core import Call, Usage
from collectors import identity
from collectors.parse import Parsed
from tests.collectors.test_formats import DATA, FULL, counters, parse, sample

TRACE = "5b8efff798038103d269b633813fc60c"


def record(name: str = "observation_v2", **changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(sample(DATA / "read" / f"langfuse_{name}.json")[0])
    return whole | changes


def read(value: Any) -> Parsed:
    parsed = parse(json.dumps(value).encode())
    assert parsed.rejects == ()
    return parsed


def one(value: Any) -> Call:
    (call,) = read(value).calls
    return call


def used(**details: Any) -> Usage:
    return one(record(usageDetails=details)).usage


def event(kind: str, body: dict[str, Any], at: str = "2026-11-18T10:00:02.000Z") -> dict[str, Any]:
    return {"id": f"evt-{kind}", "type": kind, "timestamp": at, "body": body}


def generation(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = record("ingestion_batch")["batch"][0]["body"]
    return body | changes


def test_what_an_observation_says() -> None:
    call = one(record())
    assert counters(call) == FULL
    assert (call.id, call.observer, call.observation) == (f"{TRACE}:obs-SYNTH-1", "langfuse", "obs-SYNTH-1")
    assert (call.app, call.team, call.environment, call.conversation) == ("faq", "search", "production", "sess-1")
    assert call.duration == pytest.approx(1.8)
    assert call.time_to_first_token == pytest.approx(0.42)
    assert (call.logged_cost, call.parameters, call.tags) == (0.000141, {"temperature": 0.2}, ("team:search",))
    assert [part.text for part in call.system] == ["You are terse."]
    assert [part.text for part in call.output] == ["Paris."]
    assert call.user is not None and "u-1" not in repr(call)


def test_disjoint_counts_hold_with_and_without_a_total() -> None:
    disjoint = {"input": 300, "input_cache_read": 100, "input_cache_creation_1h": 50, "input_audio": 20}
    output = {"output": 15, "output_reasoning": 5}
    expected = Usage(320, 100, 0, 50, 20, 5, 470)
    assert used(**disjoint, **output) == expected
    assert used(**disjoint, **output, total=490) == expected


def test_the_total_says_when_counts_of_ones_own_include_the_rest() -> None:
    # Everything is inside: the counts of a provider under Langfuse's names.
    inside = {"input": 17_903, "input_cached_tokens": 17_817, "output": 500, "output_reasoning_tokens": 300}
    assert used(**inside, total=18_403) == Usage(86, 17_817, None, None, 500, 300, 17_903)
    # The input leaves the cache out, the output keeps its reasoning.
    assert used(input=86, input_cached_tokens=17_817, output=500, output_reasoning=300, total=18_403) == Usage(
        86, 17_817, None, None, 500, 300, 17_903
    )
    # LiteLLM leaves reads out of the input, and writes in it.
    litellm = {"input": 476, "cache_read_input_tokens": 1024, "cache_creation_input_tokens": 128, "output": 20}
    assert used(**litellm, total=1520) == Usage(348, 1024, 128, 0, 20, None, 1500)


def test_a_provider_s_usage_object_is_read_in_its_own_way() -> None:
    openai = {"prompt_tokens": 1500, "completion_tokens": 20, "prompt_tokens_details": {"cached_tokens": 1024}}
    assert used(**openai) == Usage(476, 1024, None, None, 20, None, 1500)
    anthropic = {"input_tokens": 12, "cache_read_input_tokens": 1800, "output_tokens": 20}
    assert used(**anthropic).input_total == 1812
    both = {"prompt_tokens": 1500, "completion_tokens": 20, "cache_read_input_tokens": 1024}
    assert used(**both, cache_creation_input_tokens=128) == Usage(348, 1024, 128, 0, 20, None, 1500)
    openinference = {"input": 1500, "output": 20, "prompt_details.cache_read": 1024}
    assert used(**openinference) == Usage(476, 1024, None, None, 20, None, 1500)
    langchain = {"input_tokens": 1500, "output_tokens": 20, "total_tokens": 1520}
    assert used(**langchain, input_token_details={"cache_read": 1024}).uncached_input == 476


def test_what_nobody_counted_is_unknown() -> None:
    assert used(input=1500, output=20, total=1520) == Usage(output=20, input_total=1500)
    guessed = one(record(providedUsageDetails={}))
    assert guessed.usage == Usage()
    assert one(record(usageDetails=None, usage={"input": 12, "output": 3, "unit": "CHARACTERS"})).usage == Usage()
    older = {"promptTokens": 12, "completionTokens": 3, "totalTokens": 15}
    assert one(record(usageDetails=None, usage=older)).usage == Usage(output=3, input_total=12)


def test_the_span_that_it_was_made_of_goes_first() -> None:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.response.id": "chatcmpl-SYNTH0001",
        "gen_ai.usage.input_tokens": "62",
        "gen_ai.usage.output_tokens": "85",
        "gen_ai.response.finish_reasons": '["stop"]',
    }
    estimated = record(usageDetails={"input": 14, "output": 43, "total": 57})
    for metadata in ({"attributes": attributes}, json.dumps({"attributes": json.dumps(attributes)})):
        call = one(estimated | {"metadata": metadata})
        assert (call.usage.input_total, call.usage.output) == (62, 85)
        assert (call.id, call.provider, call.finish_reason) == ("chatcmpl-SYNTH0001", "openai", "stop")
    llm = {"openinference.span.kind": "LLM", "llm.token_count.prompt": 1500, "llm.token_count.completion": 20}
    call = one(estimated | {"metadata": {"attributes": llm | {"llm.token_count.prompt_details.cache_read": 1024}}})
    assert call.usage == Usage(476, 1024, None, None, 20, None, 1500)
    bare = {"gen_ai.usage.input_tokens": 62, "gen_ai.usage.output_tokens": 85}
    assert one(estimated | {"metadata": {"attributes": bare}}).usage.input_total == 62


def test_an_observation_and_the_span_of_the_sdk_are_one_call() -> None:
    span = {
        "traceId": TRACE,
        "spanId": "00f067aa0ba902b7",
        "startTimeUnixNano": "1795000000000000000",
        "attributes": [
            {"key": "langfuse.observation.type", "value": {"stringValue": "generation"}},
            {"key": "langfuse.observation.model.name", "value": {"stringValue": "gpt-4o-mini"}},
        ],
    }
    otlp = {"resourceSpans": [{"scopeSpans": [{"scope": {"name": "langfuse-sdk"}, "spans": [span]}]}]}
    united, absorbed = identity.unite([one(otlp), one(record(id="00f067aa0ba902b7"))])
    assert (len(united), absorbed) == (1, 1)
    assert counters(united[0]) == FULL


def test_names_of_the_tables_and_units_of_durations() -> None:
    table = {
        "id": "obs-1",
        "trace_id": TRACE,
        "type": "GENERATION",
        "start_time": "2026-11-18T10:00:00Z",
        "end_time": "2026-11-18T10:00:01.8Z",
        "provided_model_name": "gpt-4o-mini",
        "usage_details": {"input": 12, "output": 3, "total": 15},
        "latency": 1800,
        "time_to_first_token": 420,
    }
    call = one(table)
    assert (call.request_model, call.time_to_first_token) == ("gpt-4o-mini", None)
    assert call.duration == pytest.approx(1.8)
    assert one(table | {"end_time": None}).duration is None
    assert one(record(endTime=None, completionStartTime=None)).duration == 1.8
    assert one(record(endTime=None, completionStartTime=None)).time_to_first_token == 0.42


def test_spans_and_tools_are_no_calls() -> None:
    for kind in ("SPAN", "AGENT", "TOOL", "EVENT"):
        parsed = read(record(type=kind))
        assert (parsed.calls, parsed.skipped) == ((), 1)
    assert one(record(type="EMBEDDING", usageDetails={"input": 4})).usage == Usage(4, 0, None, None, 0, None, 4)


def test_a_failure_has_a_class_and_not_the_message() -> None:
    failed = record(level="ERROR", statusMessage="RateLimitError: s3cr3t prompt", usageDetails={}, output=None)
    call = one(failed)
    assert (call.status, call.error_type, call.usage) == ("error", "RateLimitError", Usage())
    assert one(failed | {"statusMessage": "s3cr3t: went wrong"}).error_type == "unknown"


def test_an_answer_of_a_proxy_s_cache_costs_nothing() -> None:
    call = one(record(metadata={"cache_hit": True}))
    assert call.response_cache_hit and call.logged_cost is None


def test_a_batch_takes_user_and_session_from_its_trace() -> None:
    trace = {"id": "trace-SYNTH-1", "name": "faq", "userId": "u-1", "sessionId": "s-1", "tags": ["team:search"]}
    score = event("score-create", {"id": "score-1", "name": "helpful", "value": 1})
    parsed = read({"batch": [event("trace-create", trace), event("generation-create", generation()), score]})
    (call,) = parsed.calls
    assert (call.app, call.team, call.conversation, call.environment) == ("faq", "search", "s-1", "production")
    assert call.id == "langfuse:obs-SYNTH-1"
    assert call.user is not None and "u-1" not in repr(call)
    assert parsed.skipped == 1


def test_the_events_of_one_generation_are_one_call() -> None:
    begun = {name: known for name, known in generation().items() if name not in ("endTime", "output", "usageDetails")}
    ended = {name: generation()[name] for name in ("id", "endTime", "output", "usageDetails")}
    together = read({"batch": [event("generation-create", begun), event("generation-update", ended)]})
    (call,) = together.calls
    assert counters(call) == FULL
    assert call.request_model == "gpt-4o-mini"
    first = read({"batch": [event("generation-create", begun)]})
    assert (first.calls, first.skipped) == ((), 1)
    assert [fragment.message.role for fragment in first.fragments] == ["system", "user"]
    (later,) = read({"batch": [event("generation-update", ended)]}).calls
    assert counters(later) == FULL
    assert later.id == call.id and identity.same_call(identity.keys(later), identity.keys(call))
    assert {fragment.key for fragment in first.fragments} == {later.text_key}


def test_an_update_after_the_end_is_the_same_call_and_a_mere_patch_none() -> None:
    whole = one({"batch": [event("generation-create", generation())]})
    again = one({"batch": [event("generation-update", generation(output={"id": "chatcmpl-SYNTH0001"}))]})
    assert identity.same_call(identity.keys(whole), identity.keys(again))
    patch = read({"batch": [event("generation-update", {"id": "obs-SYNTH-1", "metadata": {"x": 1}})]})
    assert (patch.calls, patch.skipped, patch.fragments) == ((), 1, ())


def test_a_count_that_is_none_is_named() -> None:
    parsed = parse(json.dumps(record(usageDetails={"input": -1})).encode())
    assert [(reject.reason, reject.detail) for reject in parsed.rejects] == [("invalid", "langfuse: usageDetails")]


def test_a_generation_that_cannot_be_read_does_not_take_its_batch_along() -> None:
    def event(name: str, tokens: object) -> dict[str, Any]:
        return {
            "id": f"event-{name}",
            "type": "generation-create",
            "timestamp": "2026-11-20T10:00:00Z",
            "body": {
                "id": name,
                "traceId": "t",
                "startTime": "2026-11-20T10:00:00Z",
                "endTime": "2026-11-20T10:00:01Z",
                "model": "gpt-5.4",
                "usage": {"input": tokens, "output": 5, "unit": "TOKENS"},
            },
        }

    value = {"batch": [event("good", 10), event("bad", -3), event("other", 20)]}
    parsed = parse(json.dumps(value).encode())
    assert [call.usage.input_total for call in parsed.calls] == [10, 20]
    assert len(parsed.rejects) == 1
