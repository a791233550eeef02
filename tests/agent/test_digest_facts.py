"""The digest of a stream that really went through the pipeline: its money is that of the report."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent import loop, views
from agent.commands import digests, wiring
from agent.commands.digest import DigestForm, PeriodKind, digest
from agent.config import load
from agent.demo import traffic
from agent.demo.source import DemoSource
from agent.digest.period import Due, finished
from agent.digest_facts import facts
from agent.events import Event, raise_new, resolve
from agent.report import Period, Report, Spend
from agent.store import Store, open_store
from agent.store.analyses import Analysis, keep
from agent.store.read import events
from tests.agent.digests import recommendation, report

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 10, 23, 22, tzinfo=UTC).timestamp()
"""Midnight in Berlin, before the night of 25 hours."""
NOW = START + 75 * 3_600.0
DAY = finished("day", Due(datetime.min.time()), BERLIN, START + 50 * 3_600.0)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Three days of the demo's stream."""
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('digest') / 'hone.db'}")
    settings = load(None, {})
    source = DemoSource(traffic(3, start=START, hours=74.0, calls=600))
    loop.run(source, wiring.ingest_of(store, settings), stop=threading.Event(), pace=wiring.pace_of(settings))
    yield store
    store.close()


def test_a_day_of_25_hours_costs_what_the_report_says(filled: Store) -> None:
    assert (DAY.end - DAY.start) / 3_600 == 25
    prices = wiring.prices_of(load(None, {}))
    found = facts(filled, prices, DAY, BERLIN)
    spent = views.spend(filled, prices, start_hour=int(DAY.start // 3_600), end_hour=int(DAY.end // 3_600))
    assert spent.calls > 50
    assert (found.spend.total_usd, found.received.calls) == (spent.total_usd, spent.calls)
    assert found.days[-1].spend.total_usd == spent.total_usd
    assert found.days[-2].spend.total_usd == found.spend_before.total_usd
    assert found.calls_before == found.days[-2].calls > 50
    assert [one.calls for one in found.days[:-2]] == [0] * 5
    assert found.known_from == START


def test_it_takes_the_newest_analysis_and_the_one_of_the_digest_before(filled: Store) -> None:
    prices = wiring.prices_of(load(None, {}))
    assert facts(filled, prices, DAY, BERLIN).analysis is None
    for at, number in ((DAY.start - 60, 1), (DAY.start + 60, 2), (DAY.end, 3)):
        made = report([recommendation(number)])
        keep(filled.engine, Analysis(at, START, at, 1, 0.5, made.to_json().encode()))
    newest = facts(filled, prices, DAY, BERLIN)
    assert newest.analysis is not None
    assert newest.earlier is not None
    assert (newest.analysis.at, newest.earlier.at) == (DAY.end, DAY.start - 60)
    since = facts(filled, prices, DAY, BERLIN, since=DAY.start + 120)
    assert since.earlier is not None
    assert since.earlier.report.recommendations[0].id == recommendation(2).id


def test_events_of_the_period_and_those_still_open(filled: Store) -> None:
    told = [
        (DAY.start - 100, "over before", DAY.start - 50),
        (DAY.start - 90, "over in it", DAY.start + 50),
        (DAY.start - 80, "open since before", None),
        (DAY.start + 80, "raised in it", None),
        (DAY.end + 80, "raised after it", None),
    ]
    for at, subject, over in told:
        raise_new(filled, [Event("k", subject, at, subject, {})], at)
        if over is not None:
            resolve(filled, [row for row in events(filled.engine) if row.subject == subject], over)
    found = facts(filled, wiring.prices_of(load(None, {})), DAY, BERLIN)
    assert [one.subject for one in found.events] == ["raised in it", "open since before", "over in it"]


def test_the_command_prints_the_last_period_that_is_over(filled: Store, capsys: pytest.CaptureFixture[str]) -> None:
    url = str(filled.engine.url)
    command = [sys.executable, "-m", "agent", "digest", "--db", url, "--period", "day", "--until", "2026-10-26"]
    done = subprocess.run([*command, "--format", "json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    settings = load(None, {})
    period = digests.finished(settings, "day", datetime(2026, 10, 26, tzinfo=UTC).timestamp())
    assert made["period"]["start"] == "2026-10-25T00:00:00Z"
    known = facts(filled, wiring.prices_of(settings), period, ZoneInfo("UTC"))
    assert made["spend"]["calls"] == known.received.calls > 50
    digest(PeriodKind.week, DigestForm.text, until=datetime.fromisoformat("2026-10-26"), db=url)
    assert capsys.readouterr().out.startswith("Hone: Mon 19 Oct to Sun 25 Oct 2026\n")


def test_an_empty_database_gives_a_digest_too(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'hone.db'}")
    try:
        made = digests.digest_of(store, load(None, {}), DAY, NOW)
        keep(store.engine, Analysis(NOW, None, None, 1, 0.1, _empty().to_json().encode()))
        analysed = digests.digest_of(store, load(None, {}), DAY, NOW)
    finally:
        store.close()
    assert made.spend.usd is None
    assert made.unchecked[0].what == "no record was read yet"
    assert not made.quiet
    assert analysed.basis is not None
    assert analysed.recommendations == []


def test_a_stream_without_calls_is_whole_when_nothing_waits_to_be_read(filled: Store) -> None:
    settings = load(None, {})
    later = finished("day", Due(datetime.min.time()), ZoneInfo("UTC"), NOW + 400 * 86_400.0)
    with filled.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE source_offset SET updated_at = 1.0")
    seen = digests.digest_of(filled, settings, later, NOW + 400 * 86_400.0)
    known = digests.digest_of(filled, settings, later, NOW + 400 * 86_400.0, all_read=True)
    assert next(one.what for one in seen.unchecked).startswith("nothing was read after")
    assert not any(one.what.startswith("nothing was read") for one in known.unchecked)
    assert known.spend.calls == 0


def _empty() -> Report:
    return Report(
        period=Period(hours_reason="there are no calls"),
        input=report([]).input.model_copy(update={"calls": 0}),
        spend=Spend(total_usd=None, total_usd_reason="there are no calls", price_source=""),
    )
