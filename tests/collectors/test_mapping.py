"""A log of one's own: what a table of paths makes of a record, and what it leaves to others."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from analyzers.core import CacheDiagnosis, Call, Message, Part, PromptBlocks, Usage
from collectors.candidates import candidates
from collectors.formats import FORMATS
from collectors.formats.mapping import FIELDS, Mapping
from collectors.json_path import follow, steps, written
from collectors.mapping_settings import MappingSettings, condition
from collectors.parse import Parsed, Parser
from collectors.source import Record
from tests.collectors.test_formats import READ, sample

NOW = 1_795_000_000.0
TABLE: dict[str, Any] = {
    "when": "$.kind == 'llm_call'",
    "id": "$.resp.id",
    "request_id": "$.rid",
    "timestamp": "$.t",
    "duration_ms": "$.took",
    "ttft_s": "$.first",
    "provider": "openai",
    "model": "$.req.model",
    "response_model": "$.resp.model",
    "operation": "chat",
    "app": ["$.svc.name", "other"],
    "environment": "$.svc.env",
    "team": "$.svc['team name']",
    "user": "$.who",
    "conversation": "$.thread",
    "tags": "$.labels",
    "region": "$.where",
    "account": "$.key",
    "messages": "$.req.body",
    "tools": "$.req.body.tools",
    "output": "$.resp.text",
    "parameters": "$.req.body",
    "input_tokens": "$.n[0]",
    "output_tokens": "$.n[-1]",
    "cache_read_tokens": "$.cached",
    "input_includes_cache": True,
    "status": "$.http",
    "error": "$.err",
    "finish_reason": "$.resp.why",
    "service_tier": "$.tier",
    "batch": "$.bulk",
    "stream": "$.sse",
    "cost_usd": "$.usd",
    "cache_hit": "$.cache",
    "feedback": "$.thumb",
    "cache_miss_reason": "$.miss.why",
    "cache_missed_tokens": "$.miss.n",
    "embedding": "$.vector",
    "embedding_model": "mine-v1",
}
BODY = {
    "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}],
    "tools": [{"name": "f"}],
    "temperature": 0.5,
}
RECORD: dict[str, Any] = {
    "kind": "llm_call",
    "rid": 77,
    "vector": [0.5, -1],
    "t": 1_794_999_000_123,
    "took": "1500",
    "first": 0.25,
    "svc": {"name": "shop", "env": "prod", "team name": "search"},
    "who": 4711,
    "thread": "c-1",
    "labels": {"plan": "pro"},
    "where": "eu-west-1",
    "key": "sk-abc",
    "req": {"model": "gpt-4o-mini", "body": json.dumps(BODY)},
    "resp": {"id": "chatcmpl-abcdef123", "model": "gpt-4o-mini-2024-07-18", "text": "hello", "why": "stop"},
    "n": [1500, 20],
    "cached": 1024,
    "http": 200,
    "err": None,
    "tier": "flex",
    "bulk": False,
    "sse": True,
    "usd": "0.001",
    "cache": "MISS",
    "thumb": 1,
    "miss": {"why": "tools_changed", "n": 12},
}


def mine(**table: Any) -> Mapping:
    return Mapping("mine", MappingSettings.model_validate(table or TABLE))


def parse(value: Any, *formats: Mapping, also: Any = FORMATS) -> Parsed:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Parser((*also, *formats), clock=lambda: NOW).parse(Record(0, data, NOW), "logs", 0)


def one(value: Any, *formats: Mapping) -> Call:
    parsed = parse(value, *formats, also=())
    assert parsed.rejects == ()
    (call,) = parsed.calls
    return call


def test_everything_a_call_can_carry_can_be_mapped() -> None:
    call = one(RECORD, mine())
    assert call.user and call.user != "4711" and call.account and "sk" not in call.account
    assert call == Call(
        id="chatcmpl-abcdef123",
        started_at=1_794_999_000.123,
        format="mine",
        observer="@logs",
        observation="77",
        duration=1.5,
        time_to_first_token=0.25,
        provider="openai",
        request_model="gpt-4o-mini",
        response_model="gpt-4o-mini-2024-07-18",
        app="shop",
        environment="prod",
        team="search",
        user=call.user,
        conversation="c-1",
        tags=("plan:pro",),
        region="eu-west-1",
        account=call.account,
        system=(Part("text", "be brief"),),
        tools=(Part("tool_definition", '{"name":"f"}'),),
        messages=(Message("user", (Part("text", "hi"),)),),
        output=(Part("text", "hello"),),
        parameters={"temperature": 0.5},
        usage=Usage(476, 1024, None, None, 20, None, 1500),
        finish_reason="stop",
        service_tier="flex",
        stream=True,
        logged_cost=0.001,
        feedback=1.0,
        cache_diagnosis=CacheDiagnosis("tools_changed", 12),
        embedding=struct.pack("<2f", 0.5, -1.0),
        embedding_model="mine-v1",
    )


@pytest.mark.parametrize(
    ("table", "record", "usage"),
    [
        ({"input_tokens": "$.i", "output_tokens": "$.o"}, {"i": 10, "o": 2}, Usage(None, None, None, None, 2, None, 10)),
        (
            {"input_tokens": "$.i", "output_tokens": "$.o", "cache_read_tokens": "$.r", "cache_write_tokens": "$.w",
             "cache_write_long_tokens": "$.l", "input_includes_cache": False},
            {"i": 12, "o": 20, "r": 1800, "w": 300, "l": 100},
            Usage(12, 1800, 200, 100, 20, None, 2112),
        ),
        ({"usage": "$.u"}, {"u": {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}},
         Usage(5, 4, None, None, 2, None, 9)),
        ({"usage": "$.u"}, {"u": {"input_tokens": 12, "output_tokens": 20, "cache_read_input_tokens": 1800,
                                  "cache_creation_input_tokens": 300}}, Usage(12, 1800, 300, 0, 20, None, 2112)),
        ({"usage": "$.u"}, {"u": {"inputTokens": 12, "outputTokens": 20, "cacheReadInputTokens": 8}},
         Usage(12, 8, None, None, 20, None, 20)),
        ({"usage": "$.u"}, {"u": {"promptTokenCount": 9, "candidatesTokenCount": 2, "thoughtsTokenCount": 3,
                                  "totalTokenCount": 14, "cachedContentTokenCount": 4}}, Usage(5, 4, None, None, 5, 3, 9)),
        ({"usage": "$.u"}, {"u": {"billed_units": {"input_tokens": 12, "output_tokens": 7},
                                  "tokens": {"input_tokens": 212, "output_tokens": 9}}},
         Usage(None, None, None, None, 7, None, 12)),
        ({"usage": "$.u", "model": "$.m"}, {"m": "x"}, Usage()),
    ],
)  # fmt: skip
def test_usage_however_it_is_counted(table: dict[str, Any], record: dict[str, Any], usage: Usage) -> None:
    assert one(record, mine(**table)).usage == usage


@pytest.mark.parametrize(
    ("status", "error", "found"),
    [
        (200, None, ("ok", None)),
        ("200", None, ("ok", None)),
        ("success", None, ("ok", None)),
        (True, None, ("ok", None)),
        (False, None, ("error", "unknown")),
        (429, None, ("error", "429")),
        ("FAILED", None, ("error", "FAILED")),
        (200, "rate_limit", ("error", "rate_limit")),
        (500, {"type": "server_error", "message": "the prompt was ..."}, ("error", "server_error")),
        (500, "could not answer: 'my secret prompt'", ("error", "500")),
        (None, {"message": "secret"}, ("error", "unknown")),
    ],
)
def test_what_counts_as_failed(status: Any, error: Any, found: tuple[str, str | None]) -> None:
    call = one({"m": "x", "s": status, "e": error}, mine(model="$.m", status="$.s", error="$.e"))
    assert (call.status, call.error_type) == found


@pytest.mark.parametrize(
    ("table", "record", "times"),
    [
        ({"timestamp": "$.t"}, {"t": "2026-09-01T00:00:00Z"}, (1_788_220_800.0, "record", None)),
        ({"timestamp": "$.t"}, {"t": 1_788_220_800_000_000_000}, (1_788_220_800.0, "record", None)),
        ({"timestamp": "$.t", "end": "$.e"}, {"t": 1_788_220_800, "e": 1_788_220_802_500}, (1_788_220_800.0, "record", 2.5)),
        ({"end": "$.e", "duration_s": "$.d"}, {"e": 1_788_220_802, "d": 2}, (1_788_220_800.0, "record", 2.0)),
        ({"timestamp": "$.t"}, {"t": "yesterday"}, (NOW, "broker", None)),
    ],
)  # fmt: skip
def test_times(table: dict[str, Any], record: dict[str, Any], times: tuple[float, str, float | None]) -> None:
    call = one({"m": "x", **record}, mine(model="$.m", **table))
    assert (call.started_at, call.time_source, call.duration) == times


@pytest.mark.parametrize(
    ("messages", "system", "turns"),
    [
        ("hi", (), [("user", ["hi"])]),
        ([{"role": "user", "parts": [{"type": "text", "content": "hi"}]}], (), [("user", ["hi"])]),
        ([{"role": "system", "content": "s"}, {"role": "user", "content": [{"type": "text", "text": "hi"}]}], ("s",),
         [("user", ["hi"])]),
        ({"system": "s", "messages": [{"role": "user", "content": [{"type": "tool_result", "content": "42"}]}]}, ("s",),
         [("user", ["42"])]),
        ({"instructions": "s", "input": [{"type": "message", "role": "user", "content": "hi"}]}, ("s",), [("user", ["hi"])]),
        ('[{"role": "user", "content": "hi"}]', (), [("user", ["hi"])]),
        ([], (), []),
        (7, (), []),
        ([7, None, "x"], (), []),
    ],
)  # fmt: skip
def test_prompts_in_any_shape(messages: Any, system: tuple[str, ...], turns: list[Any]) -> None:
    call = one({"m": "x", "p": messages}, mine(model="$.m", messages="$.p"))
    assert tuple(part.text for part in call.system) == system
    assert [(message.role, [part.text for part in message.parts]) for message in call.messages] == turns
    assert call.text_state == ("full" if system or turns else "absent")


@pytest.mark.parametrize(
    "output",
    [
        "hello",
        {"role": "assistant", "content": "hello"},
        {"choices": [{"index": 0, "message": {"role": "assistant", "content": "hello"}}]},
        [{"index": 0, "message": {"role": "assistant", "content": "hello"}}],
        {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "hello"}]},
        {"object": "response", "output": [{"type": "message", "content": [{"type": "output_text", "text": "hello"}]}]},
        [{"role": "assistant", "parts": [{"type": "text", "content": "hello"}]}],
        '{"text": "hello"}',
    ],
)
def test_answers_in_any_shape(output: Any) -> None:
    call = one({"m": "x", "o": output}, mine(model="$.m", output="$.o"))
    assert [part.text for part in call.output] == ["hello"]


def test_hashes_in_place_of_text() -> None:
    form = mine(model="$.m", prompt_hashes="$.h", block_size="$.s")
    call = one({"m": "x", "h": [1, "b"], "s": 512}, form)
    assert (call.prompt_blocks, call.text_state) == (PromptBlocks(512, ("1", "b")), "hashes")
    for broken in ({"h": [1, {}], "s": 512}, {"h": "x", "s": 1}, {"h": [1], "s": 0}):
        (reject,) = parse({"m": "x", **broken}, form, also=()).rejects
        assert reject.reason == "invalid"


def test_a_count_that_is_none_refuses_the_record_without_its_text() -> None:
    parsed = parse({"i": "my secret"}, mine(input_tokens="$.i"), also=())
    assert parsed.calls == ()
    assert parsed.rejects[0] == ("invalid", "mine: input_tokens")


def test_a_condition_goes_before_every_other_format_and_a_table_without_one_before_bodies_alone() -> None:
    """In whatever order the records come: which format fitted last must not decide whose a record is."""
    own = {"kind": "llm_call", "req": {"model": "m"}, "messages": [{"role": "user", "content": "hi"}]}
    others = [json.loads(sample(path)[0]) for path in READ if path.stem.startswith(("litellm_slp_openai", "bedrock"))]
    told = mine(when="$.kind == 'llm_call'", model="$.req.model")
    guess = Mapping("guess", MappingSettings.model_validate({"model": "$.model", "messages": "$.messages"}))
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}
    for order in ([own, *others, own, body], [*others, body, own, *others], [body, own, body, *others]):
        parser = Parser((*FORMATS, told, guess), clock=lambda: NOW)
        for value in order:
            parsed = parser.parse(Record(0, json.dumps(value).encode(), NOW), "logs", 0)
            formats = {call.format for call in parsed.calls}
            expected = {"mine"} if value is own else {"guess"} if value is body else {"litellm", "bedrock"}
            assert formats <= expected and formats, (formats, expected)


@pytest.mark.parametrize(
    ("when", "record", "takes"),
    [
        ("$.kind", {"kind": 0}, True),
        ("$.kind", {"kind": None}, False),
        ("$.kind == 'chat'", {"kind": "chat"}, True),
        ("$.kind=='chat'", {"kind": "other"}, False),
        ("$.v == 2", {"v": 2}, True),
        ("$.v == 2", {"v": True}, False),
        ("$.v == 1", {"v": True}, False),
        ("$.ok == true", {"ok": True}, True),
        ("$['a == b']", {"a == b": 1}, True),
        (["$.kind == 'chat'", "$.v"], {"kind": "chat"}, False),
        (["$.kind == 'chat'", "$.v"], {"kind": "chat", "v": 1}, True),
    ],
)
def test_conditions(when: Any, record: dict[str, Any], takes: bool) -> None:
    assert mine(when=when, model="$.m").takes(record) is takes


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", {"a": [{"x y": {"c": 1}}], "s": '{"n": [5]}', "it's": 2, "l": [1, 2]}),
        ("$.a[0]['x y'].c", 1),
        ('$.a[-1]["x y"].c', 1),
        ("$.s.n[0]", 5),
        ("$['it\\'s']", 2),
        ("$.l[2]", None),
        ("$.l[-3]", None),
        ("$.l.a", None),
        ("$.a.b", None),
        ("$.nothing.at.all", None),
    ],
)
def test_paths(path: str, found: Any) -> None:
    value = {"a": [{"x y": {"c": 1}}], "s": '{"n": [5]}', "it's": 2, "l": [1, 2]}
    assert follow(value, steps(path)) == found
    assert steps(written(steps(path))) == steps(path)


@pytest.mark.parametrize(
    "path", ["", "a.b", "$.", "$a", "$.a[", "$.a['b]", "$.a[*]", "$..a", "$.a[0", "$.a b", "$.a[x]", "$" + ".a" * 33]
)
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(ValueError, match=r"path|steps"):
        steps(path)


@given(st.lists(st.one_of(st.text(min_size=1), st.integers(-999, 999)), max_size=8))
def test_any_path_is_written_and_read(path: list[str | int]) -> None:
    assert steps(written(tuple(path))) == tuple(path)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "role", "content", "parts", "type"]), inner),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["a", "b"]), _JSON, min_size=1), st.sampled_from(FIELDS))
def test_any_value_in_any_field_is_a_call_or_a_reject(record: dict[str, Any], field: str) -> None:
    table = {"when": "$", "model": "$.b", "block_size": "$.b", "input_includes_cache": True, field: "$.a"}
    parsed = parse(record, mine(**table), also=())
    assert len(parsed.calls) + len(parsed.rejects) == 1
    assert {reject.reason for reject in parsed.rejects} <= {"invalid", "too_deep"}
    assert not any("Error" in reject.detail for reject in parsed.rejects), parsed.rejects


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"app": "x"}, "names neither a model nor messages nor tokens"),
        ({"model": []}, "at least 1"),
        ({"messages": "no path"}, "a path begins with"),
        ({"model": "$.a", "when": "$.a == b"}, "neither a 'word'"),
        ({"input_tokens": "$.i", "cache_read_tokens": "$.r"}, "is required beside cache counters"),
        ({"model": "$.m", "prompt_hashes": "$.h"}, "is required beside prompt_hashes"),
        ({"model": "$.m", "modle": "$.x"}, "Extra inputs"),
    ],
)
def test_tables_that_are_refused(table: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        MappingSettings.model_validate(table)


def test_conditions_are_read() -> None:
    assert condition("$.a == 'x == y'") == ("$.a", "x == y")
    assert condition("$.a") == ("$.a", ...)


def test_candidates_are_paths_by_the_names_of_keys() -> None:
    records: list[dict[str, Any]] = [
        {"meta": {"startTime": 1_788_220_800, "latency": 1200}, "req": json.dumps({"modelName": "m", "prompt": "my secret"}),
         "usage": {"prompt_tokens": 5}, "a secret sentence, as a key!": {"model": "x"}},
        {"meta": {"startTime": "2026-09-01T00:00:00Z", "latency": 0.7}, "req": "{broken", "usage": None},
    ]  # fmt: skip
    found = {field: [tuple(one) for one in paths] for field, paths in candidates(records).items()}
    assert found == {
        "timestamp": [("$.meta.startTime", 2)],
        "duration_ms": [("$.meta.latency", 1)],
        "duration_s": [("$.meta.latency", 1)],
        "model": [("$.req.modelName", 1)],
        "messages": [("$.req.prompt", 1)],
        "usage": [("$.usage", 1)],
        "input_tokens": [("$.usage.prompt_tokens", 1)],
    }
    assert "secret" not in str(found)
