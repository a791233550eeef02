"""The life of recommendations on both databases: identity, decisions, what comes back, and that the store stays small."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agent.cli import program
from agent.recommend.record import current, decide, record, undo, with_status
from agent.report import Report
from agent.report_plan import Interval
from agent.store import Store, open_store
from agent.store.recommendations import ESTIMATES, changes, decisions, rows
from analyzers.errors import HoneError
from tests.agent.recommendations import ANALYSES_A_DAY, DAYS, NOW, month, one, report

DAY, HOUR = 86_400.0, 3_600.0


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


def status(made: Report, name: str = "pc-aaaaaa") -> str:
    return next(each.status for each in made.recommendations if each.id == name)


def test_decisions_are_kept_over_runs_with_who_and_when(store: Store) -> None:
    first = record(store, report(one(), one("pc-bbbbbb", 50)), NOW).recommendations
    assert [each.status for each in first] == ["open", "open"]
    assert first[0].first_seen is not None
    decide(store, "pc-aaaaaa", "accepted", "ada", NOW + 5)
    made = record(store, report(one(), one("pc-bbbbbb", 50)), NOW + 600)
    assert [each.id for each in made.recommendations] == ["pc-bbbbbb", "pc-aaaaaa"]
    accepted = made.recommendations[1]
    assert (accepted.status, accepted.first_seen) == ("accepted", first[0].first_seen)
    assert [(each.status, each.who, each.at.timestamp()) for each in accepted.history] == [("accepted", "ada", NOW + 5)]
    assert with_status(store, "accepted") == {"pc-aaaaaa"}
    assert Report.model_validate_json(made.to_json()).recommendations == made.recommendations


def test_what_was_dismissed_comes_back_only_when_the_facts_changed_much(store: Store) -> None:
    record(store, report(one()), NOW)
    decide(store, "pc-aaaaaa", "dismissed", "ada", NOW + 1, why="not ours")
    assert status(record(store, report(one(likely=199)), NOW + 2)) == "dismissed"
    back = record(store, report(one(likely=200)), NOW + 3)
    assert status(back) == "open"
    assert "200 USD a month now, 100" in (back.recommendations[0].status_reason or "")
    decide(store, "pc-aaaaaa", "dismissed", "ada", NOW + 4, why="still not")
    assert status(record(store, report(one(likely=200, measured=False)), NOW + 5)) == "open"


def test_what_was_snoozed_comes_back_by_itself(store: Store) -> None:
    record(store, report(one()), NOW)
    put_off = decide(store, "pc-aaaaaa", "snoozed", "ada", NOW, until=NOW + DAY)
    assert put_off.snoozed_until is not None
    assert status(record(store, report(one()), NOW + DAY - 1)) == "snoozed"
    assert status(record(store, report(one()), NOW + DAY)) == "open"


def test_undo_takes_back_ones_own_last_decision_and_then_the_one_before(store: Store) -> None:
    record(store, report(one()), NOW)
    decide(store, "pc-aaaaaa", "dismissed", "ada", NOW + 1, why="no")
    decide(store, "pc-aaaaaa", "accepted", "ada", NOW + 2)
    with pytest.raises(HoneError, match="bob has decided nothing"):
        undo(store, "bob", NOW + 3)
    again = undo(store, "ada", NOW + 3)
    assert (again.status, again.status_reason, [each.status for each in again.history]) == (
        "dismissed",
        "no",
        ["dismissed"],
    )
    assert undo(store, "ada", NOW + 4).status == "open"
    with pytest.raises(HoneError, match="nothing"):
        undo(store, "ada", NOW + 5)


def test_what_is_found_no_more_is_shown_for_a_day_and_kept_where_it_was_accepted(store: Store) -> None:
    record(store, report(one(), one("pc-bbbbbb")), NOW)
    decide(store, "pc-bbbbbb", "accepted", "ada", NOW)
    gone = record(store, report(), NOW + HOUR).recommendations
    assert [each.id for each in gone] == ["pc-aaaaaa", "pc-bbbbbb"]
    assert all(
        each.saving_usd_month.likely is None and "not found" in (each.saving_usd_month_reason or "") for each in gone
    )
    assert [each.id for each in record(store, report(), NOW + DAY + HOUR).recommendations] == ["pc-bbbbbb"]
    assert rows(store.engine)["pc-aaaaaa"].seen_at == NOW


def test_an_id_that_is_not_there_names_the_nearest(store: Store) -> None:
    record(store, report(one()), NOW)
    with pytest.raises(HoneError, match="there is no recommendation 'pc-aaaaab'") as refused:
        decide(store, "pc-aaaaab", "accepted", "ada", NOW)
    assert "pc-aaaaaa" in refused.value.hint


def test_however_often_it_is_found_there_is_one_row_for_each_opportunity(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """300 opportunities whose estimates are never still."""
    many = [one(f"pc-{n:06}") for n in range(300)]
    monkeypatch.setattr("agent.store.recommendations.ESTIMATES", 6)
    for turn in range(8):
        wobble = 100 + (turn % 7)
        found = [each.model_copy(update={"saving_usd_month": Interval(likely=Decimal(wobble))}) for each in many]
        for again in (0, 1):
            record(store, report(*found), NOW + turn * DAY + again * HOUR)
    assert len(rows(store.engine)) == 300
    assert len(changes(store.engine)) == 300 * 6
    made = current(store, report(*many), NOW + 8 * DAY)
    assert len(made.recommendations) == 300


@pytest.mark.slow
def test_a_month_of_findings_leaves_a_small_store(tmp_path: Path) -> None:
    """A thousand a day, so that every opportunity is found as often as among the 10,000 of `tests.bench.findings`."""
    path, opportunities = tmp_path / "month.db", 21
    store = open_store(f"sqlite:///{path}")
    made = month(store, opportunities)
    assert len(made.recommendations) == len(rows(store.engine)) == opportunities
    kept = Counter(each.recommendation for each in changes(store.engine))
    assert max(kept.values()) == ESTIMATES
    # Those that move by less than a twentieth are noted once a day.
    assert kept["pc-000001"] == DAYS
    assert decisions(store.engine) == []
    store.close()
    size = path.stat().st_size
    sys.stdout.write(f"{DAYS * ANALYSES_A_DAY * opportunities:,} findings: {size:,} bytes\n")
    assert size < 1_000_000


def test_the_commands_decide_explain_and_refuse(url: str, tmp_path: Path) -> None:
    opened = open_store(url)
    record(opened, report(one()), time.time())
    opened.close()

    env = {"HOME": str(tmp_path), "HONE_STORE__URL": url, "USER": "ada", "LOGNAME": "ada"}

    def hone(*arguments: str) -> Result:
        return CliRunner(env=env).invoke(program(), list(arguments))

    assert "is accepted: Sort the tools." in hone("accept", "pc-aaaaaa").stdout
    assert "snoozed until" in hone("snooze", "pc-aaaaaa", "--days", "2").stdout
    assert "is accepted" in hone("undo").stdout
    assert "is dismissed" in hone("dismiss", "pc-aaaaaa", "--why", "no").stdout
    told = hone("explain", "pc-aaaaaa")
    assert "dismissed by ada: no" in told.stdout
    assert "Method" in told.stdout
    assert "\x1b" not in told.stdout
    with pytest.raises(HoneError, match="pc-aaaaab") as refused:
        raise hone("accept", "pc-aaaaab").exception or AssertionError("it is taken")
    assert "pc-aaaaaa" in refused.value.hint
    # What becomes of an error on the way out is the same for every command.
    command = [sys.executable, "-m", "agent", "accept", "pc-aaaaab"]
    wrong = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **env}, timeout=60)
    assert (wrong.returncode, "pc-aaaaaa" in wrong.stderr) == (1, True)
