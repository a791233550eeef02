"""What the topics should hold: everything that the database has, by key, with a mark that changes when it is worth a message."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import NamedTuple

from agent.publish.documents import RecommendationDocument, event_document, recommendation_document, written
from agent.recommend import lifecycle
from agent.report_plan import Recommendation
from agent.store import Store, read
from agent.store.analyses import last_made
from agent.store.recommendations import Row, decisions, rows

_TELLING = (
    "status",
    "status_reason",
    "snoozed_until",
    "action",
    "risk",
    "measured",
    "effort_days",
    "found",
)
"""Of a recommendation: a change of anything else waits until the estimate has moved."""


class Wanted(NamedTuple):
    """One message: its mark, and its value."""

    mark: str
    value: bytes


def events(store: Store) -> dict[str, Wanted]:
    """Every event that is kept, open or over, by key. Raises StoreUnavailable."""
    found = {}
    for row in read.events(store.engine, limit=None):
        document = event_document(row)
        value = written(document)
        found[document.id] = Wanted(_mark(value), value)
    return found


def recommendations(store: Store, now: float) -> dict[str, Wanted]:
    """What a report at `now` (unix seconds) shows, whatever its status, by key. Raises StoreUnavailable."""
    known = rows(store.engine)
    made = last_made(store.engine)
    newest = {name: row for name, row in known.items() if made is None or row.seen_at >= made.at}
    bodies = [Recommendation.model_validate_json(row.body) for row in newest.values()]
    shown = lifecycle.shown(bodies, known, decisions(store.engine), now)
    return {one.id: _recommendation(one, known[one.id], found=one.id in newest) for one in shown}


def _recommendation(one: Recommendation, row: Row, *, found: bool) -> Wanted:
    document = recommendation_document(one, found=found, as_of=row.seen_at)
    return Wanted(_mark(_telling(document, row)), written(document))


def _telling(document: RecommendationDocument, row: Row) -> bytes:
    said = document.model_dump(mode="json", include=set(_TELLING))
    said["schema"] = document.version
    said["id"] = document.id
    said["known"] = document.saving_usd_month.likely is not None
    said["history"] = len(document.history)
    said["verdict"] = None if document.realised is None else document.realised.verdict
    said["estimated_at"] = (json.loads(row.facts).get("estimate") or {}).get("at")
    return json.dumps(said, sort_keys=True).encode()


def _mark(said: bytes) -> str:
    return blake2b(said, digest_size=12).hexdigest()
