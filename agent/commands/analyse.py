"""`hone analyse`: what `hone run` does by the clock, once and now."""

from __future__ import annotations

import time

import typer

from agent.commands.options import Config, Database, LogFormat


def analyse(config: Config = None, db: Database = None, log_format: LogFormat = None) -> None:
    """Look at the database now and keep the report for dashboard and digests.

    `hone run` does so by itself every [analysis] every_s seconds; this is for databases that no agent reads into.
    """
    from agent.analyst import analyse as look
    from agent.commands import wiring
    from agent.logs import start_logging
    from agent.store import open_store

    settings = wiring.settings_of(config, db)
    start_logging(log_format.value if log_format else settings.log.format, "warning")
    store = open_store(settings.store.database_url, create=False)
    try:
        made = look(store, settings, time.time())
    finally:
        store.close()
    typer.echo(f"analysed in {made.seconds:.1f} s; kept in {settings.store.url}", err=True)
