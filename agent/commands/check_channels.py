"""What `hone check` says of the channels: what each is and gets, and what it did not take lately."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from agent.config import Settings
    from agent.deliver.courier import Outlet
    from agent.store.deliveries import Waiting

_BACK_S = 7 * 86_400.0


def say_channels(settings: Settings) -> None:
    """A line for each channel. Sends nothing, writes nothing. Raises ConfigError for a channel that cannot be."""
    from agent.commands import digests
    from agent.report_table import several

    outlets = digests.outlets_of(settings)
    failed = failures(settings, time.time() - _BACK_S) if outlets else []
    for outlet in outlets:
        typer.echo(f"channel {outlet.name}: {outlet.channel.describe()}; {_gets(outlet)}", err=True)
        for one in failed:
            if one.channel == outlet.name:
                state = "given up" if one.state == "given_up" else "still tried"
                typer.echo(f"  {several(one.messages, 'message')} of the last 7 days {state}: {one.error}", err=True)


def _gets(outlet: Outlet) -> str:
    kinds = "all events" if outlet.events is None else f"events: {', '.join(outlet.events) or 'none'}"
    return f"digests: {', '.join(outlet.digests) or 'none'}; {kinds}"


def failures(settings: Settings, since: float) -> list[Waiting]:
    """What the database knows of failures since a time (unix seconds); nothing where there is none yet."""
    from agent.store import deliveries
    from agent.store.engine import open_engine
    from analyzers.errors import HoneError

    try:
        engine = open_engine(settings.store.database_url, create=False)
    except HoneError:
        return []
    try:
        return deliveries.waiting(engine, since)
    except HoneError:
        return []
    finally:
        engine.dispose()
