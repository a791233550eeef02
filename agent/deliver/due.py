"""Makes each digest once, when it is due; one that was missed is made late, the newest of its kind alone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from zoneinfo import ZoneInfo

from agent.digest.make import LATE_S
from agent.digest.period import Due, Kind, Period, newest
from agent.digest.value import Digest
from agent.store import StoreUnavailable, digests
from agent.store.digests import MadeDigest
from agent.store.store import Store

log = logging.getLogger("hone.digest")

PATIENCE_S = 3_600.0
"""A late digest waits at most so long for the stream to be read up to now."""


class Digests:
    """Looks by the clock whether a digest is due. Several agents may look at once: the database lets one of them through."""

    def __init__(
        self,
        store: Store,
        dues: Mapping[Kind, Due],
        zone: ZoneInfo,
        channels: Mapping[Kind, Sequence[str]],
        make: Callable[[Period, float | None, float], Digest],
        caught_up: Callable[[], bool] = lambda: True,
    ) -> None:
        """`make` is called with period, time of the digest before, and now; `channels` names those that want a kind."""
        self._store = store
        self._dues = {kind: due for kind, due in dues.items() if channels.get(kind)}
        self._zone = zone
        self._channels = channels
        self._make = make
        self._caught_up = caught_up
        self._waited: dict[float, float] = {}

    def look(self, now: float) -> list[Period]:
        """Make what is due and not made yet; the periods. A database that is away is tried again at the next turn."""
        made = []
        for kind, due in self._dues.items():
            period = newest(kind, due, self._zone, now)
            try:
                if self._once(period, now):
                    made.append(period)
            except StoreUnavailable as error:
                log.warning("no digest made: %s", error.message)
        return made

    def _once(self, period: Period, now: float) -> bool:
        engine, kind = self._store.engine, period.kind
        before = digests.newest_digest(engine, kind)
        if before is None:
            # Nobody was there to be told of that period: the first digest is that of the one that runs now.
            digests.keep_digest(engine, MadeDigest(kind, period.start, now, b""), (), now)
            log.info("the first digest of a %s comes when this one is over", kind)
            return False
        if before.start >= period.start:
            if before.start == period.start and before.body and before.made_at < period.due:
                # Somebody sent it by hand before it was due: the other channels get the same one now.
                digests.queue_digest(engine, kind, period.start, self._channels[kind], now)
            return False
        if (
            now - period.due > LATE_S
            and not self._caught_up()
            and now - self._waited.setdefault(period.due, now) < PATIENCE_S
        ):
            return False
        digest = self._make(period, before.made_at, now)
        body = digest.to_json(indent=None).encode()
        kept = digests.keep_digest(engine, MadeDigest(kind, period.start, now, body), tuple(self._channels[kind]), now)
        if kept:
            log.info("digest made: %s from %s", kind, digest.period.start.date())
        return kept
