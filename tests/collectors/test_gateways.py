"""Logs of gateways: what each says of a call, what it leaves out, and what of it must go no further."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent.commands.wiring import parser_of
from agent.config import load
from agent.config.settings import EnvoySettings
from analyzers.core import Call, Usage
from collectors import identity
from collectors.formats.envoy import KEYS, Envoy
from collectors.parse import Parser
from tests.collectors.test_formats import DATA, FULL, NO_WRITES, SPLIT_UNKNOWN, counters, parse, sample

SAMPLES = {
    "kong": "kong_ai_proxy_kafka_log",
    "apisix": "apisix_kafka_logger_llm",
    "envoy": "envoy_ai_gateway_access_log",
    "row": "cloudflare_ai_gateway_api_log",
    "logpush": "cloudflare_ai_gateway_logpush",
    "portkey": "portkey_log_export",
}


def record(name: str, **changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(sample(DATA / "read" / f"{SAMPLES[name]}.json")[0])
    return whole | changes


def calls(value: Any) -> tuple[Call, ...]:
    parsed = parse(json.dumps(value).encode())
    assert parsed.rejects == ()
    return parsed.calls


def one(value: Any) -> Call:
    (call,) = calls(value)
    return call


def skipped(value: Any) -> int:
    parsed = parse(json.dumps(value).encode())
    assert (parsed.calls, parsed.rejects) == ((), ())
    return parsed.skipped


def texts(call: Call) -> tuple[list[str], list[str], list[str]]:
    asked = [part.text for message in call.messages for part in message.parts]
    return [part.text for part in call.system], asked, [part.text for part in call.output]


TEXTS = (["You are terse."], ["Capital of France?"], ["Paris."])


class TestKong:
    def plugin(self, **changes: Any) -> dict[str, Any]:
        whole: dict[str, Any] = record("kong")["ai"]["proxy"]
        return whole | changes

    def test_what_it_says(self) -> None:
        call = one(record("kong"))
        assert (call.id, call.observer, call.observation) == ("chatcmpl-SYNTH0001", "kong", "synthkongreq1")
        assert (call.provider, call.request_model, call.response_model) == (
            "openai",
            "gpt-4o-mini",
            "gpt-4o-mini-2024-07-18",
        )
        assert (call.started_at, call.duration, call.time_to_first_token) == (1_795_000_000.0, 1.797, 0.42)
        assert (call.app, call.team, call.stream, call.service_tier) == ("faq-bot", None, False, "default")
        assert (call.logged_cost, call.response_cache_hit, call.text_state) == (0.0001602, False, "full")
        assert texts(call) == TEXTS
        assert one(record("kong", workspace_name="search")).team == "search"

    def test_without_payloads_its_own_counts_hold(self) -> None:
        call = one(record("kong", ai={"proxy": self.plugin(payload=None)}))
        assert counters(call) == NO_WRITES
        assert (call.id, call.text_state) == ("synthkongreq1", "absent")

    def test_old_names_in_the_singular_and_the_old_place_of_payloads(self) -> None:
        usage = {"prompt_token": 12, "completion_token": 3, "total_tokens": 15}
        payload = record("kong")["ai"]["proxy"]["payload"] | {"response": "cut off {"}
        call = one(record("kong", ai={"payload": payload, "proxy": self.plugin(payload=None, usage=usage)}))
        assert call.usage == Usage(output=3, input_total=12)
        assert texts(call) == (*TEXTS[:2], [])
        assert one(record("kong", ai=self.plugin(payload=None, usage=usage))).usage.input_total == 12

    def test_claude_behind_it_is_read_in_its_own_words(self) -> None:
        body = {
            "id": "msg_SYNTH0001",
            "type": "message",
            "model": "claude-sonnet-4-5",
            "content": [{"type": "text", "text": "Paris."}],
            "usage": {
                "input_tokens": 12,
                "cache_read_input_tokens": 5,
                "cache_creation_input_tokens": 3,
                "output_tokens": 2,
            },
        }
        payload = {"request": None, "response": json.dumps(body)}
        call = one(record("kong", ai={"proxy": self.plugin(payload=payload)}))
        assert call.usage == Usage(12, 5, 3, 0, 2, None, 20)

    def test_each_plugin_that_called_a_model_is_a_call(self) -> None:
        other = self.plugin(payload=None, usage={"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8})
        both = calls(record("kong", ai={"proxy": self.plugin(payload=None), "ai-request-transformer": other}))
        assert [call.usage.input_total for call in both] == [1500, 7]
        assert len({call.id for call in both}) == 2
        record_without_id = record("kong", request={}, ai={"proxy": other, "ai-response-transformer": other})
        assert len(calls(record_without_id)) == 2

    def test_an_answer_from_its_cache_repeats_usage_and_costs_nothing(self) -> None:
        meta = {name: known for name, known in self.plugin()["meta"].items() if name != "llm_latency"}
        hit = one(
            record(
                "kong",
                upstream_status=None,
                request={"id": "synthkongreq2"},
                ai={"proxy": self.plugin(meta=meta, cache={"cache_status": "Hit"})},
            )
        )
        paid = one(record("kong"))
        assert hit.response_cache_hit and hit.usage == paid.usage and hit.status == "ok"
        assert (hit.logged_cost, hit.duration) == (None, 1.8)
        assert hit.id == paid.id and not identity.same_call(identity.keys(hit), identity.keys(paid))

    def test_targets_that_failed_are_calls_of_their_own(self) -> None:
        first = {"route_type": "llm/v1/chat", "provider": "azure", "model": "gpt-4o-mini-eu"}
        targets = [first, *self.plugin()["tried_targets"]]
        failed, answered = calls(record("kong", ai={"proxy": self.plugin(tried_targets=targets)}))
        assert (failed.provider, failed.request_model, failed.status, failed.usage) == (
            "azure",
            "gpt-4o-mini-eu",
            "error",
            Usage(),
        )
        assert counters(answered) == FULL

    def test_a_cost_of_0_is_no_price(self) -> None:
        usage = self.plugin()["usage"] | {"cost": 0}
        assert one(record("kong", ai={"proxy": self.plugin(usage=usage)})).logged_cost is None

    def test_a_failure_has_its_status_and_no_usage(self) -> None:
        usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
        call = one(record("kong", upstream_status=429, ai={"proxy": self.plugin(payload=None, usage=usage)}))
        assert (call.status, call.error_type, call.usage) == ("error", "429", Usage())

    def test_a_person_is_hashed_and_no_app(self) -> None:
        call = one(record("kong", consumer={"username": "alice@example.com"}))
        assert call.app == "openai-chat" and call.user is not None
        assert "alice" not in repr(call)

    def test_a_batch_and_a_route_without_a_model(self) -> None:
        plain = {name: known for name, known in record("kong").items() if name != "ai"}
        assert skipped(plain) == 1
        parsed = parse(json.dumps([plain, record("kong")]).encode())
        assert (len(parsed.calls), parsed.skipped, parsed.rejects) == (1, 1, ())


class TestApisix:
    def test_what_it_says(self) -> None:
        call = one(record("apisix"))
        assert (call.observer, call.request_model, call.response_model) == ("apisix", "gpt-4o-mini", "gpt-4o-mini")
        assert (call.duration, call.time_to_first_token, call.stream) == (1.8, 0.42, False)
        assert (call.app, call.text_state) == ("faq-bot", "full")
        assert call.user is not None
        assert texts(call) == TEXTS
        assert call.id.startswith("record:")
        headers = {"headers": {"X-Request-Id": "req-1", "set-cookie": "s3cr3t"}, "status": 200}
        named = one(record("apisix", response=headers))
        assert (named.id, named.observation) == ("req-1", "req-1")
        assert "s3cr3t" not in repr(named)

    def test_versions_without_the_newer_fields(self) -> None:
        old = {"model": "gpt-4o-mini", "duration": 420, "prompt_tokens": 1500, "completion_tokens": 20}
        call = one(record("apisix", llm_summary=old))
        assert counters(call) == SPLIT_UNKNOWN
        assert (call.request_model, call.stream) == ("gpt-4o-mini", False)

    def test_messages_of_claude_leave_the_cache_out_though_the_total_looks_whole(self) -> None:
        summary = {
            "model": "claude-sonnet-4-5",
            "prompt_tokens": 200,
            "completion_tokens": 20,
            "total_tokens": 220,
            "cache_read_input_tokens": 100,
            "cache_creation_input_tokens": 50,
        }
        call = one(record("apisix", llm_summary=summary, request={"uri": "/anthropic/v1/messages"}))
        assert call.usage == Usage(200, 100, 50, 0, 20, None, 350)
        assert call.text_state == "truncated"
        assert one(record("apisix", llm_summary=summary)).usage.input_total == 200

    def test_what_nginx_does_not_have_is_unknown(self) -> None:
        nothing = {"model": "gpt-4o-mini", "prompt_tokens": "0", "completion_tokens": "0"}
        assert one(record("apisix", llm_summary=nothing)).usage == Usage()
        assert one(record("apisix", llm_summary=None)).usage == Usage()
        failed = one(record("apisix", llm_summary=nothing, response={"status": 503}))
        assert (failed.status, failed.error_type, failed.usage) == ("error", "503", Usage())

    def test_a_route_without_a_model(self) -> None:
        assert skipped({k: v for k, v in record("apisix").items() if not k.startswith("llm_")}) == 1


class TestEnvoy:
    def test_what_it_says(self) -> None:
        call = one(record("envoy"))
        assert (call.id, call.observer) == ("00000000-0000-4000-8000-0000000000cc", "envoy")
        assert (call.provider, call.request_model, call.duration) == ("openai", "gpt-4o-mini", 1.8)
        assert call.text_state == "absent"

    def test_the_older_names(self) -> None:
        old = {
            "genai_model_name": "smart",
            "genai_model_name_override": "gpt-4o-mini",
            "genai_backend_name": "default/azure-openai/route/r/rule/0/ref/0",
            "genai_tokens_input": "12",
            "genai_tokens_output": "3",
            "response_flags": "-",
            "response_code": 200,
            "start_time": "2026-11-18T10:00:00.000Z",
        }
        call = one(old)
        assert (call.request_model, call.response_model, call.provider) == ("smart", "gpt-4o-mini", "azure-openai")
        assert call.usage == Usage(output=3, input_total=12)

    def test_names_of_ones_own(self) -> None:
        mine = {"m": "gpt-4o-mini", "in": 12, "cached": 2, "out": 3, "response_flags": "-", "response_code": 200}
        assert parse(json.dumps(mine).encode()).calls == ()
        keys = {"request_model": ["m"], "input": ["in"], "cache_read": ["cached"], "output": ["out"]}
        parsed = parse(json.dumps(mine).encode(), Parser(formats=(Envoy(keys),)))
        assert [call.usage for call in parsed.calls] == [Usage(10, 2, None, None, 3, None, 12)]

    def test_the_settings_have_a_key_for_each(self) -> None:
        assert list(EnvoySettings.model_fields) == list(KEYS)
        settings = load(None, {"HOME": "/h", "HONE_ENVOY__INPUT": "in,tokens_in", "HONE_ENVOY__OUTPUT": "out"})
        mine = {"tokens_in": 12, "out": 3, "response_flags": "-", "response_code": 200}
        parsed = parse(json.dumps(mine).encode(), parser_of(settings))
        assert [call.usage for call in parsed.calls] == [Usage(output=3, input_total=12)]

    def test_a_dash_is_missing(self) -> None:
        call = one(record("envoy", genai_tokens_cached="-", genai_tokens_cache_write=None))
        assert counters(call) == SPLIT_UNKNOWN
        nothing = {name: "-" for name in record("envoy") if name.startswith(("gen_ai", "genai"))}
        assert skipped(record("envoy", **nothing)) == 1

    def test_a_connection_that_ended_is_a_failure(self) -> None:
        none = {
            "gen_ai.usage.input_tokens": None,
            "gen_ai.usage.output_tokens": None,
            "gen_ai.usage.total_tokens": None,
        }
        call = one(record("envoy", response_code=0, response_flags="DC", **none))
        assert (call.status, call.error_type, call.usage.input_total) == ("error", "DC", None)


class TestCloudflare:
    def test_a_row(self) -> None:
        call = one(record("row"))
        assert (call.id, call.observer, call.observation) == ("01SYNTH", "cloudflare", "01SYNTH")
        assert (call.team, call.duration, call.logged_cost) == ("search", 1.8, 0.0001602)
        assert call.usage == Usage(output=20, input_total=1500)

    def test_its_cache_and_its_failures(self) -> None:
        hit = one(record("row", cached=True))
        assert hit.response_cache_hit and hit.logged_cost is None
        failed = one(record("row", success=False, status_code=500, tokens_in=0, tokens_out=0, cost=0))
        assert (failed.status, failed.error_type, failed.usage, failed.logged_cost) == ("error", "500", Usage(), None)
        assert one(record("row", success=False, status_code=200)).error_type == "unknown"

    def test_logpush_says_that_its_text_is_encrypted_and_knows_no_usage(self) -> None:
        call = one(record("logpush"))
        assert (call.usage, call.text_state, call.status) == (Usage(), "encrypted", "ok")
        assert (call.provider, call.request_model, call.app) == ("openai", "gpt-4o-mini", "faq-gw")
        assert one(record("logpush", Cached=True)).response_cache_hit
        assert one(record("logpush", StatusCode=None, RateLimited=True)).error_type == "429"

    def test_logpush_that_was_decrypted_on_the_way(self) -> None:
        body = record("portkey")
        opened = record(
            "logpush",
            RequestBody=json.dumps(body["request"]["body"]),
            ResponseBody=json.dumps(body["response"]["body"]),
            Metadata='{"team": "search"}',
        )
        call = one(opened)
        assert counters(call) == FULL
        assert (call.team, call.text_state, texts(call)) == ("search", "full", TEXTS)


class TestPortkey:
    def test_what_it_says(self) -> None:
        call = one(record("portkey"))
        assert (call.id, call.observer, call.conversation) == ("chatcmpl-SYNTH0001", "portkey", "trace-synth-1")
        assert call.logged_cost == pytest.approx(0.0001602)
        assert (call.team, call.duration, call.stream, call.service_tier) == ("search", 1.8, False, "default")
        assert call.user is not None
        assert texts(call) == TEXTS

    @pytest.mark.parametrize("status", ["HIT", "SEMANTIC HIT"])
    def test_an_answer_from_its_cache_is_another_call_and_costs_nothing(self, status: str) -> None:
        paid, hit = (
            one(record("portkey")),
            one(record("portkey", cache_status=status, created_at="2026-11-18T11:00:00Z")),
        )
        assert hit.response_cache_hit and hit.logged_cost is None
        assert hit.id == paid.id and not identity.same_call(identity.keys(hit), identity.keys(paid))

    def test_without_bodies_the_units_do_not_tell_cached_tokens_apart(self) -> None:
        call = one(record("portkey", request=None, response=None))
        assert counters(call) == SPLIT_UNKNOWN
        assert (call.text_state, call.request_model) == ("absent", "gpt-4o-mini")

    def test_a_cost_in_another_currency_or_of_0_is_none(self) -> None:
        assert one(record("portkey", cost_currency="EUR")).logged_cost is None
        assert one(record("portkey", cost=0)).logged_cost is None

    def test_a_failure(self) -> None:
        failed = record("portkey", is_success=0, response_status_code=429, response=None, req_units=0, res_units=0)
        call = one(failed)
        assert (call.status, call.error_type, call.usage) == ("error", "429", Usage())


SECRETS = {"authorization": "Bearer s3cr3t", "x-api-key": "s3cr3t", "x-email": "s3cr3t@example.com", "cookie": "s3cr3t"}


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_headers_go_no_further(name: str) -> None:
    value = record(name)
    value |= {"headers": SECRETS, "request_headers": SECRETS}
    for side in ("request", "response"):
        if isinstance(value.get(side), dict):
            value[side] = {**value[side], "headers": SECRETS}
    found = calls(value)
    assert found
    assert "s3cr3t" not in repr(found)


def test_a_malformed_count_is_named_and_quotes_nothing() -> None:
    for name, field in (("apisix", "llm_summary"), ("row", "tokens_in"), ("portkey", "req_units")):
        wrong = {"prompt_tokens": "s3cr3t"} if field == "llm_summary" else "s3cr3t"
        parsed = parse(json.dumps(record(name, **{field: wrong})).encode())
        assert [reject.reason for reject in parsed.rejects] == ["invalid"]
        assert "s3cr3t" not in parsed.rejects[0].detail
