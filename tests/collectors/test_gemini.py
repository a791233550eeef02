"""Gemini's generateContent in the API's names and the SDK's, whole and streamed, on Vertex AI and off it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from analyzers.core import Call, Usage
from collectors.formats.gemini_parts import snake
from tests.collectors.test_formats import DATA, parse, sample


def record(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(sample(DATA / "read" / "gemini_generate_content.json")[0])
    return whole | changes


def one(value: Any) -> Call:
    parsed = parse(json.dumps(value).encode())
    assert parsed.rejects == ()
    (call,) = parsed.calls
    return call


def as_sdk(value: Any) -> Any:
    if isinstance(value, dict):
        return {snake(name): as_sdk(inner) for name, inner in value.items()}
    return [as_sdk(inner) for inner in value] if isinstance(value, list) else value


def with_usage(**counts: Any) -> Usage:
    value = record()
    value["response"]["usageMetadata"] = counts
    return one(value).usage


def test_an_answer_with_its_request() -> None:
    call = one(record())
    assert call.usage == Usage(476, 1024, None, None, 84, 64, 1500)
    assert (call.id, call.request_model, call.response_model) == (
        "SYNTHqmcH9qs",
        "gemini-2.5-flash",
        "gemini-2.5-flash",
    )
    assert (call.team, call.provider, call.service_tier, call.duration) == ("search", "gcp.vertex_ai", "standard", 1.8)
    assert call.parameters == {"temperature": 0.2, "cached_content": "cachedContents/synth-1"}
    assert call.text_state == "truncated", "the named cache holds the beginning of the prompt"
    assert [part.text for part in call.output] == ["Paris."]


def test_the_names_of_the_sdk_say_the_same() -> None:
    value = record()
    dumped = {"request": as_sdk(value["request"]), "response": as_sdk(value["response"]), "latency_ms": 1800}
    dumped["timestamp"] = value["timestamp"]
    request = dumped["request"]
    request["config"] = {
        name: request.pop(name) for name in ("system_instruction", "cached_content", "labels")
    } | request.pop("generation_config")
    request["contents"] = "Capital of France?"
    plain, sdk = one(value), one(dumped)
    for name in ("usage", "system", "messages", "output", "parameters", "team", "provider", "service_tier", "id"):
        assert getattr(sdk, name) == getattr(plain, name), name


def test_counts() -> None:
    assert with_usage(promptTokenCount=10, candidatesTokenCount=3, totalTokenCount=13) == Usage(
        10, 0, None, None, 3, None, 10
    )
    tools = with_usage(
        promptTokenCount=10, toolUsePromptTokenCount=5, candidatesTokenCount=3, thoughtsTokenCount=2, totalTokenCount=20
    )
    assert (tools.input_total, tools.output, tools.reasoning) == (15, 5, 2)
    included = with_usage(promptTokenCount=10, candidatesTokenCount=5, thoughtsTokenCount=2, totalTokenCount=15)
    assert included.output == 5
    only_total = with_usage(promptTokenCount=10, totalTokenCount=14)
    assert only_total.output == 4
    assert with_usage(promptTokenCount=10).output is None


def chunks() -> list[dict[str, Any]]:
    def chunk(text: str | None, output: int, **more: Any) -> dict[str, Any]:
        parts = [{"text": text}] if text is not None else [{"functionCall": {"name": "look", "args": {"q": 1}}}]
        return {
            "candidates": [{"content": {"role": "model", "parts": parts}, "index": 0} | more],
            "usageMetadata": {
                "promptTokenCount": 1500,
                "candidatesTokenCount": output,
                "totalTokenCount": 1500 + output,
            },
            "modelVersion": "gemini-2.5-flash",
            "responseId": "SYNTHstream1",
        }

    thought = chunk("hm", 0)
    thought["candidates"][0]["content"]["parts"][0]["thought"] = True
    return [thought, chunk("Par", 1), chunk("is.", 2), chunk(None, 20, finishReason="STOP")]


@pytest.mark.parametrize(
    "response",
    [
        chunks(),
        json.dumps(chunks()),
        "".join(f"data: {json.dumps(chunk)}\r\n\r\n" for chunk in chunks()),
    ],
    ids=["array", "array in a string", "event stream"],
)
def test_a_stream(response: Any) -> None:
    call = one({"request": record()["request"], "response": response})
    assert [(part.kind, part.text) for part in call.output] == [
        ("reasoning", "hm"),
        ("text", "Paris."),
        ("tool_call", '{"id":null,"name":"look","arguments":{"q":1}}'),
    ]
    assert (call.usage.output, call.finish_reason, call.stream, call.id) == (20, "STOP", True, "SYNTHstream1")


def test_a_stream_alone_is_one_answer_and_a_batch_is_not() -> None:
    assert one(chunks()).usage.output == 20
    batch = [chunk | {"responseId": f"SYNTHbatch{number}"} for number, chunk in enumerate(chunks())]
    assert len(parse(json.dumps(batch).encode()).calls) == 4


def test_what_the_url_tells() -> None:
    value = record(
        url="https://europe-west4-aiplatform.googleapis.com/v1/projects/my-proj/locations/europe-west4"
        "/publishers/google/models/gemini-2.5-pro:generateContent"
    )
    del value["request"]["model"]
    call = one(value)
    assert (call.request_model, call.region, call.provider) == ("gemini-2.5-pro", "europe-west4", "gcp.vertex_ai")
    assert call.account is not None and "my-proj" not in repr(call)


def test_the_gemini_api_is_told_from_vertex() -> None:
    value = record()
    del value["response"]["createTime"], value["response"]["usageMetadata"]["trafficType"], value["request"]["labels"]
    assert one(value).provider == "gcp.gemini"


@pytest.mark.parametrize(
    ("traffic", "tier"),
    [
        ("ON_DEMAND_FLEX", "flex"),
        ("ON_DEMAND_PRIORITY", "priority"),
        ("PROVISIONED_THROUGHPUT", "provisioned_throughput"),
        ("TRAFFIC_TYPE_UNSPECIFIED", None),
    ],
)
def test_the_tier_that_served(traffic: str, tier: str | None) -> None:
    value = record()
    value["response"]["usageMetadata"]["trafficType"] = traffic
    assert one(value).service_tier == tier


def test_errors_and_blocked_prompts() -> None:
    error = {"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED"}}
    call = one(record(response=error, status_code=429))
    assert (call.status, call.error_type, call.usage) == ("error", "RESOURCE_EXHAUSTED", Usage())
    blocked = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 10}}
    assert one(record(response=blocked)).finish_reason == "SAFETY"


def test_parts_of_every_kind() -> None:
    value = record()
    value["request"]["contents"] = [
        {"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": "x" * 4000}}, {"text": "what?"}]},
        {"role": "model", "parts": [{"functionCall": {"name": "look", "args": {}}, "thoughtSignature": "abc"}]},
        {"role": "function", "parts": [{"functionResponse": {"name": "look", "response": {"a": 1}}}]},
    ]
    value["request"]["tools"] = [
        {"functionDeclarations": [{"name": "look"}, {"name": "find"}]},
        {"googleSearch": {}},
    ]
    call = one(value)
    assert [(message.role, [part.kind for part in message.parts]) for message in call.messages] == [
        ("user", ["image", "text"]),
        ("assistant", ["tool_call"]),
        ("tool", ["tool_result"]),
    ]
    assert [part.text for part in call.tools] == ['{"name":"look"}', '{"name":"find"}', '{"googleSearch":{}}']


def test_a_count_that_is_none_is_refused_by_name() -> None:
    value = record()
    value["response"]["usageMetadata"]["thoughtsTokenCount"] = -1
    (reject,) = parse(json.dumps(value).encode()).rejects
    assert (reject.reason, reject.detail) == ("invalid", "gemini: usageMetadata.thoughtsTokenCount")


def test_pieces_of_a_stream_that_are_no_parts() -> None:
    odd = chunks()
    odd[1]["candidates"][0]["content"]["parts"] = [[], ["x"], 5, None, {"text": "Paris."}]
    assert one({"response": odd}).output[-1].kind == "tool_call"
