"""Bedrock's invocation log: every operation, every body, and the envelope in which CloudWatch hands it on."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from analyzers.core import Call, Usage
from collectors.parse import Parsed, Parser
from collectors.source import Record
from tests.collectors.test_formats import DATA, parse, sample


def record(name: str = "invokemodel", **changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(sample(DATA / "read" / f"bedrock_invocation_log_{name}.json")[0])
    return whole | changes


def one(value: Any) -> Call:
    parsed = parse(json.dumps(value).encode())
    assert parsed.rejects == ()
    (call,) = parsed.calls
    return call


def with_bodies(request: Any, response: Any, **changes: Any) -> dict[str, Any]:
    value = record(**changes)
    value["input"] = {"inputBodyJson": request, "inputTokenCount": 12}
    value["output"] = {"outputBodyJson": response, "outputTokenCount": 20}
    return value


def texts(call: Call) -> tuple[list[str], list[str], list[str]]:
    asked = [part.text for message in call.messages for part in message.parts]
    return [part.text for part in call.system], asked, [part.text for part in call.output]


def test_who_where_and_which_model() -> None:
    call = one(record())
    assert (call.provider, call.request_model) == ("aws.bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0")
    assert (call.app, call.team, call.region) == ("faq-bot", "search", "us-west-2")
    assert call.account is not None and "1111" not in call.account
    assert (call.id, call.observation) == ("msg_bdrk_SYNTH0001", "00000000-0000-4000-8000-000000000001")
    assert [part.cache_mark for part in call.system] == ["5m"]
    assert texts(call) == (["You are terse."], ["Capital of France?"], ["Paris."])
    assert call.stream is False
    assert one(record(operation="InvokeModelWithResponseStream")).stream is True


def test_a_role_is_the_app_where_no_tag_names_one_and_a_user_is_hashed() -> None:
    assert one(record(requestMetadata=None)).app == "faq-bot"
    person = one(record(requestMetadata=None, identity={"arn": ["arn:aws:iam::111122223333:user/alice"]}))
    assert person.app is None
    assert person.user is not None and "alice" not in repr(person)


def test_a_profile_of_the_account_is_kept_apart_from_the_model_that_answered() -> None:
    arn = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123"
    call = one(record(modelId=arn))
    assert call.request_model == "application-inference-profile/abc123"
    assert call.response_model == "claude-sonnet-4-5-20250929"


def test_an_error_has_a_class_and_no_usage() -> None:
    call = one(record("error"))
    assert (call.status, call.error_type, call.usage) == ("error", "ThrottlingException", Usage())
    assert one(record(status="500")).error_type == "500"


def test_cache_keys_that_are_absent_are_zero() -> None:
    value = with_bodies({"inputText": "hello"}, {"results": [{"outputText": "hi", "tokenCount": 20}]})
    assert one(value).usage == Usage(12, 0, 0, 0, 20, None, 12)


def test_writes_are_split_by_lifetime_where_the_body_says_so() -> None:
    value = record("converse")
    value["output"]["outputBodyJson"]["usage"]["cacheDetails"] = [
        {"inputTokens": 100, "ttl": "5m"},
        {"inputTokens": 200, "ttl": "1h"},
    ]
    usage = one(value).usage
    assert (usage.cache_write_short, usage.cache_write_long) == (100, 200)
    value = record()
    value["output"]["outputBodyJson"]["usage"]["cache_creation"] = {
        "ephemeral_5m_input_tokens": 50,
        "ephemeral_1h_input_tokens": 250,
    }
    usage = one(value).usage
    assert (usage.cache_write_short, usage.cache_write_long) == (50, 250)


def test_text_in_s3_or_nowhere() -> None:
    value = record()
    value["input"] = {"inputBodyS3Path": "s3://logs/in.json", "inputTokenCount": 12}
    value["output"] = {"outputBodyS3Path": "s3://logs/out.json", "outputTokenCount": 20}
    call = one(value)
    assert (call.text_state, call.messages, call.usage.output) == ("offloaded", (), 20)
    del value["input"]["inputBodyS3Path"]
    assert one(value).text_state == "absent"


CLAUDE_EVENTS = [
    {
        "type": "message_start",
        "message": {
            "id": "msg_bdrk_STREAM01",
            "type": "message",
            "model": "claude-sonnet-4-5-20250929",
            "content": [],
            "usage": {
                "input_tokens": 12,
                "cache_read_input_tokens": 1800,
                "cache_creation_input_tokens": 300,
                "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 300},
                "output_tokens": 1,
            },
        },
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "ping"},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Par"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "is."}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 20}},
    {
        "type": "message_stop",
        "amazon-bedrock-invocationMetrics": {
            "inputTokenCount": 12,
            "outputTokenCount": 20,
            "invocationLatency": 1800,
            "firstByteLatency": 420,
            "cacheReadInputTokenCount": 1800,
            "cacheWriteInputTokenCount": 300,
        },
    },
]


@pytest.mark.parametrize("counts_in_record", [True, False])
def test_a_stream_of_claude(counts_in_record: bool) -> None:
    value = record(operation="InvokeModelWithResponseStream")
    value["output"]["outputBodyJson"] = CLAUDE_EVENTS
    if not counts_in_record:
        value["input"] = {"inputBodyJson": value["input"]["inputBodyJson"]}
        del value["output"]["outputTokenCount"]
    call = one(value)
    assert call.usage == Usage(12, 1800, 0, 300, 20, None, 2112)
    assert (call.duration, call.time_to_first_token, call.finish_reason) == (1.8, 0.42, "end_turn")
    assert (call.id, texts(call)[2]) == ("msg_bdrk_STREAM01", ["Paris."])


def test_a_stream_that_broke_off_does_not_know_its_output() -> None:
    value = record(operation="InvokeModelWithResponseStream")
    value["input"] = {"inputBodyJson": value["input"]["inputBodyJson"]}
    value["output"] = {"outputBodyJson": CLAUDE_EVENTS[:5]}
    usage = one(value).usage
    assert (usage.input_total, usage.output) == (2112, None)


def test_a_stream_of_converse_as_events() -> None:
    value = record("converse", operation="ConverseStream")
    metadata = value["output"]["outputBodyJson"]
    value["output"]["outputBodyJson"] = [
        {"messageStart": {"role": "assistant"}},
        {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "Par"}}},
        {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "is."}}},
        {"contentBlockStart": {"contentBlockIndex": 1, "start": {"toolUse": {"toolUseId": "t1", "name": "look"}}}},
        {"contentBlockDelta": {"contentBlockIndex": 1, "delta": {"toolUse": {"input": '{"q":'}}}},
        {"contentBlockDelta": {"contentBlockIndex": 1, "delta": {"toolUse": {"input": "1}"}}}},
        {"messageStop": {"stopReason": "tool_use"}},
        {"metadata": {"usage": metadata["usage"], "metrics": {"latencyMs": 900}}},
    ]
    call = one(value)
    assert texts(call)[2] == ["Paris.", '{"id":"t1","name":"look","arguments":{"q":1}}']
    assert (call.finish_reason, call.duration, call.usage.cache_write_short) == ("tool_use", 0.9, 300)


def test_blocks_of_converse() -> None:
    value = record("converse")
    value["input"]["inputBodyJson"] = {
        "system": [{"text": "a"}, {"cachePoint": {"type": "default", "ttl": "1h"}}, {"text": "b"}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"text": "see"},
                    {"image": {"format": "png", "source": {"bytes": "x" * 4000}}},
                    {"toolResult": {"toolUseId": "t1", "content": [{"text": "42"}]}},
                    {"guardContent": {"text": {"text": "guarded"}}},
                    {"reasoningContent": {"reasoningText": {"text": "hm"}}},
                    {"cachePoint": {"type": "default"}},
                ],
            }
        ],
        "toolConfig": {
            "tools": [{"toolSpec": {"name": "look"}}, {"cachePoint": {"type": "default"}}],
            "toolChoice": {"any": {}},
        },
        "inferenceConfig": {"temperature": 0.2},
    }
    call = one(value)
    assert [part.cache_mark for part in call.system] == ["1h", None]
    kinds = [(part.kind, part.cache_mark) for part in call.messages[0].parts]
    assert kinds == [("text", None), ("image", None), ("tool_result", None), ("text", None), ("reasoning", "5m")]
    assert len(call.messages[0].parts[1].text) < 100
    assert [(part.text, part.cache_mark) for part in call.tools] == [('{"toolSpec":{"name":"look"}}', "5m")]
    assert call.parameters == {"temperature": 0.2, "tool_choice": {"any": {}}}


@pytest.mark.parametrize(
    ("request_body", "response_body"),
    [
        (
            {"messages": [{"role": "user", "content": [{"text": "hello"}]}], "inferenceConfig": {"maxTokens": 9}},
            {"output": {"message": {"content": [{"text": "hi there"}]}}, "stopReason": "end_turn"},
        ),
        (
            {"inputText": "hello", "textGenerationConfig": {"maxTokenCount": 9}},
            {"inputTextTokenCount": 3, "results": [{"outputText": "hi there", "tokenCount": 2}]},
        ),
        ({"prompt": "hello", "max_gen_len": 9}, {"generation": "hi there", "prompt_token_count": 3}),
        ({"prompt": "hello", "max_tokens": 9}, {"outputs": [{"text": "hi there", "stop_reason": "stop"}]}),
        ({"prompt": "hello", "max_tokens": 9}, [{"generation": "hi "}, {"generation": "there", "stop_reason": "stop"}]),
        (
            {"messages": [{"role": "user", "content": "hello"}], "max_tokens": 9},
            {"choices": [{"message": {"role": "assistant", "content": "hi there"}, "finish_reason": "stop"}]},
        ),
    ],
    ids=["nova", "titan", "llama", "mistral", "llama stream", "openai"],
)
def test_the_text_of_other_models(request_body: Any, response_body: Any) -> None:
    call = one(with_bodies(request_body, response_body))
    assert texts(call) == ([], ["hello"], ["hi there"])
    assert call.parameters == {"max_tokens": 9}
    assert (call.usage.input_total, call.usage.output) == (12, 20)


def test_a_tier_and_an_optimised_latency() -> None:
    value = record("converse")
    value["output"]["outputBodyJson"]["serviceTier"] = {"type": "flex"}
    assert one(value).service_tier == "flex"
    assert one(record("converse", performanceConfig={"latency": "optimized"})).service_tier == "latency_optimized"
    assert one(record("converse", performanceConfig={"latency": "standard"})).service_tier is None


def test_a_count_that_is_none_is_refused_by_name() -> None:
    value = record()
    value["input"]["inputTokenCount"] = -1
    (reject,) = parse(json.dumps(value).encode()).rejects
    assert (reject.reason, reject.detail) == ("invalid", "bedrock: input.inputTokenCount")


def envelope(*lines: str, kind: str = "DATA_MESSAGE") -> dict[str, Any]:
    events = [{"id": str(number), "timestamp": 1_763_460_002_000, "message": line} for number, line in enumerate(lines)]
    return {
        "messageType": kind,
        "owner": "111122223333",
        "logGroup": "/aws/bedrock/invocations",
        "logStream": "aws/bedrock/modelinvocations",
        "subscriptionFilters": ["to-kafka"],
        "logEvents": events,
    }


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_what_cloudwatch_hands_on(pack: Any) -> None:
    lines = [json.dumps(record()), "Permissions are correctly set.", json.dumps(record("error"))]
    parsed = parse(pack(json.dumps(envelope(*lines)).encode()))
    assert [call.status for call in parsed.calls] == ["ok", "error"]
    assert (parsed.rejects, parsed.skipped) == ((), 1)


def test_control_messages_and_other_groups() -> None:
    control = envelope("CWL CONTROL MESSAGE: Checking health", kind="CONTROL_MESSAGE")
    assert parse(json.dumps(control).encode()) == Parsed((), (), 1)
    other = parse(json.dumps(envelope("START RequestId", '{"level": "info"}', '{"cut')).encode())
    assert other.calls == () and other.skipped == 1
    assert [(reject.reason, reject.detail[:9]) for reject in other.rejects] == [
        ("unknown_format", "element 1"),
        ("not_json", "element 2"),
    ]


def test_records_without_an_id_are_told_apart_inside_envelopes() -> None:
    plain = record()
    del plain["requestId"], plain["output"]["outputBodyJson"]
    envelopes = [envelope(json.dumps(plain), json.dumps(plain))] * 2
    calls = Parser().parse(Record(0, json.dumps(envelopes).encode(), 1_795_000_000.0), "logs", 0).calls
    assert len({call.id for call in calls}) == 4


def test_any_member_of_a_gzip_is_read() -> None:
    first, second = (gzip.compress(json.dumps(record(name)).encode() + b"\n") for name in ("converse", "invokemodel"))
    assert len(parse(first + second).calls) == 2
