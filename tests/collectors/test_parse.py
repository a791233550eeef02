"""Whatever stands on a topic becomes calls or a reject that says why; nothing raises and nothing leaks."""

from __future__ import annotations

import gzip
import json
import random
import re
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from collectors.parse import Parsed, Parser
from collectors.source import Record
from tests.collectors.test_formats import READ, sample

REASONS = {"empty", "tombstone", "not_utf8", "not_json", "too_deep", "too_large", "unknown_format", "invalid"}
SAMPLES = [sample(path)[0] for path in READ]
HOLE = re.compile(r": \w*(Error|Exception)$")
"""A reject that names an exception in place of a field: the format met a value that it does not expect.
(Of an unknown format the fields are named, whatever they are called.)"""
BROKER_TIME = 1_795_000_000.0
CALL = {
    "timestamp": "2026-11-18T10:00:00Z",
    "request": {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]},
    "response": {
        "id": "chatcmpl-abcdefgh",
        "object": "chat.completion",
        "model": "gpt-4o-mini",
        "choices": [{"message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15},
    },
}


def parse(value: bytes | None, timestamp: float | None = BROKER_TIME) -> Parsed:
    parsed = Parser(clock=lambda: 1_795_100_000.0).parse(Record(7, value, timestamp), "logs", 3)
    assert parsed.calls or parsed.rejects or parsed.skipped or parsed.fragments, "a record never disappears"
    for reject in parsed.rejects:
        assert reject.reason in REASONS
        assert reject.detail
        assert reject.reason == "unknown_format" or not HOLE.search(reject.detail), (
            f"an exception inside a format: {reject.detail}"
        )
    return parsed


def reasons(value: bytes | None) -> list[str]:
    return [reject.reason for reject in parse(value).rejects]


def with_value(path: list[str | int], value: Any) -> bytes:
    changed = json.loads(json.dumps(CALL))
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return json.dumps(changed).encode()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "tombstone"),
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (b"[]", "empty"),
        (b"\x00\x00\x00", "not_json"),
        (b"WARN something", "not_json"),
        (b'{"a": 1', "not_json"),
        (b'{"a": "\xff\xfe"}', "not_utf8"),
        (b"\xff\xfe\xfd", "not_utf8"),
        (b"12", "not_json"),
        (b"[1, 2]", "unknown_format"),
        (b'"hello"', "not_json"),
        (b'{"event": "healthcheck"}', "unknown_format"),
        (b"[" * 100_000, "too_deep"),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "too_deep"),
        (b'{"a":' * 1_000 + b"1" + b"}" * 1_000, "unknown_format"),
        (gzip.compress(b"no json", mtime=0), "not_json"),
        (gzip.compress(b'{"a": 1}', mtime=0)[:-9], "not_json"),
        (b"\x0a\x03abc", "not_json"),
    ],
)
def test_what_is_no_record_says_why(value: bytes | None, reason: str) -> None:
    assert set(reasons(value)) == {reason}


def test_the_place_of_a_fault_is_named() -> None:
    assert "byte 7" in parse(b'{"a": "\xff"}').rejects[0].detail
    assert "character" in parse(b'{"a": nope}').rejects[0].detail
    assert "usage.prompt_tokens" in parse(with_value(["response", "usage", "prompt_tokens"], -1)).rejects[0].detail


@pytest.mark.parametrize("wrong", [-1, 1.5, True, "many", [1], {"a": 1}, 10**400, 2**60])
@pytest.mark.parametrize("field", ["prompt_tokens", "completion_tokens", "total_tokens"])
def test_a_count_that_is_none_is_refused_by_name(field: str, wrong: Any) -> None:
    (reject,) = parse(with_value(["response", "usage", field], wrong)).rejects
    assert reject.reason == "invalid"
    assert field in reject.detail


@pytest.mark.parametrize("given_", ["12", 12.0, 12])
def test_a_count_written_otherwise_is_read(given_: Any) -> None:
    (call,) = parse(with_value(["response", "usage", "prompt_tokens"], given_)).calls
    assert call.usage.input_total == 12


def test_json_that_only_pythons_decoder_reads_is_still_a_call() -> None:
    raw = json.dumps(CALL).replace('"hello"', '"\\ud800 lone"').replace('"2026-11-18T10:00:00Z"', "NaN")
    (call,) = parse(raw.encode()).calls
    assert call.time_source == "broker"
    assert "lone" in call.messages[0].parts[0].text


def test_one_bad_line_or_element_loses_nothing_else() -> None:
    good = json.dumps(CALL).encode()
    other = with_value(["response", "id"], "chatcmpl-ijklmnop")
    lines = parse(good + b"\n{broken\n" + other + b"\n")
    assert (len(lines.calls), [r.reason for r in lines.rejects]) == (2, ["not_json"])
    assert "element 1" in lines.rejects[0].detail
    array = parse(b"[" + good + b", 5, " + other + b"]")
    assert (len(array.calls), [r.reason for r in array.rejects]) == (2, ["unknown_format"])


@pytest.mark.parametrize(
    "wrapped",
    [
        gzip.compress(orjson.dumps(CALL), mtime=0),
        orjson.dumps(orjson.dumps(CALL).decode()),
        b"\x00\x00\x00\x00\x2a" + orjson.dumps(CALL),
        b"\xef\xbb\xbf" + orjson.dumps(CALL),
        b"\n  " + orjson.dumps(CALL) + b"\n",
        orjson.dumps([CALL]),
        orjson.dumps({"msg": "llm call", "data": CALL}),
        orjson.dumps({"payload": orjson.dumps(CALL["response"]).decode(), "ts": "2026-11-18T10:00:00Z"}),
    ],
    ids=["gzip", "string", "registry", "bom", "space", "array", "deeper", "inner string"],
)
def test_a_call_is_found_in_its_wrapping(wrapped: bytes) -> None:
    (call,) = parse(wrapped).calls
    assert (call.id, call.usage.input_total, call.usage.output) == ("chatcmpl-abcdefgh", 12, 3)


def test_a_small_gzip_cannot_fill_the_memory() -> None:
    bomb = gzip.compress(b" " * (300 << 20), 9)
    assert len(bomb) < 1 << 20
    assert reasons(bomb) == ["too_large"]


@pytest.mark.parametrize(
    ("clock", "at", "source"),
    [
        (1_795_000_500, 1_795_000_500.0, "record"),
        (1_795_000_500_000, 1_795_000_500.0, "record"),
        (1_795_000_500_000_000, 1_795_000_500.0, "record"),
        (1_795_000_500_000_000_000, 1_795_000_500.0, "record"),
        ("1795000500", 1_795_000_500.0, "record"),
        ("2026-11-18 11:15:00", 1_795_000_500.0, "record"),
        ("2026-11-18T12:15:00+01:00", 1_795_000_500.0, "record"),
        (0, BROKER_TIME, "broker"),
        ("1970-01-01T00:00:00Z", BROKER_TIME, "broker"),
        ("2100-01-01T00:00:00Z", BROKER_TIME, "broker"),
        (4_102_444_800, BROKER_TIME, "broker"),
        ("yesterday", BROKER_TIME, "broker"),
        ([1], BROKER_TIME, "broker"),
    ],
)
def test_clocks(clock: Any, at: float, source: str) -> None:
    (call,) = parse(with_value(["timestamp"], clock)).calls
    assert (call.started_at, call.time_source) == (at, source)


def test_without_any_clock_it_is_now_and_says_so() -> None:
    parsed = Parser(clock=lambda: 1_795_100_000.0).parse(Record(0, with_value(["timestamp"], None), None), "logs", 0)
    assert [(call.started_at, call.time_source) for call in parsed.calls] == [(1_795_100_000.0, "unknown")]


@settings(max_examples=400)
@given(st.sampled_from(SAMPLES), st.integers(0, 1 << 30))
def test_a_record_cut_anywhere_never_raises(data: bytes, at: int) -> None:
    parse(data[: at % len(data)])


@settings(max_examples=300)
@given(st.binary(max_size=400))
def test_any_bytes_never_raise(data: bytes) -> None:
    parse(data)


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(
                st.text(max_size=8),
                st.sampled_from(
                    ["request", "response", "usage", "messages", "choices", "object", "hone", "resourceSpans"]
                ),
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=20,
)


@settings(max_examples=300)
@example({"Error": None})
@given(st.dictionaries(st.text(max_size=8), values, max_size=6))
def test_any_json_never_raises(value: Any) -> None:
    parse(json.dumps(value).encode())


@settings(max_examples=600)
@given(st.sampled_from([s for s in SAMPLES if s[:1] in b"{["]), st.integers(), values)
def test_a_sample_with_any_value_replaced_never_raises(data: bytes, seed: int, value: Any) -> None:
    whole = json.loads(data)
    rng = random.Random(seed)
    place = whole
    while True:
        keys: list[Any] = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            break
        key = rng.choice(keys)
        if isinstance(place[key], dict | list) and place[key] and rng.random() < 0.8:
            place = place[key]
            continue
        place[key] = value
        break
    parse(json.dumps(whole).encode())


@settings(max_examples=300)
@given(st.sampled_from(SAMPLES), st.integers(0, 1 << 30))
def test_no_reject_quotes_the_log(data: bytes, at: int) -> None:
    secret = b"s3cr3t-marker"
    marked = data.replace(b"Capital of France?", secret).replace(b"You are terse.", secret)
    for broken in (
        marked[: at % len(marked)],
        marked.replace(b"1500", b'"s3cr3t-marker"').replace(b"2112", b'"s3cr3t-marker"'),
    ):
        for reject in parse(broken).rejects if broken else ():
            assert secret.decode() not in reject.detail
