"""The analysis by the clock: apart from the stream, by one of several agents, tried again when it fails, kept for others."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from agent.analyst import Analyst, analyse
from agent.analyst.process import Outcome, analyse_apart
from agent.commands import wiring
from agent.config import load
from agent.config.settings import Settings
from agent.config.tuning_settings import FineTuningSettings
from agent.report import Report
from agent.store import Store, open_store
from agent.store import read as reading
from agent.store.analyses import last_made, newest
from collectors.source import Batch, Partition, Record
from tests.bench.records import records
from tests.fixtures.agents import ROOT, AgentProcess, wait_until
from tests.fixtures.ledger import produce
from tests.fixtures.parts import Kafka

HOUR = 3_600
NOW = 1_795_400_000.0


class Heard:
    """What the metrics would be told."""

    def __init__(self) -> None:
        self.elected: list[bool] = []
        self.outcomes: list[Outcome] = []

    def analyst(self, is_analyst: bool) -> None:
        self.elected.append(is_analyst)

    def analysed(self, outcome: Outcome, now: float) -> None:
        self.outcomes.append(outcome)


def settings_of(url: str, **analysis: object) -> Settings:
    given = {f"HONE_ANALYSIS__{name.upper()}": str(value) for name, value in analysis.items()}
    return load(None, {"HONE_STORE__URL": url, **given})


def log_of(folder: Path, values: Sequence[bytes]) -> Path:
    path = folder / "calls.jsonl"
    with path.open("ab") as log:
        log.writelines(value + b"\n" for value in values)
    return path


def read(log: Path, url: str) -> None:
    """Through the same path as a stream."""
    store = open_store(url)
    wiring.read_files([str(log)], store, settings_of(url), threading.Event())
    store.close()


def kept(store: Store) -> Report:
    found = newest(store.engine)
    assert found is not None
    return Report.model_validate_json(found.report)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'hone.db'}"


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[Store]:
    """A database with 200 calls."""
    read(log_of(tmp_path, list(records(200, 400))), url)
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture
def analyst(url: str) -> Iterator[Callable[..., tuple[Analyst, Heard]]]:
    made: list[tuple[Analyst, Store]] = []

    def start(**options: object) -> tuple[Analyst, Heard]:
        store, heard = open_store(url), Heard()
        one = Analyst(store, settings_of(url, **{"nice": 0, **options}), heard, turn_s=0.05)
        made.append((one, store))
        one.start()
        return one, heard

    yield start
    for one, store in made:
        one.close()
        store.close()


def test_an_analysis_is_the_report_of_the_configured_days(store: Store, url: str) -> None:
    first = next(store.calls()).started_at
    with store.transaction() as transaction:
        # The same hour once more, three days later; and one that only a wrong clock can have written.
        rows = list(reading.summaries(store.engine, "spend", 1)) + list(reading.summaries(store.engine, "intake", 1))
        late, wrong = int(first // HOUR) + 72, int(NOW // HOUR) + 5_000
        transaction.insert(
            "summary", [(*key[:2], hour, *key[3:], state) for hour in (late, wrong) for key, state in rows]
        )
    made = analyse(store, settings_of(url), NOW)
    known = newest(store.engine)
    assert known is not None and known.report == made.report
    assert kept(store).spend.priced_calls == 600
    made = analyse(store, settings_of(url, days=3), NOW + 60)
    assert kept(store).input.calls == 400
    found = last_made(store.engine)
    assert found == (NOW + 60, reading.revision(store.engine).number, made.seconds)


def test_one_that_crashes_is_tried_again_and_nothing_is_done_while_nothing_comes_in(
    store: Store,
    url: str,
    tmp_path: Path,
    analyst: Callable[..., tuple[Analyst, Heard]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, "hone.analyst"):
        _, heard = analyst(every_s=0.2)
        wait_until(lambda: bool(multiprocessing.active_children()), 30, "the process")
        os.kill(multiprocessing.active_children()[0].pid or 0, signal.SIGKILL)
        wait_until(lambda: len(heard.outcomes) == 2, 60, "another try")
    assert [one.ended for one in heard.outcomes] == ["failed", "done"]
    assert "not analysed: ended by SIGKILL" in caplog.text
    assert kept(store).input.calls == 200
    first = last_made(store.engine)
    time.sleep(0.6)
    assert last_made(store.engine) == first
    read(log_of(tmp_path, list(records(50, 400, seed=2))), url)
    wait_until(lambda: len(heard.outcomes) == 3, 60, "the next analysis")
    assert kept(store).input.calls == 250
    assert heard.elected == [True]


def test_one_that_takes_too_long_is_ended_and_so_is_one_whose_agent_stops(
    store: Store, analyst: Callable[..., tuple[Analyst, Heard]]
) -> None:
    late, heard = analyst(every_s=0.1, timeout_s=0.01)
    wait_until(lambda: bool(heard.outcomes), 30, "the end")
    assert heard.outcomes[0].ended == "timed_out"
    late.close()
    stopped, heard = analyst(every_s=0.1)
    wait_until(lambda: bool(multiprocessing.active_children()), 30, "the process")
    began = time.monotonic()
    stopped.close()
    assert time.monotonic() - began < 5
    assert [one.ended for one in heard.outcomes] == ["stopped"]
    assert heard.elected == [True, False]
    assert multiprocessing.active_children() == []
    assert newest(store.engine) is None


def test_why_it_failed_is_said_in_the_words_of_the_fault(store: Store, url: str) -> None:
    settings = settings_of(url).model_copy(update={"fine_tuning": wiring_fault()})
    outcome = analyse_apart(settings, lambda: True, "text")
    assert outcome.ended == "failed"
    assert "no-such-field" in outcome.why


def wiring_fault() -> FineTuningSettings:
    return FineTuningSettings(routes=({"id": "mine", "no-such-field": 1},))


def config_of(folder: Path, url: str, source: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "hone.toml"
    path.write_text(f'{source}\n[store]\nurl = "{url}"\n[analysis]\nevery_s = 1\nnice = 0\n[http]\nenabled = false\n')
    return path


def test_a_backlog_is_analysed_while_it_is_read(url: str, analyst: Callable[..., tuple[Analyst, Heard]]) -> None:
    opened = open_store(url)
    ingest = wiring.ingest_of(opened, settings_of(url))
    partition, analysed, values = Partition("backlog", 0), threading.Event(), list(records(40_000, 300))
    read_so_far: list[int] = [0]

    def catch_up() -> None:
        for start in range(0, len(values), 10):
            found = tuple(Record(n, value, NOW) for n, value in enumerate(values[start : start + 10], start))
            ingest.commit([ingest.read(Batch(partition, start, start + 10, found), NOW)], (), NOW)
            read_so_far.append(start + 10)
            if analysed.is_set():
                return
            threading.Event().wait(0.05)

    _, heard = analyst(every_s=0.2)
    reading_on = threading.Thread(target=catch_up)
    reading_on.start()
    wait_until(lambda: any(outcome.ended == "done" for outcome in heard.outcomes), 120, "an analysis")
    seen = kept(opened).input.calls
    # Reading went on while the analysis ran: there is more by now than it saw.
    assert 0 < seen < read_so_far[-1]
    analysed.set()
    reading_on.join()
    opened.close()


def test_files_that_end_are_analysed_once_and_so_is_a_replay_that_asks_for_it(url: str, tmp_path: Path) -> None:
    log = log_of(tmp_path, list(records(60, 400)))
    config = config_of(tmp_path, url, f'[source.files]\npaths = ["{log}"]')
    hone = [sys.executable, "-m", "agent"]
    subprocess.run([*hone, "run", "--config", str(config)], cwd=ROOT, check=True, timeout=120)
    store = open_store(url)
    assert kept(store).input.calls == 60
    log_of(tmp_path, list(records(40, 400, seed=2)))
    command = [*hone, "replay", "--analyse", "--config", str(config), str(log)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=120)
    assert kept(store).input.calls == 100
    store.close()


def children(pid: int) -> set[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout
    return {int(line) for line in found.split()}


@pytest.mark.kafka
def test_another_agent_takes_over_when_the_analyst_is_killed(
    broker: Kafka, postgres: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    topic = broker.topic(partitions=2)
    source = f"""
[source.kafka]
bootstrap_servers = ["{broker.bootstrap}"]
topics = ["{topic}"]
group_id = "{topic}"
session_timeout_ms = 6000
heartbeat_interval_ms = 500
"""
    agents = [AgentProcess(config_of(tmp_path / name, postgres, source)) for name in ("a", "b")]
    store = open_store(postgres)
    sent = list(records(900, 400))
    produce(broker.bootstrap, topic, sent[:300], partitions=2)
    said = "this agent is the analyst"
    wait_until(lambda: last_made(store.engine) is not None, 180, "the first analysis")
    assert [said in one.log() for one in agents].count(True) == 1
    first, second = sorted(agents, key=lambda one: said not in one.log())
    try:
        produce(broker.bootstrap, topic, sent[300:600], partitions=2)
        # In the middle of an analysis: its process ends with it.
        wait_until(lambda: len(children(first.process.pid)) > 1, 30, "an analysis")
        own = children(first.process.pid)
        before = last_made(store.engine)
        first.kill()
        killed = time.monotonic()
        wait_until(lambda: said in second.log(), 30, "another analyst")
        taken_over = time.monotonic() - killed
        produce(broker.bootstrap, topic, sent[600:], partitions=2)
        wait_until(lambda: last_made(store.engine) != before and kept(store).input.calls == 900, 180, "its analysis")
        with capsys.disabled():
            done = time.monotonic() - killed
            sys.stdout.write(f"\nanother analyst after {taken_over:.1f} s, everything analysed after {done:.1f} s\n")
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in own), 10, "the end of what was left")
        assert second.terminate() == 0, second.log()
    finally:
        for one in agents:
            one.kill()
        store.close()
