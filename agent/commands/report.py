"""`hone report`: what there is to gain, now."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.commands.options import Config, Database, Format
from agent.commands.terminal import look

if TYPE_CHECKING:
    from agent.config import Settings
    from agent.report import Report
    from agent.store import Store

STDOUT = "-"


def report(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE]...", help="Logs; - is stdin, .gz and .zst are read.")
    ] = None,
    db: Database = None,
    to_json: Annotated[str | None, typer.Option("--json", metavar="OUT", help="Write JSON (hone.report/1).")] = None,
    to_markdown: Annotated[str | None, typer.Option("--markdown", metavar="OUT", help="Write Markdown.")] = None,
    to_html: Annotated[
        str | None, typer.Option("--html", metavar="OUT", help="Write a page with plots, for any browser.")
    ] = None,
    form: Format = None,
    config: Config = None,
    cache_config: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write the recommended caches as configuration of LiteLLM, GPTCache, RedisVL, Portkey."
        ),
    ] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Analyse the database now, even where the agent has just done so.")
    ] = False,
    schema: Annotated[bool, typer.Option("--json-schema", help="Print the JSON Schema of --json and end.")] = False,
) -> None:
    """Say what the calls cost. With FILEs: these logs alone, in memory; else the database.

    Of a database an agent's analysis is shown while it is as good as new; else, or with --anew, one is made.
    OUT is a file, or - for stdout. Without --json, --markdown and --html a table goes to stdout.
    """
    if schema:
        from agent.report import json_schema

        sys.stdout.write(json.dumps(json_schema(), indent=2) + "\n")
        return
    if files and db:
        raise typer.BadParameter("a report is about FILEs or about a database, not both", param_hint="--db")
    refuse_two_on_stdout(to_json, to_markdown, to_html)

    from agent.commands import wiring

    settings = wiring.settings_of(config, db)
    made = _of_files(files, settings, form) if files else _of_database(settings, anew=anew)
    hand_out(made, to_json, to_markdown, to_html)
    if cache_config is not None:
        _write_caches(made, cache_config)
    if made.input.records and not made.input.calls:
        typer.echo("hint: no record was a call; `hone check FILE` shows why", err=True)


def refuse_two_on_stdout(*outputs: str | None) -> None:
    """Two documents in one stream are none."""
    if outputs.count(STDOUT) > 1:
        raise typer.BadParameter("only one of --json, --markdown and --html can go to stdout", param_hint="OUT")


def hand_out(made: Report, to_json: str | None, to_markdown: str | None, to_html: str | None) -> None:
    """Write the report where it was asked for; as a table on stdout, in colour where that can be seen, if nowhere."""
    if to_json is not None:
        _write(to_json, made.to_json())
    if to_markdown is not None:
        from agent.report_markdown import markdown

        _write(to_markdown, markdown(made))
    if to_html is not None:
        from agent.report_html import html

        _write(to_html, html(made))
    if to_json is None and to_markdown is None and to_html is None:
        from agent.report_text import text

        sys.stdout.write(text(made, **look(sys.stdout)))


def _write_caches(made: Report, folder: Path) -> None:
    """A folder for each application that should have a cache."""
    from agent.cache_config import cache_configurations
    from analyzers.errors import HoneError

    files = cache_configurations(made)
    for path, content in files.items():
        try:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise HoneError(f"{folder}: cannot be made ({error.strerror})") from None
        _write(str(folder / path), content)
    if not files:
        typer.echo("no cache is recommended: nothing written", err=True)


def _of_files(files: list[str], settings: Settings, form: str | None) -> Report:
    from agent.commands import wiring
    from agent.commands.signals import stop_on_signals
    from agent.logs import start_logging
    from agent.store import open_store

    start_logging(settings.log.format, "warning")
    stop = stop_on_signals()
    store = open_store(wiring.MEMORY)
    try:
        wiring.read_files(files, store, settings, stop, form)
        if stop.is_set():
            typer.echo("stopped early: no report", err=True)
            raise typer.Exit(1)
        return wiring.report_of(store, settings)
    finally:
        store.close()


def _of_database(settings: Settings, *, anew: bool) -> Report:
    from agent.standing import standing
    from agent.store import open_store

    store = open_store(settings.store.database_url, create=False)
    now = time.time()
    try:
        found = None if anew else standing(store, settings.analysis.every_s, now)
        if found is not None:
            from agent.report_table import several

            ago = several(round((now - found.at) / 60), "minute")
            typer.echo(f"as analysed {ago} ago; hone report --anew analyses now", err=True)
            return found.report
        return _analysed(store, settings, now)
    finally:
        store.close()


def _analysed(store: Store, settings: Settings, now: float) -> Report:
    from agent.analyst import first_hour
    from agent.commands import wiring
    from agent.recommend.record import current

    start_hour = first_hour(store, settings.analysis.days, now)
    return current(store, wiring.report_of(store, settings, start_hour=start_hour, now=now), time.time())


def _write(out: str, content: str) -> None:
    from analyzers.errors import HoneError

    if out == STDOUT:
        sys.stdout.write(content)
        return
    try:
        Path(out).write_text(content, encoding="utf-8")
    except OSError as error:
        raise HoneError(f"{out}: cannot be written ({error.strerror})") from None
    typer.echo(f"written: {out}", err=True)
