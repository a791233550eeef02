"""`hone digest --send`: the digest of the last period, through the channels, now."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import typer

from analyzers.errors import HoneError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.config import Settings
    from agent.deliver.courier import Outlet
    from agent.digest.period import Kind
    from agent.store import Store

_PAUSE_S = 0.2


def send_now(
    store: Store, settings: Settings, kind: Kind, channels: Sequence[str], until: float, *, again: bool
) -> None:
    """Send the period's one digest to these channels, or to all; a channel that has it is left out unless `again`.

    Ends with 1 when a channel did not take it; `hone run` goes on trying.
    """
    from agent.commands import digests
    from agent.store import digests as made_digests

    outlets = {outlet.name: outlet for outlet in digests.outlets_of(settings)}
    unknown = [name for name in channels if name not in outlets]
    if unknown:
        raise HoneError(f"there is no channel {unknown[0]!r}", f"there are: {', '.join(sorted(outlets)) or 'none'}")
    if not outlets:
        raise HoneError("the configuration names no channel", "add [channels.NAME] (deploy/hone.example.toml)")
    chosen = [outlets[name] for name in channels] if channels else list(outlets.values())
    now = time.time()
    period = digests.finished(settings, kind, until)
    kept = made_digests.digest(store.engine, kind, period.start)
    if kept is None or not kept.body:
        before = made_digests.newest_digest(store.engine, kind, before=period.start)
        made = digests.digest_of(store, settings, period, now, since=before.made_at if before else None)
        body = made.to_json(indent=None).encode()
        made_digests.keep_digest(store.engine, made_digests.MadeDigest(kind, period.start, now, body), (), now)
    made_digests.queue_digest(store.engine, kind, period.start, [outlet.name for outlet in chosen], now)
    about = made_digests.about_digest(kind, period.start)
    with ThreadPoolExecutor(max_workers=len(chosen)) as pool:
        taken = list(pool.map(lambda outlet: _one(store, settings, outlet, about, again=again), chosen))
    if not all(taken):
        raise typer.Exit(1)


def _one(store: Store, settings: Settings, outlet: Outlet, about: str, *, again: bool) -> bool:
    """Send through one channel and say what came of it; whether it has the digest."""
    from agent.commands import digests
    from agent.deliver.courier import MARGIN_S, Courier
    from agent.store import deliveries

    engine, name = store.engine, outlet.name
    state = deliveries.state_of(engine, about, name)
    if state is not None and state.state == "sent" and not again:
        typer.echo(f"{name}: has it already; --again sends it once more", err=True)
        return True
    deliveries.send_again(engine, about, name, time.time(), again=again)
    # Events for the channel wait for `hone run`: this sends one digest.
    courier = Courier(engine, store.owner, outlet._replace(events=()), digests.zone_of(settings))
    deadline = time.monotonic() + outlet.timeout_s + MARGIN_S
    while time.monotonic() < deadline:
        busy = courier.turn(about)
        state = deliveries.state_of(engine, about, name)
        if state is None or state.state != "waiting" or (busy and state.error):
            break
        if not busy:
            # An agent has it in hand.
            time.sleep(_PAUSE_S)
    if state is not None and state.state == "sent":
        typer.echo(f"{name}: sent", err=True)
        return True
    reason = state.error if state and state.error else "another agent has it in hand"
    typer.echo(f"{name}: not sent: {reason}; `hone run` tries again", err=True)
    return False
