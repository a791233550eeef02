"""The report as text for a terminal, a pipe or a mail."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import StringIO

from rich import box
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from agent.printable import printable
from agent.report import Report
from agent.report_lines import lines
from agent.report_table import WORDS, Cell, Table, room

_SENTENCE_WIDTH = 22


_ORDERS = 3
_DIFF = {"+": "green", "-": "red"}


def text(report: Report, width: int = 100, color: bool = False) -> str:
    """The report in at most `width` columns; with `color` it carries the escape codes of a terminal."""
    said = lines(report)
    console = _console(width, color)
    console.print(Text(said.title, style="bold"))
    for line in said.summary:
        console.print(Text(printable(line, limit=500)))
    _print(console, said.tables)
    for title, diff in said.orders[:_ORDERS]:
        console.print()
        console.print(Text(printable(title), style="bold"))
        for line in diff.splitlines():
            console.print(Text(f"  {printable(line, limit=width - 2)}", style=_DIFF.get(line[:1], "")))
    if said.remarks:
        console.print()
        for line in said.remarks:
            console.print(Text(printable(line, limit=500), style="dim"))
    return _drawn(console)


def draw(tables: Sequence[Table], width: int = 100, color: bool = False) -> str:
    """Tables alone, in the same manner. A table without rows shows its note."""
    console = _console(width, color)
    _print(console, tables)
    return _drawn(console).lstrip("\n")


def _print(console: Console, tables: Sequence[Table]) -> None:
    for table in tables:
        console.print()
        if table.rows:
            # Apart from the grid, which would break it to the width of its columns.
            console.print(Text(printable(table.title), style="bold"))
            console.print(_grid(table))
        for line in table.note.splitlines():
            console.print(Text(printable(line, limit=500), style="dim"))


def _console(width: int, color: bool) -> Console:
    return Console(
        file=StringIO(),
        width=max(40, width),
        force_terminal=color,
        no_color=not color,
        color_system="standard" if color else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )


def _drawn(console: Console) -> str:
    assert isinstance(console.file, StringIO)
    drawn = "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())
    return re.sub(r"\n{3,}", "\n\n", drawn) + "\n"


def _grid(table: Table) -> Grid:
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, column in enumerate(table.columns):
        left = number == 0 or column in WORDS
        grid.add_column(
            Text(column),
            justify="left" if left else "right",
            overflow="fold" if left else "ellipsis",
            no_wrap=not left,
            min_width=_least_width(table, number) if column in WORDS else None,
        )
    for row in table.rows:
        grid.add_row(*map(_cell, row, table.columns))
    return grid


def _least_width(table: Table, number: int) -> int:
    """Sentences keep room to be read, however long the names beside them are."""
    column = table.columns[number]
    return min(_SENTENCE_WIDTH, max((len(_cell(row[number], column)) for row in table.rows), default=0))


def _cell(cell: Cell, column: str) -> Text:
    return Text(printable(cell.text, room(column)) if cell.is_name else cell.text)
