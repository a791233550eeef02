"""Digests that were made: one a period, whichever of several agents is first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Engine, Select, select, text
from sqlmodel import col

from agent.store.deliveries import queue
from agent.store.read import reading
from agent.store.tables import StoredDigest
from agent.store.write import writing


class MadeDigest(NamedTuple):
    """A digest as it was made; no body: the period was over before there was anybody to send it."""

    period: str
    start: float
    made_at: float
    body: bytes


_MADE = select(col(StoredDigest.period), col(StoredDigest.start), col(StoredDigest.made_at), col(StoredDigest.body))


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
    row = StoredDigest
    earlier = [] if before is None else [col(row.start) < before]
    return _digest(engine, _MADE.where(col(row.period) == period, *earlier).order_by(col(row.start).desc()).limit(1))


def digest(engine: Engine, period: str, start: float) -> MadeDigest | None:
    """The digest of one period."""
    return _digest(engine, _MADE.where(col(StoredDigest.period) == period, col(StoredDigest.start) == start))


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


def _digest(engine: Engine, query: Select[str, float, float, bytes]) -> MadeDigest | None:
    with reading(engine) as connection:
        row = connection.execute(query).first()
    return None if row is None else MadeDigest(row.period, row.start, row.made_at, bytes(row.body))
