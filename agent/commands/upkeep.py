"""Settings become what is done to the database by the clock: forgetting, and putting old totals together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.config import Settings
    from agent.ingest import Ingest
    from agent.store import Store
    from agent.store.retention import Keep


def keep_of(settings: Settings) -> Keep:
    """What is forgotten when."""
    from agent.store.retention import Keep

    days, sample = settings.store.retention_days, settings.sample
    return Keep(
        calls=days.calls,
        seen=days.seen,
        rejects=days.rejects,
        summaries=days.summaries,
        call_rows=sample.rows,
        text_bytes=sample.bytes,
        total_bytes=settings.store.max_bytes,
    )


def tidying_of(store: Store, settings: Settings, ingest: Ingest) -> Callable[[float], None]:
    """Puts old totals together, and tells the sampling what the newest day has taken by all agents."""
    from agent.commands.wiring import prices_of
    from agent.rollup import roll_up
    from agent.store.room import newest_day

    def tidy(now: float) -> None:
        roll_up(store, prices_of(settings), int(now // 3_600) - settings.store.hours_days * 24)
        ingest.sampling.forgotten(newest_day(store.engine))

    return tidy
