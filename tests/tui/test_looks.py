"""What screens look like: pictures of a frozen moment. `pytest tests/tui/test_looks.py --snapshot-update` takes them anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from agent.store import open_store
from tests.tui.advice import advise
from tests.tui.conftest import NOW, Clock, Seen, opener
from tui import themes
from tui.app import Dashboard

Compare = Callable[..., bool]
FULL, SMALL = (120, 36), (80, 24)


@pytest.fixture(scope="module")
def advised(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("looks") / "demo.db"
    path.write_bytes(filled.read_bytes())
    advise(path)
    return path


def picture(
    compare: Compare, path: Path, *keys: str, size: tuple[int, int] = FULL, theme: str | None = None, now: float = NOW
) -> bool:
    clock = Clock(now)
    app = Dashboard(opener(path), clock=clock, theme=theme, beat_s=1e6)

    async def settled(pilot: Pilot[Any]) -> None:
        seen = Seen(app, pilot, clock)
        await seen.settle()
        await seen.settle()
        if keys:
            await seen.press(*keys)
            await seen.settle()

    return compare(app, terminal_size=size, run_before=settled)


@pytest.mark.parametrize("size", [FULL, SMALL], ids=["full", "small"])
def test_overview(snap_compare: Compare, advised: Path, size: tuple[int, int]) -> None:
    assert picture(snap_compare, advised, size=size)


@pytest.mark.parametrize("size", [FULL, SMALL], ids=["full", "small"])
def test_savings_with_a_hostile_name(snap_compare: Compare, advised: Path, size: tuple[int, int]) -> None:
    assert picture(snap_compare, advised, "2", "down", size=size)


def test_overview_stale(snap_compare: Compare, advised: Path) -> None:
    assert picture(snap_compare, advised, now=NOW + 300)


def test_overview_light(snap_compare: Compare, advised: Path) -> None:
    assert picture(snap_compare, advised, theme=themes.LIGHT)


def test_overview_without_colour(snap_compare: Compare, advised: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert picture(snap_compare, advised)


def test_overview_in_the_colours_of_the_terminal(snap_compare: Compare, advised: Path) -> None:
    assert picture(snap_compare, advised, theme=themes.ANSI_DARK)


def test_help(snap_compare: Compare, advised: Path) -> None:
    assert picture(snap_compare, advised, "2", "question_mark")


def test_nothing_there_yet(snap_compare: Compare, tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    open_store(f"sqlite:///{path}").close()
    assert picture(snap_compare, path, "8")
