"""A newer agent changes the schema while older ones run: they go on, and one that starts afterwards says why it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.exc import OperationalError

from agent.store import open_store
from agent.store.engine import open_engine
from agent.store.migrate import NewerDatabase, _config
from agent.store.store import open_as_it_is
from analyzers.errors import HoneError
from tests.fixtures.agents import Agent, read_to_end, wait_until
from tests.fixtures.ledger import produce, stored, sums_of, values
from tests.fixtures.parts import Kafka
from tests.fixtures.streams import ends

NEXT = (
    'ALTER TABLE "call" ADD COLUMN of_the_next_version TEXT',
    "ALTER TABLE summary ADD COLUMN also_new INTEGER NOT NULL DEFAULT 0",
    "CREATE TABLE of_the_next_version (id INTEGER PRIMARY KEY, body TEXT)",
    "UPDATE alembic_version SET version_num = '9999'",
)
"""What a later version does to a database, as every version so far has done it."""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres"))
    return f"sqlite:///{tmp_path / 'hone.db'}"


@pytest.mark.kafka
def test_agents_of_two_versions_side_by_side(broker: Kafka, url: str) -> None:
    topic = broker.topic(partitions=2)
    sent = values(6_000, size=400, repeat_every=50)
    produce(broker.bootstrap, topic, sent[:3_000], partitions=2)
    with Agent(url, bootstrap_servers=broker.bootstrap, topics=topic, group_id=topic) as older:
        wait_until(lambda: bool(older.progress), 60, "a commit")
        _upgrade(url)
        commits = len(older.progress)
        produce(broker.bootstrap, topic, sent[3_000:], partitions=2)
        wait_until(read_to_end(older.store, ends(broker.bootstrap, topic, 2), topic), 90, "everything")
        assert len(older.progress) > commits and older.failure is None
        older.stop()
        assert stored(older.store) == sums_of(sent)
    with pytest.raises(NewerDatabase, match="schema 9999") as refused:
        open_store(url)
    assert "upgrade this one" in refused.value.hint
    with pytest.raises(HoneError, match="schema 9999") as refused_to_look:
        open_as_it_is(url)
    assert "upgrade" in refused_to_look.value.hint


def _upgrade(url: str) -> None:
    """In one transaction, begun again after a deadlock, as `agent.store.migrate` does it."""
    engine = open_engine(url)
    while True:
        try:
            with engine.connect().execution_options(immediate=True) as connection, connection.begin():
                for statement in NEXT:
                    connection.execute(text(statement))
            break
        except OperationalError as error:
            assert getattr(error.orig, "sqlstate", None) == "40P01"
    engine.dispose()


@pytest.fixture
def stepwise(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path / 'steps.db'}")
    yield engine
    engine.dispose()


def test_every_version_only_adds_what_older_agents_may_leave_out(stepwise: Engine) -> None:
    config = _config()
    script = ScriptDirectory.from_config(config)
    versions = [revision.revision for revision in reversed(list(script.walk_revisions()))]
    before: dict[str, dict[str, Any]] = {}
    for version in versions:
        with stepwise.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, version)
        after = _schema(stepwise)
        for table, columns in before.items():
            assert table in after, f"{version} drops {table}"
            for name, kind in columns.items():
                assert after[table].get(name, {}).get("type") == kind["type"], f"{version} changes {table}.{name}"
            for name in after[table].keys() - columns.keys():
                added = after[table][name]
                assert added["nullable"] or added["default"] is not None, f"{version}: {table}.{name} has to be given"
        before = after
    assert len(versions) > 8


def _schema(engine: Engine) -> dict[str, dict[str, Any]]:
    found = inspect(engine)
    return {
        table: {
            column["name"]: {
                "type": str(column["type"]),
                "nullable": column["nullable"],
                "default": column["default"],
            }
            for column in found.get_columns(table)
        }
        for table in found.get_table_names()
    }
