"""What the broker is known to hold: a row of the table `delivery` for each key of a published topic.

`about` is the key, `channel` is `kafka:` and the topic, `message` a mark of the state: of the one that was acknowledged (`sent`), or of
the one that the broker did not take (`waiting`, with the reason). It is written after the broker's acknowledgement, so that an agent
which dies between repeats a message and loses none. The row `TOPIC` holds the topic's own id: a topic that was made anew is empty.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, Engine, delete, func, select, text
from sqlmodel import col

from agent.store.read import reading
from agent.store.tables import StoredDelivery, StoredEvent, StoredRecommendation
from agent.store.write import writing

TOPIC = "topic"
PREFIX = "kafka:"
_AT_ONCE = 500


def channel_of(topic: str) -> str:
    """What the topic is called among the channels."""
    return PREFIX + topic


def acknowledged(engine: Engine, topic: str) -> dict[str, str]:
    """The mark of each key as the broker has it, and of each that it did not take an empty one. Raises StoreUnavailable."""
    row = StoredDelivery
    query = select(col(row.about), col(row.message), col(row.state)).where(
        col(row.channel) == channel_of(topic), col(row.about) != TOPIC
    )
    with reading(engine) as connection:
        return {
            about: message if state == "sent" and message else "" for about, message, state in connection.execute(query)
        }


def topic_id(engine: Engine, topic: str) -> str | None:
    """The id of the topic that the rows are about; None before the first."""
    row = StoredDelivery
    query = select(col(row.message)).where(col(row.channel) == channel_of(topic), col(row.about) == TOPIC)
    with reading(engine) as connection:
        found: str | None = connection.execute(query).scalar()
    return found


def begin_anew(engine: Engine, topic: str, identity: str, now: float) -> None:
    """Forget what the broker held: this topic is another one."""
    with writing(engine) as connection:
        connection.execute(delete(StoredDelivery).where(col(StoredDelivery.channel) == channel_of(topic)))
        _put(connection, topic, {TOPIC: identity}, "sent", now, None)


def acknowledge(engine: Engine, topic: str, marks: Mapping[str, str], removed: Collection[str], now: float) -> None:
    """Write down what the broker took at `now` (unix seconds): the states of `marks`, and that keys were `removed`."""
    with writing(engine) as connection:
        _put(connection, topic, marks, "sent", now, None)
        _drop(connection, topic, list(removed))


def refuse(engine: Engine, topic: str, marks: Mapping[str, str], error: str, now: float) -> None:
    """Write down that the broker did not take these states at `now`, and why."""
    with writing(engine) as connection:
        _put(connection, topic, marks, "waiting", now, error)


def _put(
    connection: Connection, topic: str, marks: Mapping[str, str], state: str, now: float, error: str | None
) -> None:
    rows = [
        {"about": about, "channel": channel_of(topic), "message": mark, "state": state, "now": now, "error": error}
        for about, mark in marks.items()
    ]
    if rows:
        connection.execute(
            text(
                "INSERT INTO delivery (about, channel, state, tries, next_at, sent_at, error, message, queued_at)"
                " VALUES (:about, :channel, :state, 1, :now, CASE WHEN :state = 'sent' THEN :now END, :error, :message, :now)"
                " ON CONFLICT (about, channel) DO UPDATE SET state = excluded.state, tries = delivery.tries + 1,"
                " sent_at = COALESCE(excluded.sent_at, delivery.sent_at), error = excluded.error,"
                " message = excluded.message, queued_at = excluded.queued_at"
            ),
            rows,
        )


def _drop(connection: Connection, topic: str, keys: Sequence[str]) -> None:
    row = StoredDelivery
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        connection.execute(delete(row).where(col(row.channel) == channel_of(topic), col(row.about).in_(some)))


def events_changed(engine: Engine) -> tuple[object, ...]:
    """Is another one after any change of events."""
    row = StoredEvent
    query = select(
        func.count(), func.max(col(row.id)), func.count(col(row.resolved_at)), func.max(col(row.resolved_at))
    )
    with reading(engine) as connection:
        return tuple(connection.execute(query.select_from(row)).one())


def recommendations_changed(engine: Engine) -> tuple[object, ...]:
    """Is another one after any analysis or decision."""
    row = StoredRecommendation
    query = select(func.count(), func.max(col(row.seen_at)), func.sum(col(row.changed_at)), func.sum(col(row.until)))
    with reading(engine) as connection:
        return tuple(connection.execute(query.select_from(row)).one())
