"""Events that are over, on their way to the channels that were told of them: rows `over:` of the table `delivery`."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine, Text, cast, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from agent.store.deliveries import BACK_S, queue
from agent.store.read import reading
from agent.store.tables import StoredDelivery, StoredEvent
from agent.store.write import writing

OVER = "over:"
NEWS = ("price_change", "adoption", "verdict")
"""Kinds of events that are news for some days: nothing is over when they are not any more."""


def queue_ended(engine: Engine, channel: str, now: float, wait_s: float) -> int:
    """Queue what is over and was told as open; how many events that were. They go `wait_s` after the first of them ended.

    Raises StoreUnavailable.
    """
    event = StoredEvent
    raised, ended = aliased(StoredDelivery), aliased(StoredDelivery)
    number = cast(col(event.id), Text)
    known = select(col(ended.about)).where(col(ended.channel) == channel, col(ended.about) == OVER + number)
    query = (
        select(col(event.id), col(event.resolved_at))
        .join(raised, col(raised.about) == "event:" + number)
        .where(col(raised.channel) == channel, col(raised.state) == "sent")
        .where(col(event.resolved_at) > now - BACK_S, col(event.kind).not_in(NEWS), ~known.exists())
        .order_by(col(event.id))
    )
    with reading(engine) as connection:
        found = connection.execute(query).all()
    if found:
        with writing(engine) as connection:
            rows = [(f"{OVER}{number}", channel) for number, _ in found]
            queue(connection, rows, now, [max(now, (at or now) + wait_s) for _, at in found])
    return len(found)


def told_ended(engine: Engine, channel: str, numbers: Sequence[int], now: float) -> None:
    """Write down that a message which told of these events said already that they are over."""
    if not numbers:
        return
    with writing(engine) as connection:
        queue(connection, [(f"{OVER}{number}", channel) for number in numbers], now, state="sent")
