"""The database that a year of an agent leaves behind: ten million calls, of which it keeps what `[store]` says.

    python -m tests.bench.year DATABASE [--calls 10000000] [--until UNIXTIME]

A day of the demo takes the agent's own path and is analysed; its hours are then put on every day of the year, its calls and texts on
the days that are kept. Identities, refusals, events, digests, deliveries and the history of recommendations are as many as there
would be. DATABASE is a path, or an empty PostgreSQL database by its URL.
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Table, insert, select
from sqlmodel import SQLModel

from agent import loop
from agent.analyst import analyse
from agent.commands import wiring
from agent.config import load
from agent.demo import traffic
from agent.demo.source import DemoSource
from agent.store import Store, open_store
from analyzers.spend import Spend, State

DAYS = 365
CALLS = 10_000_000
KEPT_DAYS, SEEN_DAYS, ANALYSES = 30, 7, 48
_DAY_S, _HOUR_S, _HOURS, _AT_ONCE = 86_400, 3_600, 24, 5_000
_SPEND = Spend()
_decode = msgspec.json.Decoder(State).decode

Rows = Iterator[dict[str, Any]]


class Day(NamedTuple):
    """What the agent wrote of the newest day, which ends at `now` (unix seconds)."""

    now: float
    rows: dict[str, list[dict[str, Any]]]


def make(url: str, *, calls: int = CALLS, now: float | None = None, say: Any = lambda _: None) -> None:
    """Fill the database at `url`, whose newest commit is at `now`."""
    settings = load(None, {"HONE_STORE__URL": url, "HONE_PRIVACY__SHOW_TEXT": "true"})
    store = open_store(settings.store.database_url)
    # Whole hours, so that the days lie side by side.
    now = (time.time() if now is None else now) // _HOUR_S * _HOUR_S
    per_day = round(calls / DAYS)
    say(f"a day of {per_day:,} calls")
    source = DemoSource(traffic(7, start=now - _DAY_S, hours=_HOURS, calls=per_day))
    loop.run(source, wiring.ingest_of(store, settings), stop=threading.Event(), pace=wiring.pace_of(settings))
    say("its analysis")
    analyse(store, settings, time.time())
    multiply(store, now, say)
    store.close()


def multiply(store: Store, now: float, say: Any) -> None:
    """The day up to `now` on all days of the year."""
    day = Day(now, {name: list(_all(store, name)) for name in ("summary", "call", "segment", "reject", "analysis")})
    say("the year")
    with store.engine.connect() as connection, connection.begin():
        for name, rows in _year(day).items():
            _put(connection, SQLModel.metadata.tables[name], rows)
    if store.engine.dialect.name == "sqlite":
        with store.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _all(store: Store, name: str) -> Rows:
    with store.engine.connect() as connection:
        for row in connection.execute(select(SQLModel.metadata.tables[name])).mappings():
            yield dict(row)


def _put(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    found = iter(rows)
    while some := list(islice(found, _AT_ONCE)):
        connection.execute(insert(table), some)


def _year(day: Day) -> dict[str, Rows]:
    chance = random.Random(7)
    return {
        "summary": _summaries(day),
        "call": _days(day.rows["call"], KEPT_DAYS, numbered=True),
        "segment": _days(day.rows["segment"], KEPT_DAYS, numbered=True),
        "reject": _days(day.rows["reject"], KEPT_DAYS),
        "seen": _seen(day, chance),
        "event": _events(day.now, chance),
        "analysis": _analyses(day),
        "digest": _digests(day.now),
        "delivery": _deliveries(day.now),
        "recommendation_change": _changes(day),
    }


def _summaries(day: Day) -> Rows:
    last = int(day.now // _HOUR_S)
    for back in range(1, DAYS):
        for row in day.rows["summary"]:
            if not last - _HOURS <= row["hour"] < last:
                continue
            state = row["state"]
            if row["analyzer"] == _SPEND.name:
                one = _decode(state)
                start, end = (None if at is None else at - back * _DAY_S for at in (one.start, one.end))
                state = msgspec.json.encode(msgspec.structs.replace(one, start=start, end=end))
            yield {**row, "hour": row["hour"] - back * _HOURS, "state": state}


def _days(rows: Sequence[dict[str, Any]], days: int, *, numbered: bool = False) -> Rows:
    """The same rows on the days before. Records go on backwards from those there are, which no partition has."""
    for back in range(1, days):
        for row in rows:
            moved = dict(row)
            if numbered:
                del moved["id"]
            if "record" in row:
                moved["record"] = row["record"] - back * 10_000_000
                moved["at"] = row["at"] - back * _DAY_S
            if "day" in row:
                moved["day"] = row["day"] - back
            yield moved


def _seen(day: Day, chance: random.Random) -> Rows:
    for back in range(1, SEEN_DAYS):
        for _ in day.rows["call"]:
            number = int(day.now // _DAY_S) - back
            yield {"key": chance.randbytes(16), "observer": 1, "observation": chance.getrandbits(60), "day": number}


def _events(now: float, chance: random.Random) -> Rows:
    for number in range(2_000):
        at = now - chance.random() * DAYS * _DAY_S
        over = None if number < 5 else at + 3_600
        yield {
            "kind": "cache_worse", "subject": f"app-{number} · gpt-5.4", "at": at, "raised_at": at + 60, "resolved_at": over,
            "message": f"app-{number}: the cached share fell from 71 % to 8 %; that costs 12.40 USD a day",
            "data": b'{"hit_ratio_before":0.71,"hit_ratio_now":0.08,"usd_day":"12.40","calls":412}',
        }  # fmt: skip


def _analyses(day: Day) -> Rows:
    (one, *_) = day.rows["analysis"]
    ages = [back * _DAY_S for back in range(DAYS - 1, 0, -1)] + [600 * back for back in range(ANALYSES, 0, -1)]
    for age in ages:
        yield {**{name: value for name, value in one.items() if name != "id"}, "at": one["at"] - age}
    # The newest stays the one with the greatest number.
    yield {name: value for name, value in one.items() if name != "id"}


def _digests(now: float) -> Rows:
    for back in range(1, DAYS):
        yield {
            "period": "day",
            "start": now - back * _DAY_S,
            "made_at": now - (back - 1) * _DAY_S,
            "body": b"{}" * 4_000,
        }


def _deliveries(now: float) -> Rows:
    for number in range(KEPT_DAYS * 20):
        at = now - number * _DAY_S / 20
        yield {
            "about": f"event:{number}", "channel": "team", "state": "sent", "tries": 1, "next_at": at, "sent_at": at,
            "owner": None, "error": None, "message": "{}", "queued_at": at,
        }  # fmt: skip


def _changes(day: Day) -> Rows:
    """Estimates of as many recommendations as a year brings, sixty of each kept."""
    for one in range(40):
        for number in range(60):
            yield {
                "recommendation": f"r{one}", "at": day.now - number * _DAY_S, "status": None, "was": None, "who": "hone",
                "why": "", "undone": False, "data": b'{"high":120.0,"likely":100.0,"low":80.0}',
            }  # fmt: skip


def main() -> None:
    """Make it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database")
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--until", type=float, default=None)
    chosen = parser.parse_args()
    url = chosen.database if "://" in chosen.database else f"sqlite:///{chosen.database}"
    make(url, calls=chosen.calls, now=chosen.until, say=lambda said: sys.stdout.write(f"{said}\n"))


if __name__ == "__main__":
    main()
