"""`hone explain`: the method, its assumptions and formula; of a recommendation what it rests on and how to carry it out."""

from __future__ import annotations

import re
import sys
import time
from typing import Annotated

import typer

from agent.commands.options import Config, Database

_ID = re.compile(r"(pc|ec|sc|mc|ft)-[a-z2-7]+")


def explain(
    what: Annotated[
        str | None,
        typer.Argument(metavar="[ANALYZER|ID]", help="A method, or a recommendation; without it, what there is."),
    ] = None,
    db: Database = None,
    config: Config = None,
) -> None:
    """Say how a figure comes about: method, assumptions, formula, sources. With an ID, what a recommendation rests on."""
    from agent.explain import method, methods

    if what is not None:
        sys.stdout.write(_recommendation(what, db, config) if _ID.fullmatch(what) else f"{method(what)}\n")
        return
    names = methods()
    width = max(map(len, names), default=0)
    sys.stdout.writelines(f"{name:<{width}}  {first}\n" for name, first in names.items())


def _recommendation(name: str, db: str | None, config: Config) -> str:
    from agent.commands import wiring
    from agent.recommend.record import one
    from agent.recommend.told import told
    from agent.store import open_store

    store = open_store(wiring.settings_of(config, db).store.database_url, create=False)
    try:
        return told(one(store, name, time.time()))
    finally:
        store.close()
