"""`hone demo`: the whole pipeline on a made-up stream with known waste."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.commands.report import hand_out, refuse_two_on_stdout

if TYPE_CHECKING:
    from agent.loop import Progress

CALLS_A_DAY = 20_000
_HOUR_S = 3_600


def demo(
    no_tui: Annotated[bool, typer.Option("--no-tui", help="Print the report, also on a terminal.")] = False,
    to_json: Annotated[str | None, typer.Option("--json", metavar="OUT", help="Write the report as JSON.")] = None,
    to_markdown: Annotated[str | None, typer.Option("--markdown", metavar="OUT", help="Write it as Markdown.")] = None,
    to_html: Annotated[str | None, typer.Option("--html", metavar="OUT", help="Write it as a page with plots.")] = None,
    hours: Annotated[float, typer.Option(min=1, max=24 * 60, help="Length of the stream.")] = 24.0,
    seed: Annotated[int, typer.Option(help="Another number is another stream.")] = 7,
) -> None:
    """Show what Hone does, on a made-up stream.

    Five applications, 20,000 calls a day, with waste that is known. On a terminal the dashboard opens on a stream
    that goes on: after a minute a release breaks a cache, and its event is raised. No Kafka, no network; the database
    is thrown away afterwards.
    """
    from agent import loop
    from agent.commands import wiring
    from agent.commands.signals import stop_on_signals
    from agent.config import load
    from agent.demo import traffic
    from agent.demo.source import DemoSource
    from agent.logs import start_logging
    from agent.progress import progress
    from agent.store import open_store

    refuse_two_on_stdout(to_json, to_markdown, to_html)
    if (
        not no_tui
        and to_json is None
        and to_markdown is None
        and to_html is None
        and sys.stdout.isatty()
        and sys.stderr.isatty()
    ):
        from agent.commands.demo_live import watch_demo

        watch_demo(hours, seed)
        return
    settings = load(None, {})
    start_logging("text", "warning")
    stop = stop_on_signals()
    now = time.time()
    start = now // _HOUR_S * _HOUR_S - hours * _HOUR_S
    calls = 0
    with tempfile.TemporaryDirectory(prefix="hone-demo-") as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'hone.db'}")
        try:
            with progress("five applications", int(CALLS_A_DAY * hours / 24)) as advance:

                def committed(told: Progress) -> None:
                    nonlocal calls
                    calls += told.committed.received.calls
                    advance(calls, f"{calls:,} calls")

                source = DemoSource(traffic(seed, start=start, hours=hours))
                ingest = wiring.ingest_of(store, settings)
                loop.run(source, ingest, stop=stop, pace=wiring.pace_of(settings), on_commit=committed)
            if stop.is_set():
                raise typer.Exit(1)
            made = wiring.report_of(store, settings)
        finally:
            store.close()
    hand_out(made, to_json, to_markdown, to_html)
    if to_json is None and to_markdown is None and to_html is None:
        typer.echo("\nYour own logs: hone report FILE; beside a stream: hone run --config FILE", err=True)
