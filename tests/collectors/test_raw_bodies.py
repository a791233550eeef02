"""Raw OpenAI and Anthropic bodies: prices' modifiers, the cache's own word, dialects, batches, older interfaces."""

from __future__ import annotations

import json
from typing import Any

import pytest

from analyzers.core import CacheDiagnosis, Call, Usage
from tests.collectors.test_formats import DATA, parse, sample


def record(name: str, **changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(sample(DATA / "read" / f"{name}.json")[0])
    return whole | changes


def one(value: Any) -> Call:
    parsed = parse(json.dumps(value).encode())
    assert parsed.rejects == ()
    (call,) = parsed.calls
    return call


def nothing(value: Any) -> None:
    parsed = parse(json.dumps(value).encode())
    assert (parsed.calls, parsed.rejects, parsed.skipped) == ((), (), 1)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (
            {"type": "cache_miss", "reason": "tools_changed", "cache_missed_tokens": 900},
            CacheDiagnosis("tools_changed", 900),
        ),
        ({"type": "cache_hit"}, CacheDiagnosis("cache_hit")),
        ({"type": "comparison_response_not_found"}, CacheDiagnosis("comparison_response_not_found")),
        ("yes", None),
    ],
)
def test_openais_word_on_its_cache(given: Any, found: CacheDiagnosis | None) -> None:
    value = record("openai_responses")
    value["response"]["prompt_cache_diagnostics"] = given
    assert one(value).cache_diagnosis == found


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (
            {"cache_miss_reason": {"type": "system_changed", "cache_missed_input_tokens": 900}},
            CacheDiagnosis("system_changed", 900),
        ),
        ({"cache_miss_reason": {"type": "unavailable"}}, CacheDiagnosis("unavailable")),
        ({"cache_miss_reason": None}, None),
        (None, None),
    ],
)
def test_anthropics_word_on_its_cache(given: Any, found: CacheDiagnosis | None) -> None:
    value = record("anthropic_messages")
    value["response"]["diagnostics"] = given
    assert one(value).cache_diagnosis == found


def test_a_compaction_is_paid_on_top_and_other_iterations_are_not() -> None:
    value = record("anthropic_messages")
    usage = value["response"]["usage"]
    plain = one(value).usage
    more = {
        "input_tokens": 100,
        "output_tokens": 7,
        "cache_read_input_tokens": 50,
        "cache_creation_input_tokens": 10,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 10},
    }
    usage["iterations"] = [{"type": "message"} | more, {"type": "compaction"} | more]
    found = one(value).usage
    assert found.uncached_input == (plain.uncached_input or 0) + 100
    assert found.cache_read == (plain.cache_read or 0) + 50
    assert found.cache_write_long == (plain.cache_write_long or 0) + 10
    assert found.output == (plain.output or 0) + 7


def test_what_changes_anthropics_price() -> None:
    value = record("anthropic_messages")
    value["response"]["usage"] |= {
        "speed": "fast",
        "inference_geo": "us",
        "service_tier": "batch",
        "server_tool_use": {"web_search_requests": 3},
    }
    call = one(value)
    assert (call.service_tier, call.region) == ("batch", "us")
    assert (call.parameters["speed"], call.parameters["web_search_requests"]) == ("fast", 3)


@pytest.mark.parametrize(
    ("own_id", "provider"),
    [("msg_bdrk_01SYNTH", "aws.bedrock"), ("msg_vrtx_01SYNTH", "gcp.vertex_ai"), ("msg_01SYNTH", "anthropic")],
)
def test_who_sold_an_answer_of_claude(own_id: str, provider: str) -> None:
    value = record("anthropic_messages")
    value["response"]["id"] = own_id
    assert one(value).provider == provider


def test_cache_controls_of_a_request_are_kept_and_marks_are_not_text() -> None:
    value = record("anthropic_messages")
    value["request"] |= {
        "cache_control": {"type": "ephemeral"},
        "tools": [
            {"name": "look", "input_schema": {}, "cache_control": {"type": "ephemeral", "ttl": "1h"}},
            {"name": "look", "input_schema": {}},
        ],
    }
    call = one(value)
    assert call.parameters["cache_control"] == {"type": "ephemeral"}
    assert [part.cache_mark for part in call.tools] == ["1h", None]
    assert call.tools[0].text == call.tools[1].text
    value = record("openai_chat_completions")
    value["request"] |= {"prompt_cache_options": {"mode": "explicit"}, "prompt_cache_retention": "24h"}
    asked = one(value).parameters
    assert (asked["prompt_cache_options"], asked["prompt_cache_retention"]) == ({"mode": "explicit"}, "24h")


def test_the_tier_that_served_goes_before_the_one_asked_for() -> None:
    value = record("openai_chat_completions")
    value["request"]["service_tier"] = "priority"
    value["response"]["service_tier"] = "default"
    call = one(value)
    assert (call.service_tier, call.parameters["service_tier"]) == ("default", "priority")
    del value["response"]["service_tier"]
    assert one(value).service_tier == "priority"


@pytest.mark.parametrize(
    ("where", "field", "given", "provider"),
    [
        ("response", "prompt_filter_results", [], "azure"),
        ("choice", "content_filter_results", {}, "azure"),
        ("around", "url", "https://mine.openai.azure.com/openai/deployments/x/chat/completions", "azure"),
        ("response", "prompt_logprobs", None, "vllm"),
        ("choice", "stop_reason", None, "vllm"),
        ("around", "provider", "Groq", "groq"),
        ("around", "note", "", "openai"),
    ],
)
def test_who_answers_in_openais_format(where: str, field: str, given: Any, provider: str) -> None:
    value = record("openai_chat_completions")
    response = value["response"]
    place = {"response": response, "choice": response["choices"][0], "around": value}[where]
    place[field] = given
    assert one(value).provider == provider


def test_vllm_without_details_does_not_know_the_split() -> None:
    value = record("vllm_chat")
    usage = value["response"]["usage"] if "response" in value else value["usage"]
    usage["prompt_tokens_details"] = None
    found = one(value).usage
    assert found.input_total == 1500 and (found.cache_read, found.uncached_input) == (None, None)
    usage["prompt_tokens_details"] = {"cached_tokens": 1024, "created_cache_tokens": 476}
    assert one(value).usage.cache_write_short == 476


def test_whose_cache_it_is_and_where() -> None:
    value = record("openai_chat_completions", project_id="proj_mine", url="https://eu.api.openai.com/v1/responses")
    call = one(value)
    assert call.region == "eu"
    assert call.account is not None and "proj_mine" not in repr(call)


def test_a_batch_is_marked_and_its_input_is_no_log() -> None:
    value = record("openai_chat_completions")
    line = {"id": "batch_req_1", "custom_id": "1", "response": {"status_code": 200, "body": value["response"]}}
    assert one(line).parameters == {"batch": True}
    nothing({"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": value["request"]})
    message = record("anthropic_messages")["response"]
    result = {"custom_id": "1", "result": {"type": "succeeded", "message": message}}
    call = one(result)
    assert (call.parameters, call.usage.output) == ({"batch": True}, 20)
    failed = {"type": "errored", "error": {"type": "error", "error": {"type": "overloaded_error", "message": "no"}}}
    assert one({"custom_id": "1", "result": failed}).error_type == "overloaded_error"


def test_responses_that_did_not_finish() -> None:
    value = record("openai_responses")
    value["response"] |= {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    call = one(value)
    assert (call.status, call.finish_reason) == ("ok", "max_output_tokens")
    value["response"] |= {"status": "failed", "error": {"code": "server_error", "message": "no"}, "usage": None}
    call = one(value)
    assert (call.status, call.error_type, call.usage) == ("error", "server_error", Usage())
    for status in ("queued", "in_progress"):
        value["response"] |= {"status": status, "error": None}
        nothing(value)


def test_turns_that_lie_at_the_provider_are_missing_from_the_text() -> None:
    value = record("openai_responses")
    assert one(value).text_state == "full"
    value["request"]["previous_response_id"] = "resp_before"
    assert one(value).text_state == "truncated"
    del value["request"]["previous_response_id"]
    value["request"]["conversation"] = {"id": "conv_1"}
    call = one(value)
    assert (call.text_state, call.conversation) == ("truncated", "conv_1")


def test_completions() -> None:
    call = one(
        {
            "request": {"model": "gpt-3.5-turbo-instruct", "prompt": "Once", "max_tokens": 5},
            "response": {
                "id": "cmpl-SYNTH0001",
                "object": "text_completion",
                "model": "gpt-3.5-turbo-instruct",
                "choices": [{"text": " upon", "index": 0, "finish_reason": "length"}],
                "usage": {"prompt_tokens": 4, "completion_tokens": 5, "total_tokens": 9},
            },
        }
    )
    assert (call.operation, call.finish_reason, call.text_state) == ("text_completion", "length", "full")
    assert (call.messages[0].parts[0].text, call.output[0].text) == ("Once", " upon")
    assert (call.usage.input_total, call.usage.output) == (4, 5)


def test_embeddings() -> None:
    call = one(
        {
            "request": {"model": "text-embedding-3-small", "input": ["one", "two"]},
            "response": {
                "object": "list",
                "data": [{"object": "embedding", "index": 0, "embedding": [0.1, 0.2]}],
                "model": "text-embedding-3-small",
                "usage": {"prompt_tokens": 4, "total_tokens": 4},
            },
        }
    )
    assert (call.operation, call.response_model, call.output) == ("embeddings", "text-embedding-3-small", ())
    assert [part.text for part in call.messages[0].parts] == ["one", "two"]
    assert call.usage == Usage(4, 0, None, None, 0, None, 4)


def test_images_are_no_completions() -> None:
    value = {"request": {"model": "gpt-image-2", "prompt": "a cat", "size": "1024x1024"}, "response": {"created": 1}}
    assert [reject.reason for reject in parse(json.dumps(value).encode()).rejects] == ["unknown_format"]
