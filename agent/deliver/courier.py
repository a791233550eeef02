"""One worker for each channel: takes what is due, sends it within a time, and writes down what came of it.

A channel that hangs or fails waits by itself, ever longer; the others do not notice.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from agent.deliver.compose import message_of
from agent.deliver.message import Channel, Message, Refused
from agent.printable import printable
from agent.store import StoreUnavailable, deliveries
from agent.store.deliveries import Claim, EventQueue
from agent.store.ended import queue_ended, told_ended

log = logging.getLogger("hone.deliver")

FIRST_WAIT_S = 30.0
LONGEST_WAIT_S = 3_600.0
GROUP_S = 60.0
"""Events that are raised within so long go as one message."""
MARGIN_S = 60.0
"""A claim holds so much longer than a try may take."""
CLOSING_S = 5.0
_TURN_S = 2.0


class Outlet(NamedTuple):
    """A channel by its name, and how it is used. `events`: kinds that are sent at once, None for all; `ended`: also when they are over."""

    name: str
    channel: Channel
    digests: tuple[str, ...] = ()
    events: tuple[str, ...] | None = ()
    timeout_s: float = 30.0
    give_up_s: float = 86_400.0
    ended: bool = False


Told = Callable[[str, str], None]
"""Is told channel and outcome: sent, failed or given_up."""


class Courier:
    """The work of one channel, turn by turn; a thread calls `turn` until it is closed."""

    def __init__(
        self,
        engine: Engine,
        owner: str,
        outlet: Outlet,
        zone: ZoneInfo,
        *,
        told: Told = lambda channel, outcome: None,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
        margin_s: float = MARGIN_S,
        group_s: float = GROUP_S,
    ) -> None:
        self._engine = engine
        self._owner = owner
        self._outlet = outlet
        self._zone = zone
        self._told = told
        self._clock = clock
        self._jitter = jitter
        self._hold_s = outlet.timeout_s + margin_s
        self._events = None
        if outlet.events is None or outlet.events:
            self._events = EventQueue(engine, outlet.name, outlet.events, group_s)
        self._group_s = group_s
        self._hanging: threading.Thread | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def turn(self, only: str | None = None) -> bool:
        """Queue new events, and try the message that is due (the one about `only`); whether there was one.

        Raises StoreUnavailable.
        """
        if self._events is not None:
            self._events.look(self._clock())
            if self._outlet.ended:
                queue_ended(self._engine, self._outlet.name, self._clock(), self._group_s)
        claimed = deliveries.claim(self._engine, self._outlet.name, self._owner, self._clock(), self._hold_s, only)
        if claimed is None:
            return False
        message = message_of(self._engine, claimed, self._zone)
        if message is None:
            deliveries.failed(self._engine, claimed, "what was to be sent is not kept any more", None)
            return True
        try:
            self._send(message)
        except Refused as refused:
            self._failed(claimed, refused)
            return True
        self._told(self._outlet.name, "sent")
        if not deliveries.sent(self._engine, claimed, self._clock()):
            log.warning("%s: sent after its time was over, and perhaps by another agent too", self._outlet.name)
        told_ended(self._engine, self._outlet.name, message.over, self._clock())
        log.info("%s: sent %s", self._outlet.name, message.id)
        return True

    def _send(self, message: Message) -> None:
        """Hand it over within the channel's time. A call that never returns blocks this channel alone."""
        if self._hanging is not None and self._hanging.is_alive():
            raise Refused("the try before still hangs")
        outcome: list[BaseException | None] = []

        def hand_over() -> None:
            try:
                self._outlet.channel.send(message)
            except BaseException as error:  # it is raised again in the courier's own thread
                outcome.append(error)
            else:
                outcome.append(None)

        thread = threading.Thread(target=hand_over, name=f"hone-send-{self._outlet.name}", daemon=True)
        thread.start()
        thread.join(self._outlet.timeout_s)
        if not outcome:
            self._hanging = thread
            raise Refused(f"no answer within {self._outlet.timeout_s:g} s")
        if isinstance(outcome[0], Refused):
            raise outcome[0]
        if outcome[0] is not None:
            raise Refused(f"{type(outcome[0]).__name__} where none was expected")

    def _failed(self, claimed: Claim, refused: Refused) -> None:
        now = self._clock()
        pause = max(wait_s(max(claimed.tries), self._jitter()), refused.wait_s or 0.0)
        reason = printable(refused.message, limit=200)
        over = now + pause > claimed.queued_at + self._outlet.give_up_s
        deliveries.failed(self._engine, claimed, reason, None if over else now + pause)
        self._told(self._outlet.name, "given_up" if over else "failed")
        what = "given up" if over else f"tried again in {pause:.0f} s"
        log.warning("%s: not sent: %s; %s", self._outlet.name, reason, what)

    def start(self) -> None:
        """Take turns in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name=f"hone-courier-{self._outlet.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take no further turn after the one in hand."""
        self._stop.set()

    def close(self, timeout_s: float = CLOSING_S) -> None:
        """Stop, and wait so long for the turn in hand."""
        self.stop()
        if self._thread is not None:
            self._thread.join(max(0.0, timeout_s))

    def finish(self) -> None:
        """Send what is due now, each message once, and take no further turn."""
        self.close(self._hold_s)
        try:
            while self.turn():
                pass
        except StoreUnavailable as error:
            log.warning("%s: not looked for messages: %s", self._outlet.name, error.message)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                busy = self.turn()
            except StoreUnavailable as error:
                log.warning("%s: not looked for messages: %s", self._outlet.name, error.message)
                busy = False
            except Exception as error:
                # Its message may hold text of what was to be sent.
                log.error("%s: %s in the courier", self._outlet.name, type(error).__name__)
                busy = False
            if not busy:
                self._stop.wait(_TURN_S)


def close(couriers: Sequence[Courier]) -> None:
    """Close all of them, which together takes no longer than one; what is in hand then is sent again by the next agent."""
    deadline = time.monotonic() + CLOSING_S
    for each in couriers:
        each.stop()
    for each in couriers:
        each.close(deadline - time.monotonic())


def wait_s(tries: int, chance: float) -> float:
    """How long to wait after so many tries: twice as long each time, at most an hour, a quarter more or less by `chance` (0 to 1)."""
    return float(min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(tries - 1, 20)) * (0.75 + 0.5 * chance))
