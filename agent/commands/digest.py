"""`hone digest`: what a day or a week brought, as it would be sent."""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from agent.commands.options import Config, Database


class PeriodKind(StrEnum):
    """What a digest is about."""

    day = "day"
    week = "week"


class DigestForm(StrEnum):
    """How a digest is written."""

    text = "text"
    markdown = "markdown"
    html = "html"
    json = "json"


def digest(
    period: Annotated[
        PeriodKind, typer.Option("--period", help="The last day or the last week that is over.")
    ] = PeriodKind.week,
    form: Annotated[DigestForm, typer.Option("--format", help="How it is written to stdout.")] = DigestForm.text,
    send: Annotated[
        bool, typer.Option("--send", help="Send it through the channels of the configuration, now.")
    ] = False,
    channel: Annotated[
        list[str] | None, typer.Option("--channel", metavar="NAME", help="Send through this one only; may be repeated.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Send also where it was sent already.")] = False,
    until: Annotated[
        datetime | None,
        typer.Option(
            "--until",
            formats=["%Y-%m-%d"],
            metavar="DATE",
            help="The last period that was over on that day, in place of today.",
        ),
    ] = None,
    db: Database = None,
    config: Config = None,
    schema: Annotated[
        bool, typer.Option("--json-schema", help="Print the JSON Schema of --format json and end.")
    ] = False,
) -> None:
    """Show the digest of the last day or week that is over: what changed, what is worth doing, what was proven.

    It is what `hone run` sends through the channels of the configuration; --send does so now, once a period and channel.
    """
    if schema:
        from agent.digest.value import json_schema

        sys.stdout.write(json.dumps(json_schema(), indent=2) + "\n")
        return
    if (channel or again) and not send:
        raise typer.BadParameter("only --send sends", param_hint="--channel" if channel else "--again")
    from agent.commands import digests, wiring
    from agent.commands.digest_send import send_now
    from agent.digest.forms import drawn
    from agent.logs import start_logging
    from agent.store import open_store

    settings = wiring.settings_of(config, db)
    # What comes of sending is said once, by channel.
    start_logging(settings.log.format, "error")
    now = time.time()
    shown = now if until is None else until.replace(tzinfo=digests.zone_of(settings)).timestamp()
    store = open_store(settings.store.database_url, create=False)
    try:
        if send:
            send_now(store, settings, period.value, channel or (), shown, again=again)
            return
        over = digests.finished(settings, period.value, shown)
        made = digests.digest_of(store, settings, over, now)
    finally:
        store.close()
    sys.stdout.write(drawn(made, form.value))
