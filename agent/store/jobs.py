"""What runs beside the stream, for a screen: the last analysis, who does what alone, what is on its way to whom, and the size of it all."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine, func, select
from sqlmodel import col

from agent.store.read import reading
from agent.store.tables import Lease, StoredAnalysis, StoredDelivery, StoredDigest


class Held(NamedTuple):
    """A job that one agent alone does, until when (unix seconds)."""

    name: str
    owner: str
    until: float


class Jobs(NamedTuple):
    """Times are unix seconds. `deliveries` counts them by state: waiting, sent, given up."""

    analysis_at: float | None
    analysis_seconds: float | None
    leases: tuple[Held, ...]
    digest_at: float | None
    deliveries: dict[str, int]
    bytes: int | None
    """Of the database, None where it does not say."""


def jobs(engine: Engine) -> Jobs:
    """Raises StoreUnavailable."""
    with reading(engine) as connection:
        newest = select(col(StoredAnalysis.at), col(StoredAnalysis.seconds)).order_by(col(StoredAnalysis.id).desc())
        analysis = connection.execute(newest.limit(1)).first()
        leases = select(col(Lease.name), col(Lease.owner), col(Lease.until)).order_by(col(Lease.name))
        held = tuple(Held(*row) for row in connection.execute(leases))
        digest = connection.execute(select(func.max(col(StoredDigest.made_at)))).scalar()
        states = select(col(StoredDelivery.state), func.count()).group_by(col(StoredDelivery.state))
        deliveries = {state: count for state, count in connection.execute(states)}
        size = None
        if engine.dialect.name == "postgresql":
            size = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar()
        elif engine.url.database and Path(engine.url.database).is_file():
            size = Path(engine.url.database).stat().st_size
    at, seconds = analysis or (None, None)
    return Jobs(at, seconds, held, digest, deliveries, size)
