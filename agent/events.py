"""Events: something changed that somebody should know now. Each is raised once and resolves itself.

An event is known by what it is about (`subject`): while it is open the same finding raises nothing more; when the facts are back to
what they were it is resolved, and a later finding is a new event. For some time after that only a worse one is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from agent.store import Store, read
from agent.store.read import StoredEventRow

MORE = "(more)"
"""Subject of the one event that stands for many of a kind."""
_TOGETHER = 5
"""More new ones of a kind at once than this are told as one, the heaviest apart."""
_OPEN = 20
"""Of a kind at a time; what is beyond is told as one."""
_NAMED = 1_000
_WORSE = 1.5


class Event(NamedTuple):
    """What happened, when (unix seconds), and the figures behind it. Neither message nor data hold text of prompts.

    `weight` is how bad it is, in a unit of its kind: of two of one subject, the one that weighs half as much again is worse.
    """

    kind: str
    subject: str
    at: float
    message: str
    data: dict[str, Any]
    weight: float = 0.0


def raise_new(store: Store, events: Iterable[Event], now: float, *, quiet_s: float = 0.0) -> list[Event]:
    """Keep the events whose subject has no open one; those are returned. Several agents may do this at once.

    One that is no worse than what was resolved within the last `quiet_s` seconds is not kept.
    """
    fresh = []
    told = list(events)
    quiet = _quiet(store, now - quiet_s) if quiet_s and told else {}
    with store.transaction() as transaction:
        for event in told:
            before = quiet.get((event.kind, event.subject))
            if before is not None and event.weight <= _WORSE * before:
                continue
            data = msgspec.json.encode({**event.data, "weight": event.weight})
            if transaction.raise_event(event.kind, event.subject, event.at, now, event.message, data):
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


def settle(
    store: Store,
    kinds: Collection[str],
    holding: Sequence[Event],
    now: float,
    *,
    quiet_s: float = 0.0,
    mine: Callable[[StoredEventRow], bool] = lambda row: True,
) -> list[Event]:
    """Let the open events of `kinds` be what holds now: new ones are raised, and returned; what holds no more is resolved.

    `mine` says which open events this watcher can judge; the others stay.
    """
    known = [row for row in open_events(store) if row.kind in kinds and mine(row)]
    subjects = {(event.kind, event.subject) for event in holding}
    over = [row for row in known if not subjects & _about(row)]
    resolve(store, over, now)
    left = [row for row in known if row not in over]
    told = {one for row in left for one in _about(row)}
    fresh = [event for event in holding if (event.kind, event.subject) not in told]
    return raise_new(store, _together(fresh, left), now, quiet_s=quiet_s)


def open_events(store: Store) -> list[StoredEventRow]:
    """Events that are not resolved, newest first."""
    return read.events(store.engine, limit=None, only_open=True)


def _quiet(store: Store, since: float) -> dict[tuple[str, str], float]:
    """Weights of what was resolved since then."""
    weights: dict[tuple[str, str], float] = {}
    for row in read.events(store.engine, limit=None, resolved_since=since):
        key = (row.kind, row.subject)
        weights[key] = max(weights.get(key, 0.0), float(row.data.get("weight", 0.0)))
    return weights


def _about(row: StoredEventRow) -> set[tuple[str, str]]:
    named = row.data.get("subjects", ()) if row.subject == MORE else (row.subject,)
    return {(row.kind, one) for one in named}


def _together(fresh: Sequence[Event], left: Sequence[StoredEventRow]) -> list[Event]:
    """At most a few of each kind by themselves, and one for the others."""
    told: list[Event] = []
    for kind in dict.fromkeys(event.kind for event in fresh):
        own = sorted((event for event in fresh if event.kind == kind), key=lambda event: -event.weight)
        room = min(_TOGETHER, _OPEN - sum(row.kind == kind for row in left))
        if len(own) <= room:
            told += own
            continue
        alone, others = own[: max(0, room - 1)], own[max(0, room - 1) :]
        named = ", ".join(event.subject for event in others[:3])
        told += alone
        told.append(
            Event(
                kind,
                MORE,
                max(event.at for event in others),
                f"{len(others)} {'more ' if alone else ''}of the same kind: {named}{' and others' if len(others) > 3 else ''}",
                {"subjects": [event.subject for event in others[:_NAMED]], "count": len(others)},
                others[0].weight,
            )
        )
    return told
