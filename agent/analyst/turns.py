"""When an analysis is due, and whose turn it is."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Literal, Protocol

from agent.analyst.process import Outcome, analyse_apart
from agent.config import Settings
from agent.store import Store, StoreUnavailable, analyses, read
from agent.store.leases import lease

log = logging.getLogger("hone.analyst")

NAME = "analyst"
TURN_S = 2.0
"""How often an agent asks for the lease: how soon another takes over."""
FIRST_S = 30.0
"""After the first call, so that the first analysis has more than a batch to look at."""


class Told(Protocol):
    """Who wants to know, the metrics for one."""

    def analyst(self, is_analyst: bool) -> None:
        """Whether this agent is the analyst."""

    def analysed(self, outcome: Outcome, now: float) -> None:
        """An analysis has ended."""


class Analyst:
    """Takes part in the election, and analyses while it is elected; in a thread of its own from `start` to `close`."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        told: Told,
        *,
        log_format: Literal["text", "json"] = "text",
        clock: Callable[[], float] = time.time,
        turn_s: float = TURN_S,
    ) -> None:
        self._store = store
        self._settings = settings
        self._told = told
        self._log_format: Literal["text", "json"] = log_format
        self._clock = clock
        self._turn_s = turn_s
        self._lease = lease(store.engine, NAME, store.owner)
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._last = False
        self._elected = False
        self._away = False
        self._first: float | None = None
        self._analysed: int | None = None
        self._tried_at: float | None = None
        self._thread = threading.Thread(target=self._run, name="hone-analyst", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def finish(self, stop: threading.Event) -> None:
        """The stream has ended: analyse what was not looked at yet, if it is this agent's to do, and wait until that is done or `stop`."""
        self._last = True
        self._wake.set()
        while self._thread.is_alive() and not stop.is_set():
            self._thread.join(self._turn_s / 10)
        self.close()

    def close(self) -> None:
        """End an analysis that is under way, and let another agent take over."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        self._lease.give_up()
        self._told.analyst(False)

    def _run(self) -> None:
        while not self._stop.is_set():
            last = self._last
            self._turn(last)
            if last:
                return
            self._wake.wait(self._turn_s)

    def _turn(self, last: bool) -> None:
        now = self._clock()
        if not self._hold(now):
            return
        try:
            records = sum(one.next for one in read.progress(self._store.engine))
            if not self._due(records, now, last):
                return
        except StoreUnavailable as error:
            self._say_away(error)
            return
        outcome = analyse_apart(self._settings, self._go_on, self._log_format)
        if outcome.ended == "done":
            self._analysed = records
        self._told.analysed(outcome, self._clock())
        if outcome.ended == "done":
            log.info("analysed in %.1f s", outcome.seconds)
        elif outcome.ended != "stopped":
            log.error("not analysed: %s", outcome.why)

    def _due(self, records: int, now: float, last: bool) -> bool:
        """Whether there is something new among `records` (the offsets of all partitions together), and it is time."""
        every_s = self._settings.analysis.every_s
        if not records or records == self._analysed:
            return False
        made = analyses.last_made(self._store.engine)
        if self._analysed is None and made and made.revision == read.revision(self._store.engine).number:
            return False
        if self._first is None:
            self._first = now
        due = self._first + min(FIRST_S, every_s) if made is None else made.at + every_s
        if self._tried_at is not None:
            due = max(due, self._tried_at + every_s)
        # A clock that was set back does not put the next analysis off.
        if not last and due - every_s <= now < due:
            return False
        self._tried_at = now
        return True

    def _go_on(self) -> bool:
        return not self._stop.is_set() and self._hold(self._clock())

    def _hold(self, now: float) -> bool:
        """Take or keep the lease; who becomes the analyst, or is it no more, says so."""
        try:
            held = self._lease.hold(now)
            self._away = False
        except StoreUnavailable as error:
            self._say_away(error)
            held = False
        if held != self._elected:
            log.info("this agent is the analyst" if held else "this agent is not the analyst any more")
            self._elected = held
            self._told.analyst(held)
        return held

    def _say_away(self, error: StoreUnavailable) -> None:
        if not self._away:
            log.warning("no analysis: %s", error.message)
        self._away = True
