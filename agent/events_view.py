"""From the events and deliveries of the database to the report's words for them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from agent.report import Event, Undelivered
from agent.store import Store, deliveries
from agent.store.read import StoredEventRow

UNDELIVERED_S = 7 * 86_400.0


def told(rows: Iterable[StoredEventRow]) -> list[Event]:
    """The same events, in their order."""
    return [
        Event(
            kind=row.kind,
            subject=row.subject,
            at=datetime.fromtimestamp(row.at, UTC),
            raised_at=datetime.fromtimestamp(row.raised_at, UTC),
            resolved_at=None if row.resolved_at is None else datetime.fromtimestamp(row.resolved_at, UTC),
            message=row.message,
        )
        for row in rows
    ]


def undelivered(store: Store, now: float) -> list[Undelivered]:
    """What channels did not take in the last seven days. Raises StoreUnavailable."""
    return [
        Undelivered.model_validate(one, from_attributes=True)
        for one in deliveries.waiting(store.engine, now - UNDELIVERED_S)
    ]
