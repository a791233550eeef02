"""`hone replay`: files into the database."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from agent.commands.options import Config, Database, Format, LogFormat


def replay(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Logs; - is stdin, .gz and .zst are read.")],
    config: Config = None,
    db: Database = None,
    form: Format = None,
    log_format: LogFormat = None,
    analyse: Annotated[
        bool, typer.Option("--analyse", help="Look at the database afterwards and keep the report, as the agent does.")
    ] = False,
) -> None:
    """Feed files into the database, through the same path as Kafka.

    A file that was read before goes on where it stopped; calls that are known already are not counted again.
    """
    from agent.analyst import analyse as look
    from agent.commands import wiring
    from agent.commands.signals import stop_on_signals
    from agent.logs import start_logging
    from agent.store import open_store

    settings = wiring.settings_of(config, db)
    start_logging(log_format.value if log_format else settings.log.format, "warning")
    stop = stop_on_signals()
    store = open_store(settings.store.database_url)
    try:
        records = wiring.read_files(files, store, settings, stop, form)
        if analyse and not stop.is_set():
            look(store, settings, time.time())
    finally:
        store.close()
    typer.echo(f"{records:,} records read into {settings.store.url}", err=True)
    if stop.is_set():
        typer.echo("stopped early; run the same command again to go on", err=True)
        raise typer.Exit(1)
