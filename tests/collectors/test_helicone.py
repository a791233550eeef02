"""Helicone's export, webhook and queue: whose counts hold, what its cache answered, and what goes no further."""

from __future__ import annotations

import json
from typing import Any

import pytest

from analyzers.core import Call, Usage
from collectors import identity
from tests.collectors.test_formats import DATA, FULL, counters, parse, sample

REFERENCE = "11111111-2222-4333-8444-555555555555"


def record(name: str = "request_export", **changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(sample(DATA / "read" / f"helicone_{name}.json")[0])
    return whole | changes


def one(value: Any) -> Call:
    parsed = parse(json.dumps(value).encode())
    assert parsed.rejects == ()
    (call,) = parsed.calls
    return call


def test_a_row_of_the_export() -> None:
    call = one(record())
    assert counters(call) == FULL
    assert (call.id, call.observation) == ("chatcmpl-SYNTH0001", "00000000-0000-4000-8000-0000000000aa")
    assert (call.provider, call.request_model, call.response_model) == (
        "openai",
        "gpt-4o-mini",
        "gpt-4o-mini-2024-07-18",
    )
    assert (call.team, call.duration, call.time_to_first_token) == ("search", 1.8, 0.42)
    assert (call.logged_cost, call.text_state, call.service_tier) == (0.0001602, "full", "default")
    assert [part.text for part in call.output] == ["Paris."]
    assert call.user is not None and "u-1" not in repr(call)


def test_without_the_answer_the_columns_add_up_to_the_same() -> None:
    call = one(record(response_body=None))
    assert counters(call) == FULL
    assert call.id == call.observation


def test_columns_of_claude_leave_writes_out_and_reasoning_is_added_to_the_output() -> None:
    columns: dict[str, Any] = {
        "provider": "ANTHROPIC",
        "prompt_tokens": 12,
        "prompt_cache_read_tokens": 1800,
        "prompt_cache_write_tokens": 300,
        "completion_tokens": 15,
        "reasoning_tokens": 5,
    }
    assert one(record(response_body=None, **columns)).usage == Usage(12, 1800, 300, 0, 20, 5, 2112)
    assert one(record(response_body=None, **columns | {"provider": "OPENAI", "prompt_tokens": 500})).usage == Usage(
        200, 1800, 300, 0, 20, 5, 2300
    )


def test_counts_that_are_null_do_not_say_what_was_cached() -> None:
    call = one(record(response_body=None, prompt_cache_read_tokens=None, prompt_cache_write_tokens=None))
    assert call.usage == Usage(output=20, input_total=476)


def test_an_answer_of_its_cache_costs_nothing_and_is_not_the_call_that_it_repeats() -> None:
    zeros: dict[str, Any] = dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens", "cost"), 0)
    hit = one(record(request_id=REFERENCE, cache_reference_id="aaaa", response_status=200, **zeros))
    assert hit.response_cache_hit and hit.logged_cost is None
    paid = one(record())
    assert hit.id == paid.id and not identity.same_call(identity.keys(hit), identity.keys(paid))
    assert one(record(response_body=None, cache_reference_id=REFERENCE, **zeros)).usage == Usage()


def test_a_webhook() -> None:
    whole = record()
    hook = {
        "request_id": whole["request_id"],
        "request_body": json.dumps(whole["request_body"]),
        "response_body": json.dumps(whole["response_body"]),
        "request_response_url": "https://bucket.example.com/x?signature=s3cr3t",
        "model": "gpt-4o-mini",
        "provider": "OPENAI",
        "user_id": "u-1",
        "metadata": {
            "cost": 0.0001602,
            "promptTokens": 476,
            "completionTokens": 20,
            "totalTokens": 496,
            "latencyMs": 1800,
        },
    }
    call = one(hook)
    assert counters(call) == FULL
    assert (call.duration, call.logged_cost, call.text_state) == (1.8, 0.0001602, "full")
    assert "s3cr3t" not in repr(call)
    large = "Body too large for webhook, please fetch the full request and response from Helicone"
    cut = one(hook | {"request_body": large, "response_body": large})
    assert (cut.usage, cut.text_state, cut.request_model) == (Usage(output=20), "offloaded", "gpt-4o-mini")
    assert "too large" not in repr(cut)


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_message_of_the_queue_has_no_tokens_and_keeps_its_key_to_itself(wrapped: bool) -> None:
    message = record("kafka_message", authorization="Bearer s3cr3t")
    call = one({"value": json.dumps(message)} if wrapped else message)
    assert (call.usage, call.text_state, call.status) == (Usage(), "offloaded", "ok")
    assert (call.id, call.provider, call.request_model) == (
        "00000000-0000-4000-8000-0000000000aa",
        "openai",
        "gpt-4o-mini",
    )
    assert (call.team, call.conversation, call.duration, call.time_to_first_token) == ("search", "sess-1", 1.8, 0.42)
    assert "s3cr3t" not in repr(call) and "u-1" not in repr(call)


def test_the_queue_tells_what_its_cache_answered_and_what_failed() -> None:
    message = record("kafka_message")
    message["log"]["request"]["cacheReferenceId"] = REFERENCE
    assert one(message).response_cache_hit
    message["log"]["response"]["status"] = 500
    assert (one(message).status, one(message).error_type) == ("error", "500")
    message["heliconeMeta"]["omitRequestLog"] = True
    assert one(message).text_state == "absent"


def test_a_message_and_its_row_are_one_call() -> None:
    both = [one(record("kafka_message")), one(record(response_body=None))]
    united, absorbed = identity.unite(both)
    assert (len(united), absorbed) == (1, 1)
    assert counters(united[0]) == FULL
