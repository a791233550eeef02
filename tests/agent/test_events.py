"""Events: raised once, together when they are many, quiet after they are over, ended by what holds no more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.events import MORE, Event, open_events, raise_new, resolve, settle
from agent.store import Store, open_store
from agent.store import read as reading

DAY = 86_400.0


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'hone.db'}" if request.param == "sqlite" else str(request.getfixturevalue("postgres"))
    opened = open_store(url)
    yield opened
    opened.close()


def event(subject: str, weight: float = 1.0, kind: str = "k") -> Event:
    return Event(kind, subject, 1.0, f"{subject} is so", {"n": 1}, weight)


def subjects(store: Store) -> set[str]:
    return {row.subject for row in open_events(store)}


def test_what_holds_is_open_and_what_holds_no_more_is_over(store: Store) -> None:
    assert [one.subject for one in settle(store, ("k",), [event("a"), event("b")], 10.0)] == ["a", "b"]
    assert settle(store, ("k",), [event("b"), event("a")], 20.0) == []
    raise_new(store, [event("a", kind="other")], 25.0)
    assert [one.subject for one in settle(store, ("k",), [event("b"), event("c")], 30.0)] == ["c"]
    assert {(row.kind, row.subject) for row in open_events(store)} == {("k", "b"), ("k", "c"), ("other", "a")}
    (over,) = reading.events(store.engine, resolved_since=0.0)
    assert (over.subject, over.raised_at, over.resolved_at, over.data) == ("a", 10.0, 30.0, {"n": 1, "weight": 1.0})
    assert over.id


def test_an_event_of_another_watcher_stays(store: Store) -> None:
    settle(store, ("k",), [event("mine"), event("theirs")], 10.0)
    settle(store, ("k",), [], 20.0, mine=lambda row: row.subject == "mine")
    assert subjects(store) == {"theirs"}


def test_after_it_is_over_it_is_quiet_for_a_while_unless_it_is_worse(store: Store) -> None:
    settle(store, ("k",), [event("a", 10.0), event("b", 10.0)], 0.0, quiet_s=DAY)
    settle(store, ("k",), [], 100.0, quiet_s=DAY)
    assert settle(store, ("k",), [event("a", 15.0)], 200.0, quiet_s=DAY) == []
    assert [one.subject for one in settle(store, ("k",), [event("b", 15.1)], 200.0, quiet_s=DAY)] == ["b"]
    assert settle(store, ("k",), [event("a", 10.0), event("b", 15.1)], 100.0 + DAY, quiet_s=DAY) == []
    assert [one.subject for one in settle(store, ("k",), [event("a", 10.0)], 101.0 + DAY, quiet_s=DAY)] == ["a"]


def test_many_at_once_are_told_as_one(store: Store) -> None:
    many = [event(f"model-{n}", float(n)) for n in range(300)]
    fresh = settle(store, ("k",), many, 10.0)
    assert [one.subject for one in fresh] == ["model-299", "model-298", "model-297", "model-296", MORE]
    assert fresh[-1].message == "296 more of the same kind: model-295, model-294, model-293 and others"
    assert settle(store, ("k",), many, 20.0) == []
    assert settle(store, ("k",), many[1:], 30.0) == []
    assert len(open_events(store)) == 5
    settle(store, ("k",), many[296:], 40.0)
    assert subjects(store) == {"model-299", "model-298", "model-297", "model-296"}


def test_a_flood_that_drips_stays_small(store: Store) -> None:
    for n in range(200):
        settle(store, ("k",), [event(f"model-{m}") for m in range(n + 1)], float(n))
    assert len(open_events(store)) <= 21
    settle(store, ("k",), [], 1_000.0)
    assert open_events(store) == []


def test_one_that_is_open_again_after_it_was_resolved_by_hand(store: Store) -> None:
    settle(store, ("k",), [event("a")], 0.0)
    resolve(store, open_events(store), 1.0)
    assert len(settle(store, ("k",), [event("a")], 2.0)) == 1
