"""Events as a message to people, schema `hone.events/1`: what was raised within a minute, together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from agent.digest.html import page
from agent.digest.lines import Lines, Section
from agent.digest.period import clock, lasted
from agent.digest.text import marked, words
from agent.digest.value import Happening
from agent.printable import json_inert, printable
from agent.report import Event

SCHEMA: Literal["hone.events/1"] = "hone.events/1"
SHOWN = 12


class Notice(BaseModel):
    """Newly raised events, newest first; `more_events` are those beyond what a message holds."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, serialize_by_alias=True)

    version: Literal["hone.events/1"] = Field(default=SCHEMA, alias="schema")
    events: list[Happening]
    more_events: int = 0

    def to_json(self, indent: int | None = 2) -> str:
        """The notice as JSON, with a newline at the end."""
        return json_inert(self.model_dump_json(indent=indent, by_alias=True)) + "\n"


def notice(events: Sequence[Event]) -> Notice:
    """The events as they may be shown."""
    told = [
        Happening(
            kind=event.kind,
            message=printable(event.message, limit=300),
            raised_at=event.raised_at,
            resolved_at=event.resolved_at,
        )
        for event in sorted(events, key=lambda event: event.raised_at, reverse=True)
    ]
    return Notice(events=told[:SHOWN], more_events=max(0, len(told) - SHOWN))


def title(told: Notice, *, ended: bool = False) -> str:
    """One line, for the subject of a mail; `ended`: it is told that they are over."""
    total = len(told.events) + told.more_events
    kinds = ", ".join(sorted({one.kind.replace("_", " ") for one in told.events}))
    over = "over: " if ended else ""
    return printable(f"Hone: {over}{kinds}" if total == 1 else f"Hone: {over}{total} events ({kinds})", limit=100)


def forms(
    told: Notice, zone: ZoneInfo, *, ended: bool = False
) -> dict[Literal["text", "markdown", "html", "json"], str]:
    """The notice in every form; times are of `zone`."""
    said = _lines(told, zone, ended=ended)
    return {
        "text": words(said),
        "markdown": marked(said),
        "html": page(said, f"Times: {zone.key}"),
        "json": told.to_json(),
    }


def _lines(told: Notice, zone: ZoneInfo, *, ended: bool) -> Lines:
    items = tuple(((one.message,), (_times(one, zone),)) for one in told.events)
    more = (f"{told.more_events} more in `hone report`.",) if told.more_events else ()
    return Lines(title(told, ended=ended), (), (Section("", items, more),))


def _times(one: Happening, zone: ZoneInfo) -> str:
    kind, since = one.kind.replace("_", " ").capitalize(), clock(one.raised_at, zone)
    if one.resolved_at is None:
        return f"{kind}, {since}"
    seconds = (one.resolved_at - one.raised_at).total_seconds()
    return f"{kind}, {since}, over since {clock(one.resolved_at, zone)}: it lasted {lasted(seconds)}"
