"""`hone check`: is the configuration right, and what does the stream send. Writes nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from agent.commands.options import Config, Format
from agent.commands.terminal import look

if TYPE_CHECKING:
    from agent.config import Settings
    from agent.report_table import Table
    from collectors.source import Partition, Record

RECORDS = 20
"""Looked at of each topic or file."""


def check(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE]...", help="Look at these instead of the configured source.")
    ] = None,
    config: Config = None,
    form: Format = None,
) -> None:
    """Name every fault of the configuration, then look at a few records: format, cost, refusals, what they do not say.

    Ends with 2 when the configuration is wrong, with 1 when nothing can be read, no record is a call,
    or a topic cannot be published to.
    """
    from agent.commands import wiring
    from agent.commands.check_calls import looked_at
    from agent.commands.check_channels import say_channels
    from agent.commands.check_mapping import mapping_tables
    from agent.commands.check_privacy import say_privacy
    from agent.commands.publishing import say_topics
    from agent.report_text import draw

    settings = wiring.settings_of(config)
    typer.echo("configuration: no faults", err=True)
    say_privacy(settings, config)
    say_channels(settings)
    publishes = say_topics(settings)
    _embedding(settings)
    if not files and settings.source.files is not None:
        form = form or settings.source.files.format
    mappings = [one for one in wiring.mappings_of(settings) if form in (None, one.NAME)]
    tables: list[Table] = []
    calls = records = 0
    for where, sample in _samples(settings, files):
        found = looked_at(where, sample, wiring.parser_of(settings, form), wiring.prices_of(settings))
        tables += found.tables
        tables += mapping_tables(mappings, sample, found.unknown)
        calls += found.calls
        records += len(sample)
    sys.stdout.write(draw(tables, **look(sys.stdout)))
    typer.echo(f"{records} records looked at, {calls} calls in them; nothing was written", err=True)
    if (records and not calls) or not publishes:
        raise typer.Exit(1)


def _embedding(settings: Settings) -> None:
    """Load the model of texts once and say which it is."""
    from agent.commands import wiring

    model = wiring.embedder_of(settings)
    device = getattr(model, "device", "cpu")
    typer.echo(f"embedding: {model.name}, {model.dimensions} dimensions, on {device}", err=True)


def _samples(
    settings: Settings, files: Sequence[str] | None
) -> Iterable[tuple[str, Sequence[tuple[Partition, Record]]]]:
    """Some records of every topic or file. Raises HoneError when they cannot be read."""
    from analyzers.errors import HoneError

    if files:
        return [(path, _of_file(path)) for path in files]
    if settings.source.files is not None:
        return [(path, _of_file(path)) for path in settings.source.files.paths]
    if settings.source.kafka is None:
        raise HoneError("the configuration names no source", "add [source.kafka] or [source.files], or name a FILE")
    from collectors.kafka_probe import connect, sample

    kafka = settings.source.kafka
    return [
        (topic, sample(kafka.model_copy(update={"topics": (topic,), "pattern": None}), RECORDS))
        for topic in connect(kafka)
    ]


def _of_file(path: str) -> Sequence[tuple[Partition, Record]]:
    from collectors.file import FileSource

    source = FileSource([path], lambda _: None)
    found: list[tuple[Partition, Record]] = []
    try:
        while len(found) < RECORDS and not source.exhausted:
            for batch in source.poll(1.0, RECORDS - len(found)).batches:
                found += [(batch.partition, record) for record in batch.records]
    finally:
        source.close()
    return found
