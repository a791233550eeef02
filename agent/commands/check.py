"""`hone check`: is the configuration right, and what does the stream send. Writes nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from agent.commands.options import Config, Format
from agent.commands.terminal import look

if TYPE_CHECKING:
    from agent.config import Settings
    from agent.report_table import Cell, Table
    from analyzers.core import Call
    from analyzers.prices import Prices
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
    """Name every fault of the configuration, then look at a few records: format, cost, refusals.

    Ends with 2 when the configuration is wrong, with 1 when nothing can be read or no record is a call.
    """
    from agent.commands import wiring
    from agent.report_text import draw

    settings = wiring.settings_of(config)
    typer.echo("configuration: no faults", err=True)
    if not files and settings.source.files is not None:
        form = form or settings.source.files.format
    tables = []
    calls = records = 0
    for where, sample in _samples(settings, files):
        table, found = _look(where, sample, settings, form)
        tables.append(table)
        calls += found
        records += len(sample)
    sys.stdout.write(draw(tables, **look(sys.stdout)))
    typer.echo(f"{records} records looked at, {calls} calls in them; nothing was written", err=True)
    if records and not calls:
        raise typer.Exit(1)


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


def _look(
    where: str, sample: Sequence[tuple[Partition, Record]], settings: Settings, form: str | None
) -> tuple[Table, int]:
    """One line for every call and refusal, and how many calls there were."""
    from agent.commands import wiring
    from agent.report_table import Cell, Table

    parser, prices = wiring.parser_of(settings, form), wiring.prices_of(settings)
    rows: list[tuple[Cell, ...]] = []
    calls = 0
    for partition, record in sample:
        at = Cell(f"{partition.number}@{record.offset}")
        parsed = parser.parse(record, partition.topic, partition.number)
        calls += len(parsed.calls)
        rows += [(at, *_call(call, prices)) for call in parsed.calls]
        rows += [
            (at, Cell("refused"), Cell(reject.reason), *[Cell("")] * 5, Cell(reject.detail, is_name=True))
            for reject in parsed.rejects
        ]
        if parsed.fragments:
            of = f"{len({one.key for one in parsed.fragments})} calls"
            rows.append((at, Cell("messages"), Cell(f"{len(parsed.fragments)} of {of}"), *[Cell("")] * 6))
        elif not parsed.calls and not parsed.rejects:
            rows.append((at, Cell("no call"), *[Cell("")] * 7))
    columns = ("Record", "Format", "Model", "Input", "Cached", "Output", "USD", "Text", "Why")
    return Table(where, columns, tuple(rows), "" if sample else "There are no records."), calls


def _call(call: Call, prices: Prices) -> tuple[Cell, ...]:
    from agent.report_table import Cell, usd

    usage = call.usage
    parts = (usage.uncached_input, usage.cache_read, usage.cache_write_short, usage.cache_write_long)
    known = [part for part in parts if part is not None]
    whole = usage.input_total if usage.input_total is not None else (sum(known) if known else None)
    usd_of_call, why = _cost(call, prices)
    return (
        Cell(call.format),
        Cell(call.model or "(none)", is_name=call.model is not None),
        *(Cell("" if number is None else f"{number:,}") for number in (whole, usage.cache_read, usage.output)),
        Cell(usd(usd_of_call)),
        Cell(call.text_state),
        Cell(why),
    )


def _cost(call: Call, prices: Prices) -> tuple[Decimal | None, str]:
    """USD of one call, or None and why; a reason beside a price says what is uncertain about it."""
    from analyzers.price_key import price_key
    from analyzers.prices import Unpriced, cost

    rates = prices.rates(price_key(call), call.started_at)
    if isinstance(rates, Unpriced):
        return None, rates.reason
    if call.usage.output is None:
        return Decimal(0), "failed without usage: not billed"
    amount = cost(rates, call.usage)
    if amount is None:
        return None, "no price for one kind of its tokens"
    return amount, "at most: the log does not say what was cached" if call.usage.uncached_input is None else ""
