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

    It is what `hone run` sends through the channels of the configuration.
    """
    if schema:
        from agent.digest.value import json_schema

        sys.stdout.write(json.dumps(json_schema(), indent=2) + "\n")
        return
    from agent.commands import digests, wiring
    from agent.digest.forms import drawn
    from agent.store import open_store

    settings = wiring.settings_of(config, db)
    now = time.time()
    shown = now if until is None else until.replace(tzinfo=digests.zone_of(settings)).timestamp()
    store = open_store(settings.store.database_url, create=False)
    try:
        over = digests.finished(settings, period.value, shown)
        made = digests.digest_of(store, settings, over, now)
    finally:
        store.close()
    sys.stdout.write(drawn(made, form.value))
