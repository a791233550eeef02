"""Looks that one of several agents takes for all of them, without holding up the stream that it reads beside them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from agent.events import Event
from agent.store import StoreUnavailable
from agent.store.leases import Lease

SHARE = 0.1
"""Of a processor, at most, on the mean: a look at a busy stream takes seconds in which the agent's other threads get nothing."""


class Paced:
    """Calls `look` where the lease is this agent's and the looks before have not taken more than their share."""

    def __init__(self, look: Callable[[float], Sequence[Event]], lease: Lease) -> None:
        self._look = look
        self._lease = lease
        self._not_before = 0.0

    def __call__(self, now: float) -> Sequence[Event]:
        """The events that are new; none where it is not the time or another's turn, or the database is away."""
        try:
            if not self._lease.hold(now) or now < self._not_before:
                return ()
        except StoreUnavailable:
            return ()
        began = time.thread_time()
        try:
            return self._look(now)
        finally:
            self._not_before = now + (time.thread_time() - began) / SHARE

    def rested(self) -> None:
        """The next look is due, whatever those before took: nothing comes after it."""
        self._not_before = 0.0
