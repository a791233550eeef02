"""Floods: what one stream makes up stays within its bounds, in rows, bytes and names; totals count everything."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlmodel import col

from agent import intake, views
from agent.commands import wiring
from agent.config import load
from agent.ingest import Ingest
from agent.sampling import Sampling
from agent.store import Store, open_store, read
from agent.store.retention import Keep, forget
from agent.store.room import Used, newest_day, room
from agent.store.tables import StoredCall, Summary
from analyzers import ALL
from analyzers.prices import Prices
from collectors.parse import Parser
from collectors.source import Batch, Partition, Record

NOW = 1_795_400_000.0
DAY = 86_400
PARTITION = Partition("t", 0)


def record(number: int, *, at: float = NOW, model: str = "gpt-4o", app: str = "shop", prompt: str = "hello") -> bytes:
    return json.dumps(
        {
            "timestamp": at,
            "app": app,
            "conversation": f"c{number}",
            "request": {"model": model, "messages": [{"role": "user", "content": prompt}]},
            "response": {
                "object": "chat.completion",
                "id": f"chatcmpl-{number:024d}",
                "model": model,
                "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
            },
        }
    ).encode()


class Flood:
    """An ingest, fed batch by batch."""

    def __init__(self, store: Store, sampling: Sampling | None = None) -> None:
        self._ingest = Ingest(store, Parser(clock=lambda: NOW), ALL, sampling=sampling)
        self._next = 0

    def read(self, values: list[bytes], batch: int = 500) -> None:
        for start in range(0, len(values), batch):
            some = values[start : start + batch]
            end = self._next + len(some)
            records = tuple(Record(self._next + n, value, NOW) for n, value in enumerate(some))
            self._ingest.commit([self._ingest.read(Batch(PARTITION, self._next, end, records), NOW)], (), NOW)
            self._next = end


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'hone.db'}")
    yield opened
    opened.close()


def counted(store: Store) -> int:
    return sum(intake.decode(state).calls for _, state in read.summaries(store.engine, intake.NAME, intake.VERSION))


def test_a_flood_of_one_day_stays_within_its_rows_and_is_counted_whole(store: Store) -> None:
    sampling = Sampling(rows=400)
    flood = Flood(store, sampling)
    flood.read([record(number) for number in range(3_000)], batch=50)
    assert counted(store) == 3_000
    assert 300 < read.count_calls(store.engine) < 400 + 50  # the budget, and at most one batch more
    told = [incident.message for _, incident in store.incidents() if incident.kind == "sample_thinned"]
    assert told and all("1 of " in message or "no further" in message for message in told)
    # Early conversations are all there, later ones every second, fourth, ...
    kept = sorted(int(call.conversation[1:]) for call in store.calls() if call.conversation)
    assert kept[:200] == list(range(200))
    assert kept[-1] > 400
    # The next day begins anew, once old days were forgotten.
    sampling.forgotten(newest_day(store.engine))
    flood.read([record(number, at=NOW + DAY) for number in range(3_000, 3_100)])
    assert sum(call.started_at > NOW for call in store.calls()) == 100


def test_a_flood_of_enormous_prompts_stays_within_its_bytes(store: Store) -> None:
    most = 2_000_000
    flood = Flood(store, Sampling(size=most))
    rng = random.Random(4)
    # Hexadecimal digits by chance: half of each is left after compression.
    flood.read([record(number, prompt=rng.randbytes(50_000).hex()) for number in range(200)], batch=2)
    used = newest_day(store.engine)
    assert most / 2 < used.bytes < most + 400_000
    assert counted(store) == 200


@given(st.integers(1, 1_000), st.lists(st.integers(1, 300), max_size=40))
def test_what_is_kept_never_grows_again_within_a_day(rows: int, arriving: list[int]) -> None:
    sampling = Sampling(rows=rows)
    shares = [sampling.share(1)]
    for count in arriving:
        sampling.stored(1, round(count * sampling.share(1)), 0)
        shares.append(sampling.share(1))
    assert shares == sorted(shares, reverse=True)
    assert Sampling(rows=rows, used=sampling.used(1)).share(1) == shares[-1]


def test_what_other_agents_kept_counts_too() -> None:
    sampling = Sampling(rows=100)
    sampling.stored(5, 30, 0)
    assert sampling.share(5) == 1.0
    sampling.forgotten(Used(5, 80, 0))
    assert sampling.share(5) == 0.25 and sampling.share(6) == 1.0
    sampling.forgotten(Used(5, 10, 0))
    assert sampling.share(5) == 0.25
    assert len(sampling.news()) == 1 and not sampling.news()


def test_a_flood_over_many_days_is_bounded_too() -> None:
    sampling = Sampling(rows=100)
    for day in range(1_000):
        sampling.stored(day, round(50 * sampling.share(day)), 0)
    assert sum(sampling.used(day).rows for day in range(1_000)) <= 2 * 100 + 50
    sampling.forgotten(Used(999, 0, 0))
    assert sampling.share(1_000) == 1.0


def test_made_up_names_are_put_together_beyond_a_bound(store: Store) -> None:
    flood = Flood(store)
    flood.read([record(n, model=f"made-up-{n}", app=f"app-{n}") for n in range(2_000)])
    before = _summary_bytes(store)
    flood.read([record(n, model=f"made-up-{n}", app=f"app-{n}") for n in range(2_000, 8_000)])
    assert _summary_bytes(store) < before * 1.2
    spent = views.spend(store, Prices())
    assert spent.calls == 8_000
    other = [row for row in spent.by_app if row.name == "(other)"]
    assert other and other[0].calls > 7_000
    assert len(spent.by_app) < 600 and len(spent.by_model) < 300


def test_made_up_models_raise_no_flood_of_events(store: Store) -> None:
    from agent.watch.hourly import hourly
    from agent.watch.models import unpriced_events

    Flood(store).read([record(n, model=f"made-up-{n % 200}") for n in range(2_400)])
    found = hourly(store, Prices(), int(NOW // 3_600))
    assert len(list(unpriced_events(found, Prices(), NOW))) == 50


def test_the_database_stays_within_its_size_and_the_oldest_days_go_first(store: Store) -> None:
    flood = Flood(store)
    for day in range(10):
        flood.read([record(day * 200 + n, at=NOW - (9 - day) * DAY, prompt=f"{day} {n} " * 50) for n in range(200)])
    whole = room(store.engine)
    used = _used_bytes(store)
    assert 0.6 < whole.total / used < 1.4  # the estimate and what the file really holds
    most = whole.rest + sum(sorted(whole.days.values())[:4])
    gone = forget(store.engine, Keep(total_bytes=most), NOW)
    assert gone.calls > 0 and not gone.over
    with store.engine.connect() as connection:
        days = connection.execute(select(func.min(col(StoredCall.day)), func.max(col(StoredCall.day)))).one()
    assert days[1] == int(NOW // DAY) and 2 <= days[1] - days[0] <= 3
    assert counted(store) == 2_000  # sums stay
    assert room(store.engine).total <= most
    # Sums and the newest day are not given up: it is said by how much they are too many.
    gone = forget(store.engine, Keep(total_bytes=1_000), NOW)
    assert gone.over > 0
    assert {call.started_at for call in store.calls()} == {NOW}


def test_what_the_newest_day_has_taken_is_the_same_as_the_agent_counted(store: Store) -> None:
    sampling = Sampling()
    Flood(store, sampling).read([record(n, prompt=f"question {n}") for n in range(300)])
    used = newest_day(store.engine)
    assert used.rows == 300 and used == sampling.used(used.day)
    settings = load(None, {"HONE_STORE__URL": store.engine.url.render_as_string(hide_password=False)})
    assert wiring.ingest_of(store, settings).sampling.used(used.day) == used


def _summary_bytes(store: Store) -> int:
    with store.engine.connect() as connection:
        return int(connection.execute(select(func.sum(func.length(col(Summary.state))))).scalar_one())


def _used_bytes(store: Store) -> int:
    with store.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        pages, free, size = (
            int(connection.execute(text(f"PRAGMA {name}")).scalar_one())
            for name in ("page_count", "freelist_count", "page_size")
        )
    return (pages - free) * size
