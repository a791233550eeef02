"""What the analyst made is kept: the newest at hand, older ones a day apart, nothing for ever."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.commands import wiring
from agent.config import load
from agent.demo import traffic
from agent.demo.source import DemoSource
from agent.store import Store, open_store, read
from agent.store.analyses import KEPT, Analysis, keep, newest
from agent.store.retention import Keep, forget
from analyzers.core import Call

DAY = 86_400.0
START = 20_000 * DAY


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'hone.db'}" if request.param == "sqlite" else str(request.getfixturevalue("postgres"))
    opened = open_store(url)
    yield opened
    opened.close()


def made(at: float) -> Analysis:
    return Analysis(at, at - 100.0, None, int(at), 1.5, b'{"schema": "hone.report/1"}' + b" " * int(at % 7))


def test_the_newest_comes_back_as_it_was(store: Store) -> None:
    assert newest(store.engine) is None
    keep(store.engine, made(START))
    keep(store.engine, made(START + 60))
    assert newest(store.engine) == made(START + 60)
    assert newest(store.engine, before=START + 60) == made(START)
    assert newest(store.engine, before=START) is None


def test_of_older_ones_the_last_of_each_day_stays(store: Store) -> None:
    for hour in range(2 * 24 + KEPT):
        keep(store.engine, made(START + hour * 3_600.0))
    assert newest(store.engine, before=START + DAY) == made(START + 23 * 3_600.0)
    assert newest(store.engine, before=START + 23 * 3_600.0) is None
    assert newest(store.engine, before=START + 2 * DAY) == made(START + 47 * 3_600.0)


def test_they_are_forgotten_with_the_totals(store: Store) -> None:
    keep(store.engine, made(START))
    keep(store.engine, made(START + 10 * DAY))
    assert forget(store.engine, Keep(summaries=5), START + 10 * DAY).analyses == 1
    assert newest(store.engine, before=START + 10 * DAY) is None
    assert newest(store.engine) == made(START + 10 * DAY)


def test_calls_that_come_in_meanwhile_are_in_none_of_the_passes_over_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'hone.db'}")
    source = DemoSource(traffic(7, start=START, hours=1, calls=160))
    ingest = wiring.ingest_of(store, load(None, {}))
    before, after = source.poll(0, 100), source.poll(0, 60)
    ingest.commit([ingest.read(batch, START) for batch in before.batches], [], START)
    looked_at: list[int] = []
    plain = read.calls

    def passes(*arguments: Any) -> Iterator[Call]:
        looked_at.append(0)
        for call in plain(*arguments):
            looked_at[-1] += 1
            yield call
        if len(looked_at) == 1:
            ingest.commit([ingest.read(batch, START) for batch in after.batches], [], START)

    monkeypatch.setattr(read, "calls", passes)
    wiring.report_of(store, load(None, {}), now=START + 3_600)
    assert len(looked_at) == 2
    assert looked_at[0] == looked_at[1] > 0
    monkeypatch.undo()
    assert read.count_calls(store.engine) > looked_at[0]
