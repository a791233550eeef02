"""What `hone check` says of formats that the configuration describes, and of records that no format takes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from agent.printable import printable
from agent.report_table import Cell, Table
from collectors.candidates import Candidate, candidates
from collectors.context import Context
from collectors.formats.mapping import Mapping
from collectors.parse import Parser

if TYPE_CHECKING:
    from analyzers.core import Call
    from collectors.source import Partition, Record

_SHOWN = 3
_WANTED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("timestamp", ("end",)),
    ("duration_s", ("duration_ms", "end")),
    ("duration_ms", ("duration_s", "end")),
    ("ttft_s", ("ttft_ms",)),
    ("ttft_ms", ("ttft_s",)),
    ("id", ("request_id",)),
    ("provider", ()),
    ("model", ("response_model",)),
    ("response_model", ()),
    ("app", ()),
    ("team", ()),
    ("user", ()),
    ("conversation", ()),
    ("messages", ("prompt_hashes",)),
    ("system", ("messages",)),
    ("tools", ()),
    ("output", ()),
    ("usage", ("input_tokens", "output_tokens")),
    ("input_tokens", ("usage",)),
    ("output_tokens", ("usage",)),
    ("cache_read_tokens", ("usage",)),
    ("status", ("error",)),
    ("error", ("status",)),
    ("cost_usd", ()),
)
"""Fields that Hone has a use for, and those that make up for each."""
_ALWAYS_WANTED = (
    "timestamp",
    "model",
    "messages",
    "output",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "app",
)


def mapping_tables(
    mappings: Sequence[Mapping], sample: Sequence[tuple[Partition, Record]], unread: Sequence[tuple[Partition, Record]]
) -> list[Table]:
    """For each mapping how often each of its fields is found, and paths that may be what it lacks."""
    objects = _objects(sample)
    tables = []
    for mapping in mappings:
        mine = [value for value in objects if mapping.takes(value)]
        tables.append(_table(mapping, mine, len(objects)))
    if unread and (proposed := candidates(strangers := _objects(unread))):
        tables.append(_proposal(proposed, len(strangers)))
    return tables


def _table(mapping: Mapping, mine: Sequence[dict[str, Any]], records: int) -> Table:
    title = f"[formats.{mapping.NAME}]: {len(mine)} of {records} records are of it"
    if not mine:
        return Table(
            title, (), (), "No record is of this format: is `when` right, and does `hone check` read its topic?"
        )
    proposed, rows = candidates(mine), []
    for field in mapping.fields:
        found = sum(mapping.get(value, field) is not None for value in mine)
        other = [] if found == len(mine) else _without(proposed.get(field, []), mapping.places[field])
        rows.append(_row(field, ", ".join(mapping.places[field]), f"{found} of {len(mine)}", other))
    for field, instead in _WANTED:
        if field in mapping.fields or any(one in mapping.fields for one in instead):
            continue
        other = proposed.get(field, [])
        if other or field in _ALWAYS_WANTED:
            rows.append(_row(field, "(not mapped)", "", other))
    return Table(title, ("Field", "Path in the record", "Found", "Perhaps"), tuple(rows))


def _row(field: str, path: str, found: str, perhaps: Sequence[Candidate]) -> tuple[Cell, ...]:
    shown = ", ".join(f"{one.path} ({one.records})" for one in perhaps[:_SHOWN])
    return Cell(field), Cell(printable(path, limit=120)), Cell(found), Cell(shown)


def _without(found: Sequence[Candidate], places: Sequence[str]) -> list[Candidate]:
    return [one for one in found if one.path not in places]


def _proposal(proposed: dict[str, list[Candidate]], records: int) -> Table:
    order = [field for field, _ in _WANTED]
    rows = [
        _row(field, paths[0].path, f"{paths[0].records} of {records}", paths[1:])
        for field, paths in sorted(proposed.items(), key=lambda one: order.index(one[0]) if one[0] in order else 99)
    ]
    return Table(
        "Records not understood: what may lie where",
        ("Field", "Path in the record", "Found", "Perhaps"),
        tuple(rows),
        "What is right of this makes a table [formats.NAME] in the configuration (README, Your own format).",
    )


def _objects(sample: Sequence[tuple[Partition, Record]]) -> list[dict[str, Any]]:
    """Every JSON object that the parser would try the formats on, however it is wrapped."""
    gather = _Gather()
    parser = Parser((gather,))
    for partition, record in sample:
        parser.parse(record, partition.topic, partition.number)
    return gather.values


class _Gather:
    """A format that reads nothing and remembers what it was shown."""

    NAME = "(any)"
    ANY_ENVELOPE = False

    def __init__(self) -> None:
        self.values: list[dict[str, Any]] = []

    def may_hold(self, names: Collection[str]) -> bool:
        return True

    def parse(self, value: dict[str, Any], context: Context) -> list[Call] | None:
        self.values.append(value)
        return []
