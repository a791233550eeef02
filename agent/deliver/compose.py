"""From what is due to the message that goes: a digest as it was made, events as they are now."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from agent.deliver.message import Message
from agent.digest.forms import drawn
from agent.digest.lines import lines
from agent.digest.notice import forms, notice, title
from agent.digest.value import Digest
from agent.events_view import told
from agent.store import digests, read
from agent.store.deliveries import Claim


def message_of(engine: Engine, claimed: Claim, zone: ZoneInfo) -> Message | None:
    """The message that was claimed; None when what it is about is not kept any more. Raises StoreUnavailable."""
    kind, _, rest = claimed.about[0].partition(":")
    if kind in ("event", "over"):
        return _events(engine, claimed, zone, ended=kind == "over")
    period, _, start = rest.partition(":")
    kept = digests.digest(engine, period, float(start))
    if kept is None or not kept.body:
        return None
    digest = Digest.model_validate_json(kept.body)
    first = digest.period.start.astimezone(ZoneInfo(digest.period.timezone))
    return Message(
        id=f"digest-{period}-{first:%Y-%m-%d}-{claimed.message[:8]}",
        title=lines(digest).title,
        text=drawn(digest, "text"),
        markdown=drawn(digest, "markdown"),
        html=drawn(digest, "html"),
        json=digest.to_json(),
    )


def _events(engine: Engine, claimed: Claim, zone: ZoneInfo, *, ended: bool) -> Message | None:
    numbers = [int(about.partition(":")[2]) for about in claimed.about]
    rows = read.events_numbered(engine, numbers)
    if not rows:
        return None
    happened = notice(told(rows))
    return Message(
        id=f"{'ended' if ended else 'events'}-{claimed.message[:12]}",
        title=title(happened, ended=ended),
        **forms(happened, zone, ended=ended),
        over=tuple(row.id for row in rows if row.resolved_at is not None),
    )
