"""Messages logged apart from their call: joined across topics, orders and agents, once, and forgotten with the rest."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from agent import views
from agent.ingest import Ingest
from agent.sampling import Sampling
from agent.store import Store, open_store
from agent.store.fragments import MOST_MESSAGES
from agent.store.retention import Keep, forget
from analyzers import ALL
from analyzers.core import Call
from collectors.parse import Parser
from collectors.source import Batch, Partition, Record
from tests.collectors.test_formats import DATA, sample
from tests.strategies import HOSTILE

SPANS, LOGS = Partition("otlp_spans", 0), Partition("otlp_logs", 0)
NS = 1_795_000_000_000_000_000
DAY = 86_400
TODAY = NS // 1_000_000_000 // DAY
SECRET = "Where is my order, a very secret sentence?"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hone.db'}"
    return str(request.getfixturevalue("postgres"))


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url)
    yield opened
    opened.close()


def span(n: int, at: int = NS, **attributes: str) -> dict[str, Any]:
    """A call without text."""
    said = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o-mini"} | {
        name.replace("__", "."): value for name, value in attributes.items()
    }
    counts = {"gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 2}
    return {
        "traceId": f"{n:032x}",
        "spanId": f"{n:016x}",
        "name": "chat",
        "startTimeUnixNano": str(at),
        "endTimeUnixNano": str(at + 10**9),
        "attributes": [{"key": k, "value": {"stringValue": v}} for k, v in said.items()]
        + [{"key": k, "value": {"intValue": str(v)}} for k, v in counts.items()],
    }


def message(n: int, role: str, content: str | None, at: int = 0) -> dict[str, Any]:
    """One message of call `n`, `at` nanoseconds after its beginning."""
    body = {"kvlistValue": {"values": [{"key": "content", "value": {"stringValue": content}}]}}
    if role == "choice":
        body = {"kvlistValue": {"values": [{"key": "message", "value": body}]}}
    return {
        "traceId": f"{n:032x}",
        "spanId": f"{n:016x}",
        "eventName": "gen_ai.choice" if role == "choice" else f"gen_ai.{role}.message",
        "observedTimeUnixNano": str(NS + at),
        "body": body,
    }


def conversation(n: int) -> list[dict[str, Any]]:
    return [
        message(n, "system", "You are terse.", 1),
        message(n, "user", f"Question {n}?", 2),
        message(n, "assistant", "Which one?", 3),
        message(n, "user", "yes", 4),
        message(n, "user", "yes", 5),
        message(n, "choice", f"Answer {n}.", 6),
    ]


def spans(*found: dict[str, Any]) -> bytes:
    scope = {"name": "opentelemetry.instrumentation.openai_v2"}
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"scope": scope, "spans": list(found)}]}]}).encode()


def logs(*found: dict[str, Any]) -> bytes:
    scope = {"name": "opentelemetry.instrumentation.openai_v2"}
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"scope": scope, "logRecords": list(found)}]}]}).encode()


class Reader:
    """An agent without a broker: what it is given is committed, record after record."""

    def __init__(self, store: Store, **options: Any) -> None:
        self.ingest = Ingest(store, Parser(), ALL, **options)
        self.ends: dict[Partition, int] = {}

    def read(self, partition: Partition, *values: bytes) -> None:
        start = self.ends.get(partition, 0)
        records = tuple(Record(start + n, value, NS / 1e9) for n, value in enumerate(values))
        end = start + len(values)
        work = self.ingest.read(Batch(partition, start, end, records), NS / 1e9)
        committed = self.ingest.commit([work], (), NS / 1e9)
        assert committed.fenced == ()
        self.ends[partition] = end


def count(store: Store, table: str) -> int:
    with store.engine.connect() as connection:
        return int(connection.execute(text(f"select count(*) from {table}")).scalar_one())


def expect_whole(call: Call, n: int) -> None:
    assert call.text_state == "full"
    assert [part.text for part in call.system] == ["You are terse."]
    assert [(m.role, m.parts[0].text) for m in call.messages] == [
        ("user", f"Question {n}?"),
        ("assistant", "Which one?"),
        ("user", "yes"),
        ("user", "yes"),
    ]
    assert [part.text for part in call.output] == [f"Answer {n}."]


@pytest.mark.parametrize("first", [SPANS, LOGS], ids=lambda p: p.topic)
def test_messages_find_their_call_whichever_came_first(store: Store, first: Partition) -> None:
    reader = Reader(store)
    values = {SPANS: spans(span(1), span(2)), LOGS: logs(*conversation(2), *conversation(1))}
    reader.read(first, values[first])
    if first == SPANS:
        assert [call.text_state for call in store.calls()] == ["absent", "absent"]
    second = LOGS if first == SPANS else SPANS
    reader.read(second, values[second])
    for n, call in enumerate(store.calls(), start=1):
        expect_whole(call, n)


def test_one_message_a_record_in_any_order_from_two_agents(store: Store, url: str) -> None:
    other_store = open_store(url)
    one, other = Reader(store), Reader(other_store)
    found = conversation(7)
    for n, single in enumerate(reversed(found)):
        reader = (one, other)[n % 2]
        reader.read(Partition("otlp_logs", n % 2), logs(single))
    other.read(SPANS, spans(span(7)))
    (call,) = store.calls()
    expect_whole(call, 7)
    other_store.close()


def test_a_single_record_with_both_and_a_restart_between(store: Store, url: str) -> None:
    whole = json.loads(spans(span(1))) | json.loads(logs(*conversation(1)))
    Reader(store).read(SPANS, json.dumps(whole).encode())
    again = open_store(url)
    (call,) = again.calls()
    expect_whole(call, 1)
    assert list(again.calls(start=call.started_at, end=call.started_at + 1)) == [call]
    again.close()


def test_what_a_producer_sends_again_is_there_once(store: Store, url: str) -> None:
    other_store = open_store(url)
    one, other = Reader(store), Reader(other_store)
    sent = logs(*conversation(3))
    one.read(LOGS, sent, sent)
    one.read(LOGS, sent)
    other.read(Partition("otlp_logs", 1), *(logs(single) for single in conversation(3)))
    one.read(SPANS, spans(span(3)), spans(span(3)))
    (call,) = store.calls()
    expect_whole(call, 3)
    assert count(store, "fragment") == 6
    assert views.received(store).messages == 4 * 6
    assert views.received(store).duplicates == 1
    other_store.close()


def test_agents_that_store_the_same_messages_at_once(store: Store, url: str) -> None:
    found = [single for n in range(40) for single in conversation(n)]
    failures: list[BaseException] = []
    barrier = threading.Barrier(4)

    def race(order: int) -> None:
        agent = open_store(url)
        try:
            reader = Reader(agent)
            barrier.wait()
            mixed = random.Random(order).sample(found, len(found))
            for start in range(0, len(mixed), 60):
                reader.read(Partition("otlp_logs", order), *(logs(single) for single in mixed[start : start + 60]))
        except BaseException as error:
            failures.append(error)
            raise
        finally:
            agent.close()

    threads = [threading.Thread(target=race, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    Reader(store).read(SPANS, spans(*(span(n) for n in range(40))))
    assert count(store, "fragment") == len(found)
    for call in store.calls():
        expect_whole(call, int(call.text_key.split(":")[0], 16))


def test_equal_messages_of_one_moment_in_one_record_are_several(store: Store) -> None:
    same = [message(4, "user", "yes", 5) for _ in range(3)]
    reader = Reader(store)
    reader.read(LOGS, logs(*same), logs(*same))
    reader.read(SPANS, spans(span(4)))
    (call,) = store.calls()
    assert [m.parts[0].text for m in call.messages] == ["yes"] * 3


def test_a_record_without_a_time_is_told_by_its_place(store: Store) -> None:
    timeless = [{k: v for k, v in one.items() if k != "observedTimeUnixNano"} for one in conversation(5)]
    reader = Reader(store)
    reader.read(LOGS, logs(*timeless))
    reader.read(SPANS, spans(span(5)))
    (call,) = store.calls()
    expect_whole(call, 5)


def test_a_commit_that_failed_leaves_no_message(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(store)
    monkeypatch.setattr("agent.store.write.Transaction.bump", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        reader.read(LOGS, logs(*conversation(1)))
    assert count(store, "fragment") == 0
    monkeypatch.undo()
    reader.read(LOGS, logs(*conversation(1)))
    reader.read(SPANS, spans(span(1)))
    (call,) = store.calls()
    expect_whole(call, 1)


def test_only_the_answer_came(store: Store) -> None:
    reader = Reader(store)
    reader.read(LOGS, logs(message(1, "choice", "Paris.")))
    reader.read(SPANS, spans(span(1)))
    (call,) = store.calls()
    assert ([part.text for part in call.output], call.text_state) == (["Paris."], "absent")


def test_a_call_with_its_own_text_keeps_it(store: Store) -> None:
    prompt = json.dumps([{"role": "user", "parts": [{"type": "text", "content": "Mine."}]}])
    reader = Reader(store)
    reader.read(LOGS, logs(*conversation(1)))
    reader.read(SPANS, spans(span(1, gen_ai__input__messages=prompt)))
    (call,) = store.calls()
    assert [m.parts[0].text for m in call.messages] == ["Mine."]


def test_several_observers_without_text_and_one_with_messages(store: Store) -> None:
    reader = Reader(store)
    mine = json.loads(spans(span(1, gen_ai__response__id="chatcmpl-SYNTH77")))
    sdk = json.loads(spans(span(2, gen_ai__response__id="chatcmpl-SYNTH77")))
    sdk["resourceSpans"][0]["scopeSpans"][0]["scope"]["name"] = "com.some.sdk"
    reader.read(SPANS, json.dumps({"resourceSpans": sdk["resourceSpans"] + mine["resourceSpans"]}).encode())
    reader.read(LOGS, logs(*conversation(1)))
    (call,) = store.calls()
    expect_whole(call, 1)


def test_hashes_alone_are_kept_of_messages_too(store: Store) -> None:
    reader = Reader(store, text="hashes")
    reader.read(LOGS, logs(message(1, "user", SECRET)))
    reader.read(SPANS, spans(span(1)))
    (call,) = store.calls()
    assert call.text_state == "hashes"
    assert all("secret" not in m.parts[0].text for m in call.messages)
    assert count(store, "segment") == 0
    with store.engine.connect() as connection:
        for table in ("fragment", "call", "summary"):
            for row in connection.execute(text(f"select * from {table}")):
                assert not any(b"secret" in bytes(cell) for cell in row if isinstance(cell, bytes | memoryview))


def test_messages_stored_as_hashes_stay_so_when_text_is_kept_later(store: Store) -> None:
    Reader(store, text="hashes").read(LOGS, logs(message(1, "user", SECRET)))
    Reader(store).read(SPANS, spans(span(1)))
    (call,) = store.calls()
    assert call.text_state == "hashes"


def test_a_share_of_nothing_keeps_no_message(store: Store) -> None:
    reader = Reader(store, sampling=Sampling(share=0.0))
    reader.read(LOGS, logs(*conversation(1)))
    assert (count(store, "fragment"), count(store, "segment")) == (0, 0)
    assert views.received(store).messages == 6


def test_messages_are_forgotten_with_their_day_and_also_without_a_call(store: Store) -> None:
    reader = Reader(store)
    for age in (0, 31):
        at = -age * DAY * 10**9
        reader.read(LOGS, logs(message(age + 1, "user", f"of day {age}", at), message(99 + age, "user", "alone", at)))
        reader.read(SPANS, spans(span(age + 1, NS + at)))
    gone = forget(store.engine, Keep(calls=30), now=TODAY * DAY + 100.0)
    assert (gone.calls, gone.messages) == (1, 2)
    (call,) = store.calls()
    assert [m.parts[0].text for m in call.messages] == ["of day 0"]
    assert count(store, "fragment") == 2


def test_the_oldest_days_of_messages_go_when_there_are_too_many(store: Store) -> None:
    reader = Reader(store)
    for age in (2, 1, 0):
        at = -age * DAY * 10**9
        reader.read(LOGS, logs(*(message(n, "user", f"{age} {n}", at) for n in range(3))))
    assert forget(store.engine, Keep(message_rows=7), now=TODAY * DAY + 10.0).messages == 3
    assert count(store, "fragment") == 6


def test_a_key_that_gathers_messages_without_end_is_cut(store: Store) -> None:
    reader = Reader(store)
    reader.read(LOGS, logs(*(message(1, "user", f"{n}", n) for n in range(MOST_MESSAGES + 50))))
    reader.read(SPANS, spans(span(1)))
    (call,) = store.calls()
    assert len(call.messages) == MOST_MESSAGES
    assert call.text_state == "truncated"
    assert call.messages[-1].parts[0].text == str(MOST_MESSAGES - 1)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(HOSTILE.filter(bool), min_size=1, max_size=4), ids=st.tuples(HOSTILE, HOSTILE))
def test_any_text_comes_back_as_it_was(texts: list[str], ids: tuple[str, str]) -> None:
    store = open_store("sqlite://")
    reader = Reader(store)
    reader.read(LOGS, logs(*(message(1, "user", one, n) for n, one in enumerate(texts))))
    hostile = message(1, "user", "x") | {"traceId": ids[0], "spanId": ids[1], "eventName": "gen_ai.choice"}
    reader.read(LOGS, logs(hostile))
    reader.read(SPANS, spans(span(1), span(2) | {"traceId": ids[0], "spanId": ids[1]}))
    found = {call.text_key: call for call in store.calls()}
    mine = found[f"{1:032x}:{1:016x}"]
    assert [m.parts[0].text for m in mine.messages] == texts
    store.close()


def test_the_recorded_messages_and_spans_of_one_producer() -> None:
    store = open_store("sqlite://")
    reader = Reader(store)
    recorded = {
        partition: sample(DATA / "read" / f"otel_genai_{kind}_lab_openai_v2_2.3b0_default.json")[0]
        for partition, kind in ((LOGS, "events"), (SPANS, "span"))
    }
    reader.read(LOGS, recorded[LOGS])
    reader.read(SPANS, recorded[SPANS])
    calls = list(store.calls())
    assert [call.text_state for call in calls] == ["full"] * len(calls)
    assert {call.system[0].text for call in calls} == {"You are terse."}
    assert [[part.text for part in call.output] for call in calls if call.status == "ok"] == [["Paris."]] * 3
    assert count(store, "fragment") == 11
    with store.engine.connect() as connection:
        (size,) = connection.execute(text("select sum(size) from segment")).one()
    assert size == len("You are terse." + "Capital of France?" + "Paris."), "equal texts are stored once"
    store.close()


def test_a_report_on_files_and_a_check_say_what_came_apart(tmp_path: Path) -> None:
    (tmp_path / "spans.jsonl").write_bytes(spans(span(1), span(2)) + b"\n")
    (tmp_path / "logs.jsonl").write_bytes(logs(*conversation(1), *conversation(2)) + b"\n")
    files = [str(tmp_path / name) for name in ("logs.jsonl", "spans.jsonl")]

    def hone(*arguments: str) -> str:
        done = subprocess.run([sys.executable, "-m", "agent", *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    told = json.loads(hone("report", *files, "--json", "-"))["input"]
    assert (told["records"], told["calls"], told["messages"], told["skipped"]) == (2, 2, 12, 0)
    assert "12 messages that came apart are joined to theirs" in " ".join(hone("report", *files).split())
    checked = hone("check", *files)
    assert "12 of 2 calls" in checked
