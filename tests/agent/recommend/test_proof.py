"""What was carried out is noticed in the stream by itself, and what it saves is held against what was promised."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from agent import loop
from agent.analyst import analyse
from agent.cli import program
from agent.commands import wiring
from agent.config import load
from agent.config.settings import Settings
from agent.demo import Truth, traffic
from agent.demo.money import rates
from agent.demo.record import Sent
from agent.demo.source import DemoSource
from agent.digest.forms import drawn
from agent.digest.make import digest
from agent.digest.period import Period
from agent.digest_facts import facts
from agent.recommend.record import decide
from agent.report import Report
from agent.report_markdown import markdown
from agent.report_plan import Recommendation
from agent.report_text import text
from agent.store import Store, open_store, read

START = 1_795_392_000.0 + 9 * 3_600
HOUR = 3_600.0
FIXED_H = 1.2
FIXED = START + FIXED_H * HOUR
APP = "support-bot"
MODEL = "gpt-5.4-2026-03-05"


class _Ahead:
    """The records up to `until`, and the others later."""

    def __init__(self, records: Iterator[Sent]) -> None:
        self._records = records
        self._waiting: Sent | None = None
        self.until = 0.0

    def __iter__(self) -> Iterator[Sent]:
        return self

    def __next__(self) -> Sent:
        sent = self._waiting or next(self._records)
        if sent.at > self.until:
            self._waiting = sent
            raise StopIteration
        self._waiting = None
        return sent


class Stream(NamedTuple):
    """The support bot's traffic with a release half-way, read into a database bit by bit."""

    store: Store
    settings: Settings
    source: DemoSource
    records: _Ahead
    truth: Truth

    def analysed(self, hours: float) -> Report:
        """The analysis when so many hours since the release have come in."""
        now = FIXED + hours * HOUR
        self.records.until = now
        stop = threading.Event()
        ingest = wiring.ingest_of(self.store, self.settings)
        loop.run(self.source, ingest, stop=stop, pace=wiring.pace_of(self.settings))
        return Report.model_validate_json(analyse(self.store, self.settings, now).report)

    @property
    def saved_usd(self) -> float:
        """What the provider's cache really read more than it would have without the release."""
        known, usd = self.truth.as_dict()["apps"][APP]["waste"], rates("openai", MODEL, START)
        more = known.get("since_release_cache_read", 0) - known.get("since_release_cache_read_without", 0)
        return float(more) * (usd.input - usd.cache_read)


def stream(folder: Path, *, works: bool = True, doubled: bool = False) -> Stream:
    truth = Truth()
    made = traffic(
        7,
        start=START,
        hours=2.6,
        scale=0.35,
        fixed_at=FIXED_H,
        fix_works=works,
        doubled_at=FIXED_H if doubled else None,
        mishaps=False,
        truth=truth,
    )
    records = _Ahead(sent for sent in made if sent.app == APP)
    given = {
        "HONE_STORE__URL": f"sqlite:///{folder / 'hone.db'}",
        "HONE_EMBEDDING__MODEL": "static",
        "HONE_RECOMMEND__USD_DAY": "1",
    }
    settings = load(None, given)
    return Stream(open_store(settings.store.database_url), settings, DemoSource(records), records, truth)


def carried_out(report: Report) -> list[Recommendation]:
    return [one for one in report.recommendations if one.realised is not None]


def realised_month(report: Report) -> float:
    return sum(float(one.realised.saving_usd_month.likely or 0) for one in carried_out(report) if one.realised)


def hours_since(report: Report) -> float:
    found = next(one.realised for one in carried_out(report))
    assert found is not None and found.adopted_at is not None and report.period.end is not None
    return (report.period.end - found.adopted_at).total_seconds() / HOUR


def told_of(store: Store, kind: str) -> list[str]:
    return [row.subject.split(":")[0] for row in read.events(store.engine) if row.kind == kind]


def test_a_fix_is_noticed_within_an_hour_and_saves_what_the_provider_really_read_more(tmp_path: Path) -> None:
    made = stream(tmp_path)
    first = made.analysed(-0.1)
    ids = {one.id for one in first.recommendations if one.status == "open"}
    assert ids and not carried_out(first)
    assert "nothing that was recommended has been carried out and measured yet" in text(first)
    # Nobody says that it was done: one is accepted, the other is not.
    decide(made.store, min(ids), "accepted", "alex", FIXED - 60)
    noticed = made.analysed(0.3)
    seen = carried_out(noticed)
    assert {one.id for one in seen} == ids
    answered = [call.started_at for call in made.store.calls() if call.status == "ok"]
    first_since = min(at for at in answered if at >= FIXED)
    for one in seen:
        assert one.realised is not None and one.realised.adopted_at is not None
        assert one.realised.adopted_at.timestamp() == pytest.approx(first_since, abs=1)
        assert one.realised.verdict == "cannot_tell" and "there is a verdict from" in one.realised.why
        assert one.status in ("open", "accepted")
    assert set(told_of(made.store, "adoption")) == ids and not told_of(made.store, "verdict")
    after = made.analysed(1.3)
    for one in carried_out(after):
        assert one.status == "done" and one.realised is not None
        assert one.realised.verdict == "confirmed"
        forecast, saving = one.realised.forecast_usd_month, one.realised.saving_usd_month
        assert forecast is not None and saving.low is not None and saving.high is not None
        assert saving.low <= forecast <= saving.high
    truth = made.saved_usd * 730 / hours_since(after)
    assert realised_month(after) == pytest.approx(truth, rel=0.05)
    assert after.track_record.confirmed == after.track_record.within == len(ids)
    assert after.track_record.largest_error is not None and after.track_record.largest_error < 0.1
    # What is done is in the plan no more, and nothing new is found in the calls before it.
    assert {one.id for one in after.recommendations} == ids
    assert not any(step.recommendations for step in after.plan)
    assert sorted(told_of(made.store, "verdict")) == sorted(ids) and len(told_of(made.store, "adoption")) == len(ids)
    again = made.analysed(1.35)
    assert len(told_of(made.store, "verdict")) == len(ids)
    _is_told_everywhere(made, again, min(ids))


def _is_told_everywhere(made: Stream, report: Report, name: str) -> None:
    """In every form of the report and the digest, and by `hone explain`."""
    for told in (text(report), markdown(report)):
        assert "confirmed" in told and "within 20 % of the forecast" in told
    day = Period("day", START - 9 * HOUR, START + 15 * HOUR, START + 23 * HOUR)
    sent = digest(facts(made.store, wiring.prices_of(made.settings), day, ZoneInfo("UTC")), FIXED + 1.4 * HOUR)
    for told in (drawn(sent, "text"), drawn(sent, "markdown"), drawn(sent, "html")):
        assert "Confirmed" in told and "within 20 % of the forecast" in told
    url = made.settings.store.database_url
    made.store.close()
    said = CliRunner().invoke(program(), ["explain", name, "--db", url])
    assert said.exit_code == 0 and "What became of it" in said.stdout and "Confirmed" in said.stdout


@pytest.mark.parametrize("doubled", [False, True], ids=["same traffic", "twice the traffic"])
def test_a_fix_that_did_not_work_ends_as_not_confirmed(tmp_path: Path, doubled: bool) -> None:
    made = stream(tmp_path, works=False, doubled=doubled)
    ids = {one.id for one in made.analysed(-0.1).recommendations}
    after = made.analysed(1.3)
    seen = carried_out(after)
    assert {one.id for one in seen} == ids
    for one in seen:
        assert one.realised is not None and one.realised.verdict == "not_confirmed" and one.status == "open"
        assert one.realised.saving_usd_month.likely == pytest.approx(Decimal(0), abs=Decimal("0.01"))
    assert after.track_record.not_confirmed == len(ids) and after.track_record.confirmed == 0
    # What stands there now is recommended.
    assert any(one.realised is None and one.saving_usd_month.likely for one in after.recommendations)
    made.store.close()


def test_twice_the_traffic_at_the_same_time_is_no_merit_and_no_fault_of_the_fix(tmp_path: Path) -> None:
    made = stream(tmp_path, doubled=True)
    ids = {one.id for one in made.analysed(-0.1).recommendations}
    after = made.analysed(1.3)
    seen = carried_out(after)
    assert {one.id for one in seen} == ids
    assert all(one.realised is not None and one.realised.verdict == "confirmed" for one in seen)
    assert realised_month(after) == pytest.approx(made.saved_usd * 730 / hours_since(after), rel=0.05)
    # The forecast was made for half the calls; it is held against the calls that came.
    assert after.track_record.largest_error is not None and after.track_record.largest_error < 0.1
    made.store.close()
