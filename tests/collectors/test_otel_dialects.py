"""What each dialect of OpenTelemetry says beside its tokens: who, what, how long, which text and in which state."""

from __future__ import annotations

import json
from typing import Any

import pytest

from analyzers.core import CacheDiagnosis, Call, Part
from collectors import identity
from collectors.parse import Parsed, Parser
from collectors.source import Record
from tests.collectors.test_formats import DATA, counters, sample

SYSTEM, QUESTION, ANSWER = "You are terse.", "Capital of France?", "Paris."


def parse(value: Any, topic: str = "otlp", offset: int = 0) -> Parsed:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Parser().parse(Record(offset, data, 1_795_000_000.0), topic, 0)


def read(stem: str) -> Parsed:
    return parse(sample(DATA / "read" / f"{stem}.json")[0])


def calls(stem: str) -> tuple[Call, ...]:
    return read(stem).calls


def only(stem: str) -> Call:
    (call,) = calls(stem)
    return call


def value(raw: Any) -> dict[str, Any]:
    if isinstance(raw, bool):
        return {"boolValue": raw}
    if isinstance(raw, int):
        return {"intValue": str(raw)}
    if isinstance(raw, dict):
        return {"kvlistValue": {"values": [{"key": k, "value": value(v)} for k, v in raw.items()]}}
    if isinstance(raw, list):
        return {"arrayValue": {"values": [value(v) for v in raw]}}
    return {"stringValue": raw}


def span(scope: str = "my.app", events: list[dict[str, Any]] | None = None, **attributes: Any) -> dict[str, Any]:
    one = {
        "traceId": "ab" * 16,
        "spanId": "cd" * 8,
        "name": "chat",
        "startTimeUnixNano": "1795000000000000000",
        "endTimeUnixNano": "1795000001000000000",
        "attributes": [{"key": name.replace("__", "."), "value": value(raw)} for name, raw in attributes.items()],
        "events": events or [],
    }
    return {"resourceSpans": [{"scopeSpans": [{"scope": {"name": scope}, "spans": [one]}]}]}


def texts(call: Call) -> tuple[list[str], list[tuple[str, list[str]]], list[str]]:
    return (
        [part.text for part in call.system],
        [(message.role, [part.text for part in message.parts]) for message in call.messages],
        [part.text for part in call.output],
    )


PLAIN = ([SYSTEM], [("user", [QUESTION])], [ANSWER])


@pytest.mark.parametrize(
    ("stem", "of"),
    [
        ("otel_litellm_v2_span", 0),
        ("otel_vercel_ai_v5_anthropic_stream", 0),
        ("otel_ai_sdk_7_genai", 0),
        ("otel_langfuse_sdk_v3", 0),
        ("otel_langfuse_sdk_v3", 1),
        ("otel_traceloop_new_association", 0),
        ("openinference_anthropic_bodies", 0),
        ("openinference_responses_diagnosis", 0),
        ("otel_genai_span_lab_genai_openai_1.3b0", 0),
        ("otel_genai_span_lab_litellm_otel_v1_1.106.2", 0),
        ("openinference_span_lab_openai_0.1.66", 0),
        ("openinference_span_lab_anthropic_3.1.0", 0),
    ],
)
def test_the_same_conversation_is_the_same_text_in_every_dialect(stem: str, of: int) -> None:
    call = calls(stem)[of]
    assert texts(call) == PLAIN
    assert call.text_state == "full"
    assert call.text_key == ""


def test_litellm_v2() -> None:
    paid, cached = calls("otel_litellm_v2_span")
    assert (paid.app, paid.team, paid.logged_cost, paid.stream) == ("litellm", "search", 0.0001602, True)
    assert paid.time_to_first_token == 0.4
    assert paid.user is not None
    assert [json.loads(tool.text)["name"] for tool in paid.tools] == ["lookup"]
    assert (cached.response_cache_hit, paid.response_cache_hit) == (True, False)
    assert cached.id == paid.id == "chatcmpl-SYNTH0101"
    assert not identity.same_call(identity.keys(paid), identity.keys(cached)), "the cache's answer is a request too"


def test_litellms_callbacks_speak_of_the_same_call() -> None:
    span_of = calls("otel_genai_span_lab_litellm_otel_v1_1.106.2")
    logged = only("litellm_slp_anthropic_chat")
    for call in span_of:
        assert call.observer == logged.observer
        assert call.observation.count("-") == 4
    assert not span_of[1].id.startswith("chatcmpl-"), "an id that the gateway made up identifies nothing elsewhere"


@pytest.mark.parametrize(
    ("written", "read_and_written"),
    [
        ("{'prompt_tokens_details': {'cached_tokens': 64, 'cache_write_tokens': None}, 'x': True}", (64, None)),
        ('{"prompt_tokens_details": {"cached_tokens": 64, "cache_write_tokens": 8}}', (64, 8)),
        ("{[]: 1}", (None, None)),
        ("{'a': __import__('os').system('true')}", (None, None)),
        ("(" * 5_000, (None, None)),
        ("-" * 15_000 + "1", (None, None)),
        ("{'a':" * 3_000, (None, None)),
        ("9" * 10_000, (None, None)),
        ("{'\\d': 1}", (None, None)),
        ("\x00", (None, None)),
        ("{'prompt_tokens_details': ['cached_tokens']}", (None, None)),
    ],
    ids=range(11),
)
def test_pythons_repr_is_read_without_python(
    written: str, read_and_written: tuple[int | None, int | None], recwarn: pytest.WarningsRecorder
) -> None:
    parsed = parse(
        span(
            "litellm",
            gen_ai__request__model="gpt-4o-mini",
            gen_ai__usage__input_tokens=100,
            gen_ai__usage__output_tokens=5,
            metadata__usage_object=written,
        )
    )
    (call,) = parsed.calls
    assert parsed.rejects == ()
    assert (call.usage.cache_read, call.usage.cache_write_short) == read_and_written
    assert not recwarn.list


def test_vercel_counts_each_step_once_and_names_the_application() -> None:
    parsed = read("otel_vercel_ai_v6_steps")
    assert parsed.skipped == 2
    first, second = parsed.calls
    assert (first.app, first.team, first.conversation, first.tags) == ("faq", "search", "s-1", ("beta", "team:search"))
    assert (first.provider, first.finish_reason, first.parameters) == ("openai", "tool-calls", {"temperature": 0.2})
    assert [part.cache_mark for part in first.system] == ["5m"]
    assert first.output[0].kind == "tool_call"
    assert json.loads(first.output[0].text)["name"] == "lookup"
    assert [message.role for message in second.messages] == ["user", "assistant", "tool"]
    assert [message.parts[0].kind for message in second.messages] == ["text", "tool_call", "tool_result"]
    assert json.loads(second.tools[0].text)["name"] == "lookup"


def test_vercel_before_its_version_six_keeps_the_providers_own_numbers() -> None:
    call = only("otel_vercel_ai_v5_anthropic_stream")
    assert (call.usage.cache_write_short, call.usage.cache_write_long) == (100, 200)
    assert call.stream is True
    assert call.time_to_first_token == pytest.approx(0.4205)
    assert call.duration == pytest.approx(1.8)
    silent = only("otel_vercel_ai_no_content")
    assert (silent.text_state, silent.provider) == ("absent", "aws.bedrock")
    assert [part.text for part in only("otel_vercel_ai_v4_openai_object").output] == ['{"capital":"Paris"}']
    embedding = only("otel_vercel_ai_embed")
    assert (embedding.operation, texts(embedding)[1]) == ("embeddings", [("user", [QUESTION])])


def test_langfuse_spans() -> None:
    parsed = read("otel_langfuse_sdk_v3")
    generation, reasoned, failed, embedding = parsed.calls
    assert parsed.skipped == 1
    assert (generation.environment, generation.team, generation.conversation) == ("staging", "search", "s-1")
    assert generation.logged_cost == 0.0001602
    assert generation.time_to_first_token == pytest.approx(0.5)
    assert generation.parameters == {"temperature": 0.2, "max_tokens": 64}
    assert len(generation.tools) == 1
    assert reasoned.usage.reasoning == 5
    assert (failed.status, failed.error_type) == ("error", "unknown")
    assert QUESTION not in (failed.error_type or "")
    assert embedding.operation == "embeddings"


def test_openinference_of_the_completions_api() -> None:
    call = only("openinference_completions_api")
    assert texts(call) == ([], [("user", [f"{SYSTEM} {QUESTION}"])], [ANSWER])
    assert call.logged_cost == pytest.approx(0.000022)
    assert (call.team, call.conversation, call.tags) == ("search", "s-1", ("beta",))
    assert call.usage.uncached_input is None, "what of the input was cached, this log does not say"


def test_openinference_masked_is_redacted_and_not_absent() -> None:
    assert [call.text_state for call in calls("openinference_masked")] == ["redacted", "redacted"]


def test_openinference_bodies_keep_marks_lifetimes_and_the_providers_diagnosis() -> None:
    call = only("openinference_anthropic_bodies")
    assert call.id == "msg_SYNTH0301"
    assert [part.cache_mark for part in call.system] == ["1h"]
    assert (call.usage.cache_write_short, call.usage.cache_write_long, call.service_tier) == (100, 200, "standard")
    diagnosed = only("openinference_responses_diagnosis")
    assert diagnosed.cache_diagnosis == CacheDiagnosis("tools_changed", 476)
    assert diagnosed.parameters == {"prompt_cache_key": "faq-v1"}


def test_a_body_whose_usage_is_broken_does_not_hide_the_counts_beside_it() -> None:
    parsed = parse(
        span(
            openinference__span__kind="LLM",
            output__value=json.dumps({"object": "chat.completion", "usage": {"prompt_tokens": -4}}),
            llm__token_count__prompt=100,
            llm__token_count__completion=5,
            llm__model_name="gpt-4o-mini",
        )
    )
    assert counters(parsed.calls[0]) == (100, None, None, None, 5)


def test_openllmetry() -> None:
    new = only("otel_traceloop_new_association")
    assert (new.conversation, new.stream) == ("s-1", True)
    assert new.time_to_first_token == pytest.approx(0.25)
    assert new.tags == ("plan:pro",)
    assert (new.usage.reasoning, new.user is None) == (4, False)
    old = only("otel_traceloop_legacy_tools")
    assert (old.conversation, old.tags, old.stream) == ("c-1", ("tenant:acme",), False)
    assert [message.role for message in old.messages] == ["user", "assistant", "tool", "user"]
    assert old.messages[0].parts == (Part("text", QUESTION),)
    assert [json.loads(tool.text).get("name") for tool in old.tools] == ["lookup", "search"]


def test_who_is_billed_where_and_with_which_controls() -> None:
    call = only("otel_cache_controls")
    assert (call.provider, call.region) == ("aws.bedrock", "eu-central-1"), (
        "the server's own name is surer than the SDK"
    )
    assert call.account not in (None, "proj_1")
    assert call.cache_diagnosis == CacheDiagnosis("tools_changed", 476)
    assert call.parameters["prompt_cache_key"] == "faq-v1"
    assert call.parameters["previous_response_id"] == "resp_SYNTH0502"
    assert [part.cache_mark for part in call.system] == ["12h"]


@pytest.mark.parametrize(
    ("host", "provider"),
    [
        ("api.deepseek.com", "deepseek"),
        ("my-resource.openai.azure.com", "azure.ai.openai"),
        ("europe-west4-aiplatform.googleapis.com", "gcp.vertex_ai"),
        ("api.deepseek.com.evil.example", "openai"),
        ("notapi.openai.com", "openai"),
        ("xapi.deepseek.com", "openai"),
        ("llm-proxy.internal", "openai"),
        ("x" * 10_000, "openai"),
    ],
)
def test_an_sdk_pointed_elsewhere_is_billed_elsewhere(host: str, provider: str) -> None:
    (call,) = parse(span(gen_ai__system="openai", gen_ai__request__model="m", server__address=host)).calls
    assert call.provider == provider


def test_a_server_knows_the_id_that_its_client_logs() -> None:
    server = only("otel_vllm_server_span")
    assert (server.id, server.time_to_first_token) == ("chatcmpl-0123456789abcdef0123456789abcdef", 0.3)


def test_two_instrumentations_in_two_traces_are_one_call_with_the_better_usage() -> None:
    united = calls("otel_genai_span_lab_anthropic_sdk_plus_traceloop")
    assert [call.usage.output for call in united] == [20, 20], "one of the two counts a stream's placeholder too"
    assert {call.usage.cache_write_long for call in united} == {0}
    assert {call.text_state for call in united} == {"full"}


def test_what_content_is_when_there_is_none() -> None:
    assert [call.text_state for call in calls("otel_content_cut_and_offloaded")] == ["truncated", "offloaded"]
    for call in calls("otel_genai_span_lab_openai_v2_2.3b0_default"):
        assert call.text_state == "absent"
        assert call.text_key.count(":") == 1


def test_only_an_answer_was_captured() -> None:
    answer = json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": ANSWER}]}])
    (call,) = parse(span(gen_ai__request__model="m", gen_ai__output__messages=answer)).calls
    assert ([part.text for part in call.output], call.text_state) == ([ANSWER], "absent")


@pytest.mark.parametrize("stem", ["otel_genai_events_lab_openai_v2_2.3b0_default", "otel_litellm_content_events"])
def test_messages_in_records_of_their_own(stem: str) -> None:
    parsed = read(stem)
    assert (parsed.calls, parsed.skipped, parsed.rejects) == ((), 0, ())
    first = [one for one in parsed.fragments if one.key == parsed.fragments[0].key]
    assert [(one.message.role, one.message.parts[0].text, one.answer) for one in first] == [
        ("system", SYSTEM, False),
        ("user", QUESTION, False),
        ("assistant", ANSWER, True),
    ]
    assert sorted(first, key=lambda one: (one.time, one.position)) == first


def test_messages_as_googles_sdk_logs_them() -> None:
    fragments = read("otel_v1_30_message_events_google").fragments
    kinds = [(one.message.role, one.message.parts[0].kind) for one in fragments]
    assert kinds == [
        ("system", "text"),
        ("user", "text"),
        ("assistant", "tool_call"),
        ("tool", "tool_result"),
        ("assistant", "text"),
    ]
    assert read("otel_v1_30_message_events_no_content").skipped == 3


@pytest.mark.parametrize(
    "body",
    [None, "", "{", "[", 7, [], {}, {"content": None}, {"content": {"parts": 3}}, {"message": 4}, {"index": "x"}],
    ids=repr,
)
@pytest.mark.parametrize(
    "name", ["gen_ai.user.message", "gen_ai.choice", "gen_ai.content.prompt", "gen_ai.tool.message"]
)
def test_a_message_of_any_shape_is_read_or_skipped(name: str, body: Any) -> None:
    record = {"traceId": "ab" * 16, "spanId": "cd" * 8, "eventName": name, "body": value(body) if body else {}}
    parsed = parse({"resourceLogs": [{"scopeLogs": [{"scope": {"name": "x"}, "logRecords": [record]}]}]})
    assert parsed.rejects == ()
    assert len(parsed.fragments) + parsed.skipped == 1


@pytest.mark.parametrize("odd", ["\u00b2", "--5", "-", "", "1" * 30, "\u0661", " 7"])
def test_an_integer_that_is_none_is_not_there(odd: str) -> None:
    whole = span(gen_ai__request__model="m")
    one = whole["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    one["attributes"].append({"key": "gen_ai.usage.input_tokens", "value": {"intValue": odd}})
    parsed = parse(whole)
    assert parsed.rejects == ()
    assert parsed.calls[0].usage.input_total is None
