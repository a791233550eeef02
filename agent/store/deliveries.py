"""What is on its way to which channel: queued once, claimed by one agent at a time.

A claim is a compare-and-set on the number of tries, and holds until `next_at`: an agent that dies leaves what it had claimed to
whoever looks next. A message is sent twice only when an agent dies, or its claim runs out, after the channel took the message
and before that was written down; it then has the same id.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Engine, Text, cast, func, or_, select, text, update
from sqlmodel import col

from agent.store.read import reading
from agent.store.tables import StoredDelivery, StoredEvent
from agent.store.write import writing

BACK_S = 86_400.0
"""Events that were raised longer ago are not sent any more: the digest has them."""
_OVERLAP = 1_000
"""Events are numbered before they are committed: so many before the newest known are looked at again."""


class Claim(NamedTuple):
    """Deliveries that go as one message through `channel`; `tries` of each counts this one."""

    channel: str
    about: tuple[str, ...]
    tries: tuple[int, ...]
    message: str
    owner: str
    queued_at: float


class Waiting(NamedTuple):
    """What a channel did not take: messages waiting after a failure, or given up, and the newest reason."""

    channel: str
    state: str
    messages: int
    error: str
    at: float


def send_again(engine: Engine, about: str, channel: str, now: float, *, again: bool) -> None:
    """Make a queued delivery due at once unless somebody has it in hand; with `again` also one that was sent."""
    row = StoredDelivery
    free = or_(col(row.state) != "waiting", col(row.owner).is_(None), col(row.next_at) <= now)
    due = update(row).where(col(row.about) == about, col(row.channel) == channel, free)
    # Once more is another message: a receiver that knows the first one must not drop it.
    due = due.values(message=None) if again else due.where(col(row.state) != "sent")
    with writing(engine) as connection:
        connection.execute(due.values(state="waiting", next_at=now, queued_at=now))


class EventQueue:
    """Queues newly raised events for one channel; remembers how far it has looked."""

    def __init__(self, engine: Engine, channel: str, kinds: Sequence[str] | None, wait_s: float) -> None:
        """`kinds`: None for all. A message goes `wait_s` after its first event was raised."""
        self._engine = engine
        self._channel = channel
        self._kinds = None if kinds is None else list(kinds)
        self._wait_s = wait_s
        self._after = 0

    def look(self, now: float) -> int:
        """Queue what is new; how many events that were. Raises StoreUnavailable."""
        event, row = StoredEvent, StoredDelivery
        queued = (
            select(col(row.about))
            .where(col(row.channel) == self._channel, col(row.about) == "event:" + cast(col(event.id), Text))
            .exists()
        )
        query = (
            select(col(event.id), col(event.raised_at))
            .where(col(event.id) > self._after, col(event.raised_at) > now - BACK_S, col(event.resolved_at).is_(None))
            .where(~queued)
            .order_by(col(event.id))
        )
        if self._kinds is not None:
            query = query.where(col(event.kind).in_(self._kinds))
        with reading(self._engine) as connection:
            last = connection.execute(select(func.max(col(event.id)))).scalar() or 0
            found = connection.execute(query).all()
        if found:
            with writing(self._engine) as connection:
                rows = [(f"event:{number}", self._channel) for number, _ in found]
                queue(connection, rows, now, [max(now, at + self._wait_s) for _, at in found])
        self._after = last - _OVERLAP
        return len(found)


def claim(engine: Engine, channel: str, owner: str, now: float, hold_s: float, only: str | None = None) -> Claim | None:
    """The next message that is due on `channel` (the one about `only`), this agent's until `now + hold_s`.

    Events that wait go together; those of a message that was tried already stay by themselves. Raises StoreUnavailable.
    """
    row = StoredDelivery
    here = (col(row.channel) == channel, col(row.state) == "waiting")
    due = select(col(row.about), col(row.message)).where(*here, col(row.next_at) <= now)
    if only is not None:
        due = due.where(col(row.about) == only)
    with reading(engine) as connection:
        first = connection.execute(due.order_by(col(row.next_at), col(row.about)).limit(1)).first()
    if first is None:
        return None
    # One that was tried goes with those of its message; new events go with whatever else waits for its first try.
    if first.message is not None:
        together = [col(row.message) == first.message]
    elif (kind := first.about.partition(":")[0]) in ("event", "over"):
        together = [col(row.message).is_(None), col(row.about).startswith(f"{kind}:")]
    else:
        together = [col(row.about) == first.about]
    message = first.message or uuid.uuid4().hex
    chosen = select(col(row.about), col(row.tries), col(row.queued_at)).where(*here, *together).order_by(col(row.about))
    with writing(engine) as connection:
        some = connection.execute(chosen).all()
        mine = [row for row in some if _take(connection, channel, row.about, row.tries, owner, message, now, hold_s)]
    if not mine:
        return None
    return Claim(
        channel,
        tuple(row.about for row in mine),
        tuple(row.tries + 1 for row in mine),
        message,
        owner,
        min(row.queued_at for row in mine),
    )


def _take(
    connection: Connection, channel: str, about: str, tries: int, owner: str, message: str, now: float, hold_s: float
) -> bool:
    taken = connection.execute(
        text(
            "UPDATE delivery SET owner = :owner, tries = tries + 1, next_at = :until, message = :message"
            " WHERE about = :about AND channel = :channel AND state = 'waiting' AND tries = :tries"
            " AND (next_at <= :now OR owner IS NULL)"
        ),
        {
            "owner": owner,
            "until": now + hold_s,
            "message": message,
            "about": about,
            "channel": channel,
            "tries": tries,
            "now": now,
        },
    )
    return bool(taken.rowcount == 1)


def sent(engine: Engine, claimed: Claim, now: float) -> bool:
    """Write down that the message was taken; False when the claim had run out and somebody else has it."""
    return _finish(engine, claimed, state="sent", sent_at=now, error=None)


def failed(engine: Engine, claimed: Claim, error: str, next_at: float | None) -> bool:
    """Write down why not, and when to try again; None gives it up."""
    if next_at is None:
        return _finish(engine, claimed, state="given_up", error=error)
    return _finish(engine, claimed, next_at=next_at, owner=None, error=error)


def _finish(engine: Engine, claimed: Claim, **change: str | float | None) -> bool:
    row = StoredDelivery
    mine = update(row).where(
        col(row.channel) == claimed.channel, col(row.state) == "waiting", col(row.owner) == claimed.owner
    )
    done = 0
    with writing(engine) as connection:
        for about, tries in zip(claimed.about, claimed.tries, strict=True):
            one = mine.where(col(row.about) == about, col(row.tries) == tries).values(**change)
            done += connection.execute(one).rowcount
    return done == len(claimed.about)


def waiting(engine: Engine, since: float) -> list[Waiting]:
    """Failures by channel and state, of what was queued after `since` (unix seconds)."""
    query = text(
        "SELECT channel, state, message, error, queued_at FROM delivery"
        " WHERE queued_at >= :since AND error IS NOT NULL AND state <> 'sent' ORDER BY queued_at"
    )
    with reading(engine) as connection:
        rows = connection.execute(query, {"since": since}).all()
    found: dict[tuple[str, str], tuple[set[str], str, float]] = {}
    for channel, state, message, error, queued_at in rows:
        messages, _, _ = found.get((channel, state), (set(), "", 0.0))
        found[channel, state] = (messages | {message}, error, queued_at)
    return [
        Waiting(channel, state, len(messages), error, at)
        for (channel, state), (messages, error, at) in sorted(found.items())
    ]


class State(NamedTuple):
    """One delivery: waiting, sent or given_up, and the newest failure."""

    state: str
    tries: int
    sent_at: float | None
    error: str | None


def state_of(engine: Engine, about: str, channel: str) -> State | None:
    """How one delivery stands."""
    query = text("SELECT state, tries, sent_at, error FROM delivery WHERE about = :about AND channel = :channel")
    with reading(engine) as connection:
        row = connection.execute(query, {"about": about, "channel": channel}).first()
    return None if row is None else State(*row)


def queue(
    connection: Connection,
    rows: Sequence[tuple[str, str]],
    now: float,
    due: Sequence[float] | None = None,
    state: str = "waiting",
) -> None:
    """Queue pairs of what and channel unless they are queued already; `due`: when each may go, at once without it."""
    for number, (about, channel) in enumerate(rows):
        connection.execute(
            text(
                "INSERT INTO delivery (about, channel, state, tries, next_at, queued_at)"
                " VALUES (:about, :channel, :state, 0, :next_at, :now) ON CONFLICT DO NOTHING"
            ),
            {
                "about": about,
                "channel": channel,
                "state": state,
                "next_at": now if due is None else due[number],
                "now": now,
            },
        )
