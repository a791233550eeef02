"""What runs by the clock beside the stream: looking for caches that got worse, forgetting what is past its time, keeping old totals small."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from apscheduler.schedulers.background import BackgroundScheduler

from agent.store import Store, StoreUnavailable
from agent.store.retention import Keep, forget

log = logging.getLogger("hone.schedule")

FORGET_EVERY_S = 3_600
LOOK_EVERY_S = 60.0
TELL_EVERY_S = 5.0
DIGEST_EVERY_S = 20.0
"""How often it is looked whether a digest is due: what is due by the clock on the wall is `agent.deliver.due`'s to know."""


def start(
    store: Store,
    keep: Keep,
    *,
    look: Callable[[float], object] | None = None,
    look_every_s: float = LOOK_EVERY_S,
    digests: Callable[[float], object] | None = None,
    tell: Callable[[float], object] | None = None,
    tidy: Callable[[float], object] | None = None,
    again: Callable[[float], object] | None = None,
    clock: Callable[[], float] = time.time,
) -> BackgroundScheduler:
    """Start the jobs in background threads; the caller shuts the returned scheduler down.

    `look` is called with the time every `look_every_s` seconds, `digests` every twenty, `tell` and `again` every five, `tidy` after
    what is past its time was forgotten; never twice at once.
    """
    scheduler = BackgroundScheduler(timezone="UTC")

    def forget_and_tidy() -> None:
        forget_now(store, keep, clock())
        if tidy is not None:
            look_now(tidy, clock(), "not tidied up")

    scheduler.add_job(forget_and_tidy, "interval", seconds=FORGET_EVERY_S, id="forget", coalesce=True)
    if look is not None:
        scheduler.add_job(
            lambda: look_now(look, clock()), "interval", seconds=look_every_s, id="look", coalesce=True, max_instances=1
        )
    if tell is not None:
        scheduler.add_job(
            lambda: tell_now(tell, clock()), "interval", seconds=TELL_EVERY_S, id="tell", coalesce=True, max_instances=1
        )
    if again is not None:
        scheduler.add_job(
            lambda: again(clock()), "interval", seconds=TELL_EVERY_S, id="again", coalesce=True, max_instances=1
        )
    if digests is not None:
        scheduler.add_job(
            lambda: look_now(digests, clock(), "no digest made"),
            "interval",
            seconds=DIGEST_EVERY_S,
            next_run_time=datetime.now(UTC),
            misfire_grace_time=None,
            id="digests",
            coalesce=True,
            max_instances=1,
        )
    scheduler.start()
    return scheduler


def look_now(look: Callable[[float], object], now: float, failed: str = "not looked at") -> None:
    """One look; a failure is said without its message, which may hold text of the calls that were looked at."""
    try:
        look(now)
    except Exception as error:
        log.error("%s: %s in the analysis", failed, type(error).__name__)


def tell_now(tell: Callable[[float], object], now: float) -> None:
    """Tell once. That a database is away is said by those who have something to lose by it."""
    with suppress(StoreUnavailable):
        tell(now)


def forget_now(store: Store, keep: Keep, now: float) -> None:
    """Delete what is past its time; a database that is away is tried again at the next turn."""
    try:
        gone = forget(store.engine, keep, now)
    except StoreUnavailable as error:
        log.warning("nothing forgotten: %s", error.message)
        return
    if gone.over:
        log.warning(
            "the database takes %d bytes more than store.max_bytes: totals, identities of calls and the newest day are not given "
            "up for room; shorten store.retention_days or raise the limit",
            gone.over,
        )
    if any(gone):
        log.info(
            "forgotten: %s",
            ", ".join(f"{count} {name}" for name, count in gone._asdict().items() if count and name != "over"),
        )
