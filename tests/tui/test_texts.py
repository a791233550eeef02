"""Prompts, the cache with its pairs, kinds of request and fine-tuning: every key, and texts that stay text."""

from __future__ import annotations

import asyncio
import json
import unicodedata
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from agent.judging import key
from agent.store import Store, analyses, open_store
from agent.store.judgements import Judgement, judgements, keep
from tests.tui.conftest import NOW, START, Seen, running
from tests.tui.looked_at import PAIRS, look, looked_at
from tui.template_lines import bar, blocks, share

Flow = Callable[[Seen], Awaitable[None]]


def watched(path: Path, flow: Flow, **options: Any) -> None:
    async def run() -> None:
        async with running(path, **options) as seen:
            await flow(seen)

    asyncio.run(run())


@pytest.fixture
def full(copy: Path) -> Path:
    return looked_at(copy)


LOOKS = {
    (120, 36): {
        "prompts": ["3"],
        "template": ["enter", "m"],
        "cache": ["m", "escape", "4"],
        "pairs": ["p", "m"],
        "kinds": ["escape", "5"],
        "kind": ["enter"],
        "tuning": ["escape", "6"],
        "task": ["enter"],
    },
    (80, 24): {
        "template-masked": ["3", "enter"],
        "cache-small": ["escape", "4"],
        "tuning-small": ["6"],
        "task-small": ["enter"],
    },
}


@pytest.mark.parametrize("size", LOOKS)
def test_the_screens_are_as_they_were(full: Path, size: tuple[int, int], golden: Callable[[str, str], None]) -> None:
    async def flow(seen: Seen) -> None:
        for name, keys in LOOKS[size].items():
            await seen.press(*keys)
            await seen.still()
            drawn = as_drawn(seen)
            # Texts and names of the log control nothing, whatever is in them.
            assert all(char == "\n" or unicodedata.category(char) not in ("Cc", "Cf") for char in drawn), name
            golden(name, drawn)

    watched(full, flow, size=size, may_show_text=True)


def as_drawn(seen: Seen) -> str:
    return "\n".join(line.rstrip() for line in seen.text().splitlines()) + "\n"


def test_before_the_first_analysis_the_next_step_is_named(copy: Path) -> None:
    store = open_store(f"sqlite:///{copy}")
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM analysis")
    store.close()

    async def flow(seen: Seen) -> None:
        for screen in "3456":
            await seen.press(screen)
            assert "No analysis yet." in seen.text()
            assert "hone run makes one" in seen.text()

    watched(copy, flow)


def test_a_report_without_the_section_says_what_is_missing(copy: Path) -> None:
    from tests.agent.reports import empty

    store = open_store(f"sqlite:///{copy}")
    made = analyses.Analysis(NOW, START, NOW, 9, 1.0, empty().to_json(None).encode())
    analyses.keep(store.engine, made)
    store.close()

    async def flow(seen: Seen) -> None:
        for screen in "3456":
            await seen.press(screen)
            assert "hone check s" in seen.text()

    watched(copy, flow)


def test_what_the_configuration_forbids_no_key_shows(full: Path) -> None:
    async def flow(seen: Seen) -> None:
        await seen.press("3", "enter", "m")
        assert "Be kind" not in seen.text()
        assert "show_text" in seen.text()
        await seen.press("escape", "4", "p", "y")
        assert "nobody can judge what cannot be read" in seen.text()

    watched(full, flow)
    store = open_store(f"sqlite:///{full}")
    assert judgements(store.engine) == []
    store.close()


def test_from_place_to_place_and_to_the_diffs_and_back(full: Path) -> None:
    async def flow(seen: Seen) -> None:
        await seen.press("3", "enter")
        assert "Be kind" not in seen.text()
        assert "m shows them" in seen.text()
        await seen.press("m")
        assert "⋯ 6,648 characters more ⋯" in seen.text()

        def here() -> str:
            found = list(seen.app.screen.query(".-here"))
            return str(found[0].render()) if found else ""

        spots = []
        for _ in range(4):
            await seen.press("n")
            spots.append(here())
        assert "2026-11-23T01:02:03Z" in spots[0]
        assert "conversation so far" in spots[1]
        assert "last message" in spots[2]
        assert spots[3] == spots[0]
        await seen.press("N")
        assert here() == spots[2]
        await seen.press("d")
        assert "- Now: 01:02:03" in " ".join(seen.text().split())
        assert "+ Now: 01:02:09" in " ".join(seen.text().split())
        await seen.press("d", "o")
        assert "⟪the time⟫" in seen.text()
        await seen.press("o")
        assert "1. Be kind." in seen.text()
        # From a fault straight to its place.
        await seen.press("escape", "tab", "enter")
        assert "2026-11-23T01:02:03Z" in here()

    watched(full, flow, may_show_text=True)


def test_verdicts_are_kept_taken_back_and_counted(full: Path, store: Store) -> None:
    # One was given elsewhere; enter on a threshold leads to the pairs as p does.
    keep(store.engine, Judgement(key(PAIRS[1]), False, "ada", NOW, None, None, "partial"))

    async def flow(seen: Seen) -> None:
        await seen.press("4")
        assert "Use 0.96" in seen.text()
        await seen.press("enter", "m")
        assert "Pair 1 of 3 · 1 judged" in seen.text()
        await seen.press("y")
        assert "Pair 2 of 3 · 2 judged" in seen.text()
        assert "you said ✗ wrong" in seen.text()
        await seen.press("s", "n", "u")
        assert "Pair 3 of 3 · 2 judged" in seen.text()
        await seen.press("n", "left", "left")
        assert "Pair 1 of 3 · 3 judged" in seen.text()
        assert "you said ✓ right" in seen.text()

    watched(full, flow, may_show_text=True)
    store = open_store(f"sqlite:///{full}")
    kept = {one.key: one.same for one in judgements(store.engine)}
    store.close()
    assert kept == {key(PAIRS[0]): True, key(PAIRS[1]): False, key(PAIRS[2]): False}


def test_tables_are_handed_out_without_texts(full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    async def flow(seen: Seen) -> None:
        for screen, rows in (("3", 1), ("4", 25), ("5", 1), ("6", 2)):
            await seen.press(screen)
            seen.app.action_export("json")
            (written,) = tmp_path.glob("*.json")
            assert len(json.loads(written.read_text())) == rows
            written.unlink()
            await seen.press("y")
            assert seen.app.clipboard
        await seen.press("3", "enter", "m")
        seen.app.action_export("json")
        (written,) = tmp_path.glob("*.json")
        assert "Be kind" not in written.read_text()

    watched(full, flow, may_show_text=True)


def test_nothing_of_models_or_kafka_is_loaded_by_the_screens() -> None:
    import subprocess
    import sys

    modules = "tui.prompts, tui.template, tui.cache, tui.pairs, tui.kinds, tui.tuning"
    unwanted = ("torch", "sklearn", "faiss", "kafka", "onnxruntime", "numpy", "sentence_transformers")
    program = f"import {modules}\nimport sys\nprint(*sorted(set(sys.modules) & set({unwanted!r})))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_shares_of_a_prompt_add_up_and_every_part_shows() -> None:
    pieces = look(shown=True).templates[0].pieces
    of = share(pieces)
    assert (of.cached, of.fixed, of.varying, of.conversation) == (110, 1_980, 12, 430)
    assert of.whole == sum(piece.tokens for piece in pieces)
    drawn = bar(of, 40).plain
    assert len(drawn) in (40, 41)
    assert set(drawn) == set("█▒▚·")


def test_what_varies_stands_in_its_line() -> None:
    found = blocks(look(shown=True).templates[0], [], lambda text: text)
    line = next(block for block in found if block.kind == "varies")
    assert line.content.plain == "Now: ⟪2026-11-23T01:02:03Z⟫"
    assert line.about == ("timestamp_before_static",)
