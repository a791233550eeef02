"""The stream and its events: what waits is what its agents told, each agent beside the others, refused records as the agent masked them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy import insert

from agent.store import Store, waiting
from agent.store.tables import SourceOffset, StoredEvent, StoredReject
from collectors.source import Partition
from tests.tui.conftest import NOW, Clock, Seen, running
from tests.tui.looked_at import looked_at
from tui.live_table import LiveTable
from tui.savings import Savings
from tui.stream import Stream
from tui.template import Template


def shown(seen: Seen) -> dict[str, int | None]:
    screen = seen.app.screen
    assert isinstance(screen, Stream)
    assert screen.view is not None
    return {one.topic: one.waiting for one in screen.view.partitions}


def test_what_waits_is_shown_while_it_is_fresh(copy: Path, store: Store) -> None:
    waiting.keep(
        store.engine, {Partition("llm.openai", 0): 1_204, Partition("llm.litellm", 0): None}, "test:1", NOW - 3
    )

    async def flow() -> None:
        clock = Clock()
        async with running(copy, clock=clock) as seen:
            assert "1.20 k waiting" in seen.text().splitlines()[0]
            await seen.press("7")
            assert shown(seen)["llm.openai"] == 1_204
            assert shown(seen)["llm.litellm"] is None
            # Nothing is committed, and still the figure moves.
            waiting.keep(store.engine, {Partition("llm.openai", 0): 2_000}, "test:1", NOW)
            await seen.beat()
            assert shown(seen)["llm.openai"] == 2_000
            clock.now = NOW + 61
            await seen.press("r")
            assert shown(seen)["llm.openai"] is None
            assert "waiting" not in seen.text().splitlines()[0]

    asyncio.run(flow())


def test_another_agent_takes_a_partition_over_with_what_waits_in_it(store: Store) -> None:
    here, there = Partition("a", 0), Partition("a", 1)
    waiting.keep(store.engine, {here: 5, there: 7}, "one:1", NOW)
    waiting.keep(store.engine, {there: 6}, "two:2", NOW + 1)
    assert {partition: one.records for partition, one in waiting.told(store.engine).items()} == {here: 5, there: 6}
    waiting.keep(store.engine, {}, "one:1", NOW + 2)
    assert set(waiting.told(store.engine)) == {there}


def test_agents_stand_side_by_side(copy: Path, store: Store) -> None:
    rows = [
        {"topic": "llm.eu", "part": part, "next": 10, "topic_id": None, "owner": "eu-west:71", "updated_at": NOW - 5}
        for part in range(2)
    ]
    with store.engine.begin() as connection:
        connection.execute(insert(SourceOffset), rows)
    waiting.keep(store.engine, {Partition("llm.eu", 0): 30, Partition("llm.eu", 1): 12}, "eu-west:71", NOW)

    async def flow() -> None:
        async with running(copy) as seen:
            await seen.press("7")
            (line,) = (line for line in seen.text().splitlines() if "eu-west:71  " in line and "partitions" in line)
            assert "2 partitions · 42 waiting" in line
            assert "2 agents" in seen.text()

    asyncio.run(flow())


def test_an_event_leads_to_what_it_is_about(copy: Path, store: Store) -> None:
    looked_at(copy)
    event = {"kind": "recommendation", "at": NOW - 9, "raised_at": NOW - 9, "resolved_at": None, "message": "worth it"}
    with store.engine.begin() as connection:
        connection.execute(insert(StoredEvent), [{**event, "subject": "r3", "data": b'{"recommendation":"r3"}'}])
        connection.execute(insert(StoredEvent), [{**event, "subject": "t1", "data": b'{"template":"t1"}'}])

    async def flow() -> None:
        async with running(copy) as seen:
            await seen.press("8", "enter")
            template: object = seen.app.screen
            assert isinstance(template, Template)
            await seen.press("escape", "down", "enter")
            savings: object = seen.app.screen
            assert isinstance(savings, Savings)
            assert savings.chosen is not None
            assert savings.chosen.id == "r3"

    asyncio.run(flow())


def test_a_refused_record_opens_masked(copy: Path, store: Store) -> None:
    row = {
        "topic": "llm.openai",
        "part": 0,
        "record": 9,
        "element": 0,
        "until": 10,
        "at": NOW - 5,
        "reason": "no_usage",
    }
    with store.engine.begin() as connection:
        connection.execute(
            insert(StoredReject), [{**row, "detail": "no usage block", "excerpt": b'{"prompt": "xxxxxx xx\x1b[2J"'}]
        )

    async def flow() -> None:
        async with running(copy) as seen:
            await seen.press("7")
            seen.app.screen.query_one("#refused", LiveTable).focus()
            await seen.press("enter")
            assert "no usage block" in seen.text()
            assert '{"prompt": "xxxxxx xx' in seen.text()
            assert "\x1b" not in seen.text()
            await seen.press("escape")
            assert isinstance(seen.app.screen, Stream)

    asyncio.run(flow())
