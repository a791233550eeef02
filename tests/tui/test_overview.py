"""The overview: figures equal to the report's, and what it says when there is little to say."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

from agent import views
from agent.store import open_store
from agent.store.store import open_as_it_is
from analyzers.prices import Prices
from tests.tui.conftest import NOW, START, Clock, running
from tui.overview_view import OverviewView


def test_spends_what_the_report_says(filled: Path) -> None:
    store = open_as_it_is(f"sqlite:///{filled}")
    whole = views.spend(store, Prices(), start_hour=int(START // 3_600) - 24)

    async def flow() -> OverviewView:
        async with running(filled) as seen:
            screen = seen.app.live_screen
            assert screen is not None
            text = seen.text()
            assert "Spend in 24h" in text
            assert "support-bot" in text
            assert "not analysed yet" not in text
            assert isinstance(screen.view, OverviewView)
            return screen.view

    view = asyncio.run(flow())
    assert view.spent.usd == whole.total_usd
    assert view.spent.calls == whole.calls == 700
    assert {(row.name, row.calls, row.usd) for row in view.spent.by_app} == {
        (row.name, row.calls, row.usd) for row in whole.by_app
    }
    assert {(row.name, row.calls, row.usd) for row in view.spent.by_model} == {
        (row.name, row.calls, row.usd) for row in whole.by_model
    }
    assert view.spent.tokens == whole.tokens
    assert sum((hour.usd for hour in view.spent.hours), Decimal(0)) == whole.total_usd
    month = whole.total_usd * 730 / Decimal(str(view.elapsed_h))
    assert view.month_usd == month


def test_a_short_range_holds_only_its_hours_and_compares_with_those_before(filled: Path) -> None:
    async def flow() -> OverviewView:
        async with running(filled) as seen:
            await seen.press("T", "T")
            assert "[1h]" in seen.text()
            screen = seen.app.live_screen
            assert screen is not None
            assert isinstance(screen.view, OverviewView)
            return screen.view

    view = asyncio.run(flow())
    assert view.hours == (int(NOW // 3_600) - 1, int(NOW // 3_600) + 1, False)
    assert 0 < view.spent.calls < 700
    assert view.before.calls + view.spent.calls == 700


def test_long_after_the_last_call_the_range_ends_where_the_calls_did(filled: Path) -> None:
    async def flow() -> OverviewView:
        async with running(filled, clock=Clock(NOW + 40 * 86_400)) as seen:
            text = seen.text()
            assert "▲ stale, 40 d ago" in text
            assert "ends 11-23 03:00" in text
            screen = seen.app.live_screen
            assert screen is not None
            assert isinstance(screen.view, OverviewView)
            return screen.view

    view = asyncio.run(flow())
    assert view.spent.calls == 700
    assert 2.5 < view.elapsed_h < 3.1


def test_an_empty_database_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    open_store(f"sqlite:///{path}").close()

    async def flow() -> None:
        async with running(path) as seen:
            assert "○ no data" in seen.text()
            assert "No calls yet." in seen.text()
            assert "hone check" in seen.text()
            await seen.press("7")
            assert "Nothing has been read yet." in seen.text()
            await seen.press("8")
            assert "hone run" in seen.text()

    asyncio.run(flow())


def test_narrow_terminals_keep_the_figures(filled: Path) -> None:
    async def flow() -> None:
        async with running(filled, size=(80, 24)) as seen:
            text = seen.text()
            assert all(len(line.rstrip()) <= 80 for line in text.splitlines())
            for part in ("Spend in 24h", "Could save a month", "Calls", "Input from cache", "support-bot", "q quit"):
                assert part in text

    asyncio.run(flow())
