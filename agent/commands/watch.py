"""`hone watch`: the dashboard."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.commands.options import Config, Database
from agent.printable import printable
from analyzers.errors import HoneError

if TYPE_CHECKING:
    from agent.config import Settings
    from tui import reading

_COLLECT_AFTER = 50_000
"""New objects between two searches for garbage. A start makes some hundred thousand that all stay: Python's 700 would be a sixth of it."""


def watch(
    config: Config = None,
    db: Database = None,
    theme: Annotated[str | None, typer.Option("--theme", metavar="NAME", help="Colours of this run.")] = None,
    web: Annotated[bool, typer.Option("--web", help="Serve it to a browser; without authentication.")] = False,
    host: Annotated[str, typer.Option("--host", help="Address for --web.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65_535, help="Port for --web.")] = 8_000,
) -> None:
    """Watch the stream's figures and decide, in the terminal.

    Reads the database that `hone run` writes, and waits for one that is not there yet. Press ? for the keys.
    """
    if theme is not None:
        from tui.themes import NAMES

        if theme not in NAMES:
            raise typer.BadParameter(
                f"there is no theme {printable(theme)}; there are: {', '.join(NAMES)}", param_hint="--theme"
            )
    if web:
        _serve(config, db, theme, host, port)
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()) and "TEXTUAL_DRIVER" not in os.environ:
        raise HoneError(
            "the dashboard needs a terminal", "hone report writes the same figures; hone watch --web serves a browser"
        )
    show(lambda: database_of(config, db), theme=theme)


def _serve(config: Path | None, db: str | None, theme: str | None, host: str, port: int) -> None:
    """Whoever opens the page gets a `hone watch` of its own."""
    from agent.commands import wiring
    from tui.web import serve

    wiring.settings_of(config, db)  # what is wrong with it is said here, not to every visitor
    if db is not None:
        os.environ["HONE_STORE__URL"] = db  # not on a command line, where everybody may read a password
    parts = [sys.executable, "-m", "agent", "watch"]
    parts += [] if config is None else ["--config", str(config.resolve())]
    parts += [] if theme is None else ["--theme", theme]
    serve(shlex.join(parts), host, port, lambda said: typer.echo(said, err=True))


def show(open_database: reading.Opening, *, theme: str | None = None) -> None:
    """The dashboard until somebody quits it. Raises the HoneError that it cannot go on after."""
    import gc

    gc.set_threshold(_COLLECT_AFTER)
    from tui.app import Dashboard

    app = Dashboard(open_database, theme=theme, fatal=_is_of_the_configuration)
    app.run()
    if app.failure is not None:
        raise app.failure


def _is_of_the_configuration(error: HoneError) -> bool:
    """Asked only once something is wrong: what the settings import would hold up the first picture."""
    from agent.config import ConfigError

    return isinstance(error, ConfigError)


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
