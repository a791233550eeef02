"""`hone accept`, `dismiss`, `snooze` and `undo`: the life of a recommendation."""

from __future__ import annotations

import getpass
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from agent.commands.options import Config, Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agent.report_plan import Recommendation
    from agent.store import Store

Id = Annotated[str, typer.Argument(metavar="ID", help="As the report names it, e.g. pc-go45hz.")]
_DAY_S = 86_400


def accept(name: Id, db: Database = None, config: Config = None) -> None:
    """Say that a recommendation will be carried out. It stays in the report, also when it is not found any more."""
    from agent.recommend.record import decide

    with _store(db, config) as store:
        _say(decide(store, name, "accepted", who(), time.time()))


def dismiss(
    name: Id,
    why: Annotated[str, typer.Option("--why", metavar="WORDS", help="The reason, for whoever asks later.")],
    db: Database = None,
    config: Config = None,
) -> None:
    """Leave a recommendation alone. It comes back only when its saving has doubled or it rests on other figures."""
    from agent.recommend.record import decide

    with _store(db, config) as store:
        _say(decide(store, name, "dismissed", who(), time.time(), why=why))


def snooze(
    name: Id,
    days: Annotated[float, typer.Option("--days", min=0.01, max=3_650, help="It comes back after so many days.")],
    db: Database = None,
    config: Config = None,
) -> None:
    """Put a recommendation off."""
    from agent.recommend.record import decide

    now = time.time()
    with _store(db, config) as store:
        _say(decide(store, name, "snoozed", who(), now, until=now + days * _DAY_S))


def undo(db: Database = None, config: Config = None) -> None:
    """Take back your last decision on this database."""
    from agent.recommend import record

    with _store(db, config) as store:
        _say(record.undo(store, who(), time.time()))


def who() -> str:
    """Whose decision it is: the name of the user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


@contextmanager
def _store(db: str | None, config: Path | None) -> Iterator[Store]:
    from agent.commands import wiring
    from agent.store import open_store

    store = open_store(wiring.settings_of(config, db).store.database_url, create=False)
    try:
        yield store
    finally:
        store.close()


def _say(one: Recommendation) -> None:
    from agent.printable import printable

    until = f" until {one.snoozed_until:%Y-%m-%d %H:%M} UTC" if one.snoozed_until is not None else ""
    sys.stdout.write(f"{one.id} is {one.status}{until}: {printable(one.action, 300)}\n")
