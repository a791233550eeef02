"""`hone watch`: the dashboard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.commands.options import Config, Database

if TYPE_CHECKING:
    from agent.config import Settings
    from tui import reading


def watch(
    config: Config = None,
    db: Database = None,
    theme: Annotated[str | None, typer.Option("--theme", metavar="NAME", help="Colours of this run.")] = None,
) -> None:
    """Watch the stream's figures and decide, in the terminal.

    Reads the database that `hone run` writes, and waits for one that is not there yet. Press ? for the keys.
    """
    show(lambda: database_of(config, db), theme=theme)


def show(open_database: reading.Opening, *, theme: str | None = None) -> None:
    """The dashboard until somebody quits it. Raises the HoneError that it cannot go on after."""
    from agent.config import ConfigError
    from tui.app import Dashboard

    app = Dashboard(open_database, theme=theme, fatal=ConfigError)
    app.run()
    if app.failure is not None:
        raise app.failure


def database_of(config: Path | None, db: str | None) -> reading.Database:
    """The database of the configuration, for looking at. Raises HoneError."""
    from agent.commands import wiring

    settings = wiring.settings_of(config, db)
    return opened(settings)


def opened(settings: Settings) -> reading.Database:
    """The same, of settings that are read already."""
    from agent.commands import wiring
    from agent.store.store import open_as_it_is
    from tui.reading import Database as Opened

    url = settings.store.url
    return Opened(
        open_as_it_is(settings.store.database_url),
        lambda: wiring.prices_of(settings),
        Path(url.rsplit("/", 1)[-1]).stem or "hone",
        may_show_text=settings.privacy.show_text,
        theme=settings.dashboard.theme,
        keys=settings.dashboard.keys,
    )
