"""Old totals by the day: fewer rows, the same figures, and no call counted twice whoever adds to them meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from agent import intake, views
from agent.ingest import AGED_HOURS, Ingest
from agent.rollup import PART, TOPIC, Rolled, roll_up
from agent.spend_hours import SpendHours
from agent.store import Store, open_store, read
from agent.store.tables import Summary
from analyzers import ALL
from analyzers.price_key import PriceKey
from analyzers.prices import Prices, Rates, Unpriced
from collectors.parse import Parser
from collectors.source import Batch, Partition, Record

DAY = 86_400.0
NOW = 20_780 * DAY + 5 * 3_600
CUTOFF = int(NOW // 3_600) - 62 * 24


def record(number: int, at: float, *, model: str = "gpt-4o", app: str = "shop") -> bytes:
    return json.dumps(
        {
            "timestamp": at,
            "app": app,
            "request": {"model": model, "messages": [{"role": "user", "content": "hello"}]},
            "response": {
                "object": "chat.completion",
                "id": f"chatcmpl-{number:024d}",
                "model": model,
                "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 100 + number % 7, "completion_tokens": 10, "total_tokens": 110 + number % 7},
            },
        }
    ).encode()


class Agent:
    """An ingest of several partitions, with what it remembers."""

    def __init__(self, url: str) -> None:
        self.store = open_store(url)
        self._ingest = Ingest(self.store, Parser(clock=lambda: NOW), ALL)
        self._next: dict[Partition, int] = {}

    def read(self, values: list[bytes], part: int = 0, now: float = NOW) -> None:
        partition = Partition("t", part)
        position = self.store.position(partition)
        start = position.next if position else 0
        records = tuple(Record(start + n, value, now) for n, value in enumerate(values))
        batch = Batch(partition, start, start + len(values), records)
        assert not self._ingest.commit([self._ingest.read(batch, now)], (), now).fenced


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres"))
    return f"sqlite:///{tmp_path / 'hone.db'}"


@pytest.fixture
def agent(url: str) -> Iterator[Agent]:
    one = Agent(url)
    yield one
    one.store.close()


def fill(agent: Agent, days: int = 6, model: str = "gpt-4o") -> int:
    """Calls of each hour of some days that ended 70 days ago, in two partitions; how many."""
    first = NOW - (70 + days) * DAY
    for part in (0, 1):
        agent.read(
            [record(part * 100_000 + n, first + n * 3_600, model=model, app=f"app-{n % 3}") for n in range(days * 24)],
            part,
        )
    return 2 * days * 24


def rows(store: Store) -> int:
    with store.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(Summary)).scalar_one())


def figures(store: Store) -> tuple[object, ...]:
    spent = views.spend(store, Prices())
    received = views.received(store)
    tables = (spent.by_model, spent.by_app, spent.by_environment, spent.by_team, spent.by_tag)
    return spent.total_usd, spent.calls, spent.tokens, spent.start, spent.end, tables, spent.duration, received


def test_fewer_rows_and_the_same_figures(agent: Agent) -> None:
    calls = fill(agent)
    agent.read([record(900_000 + n, NOW - n * 3_600) for n in range(48)])
    before, was = figures(agent.store), rows(agent.store)
    rolled = roll_up(agent.store, Prices(), CUTOFF)
    assert rolled.days in (6, 7)
    assert rolled.before == 2 * calls and rolled.after == 2 * rolled.days
    assert rows(agent.store) == was - rolled.before + rolled.after
    assert figures(agent.store) == before
    assert roll_up(agent.store, Prices(), CUTOFF) == Rolled()
    hours = SpendHours(agent.store, Prices())
    newest = int(NOW // 3_600)
    _, long = hours.spent(newest - 180 * 24, newest - 90 * 24, newest + 1, NOW)
    assert long.calls == calls + 48
    assert len(long.hours) == rolled.days + 48


def test_a_call_that_comes_late_is_counted_once_whatever_the_agent_remembers(agent: Agent, url: str) -> None:
    calls = fill(agent, days=2)
    late = NOW - 71 * DAY
    agent.read([record(500_000, late)])
    roll_up(agent.store, Prices(), CUTOFF)
    agent.read([record(500_001, late)])  # the agent had totals of that hour in memory
    other = Agent(url)
    other.read([record(500_002, late)], 1)
    agent.read([record(500_003, late)])
    assert figures(agent.store)[1] == calls + 4
    roll_up(agent.store, Prices(), CUTOFF)
    agent.read([record(500_004, late)])
    assert figures(agent.store)[1] == calls + 5
    assert (
        sum(intake.decode(s).calls for _, s in read.summaries(agent.store.engine, intake.NAME, intake.VERSION))
        == calls + 5
    )
    other.store.close()


def test_hours_whose_prices_differ_stay_apart(agent: Agent) -> None:
    calls = fill(agent, days=2, model="deepseek-chat")
    before = figures(agent.store)
    rolled = roll_up(agent.store, _ByTheHour(), CUTOFF)
    assert rolled.after > 2 * rolled.days  # totals of money by the hour, of records by the day
    assert figures(agent.store) == before
    with agent.store.engine.connect() as connection:
        assert set(connection.execute(select(col(Summary.topic), col(Summary.part))).all()) == {(TOPIC, PART)}
    assert figures(agent.store)[1] == calls
    assert roll_up(agent.store, _ByTheHour(), CUTOFF) == Rolled()


class _ByTheHour(Prices):
    """The list, as if every other hour cost what another model costs."""

    def rates(self, key: PriceKey, at: float) -> Rates | Unpriced:
        other = key._replace(model="gpt-4o", provider="openai") if int(at // 3_600) % 2 else key
        return super().rates(other, at)


def test_what_an_agent_may_remember_is_younger_than_what_is_put_together() -> None:
    from agent.config.settings import StoreSettings

    assert (min(StoreSettings.model_fields["hours_days"].metadata[0].ge, 32) - 1) * 24 >= AGED_HOURS
