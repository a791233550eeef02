"""One database from the demo's generator for every test of the dashboard, and a clock that stands still."""

from __future__ import annotations

import shutil
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from agent import loop, views
from agent.demo import traffic
from agent.demo.source import DemoSource
from agent.ingest import Ingest
from agent.store import Store, analyses, open_store
from agent.store.store import open_as_it_is
from analyzers.prices import Prices
from analyzers.spend import Spend
from collectors.formats import FORMATS
from collectors.parse import Parser
from tui.app import Dashboard
from tui.reading import Database

START = 1_795_392_000.0
"""2026-11-23T00:00:00Z."""
HOURS = 3
_STILL = 3
"""Looks in a row that show the same: on a busy machine a layout takes several turns."""
NOW = START + HOURS * 3_600 + 20.0


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Input, "_toggle_cursor", lambda self: None)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three hours of five applications with what the analyst said of them. Tests get a copy."""
    path = tmp_path_factory.mktemp("dashboard") / "demo.db"
    store = open_store(f"sqlite:///{path}", owner="test:1")
    ingest = Ingest(store, Parser(formats=tuple(FORMATS), user_salt=b""), (Spend(),))
    source = DemoSource(traffic(7, start=START, hours=HOURS, calls=700))
    loop.run(source, ingest, stop=threading.Event(), clock=lambda: NOW - 2)
    report = views.report(store, Prices(), now=NOW)
    made = analyses.Analysis(NOW - 240, START, NOW, 1, 3.2, report.to_json(None).encode())
    analyses.keep(store.engine, made)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return path


@pytest.fixture
def copy(filled: Path, tmp_path: Path) -> Path:
    """A database of the test's own."""
    return Path(shutil.copy(filled, tmp_path / "demo.db"))


def opener(path: Path, **options: Any) -> Callable[[], Database]:
    return lambda: Database(open_as_it_is(f"sqlite:///{path}"), Prices, "demo", **options)


@pytest.fixture
def store(copy: Path) -> Store:
    """The agent's side of the test's database."""
    return open_store(f"sqlite:///{copy}")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares with what is kept under a name, or keeps it with --snapshot-update."""

    def compare(name: str, drawn: str) -> None:
        path = Path(__file__).parent / "golden" / f"{name}.txt"
        if request.config.getoption("update_snapshots"):
            path.write_text(drawn, encoding="utf-8")
        assert drawn == path.read_text(encoding="utf-8")

    return compare


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


Running = Callable[..., AbstractAsyncContextManager["Seen"]]


class Seen:
    """A running dashboard with what tests want of it. The heartbeat beats only when it is told to."""

    def __init__(self, app: Dashboard, pilot: Pilot[None], clock: Clock) -> None:
        self.app = app
        self.pilot = pilot
        self.clock = clock

    async def settle(self) -> None:
        """Until everything that was asked for has been read and drawn."""
        for _ in range(500):
            await self.pilot.pause()
            await self.app.workers.wait_for_complete()
            await self.pilot.pause()
            screen = self.app.live_screen
            if not self.app._beating and (screen is None or not screen._under_way):
                return
        raise AssertionError("the dashboard does not come to rest")

    async def still(self) -> None:
        """Until what is drawn stays as it is: a table that has got its room fits its columns, which may change the room of others."""
        before, alike = "", 0
        while alike < _STILL:
            await self.pilot.pause(0.02)
            await self.settle()
            now = self.text()
            alike = alike + 1 if now == before else 0
            before = now

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()

    async def beat(self) -> None:
        self.app._beat()
        await self.settle()

    def text(self) -> str:
        """What is drawn, line by line."""
        lines = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in lines)


@asynccontextmanager
async def running(
    path: Path | None = None,
    *,
    size: tuple[int, int] = (120, 36),
    clock: Clock | None = None,
    open_database: Callable[[], Database] | None = None,
    theme: str | None = None,
    **options: Any,
) -> AsyncIterator[Seen]:
    clock = clock or Clock()
    if open_database is None:
        assert path is not None
        open_database = opener(path, **options)
    app = Dashboard(open_database, clock=clock, theme=theme, beat_s=1e6)
    async with app.run_test(size=size) as pilot:
        seen = Seen(app, pilot, clock)
        await seen.settle()
        await seen.settle()
        yield seen
