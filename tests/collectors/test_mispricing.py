"""Published cases in which tokens became the wrong money: each record as its thread gives it, and what was really owed.

Threads are named by repository and number. Prices are those of the public list in use on the day of the records.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from agent.cli import program
from analyzers.core import Call
from analyzers.price_key import price_key
from analyzers.prices import Override, Prices, Rates, cost
from collectors.parse import Parser
from collectors.source import Record
from tests.collectors.test_formats import DATA, sample

PRICES = Prices()
AT = "2026-11-18T10:00:00Z"
MILLION = Decimal(1_000_000)


def read(value: Any) -> Call:
    parsed = Parser().parse(Record(0, json.dumps(value).encode(), 1_795_000_000.0), "logs", 0)
    assert parsed.rejects == ()
    (call,) = parsed.calls
    return call


def usd(value: Any, prices: Prices = PRICES) -> Decimal:
    """What one record's call costs."""
    call = read(value)
    rates = prices.rates(price_key(call), call.started_at)
    assert isinstance(rates, Rates), rates
    assert not rates.at_standard
    money = cost(rates, call.usage)
    assert money is not None
    return money


def saving(tmp_path: Path, value: Any) -> Decimal:
    """What the provider's cache saved on one record, net of what writing cost, as the report shows it."""
    file = tmp_path / "log.jsonl"
    file.write_text(json.dumps(value) + "\n")
    done = CliRunner().invoke(program(), ["report", str(file), "--json", "-"])
    assert done.exit_code == 0, done.output
    return Decimal(str(json.loads(done.stdout)["prompt_caching"]["actual"]["saving_usd"]))


def anthropic(model: str, **usage: Any) -> dict[str, Any]:
    request = {"model": model, "max_tokens": 1_000, "system": "s", "messages": [{"role": "user", "content": "q"}]}
    response = {"id": "msg_SYNTH0001", "type": "message", "model": model, "content": [], "usage": usage}
    return {"timestamp": AT, "request": request, "response": response}


def litellm(model: str, provider: str = "anthropic", **usage: Any) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(sample(DATA / "read" / "litellm_slp_anthropic_chat.json")[0])
    value |= {"model": model, "model_group": model, "custom_llm_provider": provider, "cache_hit": False}
    value["response"] = {
        "id": "chatcmpl-SYNTH0001",
        "object": "chat.completion",
        "model": model,
        "choices": [],
        "usage": usage,
    }
    value["metadata"] = {"usage_object": usage}
    return value | {name: usage[name] for name in ("prompt_tokens", "completion_tokens", "total_tokens")}


def openinference(model: str, provider: str, **counts: int) -> dict[str, Any]:
    attributes: dict[str, Any] = {"openinference.span.kind": "LLM", "llm.model_name": model, "llm.provider": provider}
    attributes |= {f"llm.token_count.{name.replace('__', '.')}": tokens for name, tokens in counts.items()}
    written = [
        {"key": name, "value": {"stringValue": known} if isinstance(known, str) else {"intValue": str(known)}}
        for name, known in attributes.items()
    ]
    span = {
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": "00f067aa0ba902b7",
        "startTimeUnixNano": "1795000000000000000",
        "endTimeUnixNano": "1795000001000000000",
        "attributes": written,
    }
    return {"resourceSpans": [{"scopeSpans": [{"scope": {"name": "openinference"}, "spans": [span]}]}]}


def langfuse(model: str, **details: Any) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(sample(DATA / "read" / "langfuse_observation_v2.json")[0])
    return value | {"model": model, "usageDetails": details}


WRITES_ALONE: dict[str, Any] = {"cache_creation_input_tokens": 12_304, "cache_read_input_tokens": 0}


def test_litellm_9812_writes_were_charged_as_input_and_as_writes() -> None:
    model = "claude-3-7-sonnet-20250219"
    raw = anthropic(model, input_tokens=3, output_tokens=550, **WRITES_ALONE)
    whole: dict[str, Any] = {"prompt_tokens": 12_307, "completion_tokens": 550, "total_tokens": 12_857}
    proxied = litellm(model, **whole, prompt_tokens_details={"cached_tokens": 0}, **WRITES_ALONE)
    assert usd(raw) == usd(proxied) == Decimal("0.054399")
    shown = usd(raw) + 12_304 * 3 / MILLION
    assert shown == Decimal("0.091311")


def test_litellm_11364_reads_were_charged_as_input() -> None:
    # The input holds what was read and not what was written; one name of the reads is 0, another has them.
    usage: dict[str, Any] = {
        "prompt_tokens": 30_946,
        "completion_tokens": 102,
        "total_tokens": 31_048,
        "prompt_tokens_details": {"audio_tokens": None, "cached_tokens": 0},
        "cache_read_input_tokens": 30_940,
        "cache_creation_input_tokens": 460,
    }
    call = read(litellm("claude-sonnet-4-5", **usage))
    assert (call.usage.uncached_input, call.usage.cache_read, call.usage.cache_write_short) == (6, 30_940, 460)
    # 6 x 3 + 30,940 x 0.30 + 460 x 3.75 + 102 x 15, a million; the thread was shown 0.096093.
    assert usd(litellm("claude-sonnet-4-5", **usage)) == Decimal("0.012555")


@pytest.mark.parametrize(
    ("reads", "writes", "billed", "saved"),
    [
        (0, 20_000, "0.076530", "-0.015"),
        (20_000, 0, "0.007530", "0.054"),
        (1_000, 20_000, "0.076830", "-0.0123"),
        (20_000, 500, "0.009405", "0.053625"),
    ],
    ids=["cold", "warm", "write-heavy", "read-heavy"],
)
def test_litellm_36452_what_writing_costs_belongs_to_the_saving(
    tmp_path: Path, reads: int, writes: int, billed: str, saved: str
) -> None:
    # The thread gives reads, writes and money; 10 tokens of input and 100 of output are the rest of each bill.
    usage: dict[str, Any] = {
        "prompt_tokens": 10 + reads + writes,
        "completion_tokens": 100,
        "total_tokens": 110 + reads + writes,
        "prompt_tokens_details": {"cached_tokens": reads, "cache_creation_tokens": writes},
    }
    record = litellm("claude-sonnet-4-5", **usage)
    assert usd(record) == Decimal(billed)
    assert saving(tmp_path, record) == Decimal(saved)


@pytest.mark.parametrize(("tier", "saved"), [("priority", "0.07776"), ("default", "0.031104")])
def test_litellm_40160_the_tier_of_the_request_prices_its_saving(tmp_path: Path, tier: str, saved: str) -> None:
    # 6,912 reads of GPT-5.5: 12.50 - 1.25 a million at the priority tier, 5.00 - 0.50 at the standard one.
    record = {
        "timestamp": AT,
        "request": {"model": "gpt-5.5", "messages": [{"role": "user", "content": "q"}], "service_tier": tier},
        "response": {
            "id": "chatcmpl-SYNTH0001",
            "object": "chat.completion",
            "model": "gpt-5.5",
            "service_tier": tier,
            "choices": [],
            "usage": {
                "prompt_tokens": 7_000,
                "completion_tokens": 20,
                "total_tokens": 7_020,
                "prompt_tokens_details": {"cached_tokens": 6_912},
            },
        },
    }
    assert saving(tmp_path, record) == Decimal(saved)


def test_litellm_40160_writes_for_an_hour_and_long_contexts_have_prices_of_their_own(tmp_path: Path) -> None:
    # The thread names both causes without numbers; these follow from the prices of Sonnet 4.5: input 3.00, reads 0.30,
    # writes for an hour 6.00, and twice that in prompts of more than 200,000 tokens.
    hour: dict[str, Any] = {"cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 10_000}}
    written = anthropic(
        "claude-sonnet-4-5",
        input_tokens=10,
        cache_read_input_tokens=5_000,
        cache_creation_input_tokens=10_000,
        output_tokens=0,
        **hour,
    )
    assert saving(tmp_path, written) == (5_000 * Decimal("2.70") - 10_000 * 3) / MILLION
    long = anthropic("claude-sonnet-4-5", input_tokens=1_000, cache_read_input_tokens=250_000, output_tokens=0)
    assert saving(tmp_path, long) == 250_000 * Decimal("5.40") / MILLION


def test_litellm_32045_the_cache_of_the_proxy_is_not_the_provider_s() -> None:
    usage: dict[str, Any] = {"prompt_tokens": 430_798, "completion_tokens": 100, "total_tokens": 430_898}
    call = read(litellm("gpt-5.1", "openai", **usage, prompt_tokens_details={"cached_tokens": 430_464}))
    assert not call.response_cache_hit
    assert (call.usage.uncached_input, call.usage.cache_read) == (334, 430_464)


def test_langfuse_10592_an_input_that_holds_what_was_cached_is_not_added_to_it() -> None:
    # The thread shows 17,903 and 17,817 as 35,720 of input; output (500) and model are ours: gpt-5.1 at 1.25, 0.125 and 10.
    record = langfuse("gpt-5.1", input=17_903, input_cached_tokens=17_817, output=500, total=18_403)
    call = read(record)
    assert (call.usage.input_total, call.usage.uncached_input) == (17_903, 86)
    assert usd(record) == (86 * Decimal("1.25") + 17_817 * Decimal("0.125") + 500 * 10) / MILLION
    right = langfuse("gpt-5.1", input=86, input_cached_tokens=17_817, output=500, total=18_403)
    assert usd(right) == usd(record)


def test_litellm_26919_writes_are_in_the_input_that_langfuse_is_given() -> None:
    # Reads are taken out of the input and writes are not; numbers are ours, prices those of the thread (Sonnet 4.6).
    given: dict[str, Any] = {
        "input": 476,
        "cache_read_input_tokens": 1_024,
        "cache_creation_input_tokens": 128,
        "output": 20,
    }
    assert (
        usd(langfuse("claude-sonnet-4-6", **given, total=1_520))
        == (348 * 3 + 1_024 * Decimal("0.30") + 128 * Decimal("3.75") + 20 * 15) / MILLION
    )


def test_phoenix_10036_bedrock_was_charged_42_times() -> None:
    model = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
    counts: dict[str, Any] = {"prompt": 3, "completion": 12, "total": 13_256}
    record = openinference(model, "aws", **counts, prompt_details__cache_read=13_216, prompt_details__cache_write=25)
    # Regional prices of Bedrock, as in the thread: 3.30, 0.33, 4.125 and 16.50; it rounds them to 0.0048.
    assert usd(record) == Decimal("0.004672305")
    assert Decimal(42) < Decimal("0.20") / usd(record) < 43
    metadata: dict[str, Any] = {
        "input_tokens": 3,
        "output_tokens": 12,
        "total_tokens": 13_256,
        "input_token_details": {"cache_creation": 25, "cache_read": 13_216},
    }
    assert usd(langfuse(model, **metadata)) == usd(record)


def test_phoenix_10783_the_completion_is_what_is_reported_and_not_the_rest_of_the_total() -> None:
    model = "global.anthropic.claude-sonnet-4-5-20250929-v1:0"
    counts: dict[str, Any] = {"prompt": 3, "completion": 442, "total": 8_712}
    record = openinference(
        model, "amazon_bedrock", **counts, prompt_details__cache_read=7_917, prompt_details__cache_write=350
    )
    call = read(record)
    assert (call.usage.output, call.usage.input_total) == (442, 8_270)
    answer = 442 * 15 / MILLION
    assert answer == Decimal("0.00663")
    assert usd(record) == answer + (3 * 3 + 7_917 * Decimal("0.30") + 350 * Decimal("3.75")) / MILLION


def test_opik_6969_cached_tokens_of_the_responses_api_are_discounted() -> None:
    # The thread names the field (`input_tokens_details.cached_tokens`) without numbers; these are ours: gpt-5.1.
    record = {
        "timestamp": AT,
        "request": {"model": "gpt-5.1", "input": "q"},
        "response": {
            "id": "resp_SYNTH0001",
            "object": "response",
            "model": "gpt-5.1",
            "status": "completed",
            "output": [],
            "usage": {
                "input_tokens": 10_000,
                "input_tokens_details": {"cached_tokens": 8_000},
                "output_tokens": 100,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": 10_100,
            },
        },
    }
    assert usd(record) == (2_000 * Decimal("1.25") + 8_000 * Decimal("0.125") + 100 * 10) / MILLION


@pytest.mark.parametrize(
    ("model", "plain", "read_", "output"),
    [("gemini-2.5-flash", "0.30", "0.03", "2.50"), ("gemini-2.5-pro", "1.25", "0.125", "10")],
)
def test_opik_6976_cached_tokens_of_gemini_are_discounted(model: str, plain: str, read_: str, output: str) -> None:
    # The thread gives the prices of reads; the counts are ours. The output leaves thoughts out, which are billed with it.
    record = {
        "timestamp": AT,
        "request": {"contents": [{"role": "user", "parts": [{"text": "q"}]}]},
        "response": {
            "modelVersion": model,
            "responseId": "SYNTH-gemini-0001",
            "candidates": [{"content": {"role": "model", "parts": [{"text": "a"}]}, "finishReason": "STOP"}],
            "usageMetadata": {
                "promptTokenCount": 10_000,
                "cachedContentTokenCount": 8_000,
                "candidatesTokenCount": 100,
                "thoughtsTokenCount": 50,
                "totalTokenCount": 10_150,
            },
        },
    }
    assert usd(record) == (2_000 * Decimal(plain) + 8_000 * Decimal(read_) + 150 * Decimal(output)) / MILLION


def test_opik_4508_an_answer_of_a_cache_costs_nothing() -> None:
    value: dict[str, Any] = json.loads(sample(DATA / "read" / "litellm_slp_cache_2.json")[0])
    assert read(value).usage.input_total
    assert usd(value) == 0


def test_helicone_5606_writes_without_their_lifetimes_are_writes() -> None:
    # The thread names the cause without numbers; these are ours: Sonnet 4.5. The columns of the row lack the writes, as
    # the parser lost them; the answer has them.
    value: dict[str, Any] = json.loads(sample(DATA / "read" / "helicone_request_export.json")[0])
    model = "claude-sonnet-4-5-20250929"
    exchange = anthropic(
        model, input_tokens=12, cache_creation_input_tokens=2_000, cache_read_input_tokens=300, output_tokens=20
    )
    value |= {
        "provider": "ANTHROPIC",
        "request_model": model,
        "request_body": exchange["request"],
        "response_body": exchange["response"],
        "prompt_tokens": 12,
        "prompt_cache_read_tokens": 300,
        "prompt_cache_write_tokens": None,
    }
    assert usd(value) == (12 * 3 + 300 * Decimal("0.30") + 2_000 * Decimal("3.75") + 20 * 15) / MILLION


def test_a_contract_s_prices_count_cached_tokens_once() -> None:
    # litellm#40006: under prices of one's own, what was cached was charged as input too. The numbers are ours.
    own = Prices({"our-model": Override(Decimal(2), Decimal(8), Decimal("0.20"), Decimal("2.50"))})
    usage: dict[str, Any] = {
        "prompt_tokens": 1_500,
        "completion_tokens": 20,
        "total_tokens": 1_520,
        "prompt_tokens_details": {"cached_tokens": 1_024, "cache_creation_tokens": 128},
    }
    assert (
        usd(litellm("our-model", "openai", **usage), own)
        == (348 * 2 + 1_024 * Decimal("0.20") + 128 * Decimal("2.50") + 20 * 8) / MILLION
    )
