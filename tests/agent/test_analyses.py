"""What the analyst made is kept: the newest at hand, older ones a day apart, nothing for ever."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.store import Store, open_store
from agent.store.analyses import KEPT, Analysis, keep, newest
from agent.store.retention import Keep, forget

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
