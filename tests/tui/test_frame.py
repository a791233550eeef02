"""The frame: what is on every screen, and the keys that work everywhere."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from textual.binding import Binding
from textual.command import CommandList

from agent.store import Store
from tests.tui.conftest import NOW, Clock, running
from tui.keys import KEYS
from tui.live_screen import LiveScreen
from tui.screens import SCREENS


def go(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(coroutine)


def test_every_screen_opens_by_its_number_and_names_itself(filled: Path) -> None:
    async def flow() -> None:
        async with running(filled) as seen:
            for entry in SCREENS:
                await seen.press(entry.key)
                screen = seen.app.screen
                assert isinstance(screen, LiveScreen)
                assert entry.name == screen.NAME
                assert screen.view is not None
                assert f"{entry.key} {entry.title}" in seen.text()
                assert "● live, 2 s ago" in seen.text()

    go(flow())


def test_the_age_of_the_data_is_always_on_the_screen(filled: Path) -> None:
    async def flow() -> None:
        clock = Clock()
        async with running(filled, clock=clock) as seen:
            assert "● live, 2 s ago" in seen.text()
            clock.now = NOW + 240
            seen.app._tick()
            await seen.settle()
            assert "▲ stale, 4 min ago" in seen.text()
            assert "is the agent running?" in seen.text()

    go(flow())


def test_a_database_that_is_not_there_is_waited_for(copy: Path, tmp_path: Path) -> None:
    async def flow() -> None:
        later = tmp_path / "later.db"
        async with running(later) as seen:
            assert "there is no database" in seen.text()
            assert "hone run" in seen.text()
            copy.rename(later)
            await seen.beat()
            assert "● live" in seen.text()
            assert seen.app.live_screen is not None
            assert seen.app.live_screen.view is not None

    go(flow())


def test_a_database_that_goes_away_keeps_its_picture_and_comes_back(copy: Path) -> None:
    async def flow() -> None:
        async with running(copy) as seen:
            await seen.press("7")
            database = seen.app._database
            assert database is not None
            ask = database.store.engine
            from sqlalchemy import create_engine

            database.store.engine = create_engine("sqlite:////nowhere/at/all.db")
            await seen.beat()
            assert "✖ database gone, data of 2 s ago" in seen.text()
            assert "trying again" in seen.text()
            assert "llm.openai" in seen.text()
            database.store.engine = ask
            await seen.beat()
            assert "● live" in seen.text()

    go(flow())


def test_only_what_changed_is_read_again_and_only_for_the_visible_screen(copy: Path, store: Store) -> None:
    async def flow() -> None:
        async with running(copy) as seen:
            await seen.press("7")
            screen = seen.app.live_screen
            assert screen is not None
            view = screen.view
            await seen.beat()
            assert screen.view is view
            with store.transaction() as transaction:
                transaction.bump(NOW - 1)
            await seen.beat()
            assert screen.view is not view
            assert "live, 1 s ago" in seen.text()

    go(flow())


def test_space_holds_everything_still(copy: Path, store: Store) -> None:
    async def flow() -> None:
        async with running(copy) as seen:
            await seen.press("7", "space")
            screen = seen.app.live_screen
            assert screen is not None
            view = screen.view
            with store.transaction() as transaction:
                transaction.bump(NOW - 1)
            await seen.beat()
            assert screen.view is view
            assert "‖ paused" in seen.text()
            await seen.press("space")
            await seen.beat()
            assert screen.view is not view
            assert "‖ paused" not in seen.text()

    go(flow())


def test_ranges_go_round_and_can_be_clicked(filled: Path) -> None:
    async def flow() -> None:
        async with running(filled) as seen:
            await seen.press("7")
            assert "[24h]" in seen.text()
            await seen.press("t")
            assert "[7d]" in seen.text()
            await seen.press("t", "t")
            assert "[1h]" in seen.text()
            await seen.press("T")
            assert "[30d]" in seen.text()
            line = seen.text().splitlines()[0]
            await seen.pilot.click(offset=(line.index(" 6h ") + 1, 0))
            await seen.settle()
            assert "[6h]" in seen.text()

    go(flow())


def test_screens_can_be_clicked(filled: Path) -> None:
    async def flow() -> None:
        async with running(filled) as seen:
            for entry in SCREENS:
                line = seen.text().splitlines()[1]
                await seen.pilot.click(offset=(line.index(entry.title), 1))
                await seen.settle()
                assert seen.app.current_mode == entry.name

    go(flow())


def test_the_filter_narrows_while_typing_and_escape_leaves_it(filled: Path) -> None:
    async def flow() -> None:
        async with running(filled) as seen:
            await seen.press("7", "slash", *"litellm")
            assert "llm.litellm" in seen.text()
            assert "llm.anthropic" not in seen.text()
            await seen.press("enter")
            assert "llm.anthropic" not in seen.text()
            await seen.press("slash", *["backspace"] * 7, *"!litellm", "enter")
            assert "llm.anthropic" in seen.text()
            assert " llm.litellm " not in seen.text()
            await seen.press("escape")
            assert "llm.litellm" in seen.text()
            assert seen.app.current_mode == "stream"

    go(flow())


def test_nothing_moves_under_somebody_who_types(copy: Path, store: Store) -> None:
    async def flow() -> None:
        async with running(copy) as seen:
            await seen.press("7", "slash")
            screen = seen.app.live_screen
            assert screen is not None
            view = screen.view
            with store.transaction() as transaction:
                transaction.bump(NOW - 1)
            await seen.beat()
            assert screen.view is view
            await seen.press("escape")
            assert screen.view is not view

    go(flow())


def test_the_help_has_every_key_and_narrows_down(filled: Path) -> None:
    async def flow() -> None:
        async with running(filled, size=(120, 60)) as seen:
            await seen.press("7", "question_mark")
            for binding in KEYS:
                assert isinstance(binding, Binding)
                assert binding.tooltip[:30] in seen.text(), binding.id
            await seen.press(*"paus")
            assert "Hold everything still" in seen.text()
            assert "Another stretch of time" not in seen.text()
            await seen.press("escape")
            assert seen.app.screen is seen.app.live_screen

    go(flow())


def test_the_palette_does_what_the_keys_do(filled: Path) -> None:
    async def flow() -> None:
        async with running(filled) as seen:
            await seen.press("ctrl+p", *"events (8)")
            found = seen.app.screen.query_one(CommandList)
            while found.option_count != 1 or found.highlighted is None:
                await seen.pilot.pause(0.02)
            await seen.press("enter")
            assert seen.app.current_mode == "events"

    go(flow())


def test_texts_stay_masked_unless_the_configuration_allows_them(filled: Path) -> None:
    async def flow() -> None:
        async with running(filled) as seen:
            await seen.press("m")
            assert "masked" in seen.text().splitlines()[0]
        async with running(filled, may_show_text=True) as seen:
            await seen.press("m")
            assert "text shown" in seen.text().splitlines()[0]

    go(flow())


@pytest.mark.parametrize("form", ["csv", "json", "md"])
def test_the_table_goes_into_a_file(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    monkeypatch.chdir(tmp_path)

    async def flow() -> None:
        async with running(filled) as seen:
            await seen.press("7", "e", *["down"] * ("csv", "json", "md").index(form), "enter")

    go(flow())
    (path,) = tmp_path.glob(f"hone-stream-20261123-030020.{form}")
    text = path.read_text()
    if form == "csv":
        rows = list(csv.DictReader(text.splitlines()))
        assert {row["Topic"] for row in rows} >= {"llm.openai", "llm.anthropic"}
    elif form == "json":
        assert {row["topic"] for row in json.loads(text)} >= {"llm.openai", "llm.anthropic"}
    else:
        assert "`llm.openai`" in text


def test_copies_through_the_terminal(filled: Path) -> None:
    async def flow() -> None:
        async with running(filled) as seen:
            await seen.press("7", "y")
            assert "`llm.openai`" in seen.app.clipboard

    go(flow())


def test_keys_can_be_mapped_anew(filled: Path) -> None:
    async def flow() -> None:
        async with running(filled, keys={"pause": "p"}) as seen:
            await seen.press("p")
            assert "‖ paused" in seen.text()

    go(flow())
