"""The analyst's newest report is shown as long as it is as good as a new one."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.cli import program
from agent.events import Event, raise_new
from agent.recommend.record import decide, record
from agent.report import Report
from agent.standing import LONGEST_S, standing
from agent.store import Store, open_store, read
from agent.store.analyses import Analysis, keep
from tests.agent.recommendations import NOW, one, report

TURN = 600.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'hone.db'}")
    yield opened
    opened.close()


def analysed(store: Store, at: float = NOW, *, came_in: int = 0) -> Report:
    """An analysis as the analyst leaves it; `came_in` commits were made since."""
    made = record(store, report(one("pc-aaaaaa"), one("pc-bbbbbb")), at)
    seen = read.revision(store.engine).number - came_in
    keep(store.engine, Analysis(at, None, None, seen, 80.0, made.to_json(indent=None).encode()))
    return made


@pytest.mark.parametrize(
    ("age", "came_in", "stands"),
    [
        (1.9 * TURN, 5, True),
        (2.1 * TURN, 5, False),
        (2.1 * TURN, 0, True),
        (LONGEST_S - 1, 0, True),
        (LONGEST_S + 1, 0, False),
        (-60.0, 0, False),
    ],
)
def test_it_stands_for_two_turns_and_where_nothing_came_in_for_a_day(
    store: Store, *, age: float, came_in: int, stands: bool
) -> None:
    assert standing(store, TURN, NOW) is None
    made = analysed(store, came_in=came_in)
    found = standing(store, TURN, NOW + age)
    assert (found is not None) == stands
    assert found is None or (found.at == NOW and found.report == made)


def test_what_somebody_decided_since_ends_it_and_what_was_raised_since_is_in_it(store: Store) -> None:
    analysed(store)
    raise_new(store, [Event("cache_regression", "coder", NOW + 5, "coder fell", {})], NOW + 5)
    found = standing(store, TURN, NOW + 10)
    assert found is not None and [each.kind for each in found.report.events] == ["cache_regression"]
    decide(store, "pc-aaaaaa", "dismissed", "alex", NOW + 20, why="no")
    # What is dismissed is in no sum: the plan is another one now.
    assert standing(store, TURN, NOW + 30) is None
    analysed(store, NOW + 40)
    found = standing(store, TURN, NOW + 50)
    assert found is not None and {one.id: one.status for one in found.report.recommendations} == {
        "pc-aaaaaa": "dismissed",
        "pc-bbbbbb": "open",
    }


def test_what_another_version_wrote_does_not_stand(store: Store) -> None:
    analysed(store)
    keep(store.engine, Analysis(NOW + 1, None, None, read.revision(store.engine).number, 1.0, b'{"schema": "other"}'))
    assert standing(store, TURN, NOW + 2) is None


def test_the_command_shows_it_and_analyses_when_asked(store: Store) -> None:
    analysed(store, time.time() - 61)
    given = ["report", "--db", str(store.engine.url), "--json", "-"]
    shown = CliRunner().invoke(program(), given)
    assert shown.exit_code == 0 and "as analysed 1 minute ago" in shown.stderr
    assert [each["id"] for each in json.loads(shown.stdout)["recommendations"]] == ["pc-aaaaaa", "pc-bbbbbb"]
    anew = CliRunner().invoke(program(), [*given, "--anew"])
    assert anew.exit_code == 0 and "as analysed" not in anew.stderr
    assert json.loads(anew.stdout)["period"]["hours_reason"] == "there are no calls"
