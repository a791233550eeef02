"""Kinds of request: kept in the database (SQLite and PostgreSQL), and the same ones from analysis to analysis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from agent.kinds_of_request import states
from agent.kinds_view import clusters
from agent.response_caching import Found, answered
from agent.store import Store, open_store
from agent.store.kinds import StoredKinds, keep, load
from agent.store.write import writing
from analyzers.clusters.state import Known, State
from analyzers.core import Call
from analyzers.prices import Prices
from analyzers.response_caching.analyse import Options
from tests.agent.test_response_caching import asked, prompts

NOW = 1_795_000_000.0
DAY = 86_400.0


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'hone.db'}" if request.param == "sqlite" else str(request.getfixturevalue("postgres"))
    opened = open_store(url, owner="a")
    yield opened
    opened.close()


def state(*names: str) -> State:
    return State(
        "m", tuple(Known(id=name, label=name, centroid="AAA=", first_seen=1.0, last_seen=2.0) for name in names)
    )


def test_what_was_kept_is_read_back_by_application(store: Store) -> None:
    assert load(store.engine) == {}
    keep(store.engine, {"shop": state("a", "b"), None: state("c"), "": state("d")}, NOW)
    assert load(store.engine) == {"shop": state("a", "b"), None: state("c"), "": state("d")}
    keep(store.engine, {"shop": state("a", "n")}, NOW + DAY)
    assert load(store.engine) == {"shop": state("a", "n"), None: state("c"), "": state("d")}
    keep(store.engine, {"a\0b\ud800": state("a")}, NOW + 92 * DAY)
    assert load(store.engine) == {"ab?": state("a")}


def test_a_row_of_another_version_costs_ids_and_no_report(store: Store) -> None:
    with writing(store.engine) as connection:
        connection.execute(insert(StoredKinds).values(app="=shop", at=NOW, body=b'{"kinds": 7}'))
    assert load(store.engine) == {}


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    return asked(calls=500)


def found(calls: list[Call], before: dict[str | None, State] | None = None) -> Found:
    return answered(calls, Prices(), prompts(calls), Options(), kinds=before)


def test_kinds_are_reported_masked_and_keep_their_ids(calls: list[Call]) -> None:
    first = found(calls)
    shown = clusters(first.kinds, 24.0, show_text=True)
    assert sum(one.calls for one in shown) == len(calls)
    assert sum(one.share for one in shown) == pytest.approx(1.0, abs=1e-4)
    assert len(shown) >= 4 and len({one.id for one in shown}) == len(shown)
    assert all(one.usd_month is not None and one.usd_month > 0 for one in shown)
    texts = {" ".join(call.messages[-1].parts[0].text.split()) for call in calls}
    assert all(set(one.examples) <= texts for one in shown)
    for plain, hidden in zip(shown, clusters(first.kinds, 24.0), strict=True):
        assert hidden.id == plain.id and hidden.examples != plain.examples
        assert set("".join(hidden.examples + ([] if plain.label.startswith("(") else [hidden.label]))) <= set(
            "xX9 .,?!'’-/&:;()"
        )
    later = found(calls[120:], states(first.kinds))
    known = {one.id for one in shown}
    again = clusters(later.kinds, 24.0)
    assert sum(one.calls for one in again if one.id in known) > 0.9 * len(calls[120:])
