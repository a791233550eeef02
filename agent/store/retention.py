"""Forgets: whole days at a time, in small transactions so that the stream is never held up for long."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel, col

from agent.store.close_looks import StoredCloseLook
from agent.store.published import PREFIX
from agent.store.read import reading
from agent.store.room import first_day_within as first_day_in_all
from agent.store.room import room
from agent.store.tables import (
    RecommendationChange,
    Seen,
    Segment,
    StoredAnalysis,
    StoredCall,
    StoredDelivery,
    StoredDigest,
    StoredEvent,
    StoredFragment,
    StoredRecommendation,
    StoredReject,
    StoredVector,
    Summary,
)
from agent.store.vectors import first_day_within
from agent.store.write import unavailable

_DAY_S = 86_400
_HOURS_A_DAY = 24
_ROWS_AT_ONCE = 10_000


class Keep(NamedTuple):
    """How long each kind of row is kept, in days, and how many calls, messages and bytes of (compressed) text at most.

    `message_rows` are messages apart from their calls, which are kept as long as calls are; vectors of texts go when they
    have been of no use for as long, and are computed again when they are needed.
    """

    calls: int = 30
    seen: int = 7
    rejects: int = 30
    summaries: int = 400
    call_rows: int = 20_000_000
    text_bytes: int = 20 << 30
    message_rows: int = 200_000_000
    vector_rows: int = 2_000_000
    total_bytes: int | None = None
    """Of everything together. The oldest days of calls go first, then vectors; nothing else is given up for room."""


class Forgotten(NamedTuple):
    """Rows deleted."""

    calls: int
    messages: int
    segments: int
    seen: int
    rejects: int
    summaries: int
    vectors: int
    analyses: int
    looks: int
    deliveries: int
    events: int
    recommendations: int
    over: int = 0
    """Bytes beyond `total_bytes` that are left: sums, identities and the newest day take more than that."""


def forget(engine: Engine, keep: Keep, now: float) -> Forgotten:
    """Delete what is older than `keep` allows at `now` (unix seconds), then the oldest days above the budget.

    The newest day is never deleted for the budget. Raises StoreUnavailable; what was deleted until then stays so.
    """
    today = int(now // _DAY_S)
    first_day = max(today - keep.calls, _first_day_within(engine, keep))
    found = room(engine) if keep.total_bytes is not None else None
    vectors_from, over = max(today - keep.calls, first_day_within(engine, keep.vector_rows)), 0
    if found is not None and keep.total_bytes is not None:
        first_day = max(first_day, first_day_in_all(found, keep.total_bytes))
        stay = found.rest + sum(size for day, size in found.days.items() if day >= first_day)
        if stay + found.vectors > keep.total_bytes:
            vectors_from, over = today + 1, max(0, stay - keep.total_bytes)
    # What points into segments before them: a reader meets a missing call, never a call without its text.
    return Forgotten(
        calls=_delete(engine, StoredCall, ["id"], col(StoredCall.day) < first_day),
        messages=_delete(engine, StoredFragment, ["id"], col(StoredFragment.day) < first_day),
        segments=_delete(engine, Segment, ["id"], col(Segment.day) < first_day),
        seen=_delete(engine, Seen, ["key"], col(Seen.day) < today - keep.seen),
        rejects=_delete(
            engine,
            StoredReject,
            ["topic", "part", "record", "element"],
            col(StoredReject.at) < float((today - keep.rejects) * _DAY_S),
        ),
        summaries=_delete(
            engine,
            Summary,
            ["analyzer", "version", "hour", "topic", "part"],
            col(Summary.hour) < (today - keep.summaries) * _HOURS_A_DAY,
        ),
        vectors=_delete(
            engine,
            StoredVector,
            ["model", "text"],
            col(StoredVector.day) < vectors_from,
        ),
        analyses=_delete(
            engine, StoredAnalysis, ["id"], col(StoredAnalysis.at) < float((today - keep.summaries) * _DAY_S)
        ),
        looks=_delete(engine, StoredCloseLook, ["id"], col(StoredCloseLook.at) < float(first_day * _DAY_S)),
        deliveries=_delete(
            engine,
            StoredDelivery,
            ["about", "channel"],
            # What a published topic holds is known as long as it holds it.
            (col(StoredDelivery.queued_at) < float((today - keep.rejects) * _DAY_S))
            & ~col(StoredDelivery.channel).startswith(PREFIX),
        )
        + _delete(
            engine,
            StoredDigest,
            ["period", "start"],
            col(StoredDigest.made_at) < float((today - keep.summaries) * _DAY_S),
        ),
        events=_delete(
            engine, StoredEvent, ["id"], col(StoredEvent.resolved_at) < float((today - keep.summaries) * _DAY_S)
        ),
        recommendations=_recommendations(engine, float((today - keep.summaries) * _DAY_S)),
        over=over,
    )


def _recommendations(engine: Engine, before: float) -> int:
    """What was not found since a time, unless somebody took it up: its proof is of use for longer."""
    row, change = StoredRecommendation, RecommendationChange
    untouched = col(row.status).in_(("open", "snoozed", "dismissed"))
    gone = _delete(engine, row, ["id"], (col(row.seen_at) < before) & untouched)
    if gone:
        _delete(engine, change, ["id"], col(change.recommendation).not_in(select(col(row.id))))
    return gone


def _first_day_within(engine: Engine, keep: Keep) -> int:
    """The first day to keep so that the kept days fit the budget."""
    rows = select(col(StoredCall.day), func.count()).group_by(col(StoredCall.day))
    apart = select(col(StoredFragment.day), func.count()).group_by(col(StoredFragment.day))
    texts = select(col(Segment.day), func.sum(func.length(col(Segment.body)))).group_by(col(Segment.day))
    with reading(engine) as connection:
        calls = {day: int(count) for day, count in connection.execute(rows)}
        messages = {day: int(count) for day, count in connection.execute(apart)}
        bytes_ = {day: int(size) for day, size in connection.execute(texts)}
    call_total = message_total = text_total = 0
    kept: int | None = None
    for day in sorted(calls.keys() | messages.keys() | bytes_.keys(), reverse=True):
        call_total += calls.get(day, 0)
        message_total += messages.get(day, 0)
        text_total += bytes_.get(day, 0)
        over = call_total > keep.call_rows or message_total > keep.message_rows or text_total > keep.text_bytes
        if kept is not None and over:
            return kept
        kept = day
    return 0


def _delete(engine: Engine, table: type[SQLModel], key: list[str], condition: Any) -> int:
    columns = [table.__table__.c[name] for name in key]  # type: ignore[attr-defined]
    some = select(*columns).where(condition).limit(_ROWS_AT_ONCE)
    total = 0
    try:
        while True:
            with engine.connect().execution_options(immediate=True) as connection, connection.begin():
                rows = connection.execute(some).all()
                if rows:
                    target = columns[0].in_([r[0] for r in rows]) if len(key) == 1 else condition
                    total += connection.execute(delete(table).where(target)).rowcount
            if len(rows) < _ROWS_AT_ONCE or len(key) > 1:
                return total
    except DBAPIError as error:
        raise unavailable(error.orig or error) from error
