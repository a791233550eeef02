"""What runs by the clock beside the stream: forgetting what is past its time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from apscheduler.schedulers.background import BackgroundScheduler

from agent.store import Store, StoreUnavailable
from agent.store.retention import Keep, forget

log = logging.getLogger("hone.schedule")

FORGET_EVERY_S = 3_600


def start(store: Store, keep: Keep, *, clock: Callable[[], float] = time.time) -> BackgroundScheduler:
    """Start the jobs in background threads; the caller shuts the returned scheduler down."""
    scheduler = BackgroundScheduler(timezone="UTC")
    scheduler.add_job(
        lambda: forget_now(store, keep, clock()), "interval", seconds=FORGET_EVERY_S, id="forget", coalesce=True
    )
    scheduler.start()
    return scheduler


def forget_now(store: Store, keep: Keep, now: float) -> None:
    """Delete what is past its time; a database that is away is tried again at the next turn."""
    try:
        gone = forget(store.engine, keep, now)
    except StoreUnavailable as error:
        log.warning("nothing forgotten: %s", error.message)
        return
    if any(gone):
        log.info("forgotten: %s", ", ".join(f"{count} {name}" for name, count in gone._asdict().items() if count))
