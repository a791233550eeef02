"""Settings of digests become parts, for the commands that make and send them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from agent.config import Settings
    from agent.digest.period import Due, Kind, Period
    from agent.digest.value import Digest
    from agent.store import Store


def due_of(settings: Settings, kind: Kind) -> Due | None:
    """When digests of a kind are due; None where they are switched off."""
    from agent.config.digest_settings import clock, weekday_and_clock
    from agent.digest.period import Due

    given = settings.digest
    if kind == "day":
        return Due(clock(given.daily)) if given.daily else None
    if not given.weekly:
        return None
    weekday, at = weekday_and_clock(given.weekly)
    return Due(at, weekday)


def finished(settings: Settings, kind: Kind, now: float) -> Period:
    """The newest period that is over, also where no digest of its kind is ever due."""
    from agent.digest import period

    due = due_of(settings, kind) or period.Due(period.MIDNIGHT)
    return period.finished(kind, due, zone_of(settings), now)


def zone_of(settings: Settings) -> ZoneInfo:
    """Whose midnight begins a day."""
    return ZoneInfo(settings.digest.timezone)


def digest_of(store: Store, settings: Settings, period: Period, now: float, *, due: float | None = None) -> Digest:
    """The digest of a period, from what the database knows now. Raises StoreUnavailable."""
    from agent.commands import wiring
    from agent.digest.make import digest
    from agent.digest_facts import facts

    found = facts(store, wiring.prices_of(settings), period, zone_of(settings))
    return digest(found, now, recommendations=settings.digest.recommendations, due=due)
