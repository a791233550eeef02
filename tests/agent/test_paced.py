"""Looks beside the stream: one agent of several, a tenth of its time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from agent.events import Event
from agent.store import StoreUnavailable, open_store
from agent.store.leases import LeaseRow
from agent.watch.paced import SHARE, Paced

BUSY_S = 0.02
SAID = (Event("kind", "subject", 0.0, "said", {}, 1.0),)


class Look:
    def __init__(self) -> None:
        self.at: list[float] = []

    def __call__(self, now: float) -> Sequence[Event]:
        self.at.append(now)
        until = time.thread_time() + BUSY_S
        while time.thread_time() < until:
            pass
        return SAID


class Away:
    def hold(self, now: float) -> bool:
        raise StoreUnavailable("away")

    def give_up(self) -> None:
        pass


def test_a_look_that_takes_long_is_not_taken_again_soon_unless_it_is_the_last(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "hone.db"))
    look = Look()
    paced = Paced(look, LeaseRow(store.engine, "watch", "one:1"))
    assert paced(100.0) == SAID
    assert paced(100.0 + 0.9 * BUSY_S / SHARE) == ()
    assert paced(110.0) == SAID
    paced.rested()
    assert paced(110.0) == SAID
    assert look.at == [100.0, 110.0, 110.0]
    store.close()


def test_one_of_two_agents_looks_until_it_is_gone_or_gives_up(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "hone.db"))
    leases = [LeaseRow(store.engine, "watch", f"elsewhere:{n}") for n in range(2)]
    looks = [Look(), Look()]
    one, other = (Paced(look, lease) for look, lease in zip(looks, leases, strict=True))
    for now in (100.0, 130.0, 160.0):
        assert (one(now), other(now)) == (SAID, ())
    assert other(230.0) == SAID
    assert one(231.0) == ()
    leases[1].give_up()
    assert one(232.0) == SAID
    store.close()


def test_where_the_database_is_away_nothing_is_looked_at() -> None:
    look = Look()
    assert Paced(look, Away())(100.0) == ()
    assert look.at == []
