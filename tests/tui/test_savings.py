"""Savings: the plan, every recommendation with its evidence, and what it becomes as a ticket or a file."""

from __future__ import annotations

import asyncio
import csv
from pathlib import Path

import pytest

from agent.recommend.record import record
from agent.report import Report
from agent.store import open_store
from agent.store.analyses import newest
from agent.store.recommendations import rows
from tests.tui.advice import advise
from tests.tui.conftest import NOW, running
from tui.waterfall import drawn


def test_the_plan_and_the_evidence_are_on_one_screen(copy: Path) -> None:
    advise(copy)

    async def flow() -> None:
        async with running(copy) as seen:
            await seen.press("2")
            text = seen.text()
            assert "3 open · 1 done · of the last 1 carried out 1 confirmed" in text
            for part in ("today", "$2,420", "−$1,100", "needs 14 days of calls", "left", "$1,220", "50 %"):
                assert part in text
            assert "$1,100 a month  ($1,010 … $1,150, measured)" in text
            assert "the clock changes in every call" in text
            await seen.press("down")
            assert "$90.00 alone" in seen.text()
            assert "$20.00 of it is taken" in seen.text()
            await seen.press("down")
            assert "no figure yet: needs 14 days of calls, 13 more" in seen.text()
            await seen.press("down")
            assert "What became of it" in seen.text()
            assert "by ada" in seen.text()
            await seen.press("down")
            assert "9,000 calls a day" in seen.text()

    asyncio.run(flow())


def test_names_from_logs_stay_text(copy: Path) -> None:
    advise(copy)

    async def flow() -> None:
        async with running(copy) as seen:
            await seen.press("2", "down")
            assert "[/red]faq[2J" in seen.text()
            assert "\x1b" not in seen.text()

    asyncio.run(flow())


def test_enter_on_the_overview_leads_to_the_recommendation(copy: Path) -> None:
    advise(copy)

    async def flow() -> None:
        async with running(copy) as seen:
            text = seen.text()
            assert "$1,170" in text
            assert "$1,070 … $1,230" in text
            await seen.press("down", "enter")
            await seen.settle()
            assert seen.app.current_mode == "savings"
            assert "for 6 hours" in seen.text()
            assert "$90.00 alone" in seen.text()

    asyncio.run(flow())


def test_a_recommendation_is_copied_as_a_ticket(copy: Path) -> None:
    advise(copy)

    async def flow() -> str:
        async with running(copy) as seen:
            await seen.press("2", "down", "y")
            return seen.app.clipboard

    ticket = asyncio.run(flow())
    assert ticket.startswith("## `Cache answers by the hash of the request, for 6 hours`")
    assert "- about: `[/red]faq[2J · claude`" in ticket
    assert "- saves a month: $70.00 ($60.00 to $80.00; measured)" in ticket


def test_all_recommendations_are_exported(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    advise(copy)
    monkeypatch.chdir(tmp_path)

    async def flow() -> None:
        async with running(copy) as seen:
            await seen.press("2", "e", "enter")

    asyncio.run(flow())
    (path,) = tmp_path.glob("hone-savings-*.csv")
    rows = {row["Id"]: row for row in csv.DictReader(path.read_text().splitlines())}
    assert rows["3f2a91"]["USD a month"] == "1100"
    assert rows["a1b2c3"]["USD a month"] == ""
    assert rows["ddee00"]["Status"] == "done"


def test_the_cursor_stays_on_its_row_when_rows_come_before_it(copy: Path) -> None:
    advise(copy)

    async def flow() -> None:
        async with running(copy) as seen:
            await seen.press("2", "down", "down")
            before = seen.text()
            assert "Try a smaller model on the easy steps" in before
            screen = seen.app.live_screen
            assert screen is not None
            assert screen.view is not None
            view = screen.view
            first = view.recommendations[0].model_copy(update={"id": "new", "action": "Something newer"})
            screen.view = view._replace(recommendations=(first, *view.recommendations))
            screen.show(screen.view)
            await seen.settle()
            assert "no figure yet: needs 14 days of calls, 13 more" in seen.text()

    asyncio.run(flow())


def test_a_plan_without_figures_says_why() -> None:
    assert "No plan yet" in drawn([], 80).plain


def test_decisions_are_written_shown_and_taken_back(copy: Path) -> None:
    advise(copy)
    store = open_store(f"sqlite:///{copy}")
    found = newest(store.engine)
    assert found is not None
    record(store, Report.model_validate_json(found.report), NOW - 60)

    def status(name: str) -> tuple[str, str]:
        row = rows(store.engine)[name]
        return row.status, row.why

    async def flow() -> None:
        async with running(copy) as seen:
            await seen.press("2", "a")
            assert status("3f2a91") == ("accepted", "")
            assert "accepted" in seen.text().splitlines()[2]
            await seen.press("u")
            assert status("3f2a91") == ("open", "")
            await seen.press("x", *"no time", "enter")
            assert status("3f2a91") == ("dismissed", "no time")
            await seen.press("u", "z", "down", "enter")
            assert status("3f2a91")[0] == "snoozed"
            until = rows(store.engine)["3f2a91"].until
            assert until == NOW + 7 * 86_400
            await seen.press(*["down"] * 6, "a")
            assert {each: row.status for each, row in rows(store.engine).items() if row.status == "accepted"} == {}

    asyncio.run(flow())
