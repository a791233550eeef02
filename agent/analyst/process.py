"""An analysis in a process of its own, at low priority, so that neither its work nor its end holds up the stream."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import Literal, NamedTuple

from agent.config import Settings
from analyzers.errors import HoneError

_GRACE_S = 5.0
_LOOK_S = 0.25


class Outcome(NamedTuple):
    """How an analysis ended, after how many seconds; `why` says it where it is not done, without text of calls.

    `events` are the kinds of those that it raised.
    """

    ended: Literal["done", "failed", "timed_out", "stopped"]
    seconds: float
    why: str = ""
    events: tuple[str, ...] = ()


def analyse_apart(settings: Settings, go_on: Callable[[], bool], log_format: Literal["text", "json"]) -> Outcome:
    """Analyse the database in a new process and wait for it; `go_on` is asked several times a second, False ends it."""
    context = multiprocessing.get_context("spawn")
    began = time.monotonic()
    heard, told = context.Pipe(duplex=False)
    child = context.Process(target=_work, args=(settings, told, log_format), name="hone-analysis", daemon=True)
    child.start()
    told.close()
    try:
        while not wait([heard, child.sentinel], _LOOK_S):
            seconds = time.monotonic() - began
            if seconds > settings.analysis.timeout_s:
                return Outcome("timed_out", seconds, f"not done after {settings.analysis.timeout_s:g} s")
            if not go_on():
                return Outcome("stopped", seconds)
        said = _said(heard)
        if said is None:
            child.join(_GRACE_S)
            said = _Said(_ended(child.exitcode))
        return Outcome("failed" if said.why else "done", time.monotonic() - began, said.why, said.events)
    finally:
        _end(child)
        heard.close()


class _Said(NamedTuple):
    """What the process says of its end; without `why` it is done."""

    why: str
    events: tuple[str, ...] = ()


def _said(heard: Connection) -> _Said | None:
    """None when the process ended without a word."""
    try:
        return _Said(*heard.recv()) if heard.poll() else None
    except (EOFError, OSError):
        return None


def _ended(code: int | None) -> str:
    if code is not None and code < 0:
        return f"ended by {signal.Signals(-code).name}" + (" (out of memory?)" if code == -signal.SIGKILL else "")
    return f"ended with status {code}"


def _end(child: multiprocessing.process.BaseProcess) -> None:
    child.join(_LOOK_S)
    for end in (child.terminate, child.kill):
        if child.is_alive():
            end()
            child.join(_GRACE_S)


def _work(settings: Settings, told: Connection, log_format: Literal["text", "json"]) -> None:
    """The whole life of the process."""
    from agent.analyst.analysis import analysed
    from agent.logs import start_logging
    from agent.store import open_store

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the agent, which ends this process
    threading.Thread(target=_end_with_the_agent, name="hone-agent-lives", daemon=True).start()
    os.nice(settings.analysis.nice)
    start_logging(log_format, settings.log.level)
    try:
        store = open_store(settings.store.database_url, create=False)
        try:
            done = analysed(store, settings, time.time())
        finally:
            store.close()
    except HoneError as error:
        told.send(_Said(error.message))
    except Exception as error:
        # Its message may hold text of the calls.
        told.send(_Said(type(error).__name__))
    else:
        told.send(_Said("", tuple(event.kind for event in done.events)))


def _end_with_the_agent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
