"""Hone's own record: what is written is read back, and what is wrong in it is named."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import assume, given

from analyzers.core import Call, PromptBlocks, Usage
from collectors.fields import label
from collectors.formats import hone, hone_record
from collectors.parse import Parsed, Parser
from collectors.source import Record
from tests.strategies import calls


def parse(value: dict[str, Any]) -> Parsed:
    return Parser(formats=(hone,), clock=lambda: 1_795_100_000.0).parse(Record(0, orjson.dumps(value), None), "t", 0)


def clean(call: Call) -> Call:
    """The call with its names as any reader would keep them, and nothing that JSON cannot carry."""
    return msgspec.structs.replace(
        call,
        id=f"id-{len(call.id)}",
        app=label(call.app),
        team=label(call.team),
        observer=label(call.observer) or "@t",
        duration=call.duration if call.duration is None or call.duration >= 0 else None,
        text_state="full" if call.system or call.messages else "absent",
    )


@given(calls())
def test_a_call_survives_its_record(call: Call) -> None:
    assume("\\ud" not in repr(call))  # half a surrogate pair is not JSON
    whole = clean(call)
    (again,) = parse(hone_record.record(whole)).calls
    assert again == whole


def test_a_producer_that_logs_only_block_hashes() -> None:
    (call,) = parse(
        {
            "hone": 1,
            "timestamp": 1_795_000_000,
            "gen_ai.request.model": "gpt-4o-mini",
            "usage": {"uncached_input": 512, "cache_read": 1024, "output": 9},
            "prompt_blocks": {"size": 512, "hashes": [46, 47, "a1b2"]},
        }
    ).calls
    assert call.prompt_blocks == PromptBlocks(512, ("46", "47", "a1b2"))
    assert call.text_state == "hashes"
    assert call.usage == Usage(512, 1024, None, None, 9, None, 1536)


def test_names_of_opentelemetry_are_enough() -> None:
    (call,) = parse(
        {
            "hone": 1,
            "timestamp": "2026-11-18T10:00:00Z",
            "gen_ai.response.id": "chatcmpl-123456789",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.cache_read.input_tokens": 40,
            "gen_ai.usage.output_tokens": 7,
            "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "hi"}]}],
            "user.id": "jane@example.org",
        }
    ).calls
    assert (call.id, call.usage.uncached_input, call.usage.cache_read, call.usage.output) == (
        "chatcmpl-123456789",
        60,
        40,
        7,
    )
    assert call.user is not None and "jane" not in call.user


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"hone": 2}, "hone"),
        ({"usage": {"output": -1}}, "usage.output"),
        ({"usage": []}, "usage"),
        ({"status": "fine"}, "status"),
        ({"gen_ai.input.messages": "hi"}, "gen_ai.input.messages"),
        ({"gen_ai.input.messages": [{"role": "king", "parts": []}]}, "gen_ai.input.messages.role"),
        ({"prompt_blocks": {"size": 0, "hashes": []}}, "prompt_blocks"),
        ({"prompt_blocks": {"size": 512, "hashes": [1.5]}}, "prompt_blocks.hashes"),
        ({"text_state": "lost"}, "text_state"),
    ],
)
def test_what_is_wrong_is_named(wrong: dict[str, Any], field: str) -> None:
    (reject,) = parse({"hone": 1, "timestamp": 1_795_000_000} | wrong).rejects
    assert reject == ("invalid", f"hone: {field}")
