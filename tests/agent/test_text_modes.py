"""What is at rest in each text mode: the raw bytes of the database are searched for what was planted in prompts."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.analyst import analyse
from agent.commands import wiring
from agent.config import load
from agent.config.settings import Settings
from agent.report import Report
from agent.report_lines import lines
from agent.store import Store, open_store
from agent.store import read as reading
from agent.store.protect import Protection
from collectors.source import Record

NOW = 1_795_400_000.0
WORD = "Zanzibarquux"
IDENTIFIERS = ("ada.lovelace@example.org", "+44 20 7946 0958", "4111 1111 1111 1111", "sk-proj-abcdefghijklmnopqrstuv")
POLICY = f"You answer for {WORD} Ltd. " + "Refunds take five days and need the order's number. " * 120


def one(number: int, question: str, *, app: str = "support", user: str = "u1") -> dict[str, object]:
    """A raw Chat Completions record: the same policy and tools each time."""
    return {
        "timestamp": NOW - 3_600 + number,
        "app": app,
        "user": user,
        "tags": [f"mail:{IDENTIFIERS[0]}"],
        "request": {
            "model": "gpt-4o",
            "messages": [
                {"role": "system", "content": POLICY},
                {"role": "user", "content": question},
            ],
            "response_format": {"type": "json_schema", "json_schema": {"description": f"all of {WORD}"}},
            "tools": [{"type": "function", "function": {"name": f"find_{WORD}", "description": f"{WORD} orders"}}],
        },
        "response": {
            "id": f"chatcmpl-{number:024d}",
            "model": "gpt-4o-2024-08-06",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": f"{WORD}: {question[:20]}"},
                    "finish_reason": "stop",
                }
            ],
            "object": "chat.completion",
            "usage": {
                "total_tokens": 1_612,
                "prompt_tokens": 1_600,
                "completion_tokens": 12,
                "prompt_tokens_details": {"cached_tokens": 0},
            },
        },
    }


def log_of(folder: Path) -> Path:
    path = folder / "calls.jsonl"
    asked = [f"Where is {WORD} order {number % 10}? I am {IDENTIFIERS[number % 4]}." for number in range(40)]
    records = [json.dumps(one(number, question)) for number, question in enumerate(asked)]
    records.append('{"request": {"model": "gpt-4o", "messages": "' + WORD + " " + IDENTIFIERS[0])  # no JSON
    records.append(json.dumps({"model": 7, "nothing": WORD, "mail": IDENTIFIERS[0]}))  # of no format
    path.write_text("\n".join(records) + "\n")
    return path


def settings_of(url: str, mode: str) -> Settings:
    return load(None, {"HONE_STORE__URL": url, "HONE_STORE__TEXT": mode, "HONE_PRIVACY__USER_SALT": "grains"})


@pytest.fixture
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Store, Report, bytes]]:
    """The database of one mode, the report of its analysis, and every byte that is on disk of it."""
    url = f"sqlite:///{tmp_path / 'hone.db'}"
    settings = settings_of(url, request.param)
    store = open_store(url)
    wiring.read_files([str(log_of(tmp_path))], store, settings, threading.Event())
    made = analyse(store, settings, NOW)
    raw = b"".join(path.read_bytes() for path in sorted(tmp_path.glob("hone.db*")))
    raw += b"".join(_bodies(store))
    yield store, Report.model_validate_json(made.report), raw
    store.close()


def _bodies(store: Store) -> Iterator[bytes]:
    """What is compressed in the file, as it reads."""
    import sqlalchemy
    import zstandard

    with store.engine.connect() as connection:
        for table in ("segment", "analysis", "close_look"):
            for (body,) in connection.execute(sqlalchemy.text(f"select body from {table}")):
                yield zstandard.ZstdDecompressor().decompress(bytes(body), max_output_size=1 << 26)


@pytest.mark.parametrize("kept", ["full"], indirect=True)
def test_full_is_what_the_others_are_held_against(kept: tuple[Store, Report, bytes]) -> None:
    _, _, raw = kept
    assert WORD.encode() in raw
    assert all(each.encode() in raw for each in IDENTIFIERS)


@pytest.mark.parametrize("kept", ["hashes"], indirect=True)
def test_hashes_keep_no_text_and_count_what_repeats(kept: tuple[Store, Report, bytes]) -> None:
    store, report, raw = kept
    assert WORD.encode() not in raw
    assert WORD.lower().encode() not in raw.lower()
    assert not any(each.encode() in raw for each in IDENTIFIERS[1:])
    assert b"Refunds" not in raw
    assert len(reading.rejects(store.engine)) == 2

    assert report.input.calls == 40 and report.spend.total_usd
    caching, answers = report.prompt_caching, report.response_caching
    assert caching is not None and answers is not None
    assert caching.calls_without_text == 0
    # The policy is the beginning of every prompt but for the tools before it: about all of 1,600 tokens, from the second call on.
    assert 0.8 < (caching.simulated.infinite.hit_ratio or 0.0) < 1.0
    assert not caching.faults
    # Forty calls ask twenty different things, all of them twice.
    assert answers.exact.hit_rate == 0.5
    assert answers.semantic.recommended_threshold is None
    told = " ".join(str(line) for line in lines(report))
    assert "digests" in told


@pytest.mark.parametrize("kept", ["full"], indirect=True)
def test_the_exact_cache_is_the_same_with_text(kept: tuple[Store, Report, bytes]) -> None:
    _, report, _ = kept
    exact = report.response_caching
    assert exact is not None
    # With their text, calls are known to carry the data of one person.
    assert exact.eligible_calls + sum(exact.ineligible_by_reason.values()) == 40


@pytest.mark.parametrize("kept", ["redacted"], indirect=True)
def test_redacted_keeps_texts_without_identifiers(kept: tuple[Store, Report, bytes]) -> None:
    store, report, raw = kept
    assert WORD.encode() in raw
    assert not any(each.encode() in raw for each in IDENTIFIERS)
    calls = list(store.calls())
    assert len(calls) == 40 and all(call.text_state == "full" for call in calls)
    asked = {call.messages[0].parts[0].text for call in calls}
    assert len(asked) == 20  # equal texts are equal still, different ones different
    assert any("[EMAIL_" in text for text in asked) and any("[CARD_" in text for text in asked)
    assert report.prompt_caching is not None
    assert (report.prompt_caching.simulated.infinite.hit_ratio or 0.0) > 0.8


def test_an_identifier_has_one_placeholder_for_one_salt() -> None:
    a, b = Protection("redacted", b"a"), Protection("redacted", b"b")
    mail = IDENTIFIERS[0]
    (first, second) = a.text(f"I am {mail}; write to {mail.upper()}").removeprefix("I am ").split("; write to ")
    assert first == second
    assert a.text(f"{mail} again") == f"{first} again"
    assert b.text(mail) != first
    assert a.text(first) == first
    assert Protection("full").text(mail) == mail


def test_a_short_text_cannot_be_guessed_from_its_digest_without_the_salt() -> None:
    assert Protection("hashes", b"a").digest(b"yes") != Protection("hashes", b"b").digest(b"yes")


def test_names_of_calls_are_redacted_before_they_are_counted(tmp_path: Path) -> None:
    settings = settings_of(f"sqlite:///{tmp_path / 'hone.db'}", "redacted")
    store = open_store(settings.store.database_url)
    ingest = wiring.ingest_of(store, settings)
    from collectors.source import Batch, Partition

    value = json.dumps(one(1, "hello", app=f"bot of {IDENTIFIERS[0]}")).encode()
    work = ingest.read(Batch(Partition("t", 0), 0, 1, (Record(0, value, NOW),)), NOW)
    assert work.sightings[0].call.app is not None
    assert IDENTIFIERS[0] not in work.sightings[0].call.app
    ingest.commit([work], (), NOW)
    raw = b"".join(path.read_bytes() for path in sorted(tmp_path.glob("hone.db*")))
    assert IDENTIFIERS[0].encode() not in raw
    store.close()
