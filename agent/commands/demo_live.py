"""The demo on a terminal: an agent in a process of its own reads a stream that goes on, and the dashboard looks at its database."""

from __future__ import annotations

import multiprocessing
import tempfile
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from agent.analyst.process import Outcome
    from agent.config import Settings
    from agent.demo.live import LiveSource

CALLS_A_DAY = 20_000
LOOK_EVERY_S = 15.0
_GRACE_S = 10.0


def watch_demo(hours: float, seed: int) -> None:
    """Fill a database, open the dashboard, and end the agent with it. Raises typer.Exit when stopped before."""
    from agent.commands.watch import opened, show
    from agent.config import load
    from agent.progress import progress

    with tempfile.TemporaryDirectory(prefix="hone-demo-") as folder:
        # Its texts are made up, so there is nobody whose words m would show.
        own = {"HONE_STORE__URL": f"sqlite:///{Path(folder) / 'demo.db'}", "HONE_PRIVACY__SHOW_TEXT": "true"}
        # Any line on stderr would lie over the dashboard.
        settings = load(None, {**own, "HONE_LOG__LEVEL": "error"})
        context = multiprocessing.get_context("spawn")
        heard, told = context.Pipe()
        agent = context.Process(target=_agent, args=(settings, hours, seed, told), name="hone-demo")
        agent.start()
        told.close()
        try:
            with progress("five applications", int(CALLS_A_DAY * hours / 24)) as advance:
                while (calls := _next(heard)) is not None:
                    advance(calls, f"{calls:,} calls")
            if not agent.is_alive():
                typer.echo("error: the demo's agent has ended", err=True)
                raise typer.Exit(1)
            show(lambda: opened(settings))
        finally:
            heard.close()
            agent.join(_GRACE_S)
            if agent.is_alive():
                agent.kill()
                agent.join()


def _next(heard: Connection) -> int | None:
    """How many calls there are so far; None when all that has been is read."""
    try:
        found: int | None = heard.recv()
    except EOFError:
        return None
    return found


def _agent(settings: Settings, hours: float, seed: int, told: Connection) -> None:
    """The whole life of the agent: it ends when the dashboard's end of the pipe is closed, however that happens."""
    from agent import loop
    from agent.commands import wiring
    from agent.commands.signals import stop_on_signals
    from agent.demo.live import LiveSource, going_on
    from agent.logs import start_logging
    from agent.loop import Progress
    from agent.store import open_store

    start_logging("text", "critical")
    stop = stop_on_signals()
    store = open_store(settings.store.database_url)
    source = LiveSource(going_on(seed, hours=hours))
    calls = 0
    beside: threading.Thread | None = None

    def committed(progress: Progress) -> None:
        nonlocal calls, beside
        if beside is not None:
            return
        calls += progress.committed.received.calls
        told.send(calls)
        if source.caught_up:
            told.send(None)
            beside = threading.Thread(target=_beside, args=(settings, source, stop), name="hone-demo-analyst")
            beside.start()

    threading.Thread(target=_until_closed, args=(told, stop), name="hone-demo-end", daemon=True).start()
    try:
        ingest = wiring.ingest_of(store, settings)
        loop.run(source, ingest, stop=stop, pace=wiring.pace_of(settings), on_commit=committed)
    except (BrokenPipeError, OSError):
        stop.set()
    finally:
        stop.set()
        if beside is not None:
            beside.join()
        store.close()


def _until_closed(told: Connection, stop: threading.Event) -> None:
    try:
        told.recv()
    except (EOFError, OSError):
        stop.set()


class _Silent:
    """Nobody asks a demo for its metrics."""

    def analyst(self, is_analyst: bool) -> None:
        """Not told."""

    def analysed(self, outcome: Outcome, now: float) -> None:
        """Not told."""


def _beside(settings: Settings, source: LiveSource, stop: threading.Event) -> None:
    """Analyse at once and then by the clock, and look for caches that got worse."""
    from agent.analyst import Analyst
    from agent.analyst.process import analyse_apart
    from agent.commands import wiring
    from agent.schedule import look_now, tell_now
    from agent.store import open_store, waiting

    store = open_store(settings.store.database_url)
    first = threading.Thread(target=analyse_apart, args=(settings, lambda: not stop.is_set(), "text"))
    first.start()
    analyst = Analyst(store, settings, _Silent())
    watch = wiring.watch_of(store, settings)
    began = False
    try:
        while not stop.wait(LOOK_EVERY_S):
            look_now(watch.look, time.time())
            tell_now(lambda now: waiting.keep(store.engine, source.lag(), store.owner, now), time.time())
            if not began and not first.is_alive():
                analyst.start()
                began = True
    finally:
        first.join()
        if began:
            analyst.close()
        store.close()
