"""Caches that got worse: an event within minutes of the first affected call, raised once, resolved by itself."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from agent import schedule
from agent.commands.wiring import report_of, watch_of
from agent.config import load
from agent.events import Event, open_events, raise_new, resolve
from agent.report_text import text as as_text
from agent.store import Store, StoreUnavailable, open_store
from agent.store import read as reading
from agent.store.engine import open_engine
from agent.store.migrate import _config
from agent.store.retention import Keep
from agent.store.texts import TextWriter
from agent.watch_caching import KIND, CachingWatch
from analyzers.core import Call
from analyzers.errors import HoneError
from tests.analyzers.prompt_caching.deploys import POLICY, START, bot, reported
from tests.fixtures.agents import ROOT, wait_until

DEPLOY = 200
NOW = START + 100_000.0


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


def watcher(store: Store) -> CachingWatch:
    return watch_of(store, load(None, {}))


def put(store: Store, calls: Sequence[Call]) -> None:
    """As a commit does: the rows, and a new revision."""
    writer = TextWriter()
    prepared = writer.prepare(calls)
    with store.transaction() as transaction:
        transaction.insert("segment", prepared.segments)
        transaction.insert("call", [(day, at, "t", 0, n, b) for n, (day, at, b) in enumerate(prepared.bodies)])
        transaction.bump(NOW)


def clock(n: int, every: float = 20.0) -> dict[str, Any]:
    return {"system": f"Now: {datetime.fromtimestamp(START + every * n, UTC):%Y-%m-%d %H:%M:%S}\n{POLICY}"}


def broken(n: int, rng: Random) -> dict[str, Any]:
    """A clock comes with call DEPLOY and goes 60 calls later."""
    return clock(n) if DEPLOY <= n < DEPLOY + 60 else {}


def test_a_fall_is_raised_once_stays_open_and_resolves_itself(store: Store) -> None:
    calls = reported(bot(400, change=broken))
    watch = watcher(store)
    put(store, calls[:DEPLOY])
    assert watch.look(NOW) == []
    put(store, calls[DEPLOY : DEPLOY + 12])
    (raised,) = watch.look(NOW + 60)
    assert raised.at == calls[DEPLOY].started_at
    assert raised.data["kind"] == "timestamp_before_static"
    assert (raised.data["segment"], raised.data["position"]) == ("system", 0)
    assert raised.data["start"] < raised.data["end"] <= len("Now: 2026-11-24 00:00:00\n")
    assert Decimal(raised.data["usd_day"]) > 1
    assert "USD a day" in raised.message
    # Nothing came in, then more of the same.
    assert watch.look(NOW + 120) == []
    put(store, calls[DEPLOY + 12 : DEPLOY + 60])
    assert watch.look(NOW + 180) == []
    assert len(open_events(store)) == 1
    # Mended: not before a good part of the newest calls reads again.
    put(store, calls[DEPLOY + 60 : DEPLOY + 70])
    assert watch.look(NOW + 240) == []
    assert len(open_events(store)) == 1
    put(store, calls[DEPLOY + 70 : DEPLOY + 120])
    assert watch.look(NOW + 300) == []
    assert open_events(store) == []
    (row,) = reading.events(store.engine)
    assert (row.raised_at, row.resolved_at) == (NOW + 60, NOW + 300)


@pytest.mark.parametrize(("apart", "times"), [(1, 1), (1_000, 2)])
def test_another_fall_after_the_first_is_mended_is_another_event_unless_it_is_the_same_on_the_same_day(
    store: Store, apart: int, times: int
) -> None:
    calls = bot(700, change=lambda n, rng: clock(n) if 200 <= n < 260 or n >= 500 else {})
    watch, raised = watcher(store), []
    for start in range(0, 700, 50):
        put(store, calls[start : start + 50])
        raised += watch.look(NOW + start * apart)
    assert [event.at for event in raised] == [calls[200].started_at, calls[500].started_at][:times]
    assert [event.at for event in open_events(store)] == [calls[500].started_at][: times - 1]


def test_an_agent_that_starts_again_knows_what_it_raised(store: Store, url: str) -> None:
    calls = bot(400, change=broken)
    put(store, calls[: DEPLOY + 20])
    assert len(watcher(store).look(NOW)) == 1
    again = open_store(url)
    assert watcher(again).look(NOW + 60) == []
    assert len(open_events(again)) == 1
    put(again, calls[DEPLOY + 20 :])
    assert watcher(again).look(NOW + 120) == []
    assert open_events(again) == []
    again.close()


def test_two_agents_at_once_raise_one(store: Store, url: str) -> None:
    put(store, bot(DEPLOY + 20, change=broken))
    stores = [open_store(url) for _ in range(2)]
    barrier, raised = threading.Barrier(2), []

    def look(own: Store) -> None:
        watch = watcher(own)
        barrier.wait()
        raised.extend(watch.look(NOW))

    threads = [threading.Thread(target=look, args=(own,)) for own in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for own in stores:
        own.close()
    assert len(raised) == len(reading.events(store.engine)) == 1


def test_one_subject_is_open_once_also_for_agents_that_race(store: Store, url: str) -> None:
    event = Event("kind", "subject", 1.0, "message", {"n": 1})
    barrier, fresh = threading.Barrier(4), []

    def race() -> None:
        own = open_store(url)
        barrier.wait()
        fresh.extend(raise_new(own, [event], 2.0))
        own.close()

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fresh == [event]
    resolve(store, open_events(store), 3.0)
    assert raise_new(store, [event], 4.0) == [event]
    assert [row.resolved_at for row in reading.events(store.engine)] == [None, 3.0]


def test_open_events_are_found_behind_any_number_of_others(store: Store) -> None:
    raise_new(store, [Event("kind", "old", 1.0, "", {})], 1.0)
    for n in range(250):
        raise_new(store, [Event("kind", f"s{n}", 1.0, "", {})], 1.0)
    resolve(store, [row for row in open_events(store) if row.subject != "old"], 2.0)
    assert [row.subject for row in open_events(store)] == ["old"]


def test_the_report_lists_events_without_text_of_prompts(store: Store) -> None:
    put(store, bot(DEPLOY + 30, change=broken))
    (raised,) = watcher(store).look(NOW)
    made = report_of(store, load(None, {}))
    (event,) = made.events
    assert (event.kind, event.message, event.resolved_at) == (KIND, raised.message, None)
    assert raised.message in " ".join(as_text(made, width=400).split())
    (row,) = reading.events(store.engine)
    assert "Rule" not in json.dumps(row.data) + row.message
    assert made.prompt_caching is not None
    (regression,) = made.prompt_caching.regressions
    assert (regression.template, regression.kind) == (raised.data["template"], raised.data["kind"])
    assert regression.at.timestamp() == raised.at


def test_a_database_that_is_away_is_looked_at_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, bot(DEPLOY + 20, change=broken))
    watch = watcher(store)

    def away(*of: object) -> Iterator[Call]:
        raise StoreUnavailable("away")

    with monkeypatch.context() as broken_store:
        broken_store.setattr(store, "calls", away)
        assert watch.look(NOW) == []
    assert len(watch.look(NOW + 60)) == 1


def test_a_failing_look_is_said_without_what_it_looked_at(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    looks = []

    def look(now: float) -> None:
        looks.append(now)
        raise KeyError("secret words of a prompt")

    jobs = schedule.start(store, Keep(), look=look, look_every_s=0.05)
    wait_until(lambda: len(looks) > 2, 10, "three looks")
    jobs.shutdown(wait=True)
    assert "KeyError" in caplog.text
    assert "secret" not in caplog.text


def test_a_busy_database_whose_newest_calls_span_minutes(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'hone.db'}")
    # Twenty calls a second for over an hour, of which a share is kept; the clock came two minutes ago.
    every, hour = 0.05, [600.0 * n / 3_000 for n in range(3_000)]
    newest = [4_400.0 + every * n for n in range(10_000)]
    deployed = newest[-1] - 120.0
    at = [*hour, *newest]
    calls = bot(len(at), change=lambda n, rng: {"at": at[n], **(clock(n, every) if at[n] >= deployed else {})})
    put(store, calls)
    began = time.process_time()
    (raised,) = watcher(store).look(NOW)
    assert time.process_time() - began < 60
    assert raised.at == START + deployed
    assert raised.data["calls_before"] > 3_000
    store.close()


def test_a_fall_in_calls_that_were_not_looked_at_is_known_to_lie_there(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'hone.db'}")
    # The agent was away: the fall lies between the calls of an hour ago and the newest.
    at = [*(0.2 * n for n in range(1_000)), *(1_000 + 0.4 * n for n in range(9_000))]
    deployed = 1_200.0
    put(store, bot(len(at), change=lambda n, rng: {"at": at[n], **(clock(n, 0.4) if at[n] >= deployed else {})}))
    (raised,) = watcher(store).look(NOW)
    assert raised.data["last_before"] < START + deployed <= raised.at
    store.close()


@pytest.mark.parametrize("version", ["0001", "0002"])
def test_a_database_of_an_older_version_keeps_its_calls_and_gets_events(url: str, version: str) -> None:
    engine = open_engine(url)
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    old = Store(engine, "old")
    calls = bot(DEPLOY + 20, change=broken)
    put(old, calls)
    with pytest.raises((HoneError, OperationalError)):
        raise_new(old, [Event("kind", "subject", 1.0, "", {})], 1.0)
    old.close()
    store = open_store(url)
    assert [call.id for call in store.calls()] == [call.id for call in calls]
    assert len(watcher(store).look(NOW)) == 1
    with store.engine.connect() as connection:
        assert connection.execute(text("select version_num from alembic_version")).scalar_one() >= "0003"
    store.close()


def record(call: Call) -> bytes:
    """As a producer of Hone's own format writes it."""

    def parts(of: Any) -> list[dict[str, str]]:
        return [{"type": part.kind, "content": part.text} for part in of]

    usage = {name: value for name, value in msgspec.structs.asdict(call.usage).items() if value is not None}
    return json.dumps(
        {
            "hone": 1,
            "id": call.id,
            "timestamp": call.started_at,
            "gen_ai.provider.name": call.provider,
            "gen_ai.request.model": call.request_model,
            "app": call.app,
            "gen_ai.response.time_to_first_chunk": 0.5,
            "gen_ai.system_instructions": parts(call.system),
            "gen_ai.input.messages": [{"role": m.role, "parts": parts(m.parts)} for m in call.messages],
            "usage": usage,
        }
    ).encode()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_hone_run_raises_the_event_within_a_look_of_the_first_affected_calls(url: str, tmp_path: Path) -> None:
    config = tmp_path / "hone.toml"
    config.write_text(
        f"""
[source.files]
paths = ["-"]
[store]
url = "{url}"
[prompt_caching]
look_every_s = 2.0
[ingest]
interval_s = 0.1
[http]
enabled = false
"""
    )
    calls = reported(bot(DEPLOY + 60, change=broken))
    agent = subprocess.Popen(
        [sys.executable, "-m", "agent", "run", "--config", str(config)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert agent.stdin is not None
    assert agent.stderr is not None
    try:
        agent.stdin.write(b"".join(record(call) + b"\n" for call in calls[:DEPLOY]))
        agent.stdin.flush()
        wait_until(lambda: Path(url.removeprefix("sqlite:///")).exists(), 30, "the database")
        store = open_store(url)
        wait_until(lambda: reading.count_calls(store.engine) == DEPLOY, 30, "the calls before")
        time.sleep(2.5)
        assert open_events(store) == []
        agent.stdin.write(b"".join(record(call) + b"\n" for call in calls[DEPLOY : DEPLOY + 15]))
        agent.stdin.flush()
        wait_until(lambda: reading.count_calls(store.engine) == DEPLOY + 15, 30, "the calls after")
        committed = time.time()
        wait_until(lambda: bool(open_events(store)), 30, "the event")
        (event,) = open_events(store)
        # One interval, and what a look takes on a machine that is busy.
        assert event.raised_at - committed < 2.0 + 1.0
        assert event.at == calls[DEPLOY].started_at
        store.close()
    finally:
        _, said = agent.communicate(timeout=60)
    assert agent.returncode == 0
    assert b"timestamp_before_static in system 0" in said


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_files_that_end_before_the_first_look_are_looked_at(url: str, tmp_path: Path) -> None:
    log, config = tmp_path / "calls.jsonl", tmp_path / "hone.toml"
    log.write_bytes(b"".join(record(call) + b"\n" for call in bot(DEPLOY + 30, change=broken)))
    config.write_text(f'[source.files]\npaths = ["{log}"]\n[store]\nurl = "{url}"\n[http]\nenabled = false\n')
    subprocess.run([sys.executable, "-m", "agent", "run", "--config", str(config)], cwd=ROOT, check=True, timeout=120)
    store = open_store(url)
    assert [row.kind for row in open_events(store)].count(KIND) == 1
    store.close()
