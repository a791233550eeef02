"""LiteLLM's payloads and spend logs: batches, times as text, left-out fields, markers, and what is no call."""

from __future__ import annotations

import json
from typing import Any

import pytest

from analyzers.core import CacheDiagnosis, Call, Usage
from collectors import identity
from tests.collectors.test_formats import DATA, parse, sample


def payload(name: str = "openai_chat", **changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(sample(DATA / "read" / f"litellm_slp_{name}.json")[0])
    return whole | changes


def row(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(sample(DATA / "read" / "litellm_spend_logs.json")[0])
    return whole | changes


def one(value: Any) -> Call:
    parsed = parse(json.dumps(value).encode())
    assert parsed.rejects == ()
    (call,) = parsed.calls
    return call


BATCH = [payload(), payload("anthropic_chat"), payload("openai_fail")]


@pytest.mark.parametrize(
    "body",
    [json.dumps(BATCH), "\n".join(json.dumps(one) for one in BATCH) + "\n"],
    ids=["json_array", "ndjson"],
)
def test_batches_of_the_generic_callback(body: str) -> None:
    parsed = parse(body.encode())
    assert [(call.usage.input_total, call.status) for call in parsed.calls] == [
        (1500, "ok"),
        (2112, "ok"),
        (None, "error"),
    ]
    assert parsed.rejects == ()


def test_lines_that_hold_the_other_line_ends_of_unicode() -> None:
    odd = payload()
    odd["messages"][1]["content"] = "one\u2028two\x85three"
    body = "\r\n".join(json.dumps(one, ensure_ascii=False) for one in (odd, payload("anthropic_chat")))
    parsed = parse(body.encode())
    assert len(parsed.calls) == 2
    assert parsed.calls[0].messages[0].parts[0].text == "one\u2028two\x85three"


def test_times_as_text() -> None:
    number = one(payload(startTime=1_795_466_019.5, endTime=1_795_466_021.0, completionStartTime=1_795_466_020.0))
    text = one(
        payload(
            startTime="2026-11-23 20:33:39.500000",
            endTime="2026-11-23 20:33:41.000000",
            completionStartTime="2026-11-23 20:33:40.000000",
        )
    )
    assert (text.started_at, text.duration) == (number.started_at, number.duration) == (1_795_466_019.5, 1.5)


@pytest.mark.parametrize(
    "excluded", ["messages", "response", "metadata", "hidden_params", "model_map_information", "startTime", "call_type"]
)
def test_any_field_may_be_excluded(excluded: str) -> None:
    value = payload()
    del value[excluded]
    call = one(value)
    assert (call.format, call.usage.input_total, call.usage.output) == ("litellm", 1500, 20)
    assert call.text_state == ("absent" if excluded == "messages" else "full")


def test_without_any_copy_of_the_usage_the_split_is_unknown() -> None:
    value = payload()
    del value["response"], value["metadata"]
    assert one(value).usage == Usage(None, None, None, None, 20, None, 1500)


def test_the_key_is_the_account_and_is_hashed_again() -> None:
    value = payload()
    value["metadata"]["user_api_key_hash"] = "88dc28d0f030c55ed4ab77ed8faf0981"
    call = one(value)
    assert call.account is not None and "88dc28d0" not in repr(call)
    assert one(row()).account not in (None, row()["api_key"])


def test_price_modifiers_and_region() -> None:
    value = payload("anthropic_chat")
    value["response"]["usage"] |= {"speed": "fast", "inference_geo": "us", "service_tier": "priority"}
    call = one(value)
    assert (call.region, call.service_tier, call.parameters["speed"]) == ("us", "priority", "fast")
    assert one(payload("anthropic_chat")).region is None, "not_available is no place"
    value = payload()
    value["cost_breakdown"]["data_residency"] = "eu"
    assert one(value).region == "eu"


def test_cost() -> None:
    assert one(payload(response_cost=None)).logged_cost == pytest.approx(0.0001602)
    assert one(payload(response_cost=0.0, zero_cost_diagnostic={"reason": "no_price"})).logged_cost is None
    assert one(payload("cache_2")).logged_cost == 0


def test_a_stream_without_usage_is_unknown_and_not_free() -> None:
    call = one(payload("openai_chat_stream"))
    assert (call.usage, call.logged_cost) == (Usage(), None)


def test_traffic_that_is_no_users() -> None:
    value = payload()
    value["metadata"]["is_silent_experiment"] = True
    assert "no-user-traffic" in one(value).tags
    assert "no-user-traffic" in one(payload(request_tags=["litellm-internal-health-check"])).tags


@pytest.mark.parametrize("kind", ["call_mcp_tool", "acreate_file", "avector_store_search"])
def test_what_the_proxy_did_without_a_model_is_skipped(kind: str) -> None:
    for value in (payload(call_type=kind), row(call_type=kind)):
        parsed = parse(json.dumps(value).encode())
        assert (parsed.calls, parsed.rejects, parsed.skipped) == ((), (), 1)


@pytest.mark.parametrize(
    ("kind", "operation"),
    [
        ("aembedding", "embeddings"),
        ("aresponses", "chat"),
        ("atext_completion", "text_completion"),
        ("arerank", "rerank"),
    ],
)
def test_operations(kind: str, operation: str) -> None:
    assert one(payload(call_type=kind)).operation == operation


def test_marks_are_not_part_of_the_text() -> None:
    value = payload("anthropic_chat")
    value["messages"] = [
        {"role": "system", "content": [{"type": "text", "text": "long", "cache_control": {"type": "ephemeral"}}]},
        {"role": "user", "content": "hello", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
    ]
    tool = {"type": "function", "function": {"name": "look"}}
    value["model_parameters"]["tools"] = [tool | {"cache_control": {"type": "ephemeral"}}, tool]
    call = one(value)
    assert [part.cache_mark for part in call.system] == ["5m"]
    assert [part.cache_mark for part in call.messages[0].parts] == ["1h"]
    assert [part.cache_mark for part in call.tools] == ["5m", None]
    assert call.tools[0].text == call.tools[1].text


def test_the_body_of_anthropic_counts_without_the_cache() -> None:
    value = payload("anthropic_messages")
    value["response"] = {
        "id": "msg_SYNTH0001",
        "type": "message",
        "content": [{"type": "text", "text": "Paris."}],
        "stop_reason": "end_turn",
        "usage": {
            "input_tokens": 12,
            "cache_read_input_tokens": 1800,
            "cache_creation_input_tokens": 300,
            "output_tokens": 20,
        },
    }
    call = one(value)
    assert (call.usage.input_total, call.usage.uncached_input, call.finish_reason) == (2112, 12, "end_turn")
    assert [part.text for part in call.output] == ["Paris."]


def test_the_providers_word_on_its_cache() -> None:
    value = payload("openai_responses")
    value["response"]["prompt_cache_diagnostics"] = {
        "type": "cache_miss",
        "reason": "tools_changed",
        "cache_missed_tokens": 1024,
    }
    assert one(value).cache_diagnosis == CacheDiagnosis("tools_changed", 1024)


def test_a_conversation_whose_beginning_lies_at_the_provider_is_not_whole() -> None:
    value = payload("openai_responses")
    value["model_parameters"]["previous_response_id"] = "resp_before"
    assert one(value).text_state == "truncated"


def test_a_spend_log() -> None:
    call = one(row())
    assert (call.team, call.app, call.conversation, call.logged_cost) == ("search", "faq-bot-key", "sess-1", 0.0001602)
    assert (call.request_model, call.response_model) == ("gpt-4o-mini", "gpt-4o-mini")
    assert (call.provider, call.text_state) == ("openai", "absent")
    assert call.duration == pytest.approx(1.8) and call.time_to_first_token == pytest.approx(0.42)
    assert call.started_at == 1_794_996_000.0


def test_a_spend_log_whose_answer_came_from_the_cache() -> None:
    hit = one(row(request_id="chatcmpl-SYNTH0001_cache_hit1795466029.04", cache_hit="True", spend=0.0))
    assert hit.response_cache_hit and hit.logged_cost == 0
    assert not identity.same_call(identity.keys(hit), identity.keys(one(row())))


def test_a_spend_log_and_a_payload_of_one_request_are_one_call() -> None:
    calls = [one(row()), one(payload())]
    united, absorbed = identity.unite(calls)
    assert (len(united), absorbed) == (1, 1)
    assert united[0].text_state == "full"


def test_a_spend_log_that_stores_prompts() -> None:
    asked = {"messages": [{"role": "user", "content": "hello"}], "tools": [{"type": "function"}]}
    answered = {"choices": [{"message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}]}
    call = one(row(proxy_server_request=json.dumps(asked), response=json.dumps(answered)))
    assert (call.messages[0].parts[0].text, call.output[0].text, len(call.tools)) == ("hello", "hi", 1)
    assert (call.text_state, call.finish_reason) == ("full", "stop")


def test_a_spend_log_of_a_failure() -> None:
    metadata = {"status": "failure", "error_information": {"error_class": "RateLimitError", "error_code": "429"}}
    call = one(row(metadata=json.dumps(metadata), spend=0.0, prompt_tokens=0, completion_tokens=0, total_tokens=0))
    assert (call.status, call.error_type, call.usage, call.logged_cost) == ("error", "RateLimitError", Usage(), None)


def test_a_spend_log_with_additional_values_only() -> None:
    metadata = {"additional_usage_values": {"cache_read_input_tokens": 1024, "cache_creation_input_tokens": 128}}
    usage = one(row(metadata=json.dumps(metadata))).usage
    assert (usage.input_total, usage.cache_read, usage.cache_write_short, usage.uncached_input) == (
        1500,
        1024,
        128,
        348,
    )
