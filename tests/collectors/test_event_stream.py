"""Bodies of streams as proxies log them: whole, broken off, failed, and inside whatever holds them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from analyzers.core import Call, Usage
from tests.collectors.test_formats import parse

Events = list[dict[str, Any]]


def sse(events: Events, *, end: str = "\n", named: bool = False) -> str:
    def one(event: dict[str, Any]) -> str:
        name = f"event: {event.get('type')}{end}" if named else ""
        return f"{name}data: {json.dumps(event, ensure_ascii=False)}{end}{end}"

    return "".join(map(one, events))


def chunk(delta: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "id": "chatcmpl-STREAM01",
        "object": "chat.completion.chunk",
        "created": 1_795_000_000,
        "model": "gpt-4o-mini",
        "choices": [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": None}],
        "usage": None,
    }
    return whole | more


USAGE = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15, "prompt_tokens_details": {"cached_tokens": 0}}
CHAT: Events = [
    chunk({"role": "assistant", "content": ""}),
    chunk({"content": "Par"}),
    chunk({"content": "is\u2028."}),
    chunk(None, choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}]),
    chunk(None, usage=USAGE),
]


def message_start(**usage: int) -> dict[str, Any]:
    return {
        "type": "message_start",
        "message": {
            "id": "msg_STREAM01",
            "type": "message",
            "model": "claude-sonnet-4-5",
            "content": [],
            "usage": {"input_tokens": 12, "cache_read_input_tokens": 1800, "output_tokens": 1} | usage,
        },
    }


MESSAGES: Events = [
    message_start(),
    {"type": "ping"},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Look"}},
    {"type": "content_block_stop", "index": 0},
    {
        "type": "content_block_start",
        "index": 1,
        "content_block": {"type": "tool_use", "id": "t1", "name": "look", "input": {}},
    },
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": ""}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"q": '}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '"a"}'}},
    {"type": "content_block_stop", "index": 1},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 20}},
    {"type": "message_stop"},
]

RESPONSE = {"id": "resp_STREAM01", "object": "response", "model": "gpt-5.4", "status": "in_progress", "output": []}
ITEM = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Paris."}]}
RESPONSES: Events = [
    {"type": "response.created", "response": RESPONSE},
    {"type": "response.output_text.delta", "delta": "Par", "output_index": 0},
    {"type": "response.output_text.delta", "delta": "is.", "output_index": 0},
    {"type": "response.output_item.done", "item": ITEM, "output_index": 0},
    {
        "type": "response.completed",
        "response": RESPONSE
        | {
            "status": "completed",
            "output": [ITEM],
            "usage": {
                "input_tokens": 12,
                "output_tokens": 3,
                "total_tokens": 15,
                "input_tokens_details": {"cached_tokens": 0},
            },
        },
    },
]


def one(value: Any) -> Call:
    parsed = parse(value if type(value) is bytes else json.dumps(value).encode())
    assert parsed.rejects == ()
    (call,) = parsed.calls
    return call


def text(call: Call) -> list[tuple[str, str]]:
    return [(part.kind, part.text) for part in call.output]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda body: {"response": body},
        lambda body: {"request": "{}", "response_body": body},
        lambda body: {"data": json.dumps({"body": body})},
        lambda body: {"response": "\r\n" + body},
        lambda body: {"response": ": keep-alive\n\n" + body},
        lambda body: body,
        lambda body: body.encode(),
    ],
    ids=["field", "other field", "string in string", "blank line first", "comment first", "JSON string", "bare"],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize(
    ("events", "found"),
    [
        (CHAT, [("text", "Paris\u2028.")]),
        (MESSAGES, [("text", "Look"), ("tool_call", '{"id":"t1","name":"look","arguments":{"q":"a"}}')]),
        (RESPONSES, [("text", "Paris.")]),
    ],
    ids=["chat", "messages", "responses"],
)
def test_a_stream_is_found_in_its_wrapping(events: Events, found: Any, end: str, wrap: Callable[[str], Any]) -> None:
    call = one(wrap(sse(events, end=end, named=True)))
    assert (text(call), call.stream) == (found, True)
    assert call.usage.output in (3, 20)


@pytest.mark.parametrize("events", [CHAT, MESSAGES], ids=["chat", "messages"])
def test_an_array_of_events_is_a_stream_too(events: Events) -> None:
    assert text(one({"response": events})) == text(one({"response": sse(events)}))
    assert text(one(events)) == text(one({"response": sse(events)}))


def test_the_usage_comes_with_an_empty_choice() -> None:
    assert one({"response": sse(CHAT)}).usage == Usage(12, 0, None, None, 3, None, 12)
    interrupted = one({"response": sse(CHAT[:3])})
    assert (interrupted.usage, interrupted.finish_reason) == (Usage(), None)
    assert text(interrupted) == [("text", "Paris\u2028.")]


def test_a_line_that_was_cut_is_passed_over() -> None:
    body = sse(CHAT)
    call = one({"response": body[: body.index("is\u2028")]})
    assert text(call) == [("text", "Par")]


def test_reasoning_and_refusals_and_tools_of_chat() -> None:
    deltas: Events = [
        {"reasoning_content": "h"},
        {"reasoning_content": "m"},
        {"refusal": "no"},
        {"tool_calls": [{"index": 0, "id": "t1", "function": {"name": "look", "arguments": '{"q"'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ":1}"}}]},
    ]
    assert text(one({"response": sse([chunk(delta) for delta in deltas])})) == [
        ("reasoning", "hm"),
        ("text", "no"),
        ("tool_call", '{"id":"t1","name":"look","arguments":"{\\"q\\":1}"}'),
    ]


def test_azures_first_chunk_has_no_object() -> None:
    first: dict[str, Any] = {
        "id": "",
        "object": "",
        "model": "",
        "created": 0,
        "choices": [],
        "prompt_filter_results": [],
    }
    first["prompt_filter_results"] = [{"prompt_index": 0, "content_filter_results": {}}]
    call = one({"response": sse([first, *CHAT])})
    assert (call.provider, call.id, call.usage.output) == ("azure", "chatcmpl-STREAM01", 3)


def test_completions_are_streamed_too() -> None:
    pieces: Events = [
        {"id": "cmpl-STREAM01", "object": "text_completion", "choices": [{"index": 0, "text": t}]} for t in "ab"
    ]
    call = one({"response": sse(pieces)})
    assert (call.operation, text(call)) == ("text_completion", [("text", "ab")])


def test_a_stream_of_responses_that_broke_off() -> None:
    assert text(one({"response": sse(RESPONSES[:3])})) == [("text", "Paris.")]
    whole_item = one({"response": sse(RESPONSES[:4])})
    assert (text(whole_item), whole_item.usage, whole_item.finish_reason) == (
        [("text", "Paris.")],
        Usage(),
        "in_progress",
    )


def test_a_message_that_broke_off_does_not_know_its_output() -> None:
    call = one({"response": sse(MESSAGES[:8])})
    assert (call.usage.input_total, call.usage.output) == (1812, None)
    assert text(call)[1] == ("tool_call", '{"id":"t1","name":"look","arguments":"{\\"q\\": "}')


@pytest.mark.parametrize(
    ("events", "error", "input_total"),
    [
        ([*CHAT[:2], {"error": {"type": "server_error", "message": "no"}}], "server_error", None),
        ([{"error": {"message": "no", "type": "rate_limit_error", "code": 429}}], "rate_limit_error", None),
        ([*MESSAGES[:4], {"type": "error", "error": {"type": "overloaded_error"}}], "overloaded_error", 1812),
        ([{"type": "error", "error": {"type": "api_error", "message": "no"}}], "api_error", None),
        ([RESPONSES[0], {"type": "error", "code": "server_error", "message": "no"}], "error", None),
        (
            [
                RESPONSES[0],
                {
                    "type": "response.failed",
                    "response": RESPONSE | {"status": "failed", "error": {"code": "server_error"}},
                },
            ],
            "server_error",
            None,
        ),
    ],
    ids=["chat", "chat at once", "message", "message at once", "responses", "responses failed"],
)
def test_a_stream_that_failed(events: Events, error: str, input_total: int | None) -> None:
    call = one({"response": sse(events)})
    assert (call.status, call.error_type, call.usage.input_total) == ("error", error, input_total)


def test_a_stream_that_talks_of_another_provider_is_its_own() -> None:
    quoting = [chunk({"content": 'say "message_start" and "response.created"'}), CHAT[-1]]
    assert one({"response": sse(quoting)}).format == "openai"
    talk = {"type": "content_block_delta", "index": 0, "delta": {"text": '"chat.completion.chunk" "response.x"'}}
    assert one({"response": sse([MESSAGES[0], talk])}).format == "anthropic"
