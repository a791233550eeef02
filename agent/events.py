"""Events: something changed that somebody should know now. Each is raised once and resolves itself.

An event is known by what it is about (`subject`): while it is open the same finding raises nothing more; when the facts are back to
what they were it is resolved, and a later finding is a new event.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from agent.store import Store, read
from agent.store.read import StoredEventRow


class Event(NamedTuple):
    """What happened, when (unix seconds), and the figures behind it. Neither message nor data hold text of prompts."""

    kind: str
    subject: str
    at: float
    message: str
    data: dict[str, Any]


def raise_new(store: Store, events: Iterable[Event], now: float) -> list[Event]:
    """Keep the events whose subject has no open one; those are returned. Several agents may do this at once."""
    fresh = []
    with store.transaction() as transaction:
        for event in events:
            if transaction.raise_event(
                event.kind, event.subject, event.at, now, event.message, msgspec.json.encode(event.data)
            ):
                fresh.append(event)
        if fresh:
            transaction.bump(now)
    return fresh


def resolve(store: Store, rows: Sequence[StoredEventRow], now: float) -> None:
    """Close these events."""
    if not rows:
        return
    with store.transaction() as transaction:
        for row in rows:
            transaction.resolve_event(row.kind, row.subject, now)
        transaction.bump(now)


def open_events(store: Store) -> list[StoredEventRow]:
    """Events that are not resolved, newest first."""
    return read.events(store.engine, limit=None, only_open=True)
