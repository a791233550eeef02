"""Digests that were made: one a period, whichever of several agents is first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Engine, text

from agent.store.deliveries import queue
from agent.store.read import reading
from agent.store.write import writing


class MadeDigest(NamedTuple):
    """A digest as it was made; no body: the period was over before there was anybody to send it."""

    period: str
    start: float
    made_at: float
    body: bytes


def about_digest(period: str, start: float) -> str:
    """The name of a digest's deliveries."""
    return f"digest:{period}:{int(start)}"


def keep_digest(engine: Engine, made: MadeDigest, channels: Sequence[str], now: float) -> bool:
    """Keep a digest and queue it for `channels`, in one transaction; False when the period has one with a body already."""
    with writing(engine) as connection:
        kept = connection.execute(
            text(
                "INSERT INTO digest (period, start, made_at, body) VALUES (:period, :start, :made_at, :body)"
                " ON CONFLICT (period, start) DO UPDATE SET made_at = excluded.made_at, body = excluded.body"
                " WHERE length(digest.body) = 0"
            ),
            made._asdict(),
        )
        if kept.rowcount != 1:
            return False
        about = about_digest(made.period, made.start)
        queue(connection, [(about, channel) for channel in channels], now)
    return True


def newest_digest(engine: Engine, period: str, *, before: float | None = None) -> MadeDigest | None:
    """The digest of the newest period of its kind, or of the newest that began before a time (unix seconds)."""
    earlier = "" if before is None else " AND start < :before"
    values = {"period": period, "before": before} if earlier else {"period": period}
    return _digest(engine, f"WHERE period = :period{earlier} ORDER BY start DESC LIMIT 1", values)


def digest(engine: Engine, period: str, start: float) -> MadeDigest | None:
    """The digest of one period."""
    return _digest(engine, "WHERE period = :period AND start = :start", {"period": period, "start": start})


def queue_digest(engine: Engine, period: str, start: float, channels: Sequence[str], now: float) -> None:
    """Queue a kept digest for channels that it was not queued for."""
    about = about_digest(period, start)
    with reading(engine) as connection:
        known = connection.execute(
            text("SELECT channel FROM delivery WHERE about = :about"), {"about": about}
        ).scalars()
        fresh = set(channels) - set(known)
    if fresh:
        with writing(engine) as connection:
            queue(connection, [(about, channel) for channel in sorted(fresh)], now)


def _digest(engine: Engine, chosen: str, values: dict[str, Any]) -> MadeDigest | None:
    with reading(engine) as connection:
        row = connection.execute(text(f"SELECT period, start, made_at, body FROM digest {chosen}"), values).first()  # noqa: S608
    return None if row is None else MadeDigest(row.period, row.start, row.made_at, bytes(row.body))
