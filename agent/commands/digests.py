"""Settings of digests and channels become parts, for the commands that make and send messages."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from agent.config import Settings
    from agent.config.digest_settings import ChannelSettings
    from agent.deliver.courier import Courier, Outlet, Told
    from agent.deliver.due import Digests
    from agent.deliver.message import Channel
    from agent.digest.facts import Stuck
    from agent.digest.period import Due, Kind, Period
    from agent.digest.value import Digest
    from agent.store import Store
    from collectors.source import Source

_NEARLY = 5_000
"""Records of a partition that is read as fast as it is written."""
KINDS: tuple[Kind, ...] = ("day", "week")


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


def digest_of(
    store: Store,
    settings: Settings,
    period: Period,
    now: float,
    *,
    since: float | None = None,
    due: float | None = None,
    all_read: bool = False,
) -> Digest:
    """The digest of a period, from what the database knows now; `since` is when the one before was made, `all_read`: whoever asks
    knows that nothing waits to be read. Raises StoreUnavailable.
    """
    from agent.commands import wiring
    from agent.digest.make import digest
    from agent.digest_facts import facts

    stuck = stuck_since(store, period.start)
    found = facts(store, wiring.prices_of(settings), period, zone_of(settings), since=since, stuck=stuck)
    if all_read:
        found = found._replace(read_until=now)
    return digest(found, now, recommendations=settings.digest.recommendations, due=due)


def stuck_since(store: Store, since: float) -> list[Stuck]:
    """What channels did not take since a time (unix seconds)."""
    from agent.digest.facts import Stuck
    from agent.store import deliveries

    return [
        Stuck(one.channel, one.state == "given_up", one.messages, one.error)
        for one in deliveries.waiting(store.engine, since)
    ]


def outlets_of(settings: Settings) -> list[Outlet]:
    """Every channel of the configuration. Raises ConfigError for those that cannot be."""
    from agent.config import ConfigError, Fault
    from agent.config.digest_settings import ALL
    from agent.deliver.courier import Outlet
    from analyzers.errors import HoneError

    outlets, faults = [], []
    for name, given in settings.channels.items():
        try:
            channel = _channel(given)
        except HoneError as error:
            faults.append(Fault("configuration", f"channels.{name}", error.message, error.hint))
            continue
        events = None if ALL in given.events else given.events
        outlets.append(
            Outlet(
                name,
                channel,
                given.digests,
                events,
                given.timeout_s,
                settings.digest.give_up_hours * 3_600,
                ended=given.ended,
            )
        )
    if faults:
        raise ConfigError(faults)
    return outlets


def _channel(given: ChannelSettings) -> Channel:
    if given.apprise is not None:
        from agent.deliver.services import Service

        return Service(given.apprise.get_secret_value(), given.timeout_s)
    if given.webhook is not None:
        from agent.deliver.webhook import Webhook

        assert given.secret is not None
        return Webhook(given.webhook, given.secret.get_secret_value(), given.timeout_s)
    from agent.deliver.local import Folder, Stdout

    return Folder(given.folder) if given.folder is not None else Stdout()


def couriers_of(store: Store, settings: Settings, told: Told) -> list[Courier]:
    """A worker for each channel, not started yet. Raises ConfigError."""
    from agent.deliver.courier import Courier

    zone = zone_of(settings)
    return [Courier(store.engine, store.owner, outlet, zone, told=told) for outlet in outlets_of(settings)]


def caught_up(source: Source) -> bool:
    """Whether all that was written is read, but for some seconds' worth; not while it is unknown."""
    lags = source.lag().values()
    return bool(lags) and all(records is not None and records <= _NEARLY for records in lags)


def digests_of(store: Store, settings: Settings, caught_up: Callable[[], bool]) -> Digests:
    """What makes digests when they are due."""
    from agent.deliver.due import Digests

    def make(period: Period, since: float | None, now: float) -> Digest:
        return digest_of(store, settings, period, now, since=since, due=period.due, all_read=caught_up())

    dues = {kind: due for kind in KINDS if (due := due_of(settings, kind)) is not None}
    wanted: dict[Kind, Sequence[str]] = {
        kind: [name for name, given in settings.channels.items() if kind in given.digests] for kind in KINDS
    }
    return Digests(store, dues, zone_of(settings), wanted, make, caught_up)
