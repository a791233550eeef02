"""What is on its way to which channel: queued once, claimed by one agent at a time.

A claim is a compare-and-set on the number of tries, and holds until `next_at`: an agent that dies leaves what it had claimed to
whoever looks next. A message is sent twice only when an agent dies, or its claim runs out, after the channel took the message
and before that was written down; it then has the same id.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, bindparam, text

from agent.store.read import reading
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
    # Once more is another message: a receiver that knows the first one must not drop it.
    change, which = (", message = NULL", "") if again else ("", " AND state <> 'sent'")
    with writing(engine) as connection:
        connection.execute(
            text(
                f"UPDATE delivery SET state = 'waiting', next_at = :now, queued_at = :now{change}"  # noqa: S608
                f" WHERE about = :about AND channel = :channel{which}"
                " AND (state <> 'waiting' OR owner IS NULL OR next_at <= :now)"
            ),
            {"now": now, "about": about, "channel": channel},
        )


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
        chosen = "" if self._kinds is None else " AND kind IN :kinds"
        query = text(
            "SELECT id, kind, raised_at FROM event e WHERE id > :after AND raised_at > :since"  # noqa: S608
            f" AND resolved_at IS NULL{chosen} AND NOT EXISTS (SELECT 1 FROM delivery d"
            " WHERE d.channel = :channel AND d.about = 'event:' || e.id) ORDER BY id"
        )
        values: dict[str, Any] = {"after": self._after, "since": now - BACK_S, "channel": self._channel}
        if self._kinds is not None:
            query = query.bindparams(bindparam("kinds", expanding=True))
            values["kinds"] = self._kinds
        with reading(self._engine) as connection:
            last = connection.execute(text("SELECT max(id) FROM event")).scalar() or 0
            found = connection.execute(query, values).all()
        if found:
            with writing(self._engine) as connection:
                rows = [(f"event:{number}", self._channel) for number, _, _ in found]
                queue(connection, rows, now, [max(now, at + self._wait_s) for _, _, at in found])
        self._after = last - _OVERLAP
        return len(found)


def claim(engine: Engine, channel: str, owner: str, now: float, hold_s: float, only: str | None = None) -> Claim | None:
    """The next message that is due on `channel` (the one about `only`), this agent's until `now + hold_s`.

    Events that wait go together; those of a message that was tried already stay by themselves. Raises StoreUnavailable.
    """
    due = text(
        "SELECT about, message FROM delivery WHERE channel = :channel AND state = 'waiting' AND next_at <= :now"  # noqa: S608
        f"{'' if only is None else ' AND about = :only'} ORDER BY next_at, about LIMIT 1"
    )
    wanted = {"channel": channel, "now": now} | ({} if only is None else {"only": only})
    with reading(engine) as connection:
        first = connection.execute(due, wanted).first()
    if first is None:
        return None
    # One that was tried goes with those of its message; new events go with whatever else waits for its first try.
    if first.message is not None:
        chosen, values = "message = :message", {"message": first.message}
    elif first.about.startswith("event:"):
        chosen, values = "message IS NULL AND about LIKE 'event:%'", {}
    else:
        chosen, values = "about = :about", {"about": first.about}
    message = first.message or uuid.uuid4().hex
    with writing(engine) as connection:
        some = connection.execute(
            text(
                "SELECT about, tries, queued_at FROM delivery WHERE channel = :channel"  # noqa: S608
                f" AND state = 'waiting' AND {chosen} ORDER BY about"
            ),
            {"channel": channel, **values},
        ).all()
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
    return _finish(engine, claimed, "state = 'sent', sent_at = :at, error = NULL", {"at": now})


def failed(engine: Engine, claimed: Claim, error: str, next_at: float | None) -> bool:
    """Write down why not, and when to try again; None gives it up."""
    if next_at is None:
        return _finish(engine, claimed, "state = 'given_up', error = :error", {"error": error})
    return _finish(
        engine, claimed, "next_at = :next_at, owner = NULL, error = :error", {"error": error, "next_at": next_at}
    )


def _finish(engine: Engine, claimed: Claim, change: str, values: dict[str, Any]) -> bool:
    done = 0
    with writing(engine) as connection:
        for about, tries in zip(claimed.about, claimed.tries, strict=True):
            changed = connection.execute(
                text(
                    f"UPDATE delivery SET {change} WHERE about = :about AND channel = :channel"  # noqa: S608
                    " AND state = 'waiting' AND owner = :owner AND tries = :tries"
                ),
                {"about": about, "channel": claimed.channel, "owner": claimed.owner, "tries": tries, **values},
            )
            done += changed.rowcount
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
    connection: Connection, rows: Sequence[tuple[str, str]], now: float, due: Sequence[float] | None = None
) -> None:
    """Queue pairs of what and channel unless they are queued already; `due`: when each may go, at once without it."""
    for number, (about, channel) in enumerate(rows):
        connection.execute(
            text(
                "INSERT INTO delivery (about, channel, state, tries, next_at, queued_at)"
                " VALUES (:about, :channel, 'waiting', 0, :next_at, :now) ON CONFLICT DO NOTHING"
            ),
            {"about": about, "channel": channel, "next_at": now if due is None else due[number], "now": now},
        )
