"""Enter goes in everywhere: from a list to the one thing in full, and from there to what else is told of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.agent.reports_full import BAD
from tests.tui.advice import advise
from tests.tui.conftest import Seen, running
from tests.tui.looked_at import looked_at
from tui.application import Application
from tui.cache import Cache
from tui.kind import Kind
from tui.live_table import LiveTable
from tui.savings import Savings
from tui.task import Task
from tui.template import Template
from tui.where import Where


async def _enter(seen: Seen, table: str, key: str) -> object:
    """Enter on a row; the screen that it leads to."""
    found = seen.app.screen.query_one(table, LiveTable)
    assert found.choose(key), [line.key for line in found._shown]
    found.focus()
    await seen.press("enter")
    await seen.still()
    return seen.app.screen


def test_a_kind_of_request_in_full_and_on_to_what_else_is_told_of_its_application(copy: Path) -> None:
    async def flow() -> None:
        async with running(looked_at(copy), may_show_text=True) as seen:
            await seen.press("5")
            kind = await _enter(seen, "#kinds", "c1")
            assert isinstance(kind, Kind)
            assert "1,100, 11.0 % of its application's" in seen.text()
            assert "⏎ open" in seen.text()
            await seen.press("y")
            assert "- cost         $214 a month" in seen.app.clipboard
            assert isinstance(await _enter(seen, "#leads", "prompt t1"), Template)
            await seen.press("escape")
            assert seen.app.screen is kind
            cache = await _enter(seen, "#leads", f"cache {BAD}")
            assert isinstance(cache, Cache)
            assert cache.query_one("#apps", LiveTable).chosen == BAD
            assert cache.focused is cache.query_one("#apps")
            assert isinstance(await _enter(seen, "#apps", BAD), Application)

    asyncio.run(flow())


def test_a_task_in_full_begins_with_the_route_that_was_meant(copy: Path) -> None:
    async def flow() -> None:
        async with running(looked_at(copy)) as seen:
            await seen.press("6")
            route = str(seen.app.screen.query_one("#options", LiveTable)._shown[1].key)
            task = await _enter(seen, "#options", route)
            assert isinstance(task, Task)
            assert task.query_one("#routes", LiveTable).chosen == route
            for part in ("from 2,094,650 calls a month; there are", "gpt-5.4-mini", "answered as well"):
                assert part in seen.text()
            assert "hone export 5036635221f4" in seen.text()
            await seen.press("y")
            assert "gpt-5.4-mini" in seen.app.clipboard
            assert isinstance(await _enter(seen, "#leads", "kind c1"), Kind)
            await seen.press("escape", "escape")
            assert isinstance(await _enter(seen, "#tasks", "5036635221f4"), Task)

    asyncio.run(flow())


def test_a_recommendation_leads_to_what_it_rests_on(copy: Path) -> None:
    advise(copy)

    async def flow() -> None:
        async with running(copy) as seen:
            await seen.press("2")
            savings = seen.app.screen
            assert isinstance(savings, Savings)
            assert savings.view is not None
            assert isinstance(await _enter(seen, "#list", "3f2a91"), Application)  # it names no prompt
            await seen.press("escape")
            assert isinstance(await _enter(seen, "#list", "77ab01"), Cache)
            await seen.press("2")
            assert savings.view.restrained == (Where("tuning", ""),)
            await _enter(seen, "#list", "restraint 0")
            assert "6 Tuning" in seen.text()
            assert seen.app.current_mode == "tuning"

    asyncio.run(flow())
