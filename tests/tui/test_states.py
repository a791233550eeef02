"""Every screen as it is drawn in each state: with figures, stale, and before there is anything. `--snapshot-update` takes the pictures anew."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import insert

from agent.store import Store, open_store
from agent.store.tables import StoredEvent, StoredReject
from tests.tui.conftest import NOW, Clock, running
from tests.tui.looked_at import HOSTILE, looked_at
from tui.screens import SCREENS

Golden = Callable[[str, str], None]


@pytest.fixture
def full(copy: Path) -> Path:
    """Every section of the report, events that are open and over, and records that were refused: under hostile names."""
    looked_at(copy)
    store = open_store(f"sqlite:///{copy}")
    _happened(store)
    store.close()
    return copy


def _happened(store: Store) -> None:
    reject = {
        "topic": "llm.openai",
        "part": 0,
        "element": 0,
        "detail": f"no usage block {HOSTILE}",
        "reason": "no_usage",
    }
    refused = [
        {**reject, "record": n, "until": n + 1, "at": NOW - 30 * n, "excerpt": f'{{"xxxx": "xx {HOSTILE}"'.encode()}
        for n in range(1, 4)
    ]
    event = {"kind": "cache_regression", "at": NOW - 900, "raised_at": NOW - 840}
    happened = [
        {
            **event, "subject": f"support-bot · {HOSTILE}", "resolved_at": None, "message": f"support-bot: fewer hits since {HOSTILE}",
            "data": b'{"app":"support-bot","hit_ratio_before":0.71,"hit_ratio_now":0.08,"usd_day":"12.40","calls":412}',
        },
        {
            **event, "subject": "faq-bot", "resolved_at": NOW - 60, "message": "faq-bot: fewer hits since 02:30", "data": b"{}",
        },
    ]  # fmt: skip
    with store.engine.begin() as connection:
        connection.execute(insert(StoredReject), refused)
        connection.execute(insert(StoredEvent), happened)


def drawn(path: Path, *, size: tuple[int, int] = (120, 36), now: float = NOW, keys: tuple[str, ...] = ()) -> str:
    """All screens, one below the other; `keys` are pressed on each."""
    parts = []

    async def flow() -> None:
        async with running(path, size=size, clock=Clock(now)) as seen:
            for entry in SCREENS:
                await seen.press(entry.key, *keys)
                lines = (line.rstrip() for line in seen.text().splitlines())
                parts.append("\n".join([f"═══ {entry.name} ".ljust(size[0], "═"), *lines]))

    asyncio.run(flow())
    text = "\n".join(parts) + "\n"
    # Texts and names of the log control nothing, whatever is in them.
    assert all(char == "\n" or unicodedata.category(char) not in ("Cc", "Cf") for char in text)
    return text


def test_with_figures(full: Path, golden: Golden) -> None:
    golden("all", drawn(full))


def test_with_figures_in_a_small_terminal(full: Path, golden: Golden) -> None:
    golden("all-small", drawn(full, size=(80, 24)))


def test_stale(full: Path, golden: Golden) -> None:
    golden("all-stale", drawn(full, now=NOW + 300))


def test_empty(tmp_path: Path, golden: Golden) -> None:
    path = tmp_path / "demo.db"
    open_store(f"sqlite:///{path}").close()
    golden("all-empty", drawn(path))


def test_before_there_is_a_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, golden: Golden) -> None:
    # A path of its own length would move the lines that stand in the middle.
    monkeypatch.chdir(tmp_path)
    golden("all-missing", drawn(Path("demo.db")))
