"""A record of a kind that was read before gives the call that reading it whole gives, whatever differs."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from collectors.formats import openai_alike
from collectors.parse import Parsed, Parser
from collectors.source import Record

RECORD: dict[str, Any] = {
    "timestamp": 1_795_000_000.5,
    "latency_ms": 420,
    "ttft_ms": 80,
    "status_code": 200,
    "env": "prod",
    "user_id": "u-1",
    "session_id": "s-1",
    "trace_id": "t-1",
    "request_id": "r-1",
    "project_id": "p-1",
    "url": "https://eu.api.openai.com/v1/chat/completions",
    "cost_usd": 0.01,
    "cache_hit": False,
    "error": None,
    "metadata": {"app": "bot", "tags": ["a", "team:x"]},
    "request": {
        "model": "gpt-4o-mini",
        "temperature": 1,
        "stream": False,
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Where is my order?"}],
        "tools": [{"type": "function", "function": {"name": "find", "parameters": {}}}],
        "metadata": {"team": "support"},
    },
    "response": {
        "id": "chatcmpl-1234567890abcdef",
        "object": "chat.completion",
        "created": 1_795_000_000,
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "On its way."}}],
        "usage": {
            "prompt_tokens": 100,
            "completion_tokens": 10,
            "total_tokens": 110,
            "prompt_tokens_details": {"cached_tokens": 64},
        },
        "service_tier": "default",
    },
}
PLAIN: dict[str, Any] = {name: RECORD[name] for name in ("timestamp", "latency_ms", "request", "response")}
OTHERS: list[Any] = [
    None, "", "other", "x" * 300, 0, 1, 1.0, True, 500, [], {}, ["a"], {"message": "m", "param": 1}, "error", "failed",
    "response", "batch", "flex", "claude-3", {"prompt_cache_hit_tokens": 4, "prompt_tokens": 9},
]  # fmt: skip
ADDED = [
    "max_tokens",
    "system",
    "input",
    "error",
    "choices",
    "prompt_cache_hit_tokens",
    "custom_id",
    "user",
    "object",
    "conversation",
    "previous_response_id",
    "stop_reason",
    "content_filter_results",
    "prompt_cache_diagnostics",
]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    names = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for name in names:
        yield value, name
        yield from places(value[name])


def variations(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The record with one place changed, dropped or added to."""
    for number, (inside, _) in enumerate(places(record)):
        for other in OTHERS:
            changed = copy.deepcopy(record)
            where, name = list(places(changed))[number]
            where[name] = other
            yield changed
        if isinstance(inside, dict):
            changed = copy.deepcopy(record)
            where, name = list(places(changed))[number]
            del where[name]
            yield changed
            for name in ADDED:
                changed = copy.deepcopy(record)
                list(places(changed))[number][0].setdefault(name, "x")
                yield changed


def read(record: dict[str, Any], topic: str = "logs") -> Parsed:
    return Parser(clock=lambda: 1_795_000_100.0).parse(Record(0, orjson.dumps(record)), topic, 0)


@pytest.mark.parametrize("record", [RECORD, PLAIN])
def test_the_same_call_as_without_memory(record: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for changed in variations(record):
        monkeypatch.setattr(openai_alike, "_shapes", {})
        expected = read(changed)
        monkeypatch.setattr(openai_alike, "_shapes", {})
        read(record)
        assert repr(read(changed)) == repr(expected), changed  # repr: 1, 1.0 and True are told apart


def test_a_record_of_the_same_kind_is_not_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_alike, "_shapes", {})
    first = read(RECORD)
    again = copy.deepcopy(RECORD)
    again["response"]["id"] = "chatcmpl-fedcba0987654321"
    again["request"]["messages"][1]["content"] = "And now?"
    again["user_id"] = "u-2"
    monkeypatch.setattr("collectors.formats.openai.Around", None)
    (call,) = read(again).calls
    assert call.id == "chatcmpl-fedcba0987654321"
    assert call.messages[0].parts[0].text == "And now?"
    assert call.user != first.calls[0].user
    assert read(RECORD) == first


def test_kinds_are_told_apart_by_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_alike, "_shapes", {})
    assert [read(RECORD, topic).calls[0].observer for topic in ("a", "b", "a")] == ["@a", "@b", "@a"]


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_alike, "_shapes", {})
    for number in range(600):
        read({**PLAIN, f"x{number}": 1})
        read({**RECORD, "env": f"e{number}"})
    assert len(openai_alike._shapes) <= 256
    assert max(len(shape.calls) for shape in openai_alike._shapes.values()) <= 256
