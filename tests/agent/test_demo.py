"""The demo's traffic is reproducible, decodes as its formats say, and its truth is what the records hold."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import genai_prices
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from agent.demo import Sent, Truth, intent_of, traffic, truth
from agent.demo.__main__ import main

START = 1_795_392_000.0
CALLS = 3_000
COUNTERS = ("uncached_input", "cache_read", "cache_write_short", "cache_write_long", "output", "input_total")


@pytest.fixture(scope="module")
def run() -> tuple[list[Sent], dict[str, Any]]:
    known = Truth()
    records = list(traffic(7, start=START, calls=CALLS, truth=known))
    return records, known.as_dict()


class Seen(NamedTuple):
    """A call as its record tells it, read without the demo's own code."""

    app: str
    id: str
    format: str
    provider: str
    model: str
    ok: bool
    at: float
    counters: tuple[int | None, ...]


def read(sent: Sent) -> Seen | None:
    """None: not a call (broken, another event)."""
    if sent.topic == "otlp_spans":
        return read_span(sent)
    try:
        body = json.loads(sent.value)
    except ValueError:
        return None
    if sent.topic == "llm.litellm" and "call_type" in body:
        return read_litellm(sent, body)
    if "request" in body:
        return read_envelope(sent, body)
    return None


def read_litellm(sent: Sent, body: dict[str, Any]) -> Seen:
    usage = body["metadata"]["usage_object"]
    provider, model = body["custom_llm_provider"], body["response"].get("model", body["model"])
    counters: tuple[int | None, ...] = (None,) * 6
    if usage:
        total = usage["prompt_tokens"]
        details = usage.get("prompt_tokens_details")
        cached = details and details["cached_tokens"]
        uncached = None if details is None else total - cached
        counters = (uncached, cached, None, None, usage["completion_tokens"], total)
    ok = body["status"] == "success"
    return Seen(sent.app, body["litellm_call_id"], "litellm", provider, model, ok, body["startTime"], counters)


def read_envelope(sent: Sent, body: dict[str, Any]) -> Seen:
    response, asked = body["response"], body["request"]["model"]
    at = datetime.fromisoformat(body["timestamp"]).timestamp()
    if isinstance(response, str):
        chunks = [line[6:] for line in response.split("\n\n") if line]
        assert chunks.pop() == "[DONE]"
        first = json.loads(chunks[0])
        assert not any("usage" in json.loads(chunk) for chunk in chunks)
        return Seen(sent.app, first["id"], "openai", "openai", first["model"], True, at, (None,) * 6)
    provider = "anthropic" if sent.topic == "llm.anthropic" else "openai"
    if body["status_code"] != 200:
        own = hashlib.sha256(sent.value).hexdigest()
        return Seen(sent.app, own, provider, provider, asked, False, at, (None,) * 6)
    usage = response["usage"]
    counters: tuple[int | None, ...]
    if provider == "anthropic":
        uncached, read_, written = (
            usage[key] for key in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
        )
        counters = (uncached, read_, written, 0, usage["output_tokens"], uncached + read_ + written)
    elif sent.topic == "llm.openai":
        total, cached = usage["prompt_tokens"], usage["prompt_tokens_details"]["cached_tokens"]
        assert usage["total_tokens"] == total + usage["completion_tokens"]
        counters = (total - cached, cached, None, None, usage["completion_tokens"], total)
    else:
        total, details = usage["input_tokens"], usage["input_tokens_details"]
        cached, written = details["cached_tokens"], details["cache_write_tokens"]
        counters = (total - cached - written, cached, written, 0, usage["output_tokens"], total)
    return Seen(sent.app, response["id"], provider, provider, response["model"], True, at, counters)


def read_span(sent: Sent) -> Seen:
    if sent.value[:1] == b"{":
        (group,) = json.loads(sent.value)["resourceSpans"]
        spans = group["scopeSpans"][0]["spans"]
        span = next(span for span in spans if span["name"].startswith("chat"))
        found = {pair["key"]: next(iter(pair["value"].values())) for pair in span["attributes"]}
        at, own = int(span["startTimeUnixNano"]) / 1e9, span["spanId"]
        assert bytes.fromhex(span["traceId"])
    else:
        request = ExportTraceServiceRequest.FromString(sent.value)
        (group,) = request.resource_spans
        chat = next(span for span in group.scope_spans[0].spans if span.name.startswith("chat"))
        found = {
            pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "string_value") for pair in chat.attributes
        }
        at, own = chat.start_time_unix_nano / 1e9, chat.span_id.hex()
    if "error.type" in found:
        return Seen(sent.app, own, "otel", "openai", found["gen_ai.request.model"], False, at, (None,) * 6)
    total, cached, output = (
        int(found[f"gen_ai.usage.{key}"]) for key in ("input_tokens", "cache_read.input_tokens", "output_tokens")
    )
    counters = (total - cached, cached, None, None, output, total)
    return Seen(sent.app, own, "otel", "openai", found["gen_ai.response.model"], True, at, counters)


def test_the_same_arguments_give_the_same_bytes(run: tuple[list[Sent], dict[str, Any]]) -> None:
    records, known = run
    again = Truth()
    assert list(traffic(7, start=START, calls=CALLS, truth=again)) == records
    assert again.as_dict() == known
    assert list(traffic(7, start=START, calls=CALLS)) == records  # watching changes nothing
    other = {sent.value for sent in traffic(8, start=START, calls=200)}
    assert not other & {sent.value for sent in traffic(7, start=START, calls=200, mishaps=False)}


def test_the_bytes_do_not_depend_on_the_process() -> None:
    script = (
        "import hashlib; from agent.demo import traffic\n"
        f"print(hashlib.sha256(b''.join(s.value for s in traffic(7, start={START}, calls=300))).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(found) == 1


def test_records_come_in_the_order_in_which_they_were_sent(run: tuple[list[Sent], dict[str, Any]]) -> None:
    times = [sent.at for sent in run[0]]
    assert times == sorted(times)
    assert times[0] >= START
    assert times[-1] < START + 25 * 3600


def distinct(records: list[Sent]) -> Iterator[Seen]:
    found: set[str] = set()
    for sent in records:
        call = read(sent)
        if call is not None and call.id not in found:
            found.add(call.id)
            yield call


def test_the_truth_is_what_the_records_hold(run: tuple[list[Sent], dict[str, Any]]) -> None:
    records, known = run
    calls = list(distinct(records))
    assert len(calls) == CALLS == known["total"]["calls"]
    assert known["records"] == len(records) == CALLS + known["duplicates"] + known["rejected"]
    for key, tallies in (("app", known["apps"]), ("model", known["models"]), ("format", known["formats"])):
        for name, tally in tallies.items():
            mine = [call for call in calls if getattr(call, key) == name]
            assert tally["calls"] == len(mine)
            assert tally["errors"] == sum(not call.ok for call in mine)
            for index, counter in enumerate(COUNTERS):
                values = [call.counters[index] for call in mine]
                assert tally["tokens"][counter] == sum(value or 0 for value in values)
                assert tally["unknown"][counter] == values.count(None)
    for part in ("apps", "models", "formats"):
        for number in ("calls", "errors", "priced_calls", "no_usage_calls", "no_price_calls"):
            assert sum(tally[number] for tally in known[part].values()) == known["total"][number]
        assert sum(Decimal(tally["usd"]) for tally in known[part].values()) == Decimal(known["total"]["usd"])


def test_the_five_counters_are_disjoint(run: tuple[list[Sent], dict[str, Any]]) -> None:
    for call in distinct(run[0]):
        uncached, *rest, _, total = call.counters
        if uncached is not None:
            assert uncached >= 0
            assert uncached + sum(value or 0 for value in rest) == total


def test_money_is_what_genai_prices_says(run: tuple[list[Sent], dict[str, Any]]) -> None:
    records, known = run
    spent: dict[str, Decimal] = Counter()  # type: ignore[assignment]
    unpriced = 0
    for call in distinct(records):
        _, cached, written, _, output, total = call.counters
        if total is None:
            continue
        usage = genai_prices.Usage(
            input_tokens=total, cache_read_tokens=cached, cache_write_tokens=written, output_tokens=output
        )
        when = datetime.fromtimestamp(call.at, UTC)
        try:
            price = genai_prices.calc_price(
                usage, model_ref=call.model, provider_id=call.provider, genai_request_timestamp=when
            )
        except LookupError:
            unpriced += 1
            continue
        spent[call.app] += price.total_price
    assert unpriced == known["total"]["no_price_calls"] > 0
    assert {app: Decimal(tally["usd"]) for app, tally in known["apps"].items()} == spent


def test_litellm_logs_the_same_money(run: tuple[list[Sent], dict[str, Any]]) -> None:
    records, known = run
    bodies = {
        json.loads(sent.value)["litellm_call_id"]: sent
        for sent in records
        if read(sent) and sent.topic == "llm.litellm"
    }
    logged = sum(json.loads(sent.value)["response_cost"] for sent in bodies.values())
    assert logged == pytest.approx(float(known["apps"]["invoice-extractor"]["usd"]))


def test_every_mishap_is_planted_and_counted() -> None:
    known = Truth()
    records = list(traffic(3, start=START, calls=15_000, truth=known))
    facts = known.as_dict()
    repeats = Counter(sent.value for sent in records if sent.topic != "otlp_logs" and len(sent.value) > 1000)
    events = sum(sent.topic == "otlp_logs" for sent in records)
    assert facts["duplicates"] == events + sum(n - 1 for n in repeats.values())
    assert facts["duplicates"] > events > 0
    unreadable = [sent for sent in records if sent.topic != "otlp_logs" and read_or_none(sent) is None]
    assert facts["rejected"] == len(unreadable)
    assert set(facts["rejected_by_reason"]) == {"cut_json", "null_bytes", "plain_text", "other_json", "broken_utf8"}
    for number in ("errors", "no_usage_calls", "no_price_calls", "priced_calls"):
        assert facts["total"][number] > 0


def read_or_none(sent: Sent) -> Seen | None:
    try:
        return read(sent)
    except (ValueError, KeyError):
        return None


def test_without_mishaps_only_events_repeat_a_call() -> None:
    known = Truth()
    records = list(traffic(3, start=START, calls=2_000, mishaps=False, truth=known))
    assert known.duplicates == sum(sent.topic == "otlp_logs" for sent in records)
    assert known.as_dict()["rejected"] == 0


def test_the_truth_is_true_at_any_time() -> None:
    known = Truth()
    for seen, sent in enumerate(traffic(5, start=START, calls=500, truth=known), start=1):
        assert sent.value
        assert known.records == seen
        if seen == 250:
            assert 200 < known.total.calls < 260


def test_every_application_shows_its_fault(run: tuple[list[Sent], dict[str, Any]]) -> None:
    known = truth(7, start=START, hours=6.0, scale=1.0).as_dict()
    apps = known["apps"]
    support, coder, invoices = apps["support-bot"], apps["agent-coder"], apps["invoice-extractor"]
    assert support["waste"]["static_tokens"] == 2_000
    assert support["tokens"]["cache_read"] == 0
    assert support["waste"]["possible_cache_read"] > 0.8 * support["tokens"]["input_total"]
    assert coder["tokens"]["cache_read"] < 0.02 * coder["tokens"]["input_total"]
    assert coder["waste"]["possible_cache_read"] > 0.7 * coder["tokens"]["input_total"]
    assert invoices["tokens"]["cache_read"] > 0.8 * invoices["tokens"]["input_total"]
    assert invoices["waste"]["fault"] is None
    faq = apps["faq-bot"]
    assert faq["tokens"]["cache_read"] == faq["tokens"]["cache_write_short"] == 0
    assert faq["waste"]["static_tokens"] < faq["waste"]["cache_minimum"]
    assert apps["hr-helper"]["calls"] == 10


def test_the_questions_of_the_faq_bot_have_a_known_intent(run: tuple[list[Sent], dict[str, Any]]) -> None:
    records, known = run
    intents: Counter[str] = Counter()
    asked: set[str] = set()
    seen: set[str] = set()
    repeats = 0
    for sent in records:
        if sent.topic != "llm.anthropic" or (call := read(sent)) is None or not call.ok or call.id in seen:
            continue
        seen.add(call.id)
        request = json.loads(sent.value)["request"]
        assert request["system"][0]["cache_control"] == {"type": "ephemeral"}
        question = request["messages"][0]["content"]
        intents["intent:" + intent_of()[question]] += 1
        repeats += question in asked
        asked.add(question)
    waste = known["apps"]["faq-bot"]["waste"]
    assert intents == {name: number for name, number in waste.items() if name.startswith("intent:")}
    assert intents.most_common(1)[0][1] > 3 * intents.total() / 77
    assert repeats == waste["exact_repeats"] > 0


def test_the_clock_line_stands_where_the_truth_says(run: tuple[list[Sent], dict[str, Any]]) -> None:
    records, known = run
    waste = known["apps"]["support-bot"]["waste"]
    heads, policies = set(), set()
    for sent in records:
        if sent.topic == "llm.openai" and read(sent) is not None:
            content = json.loads(sent.value)["request"]["messages"][0]["content"]
            line = waste["clock_line"]
            heads.add(content[line["start"] : line["end"]])
            policies.add(content[waste["head_characters"] :])
    assert len(policies) == 1
    assert all(head.startswith("Current time: 2026-11-23T") for head in heads)
    assert len(heads) > 1_000


def test_a_regression_makes_the_support_bot_dearer_from_its_hour_on() -> None:
    sides: dict[bool, list[int]] = {False: [], True: []}
    for sent in traffic(7, start=START + 36_000, hours=4.0, scale=0.3, regression_at=2.0):
        call = read_or_none(sent)
        if sent.topic == "llm.openai" and call is not None and call.counters[5] is not None:
            release = json.loads(sent.value)["request"]["metadata"]["release"]
            after = call.at >= START + 36_000 + 7_200
            assert release == ("2026.11.3" if after else "2026.11.2")
            sides[after].append(call.counters[5])
    mean = {after: sum(sizes) / len(sizes) for after, sizes in sides.items()}
    assert mean[True] > mean[False] + 300


@pytest.mark.parametrize("calls", [1, 7, 100, 1_234])
def test_exactly_as_many_calls_as_asked_for(calls: int) -> None:
    assert truth(1, start=START, hours=3.0, calls=calls).total.calls == calls


def test_volume_scales_but_the_small_tool_stays_small() -> None:
    known = truth(1, start=START, hours=2.4, scale=0.5).as_dict()
    assert known["total"]["calls"] == round(19_960 * 0.1 * 0.5) + 4
    assert known["apps"]["hr-helper"]["calls"] == 4


@pytest.mark.parametrize("wrong", [{"hours": 0.0}, {"scale": -1.0}, {"calls": 0}])
def test_a_run_of_nothing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        next(traffic(1, start=START, **wrong))


def test_memory_does_not_grow_with_time() -> None:
    def peak(hours: float) -> int:
        tracemalloc.start()
        for _ in traffic(2, start=START + 32_400, hours=hours, scale=0.2, truth=Truth()):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(6.0)  # what is remembered for the whole process
    assert peak(6.0) < 1.5 * peak(1.5)


def test_a_file_has_one_record_a_line_and_its_truth_beside_it(tmp_path: Path) -> None:
    out, facts = tmp_path / "calls.jsonl", tmp_path / "truth.json"
    assert main(["--calls", "2000", "--out", str(out), "--truth", str(facts)]) == 0
    lines = out.read_bytes().split(b"\n")
    assert lines.pop() == b""
    known = json.loads(facts.read_text())
    assert len(lines) == known["records"]
    assert known["total"]["calls"] == 2_000
    unreadable = 0
    for line in lines:
        try:
            json.loads(line)
        except ValueError:
            unreadable += 1
    broken = known["rejected_by_reason"]
    assert unreadable == known["rejected"] - broken.get("other_json", 0)
