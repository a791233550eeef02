"""Vectors that a producer logs with its calls: taken as they are, refused when they are none."""

from __future__ import annotations

import json
import struct
from base64 import b64encode
from typing import Any

import pytest

from analyzers.core import Call
from collectors.formats.hone_record import record
from collectors.parse import Parsed, Parser
from collectors.source import Record

NOW = 1_795_000_000.0
FLOATS = struct.pack("<3f", 0.25, -0.5, 1.0)


def parse(**fields: Any) -> Parsed:
    data = json.dumps({"hone": 1, "id": "a", "timestamp": NOW, **fields}).encode()
    return Parser(clock=lambda: NOW).parse(Record(0, data, NOW), "logs", 0)


@pytest.mark.parametrize("given", [[0.25, -0.5, 1], b64encode(FLOATS).decode()])
def test_numbers_and_base64_are_the_same_vector(given: Any) -> None:
    (call,) = parse(embedding=given, embedding_model="mine-v1").calls
    assert (call.embedding, call.embedding_model) == (FLOATS, "mine-v1")


@pytest.mark.parametrize("given", [None, ""])
def test_a_call_need_not_have_one(given: Any) -> None:
    (call,) = parse(embedding=given).calls
    assert call.embedding is None


@pytest.mark.parametrize(
    "given",
    [
        [],
        [0.0, 0.0],
        [0.5, "0.5"],
        [0.5, True],
        [[0.5]],
        [1e39],
        [10**400],
        [0.5] * 8_193,
        {"0": 0.5},
        7,
        "not base64!",
        "AAAA",
        b64encode(struct.pack("<2f", float("nan"), 1.0)).decode(),
        b64encode(struct.pack("<2f", float("inf"), 1.0)).decode(),
        b64encode(FLOATS * 3_000).decode(),
    ],
)
def test_what_is_no_vector_is_refused_by_name(given: Any) -> None:
    parsed = parse(embedding=given)
    assert parsed.calls == ()
    (reject,) = parsed.rejects
    assert "embedding" in reject.detail or reject.reason == "bad_json"


def test_a_call_written_as_a_record_keeps_it() -> None:
    call = Call(id="a", started_at=NOW, format="hone", embedding=FLOATS, embedding_model="mine-v1")
    (again,) = Parser(clock=lambda: NOW).parse(Record(0, json.dumps(record(call)).encode(), NOW), "logs", 0).calls
    assert (again.embedding, again.embedding_model) == (FLOATS, "mine-v1")
