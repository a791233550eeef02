"""A table or a text for other programs: CSV, JSON, Markdown."""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import Decimal
from typing import Literal

from agent.printable import markdown_code
from tui.cells import Columns, Plain

Form = Literal["csv", "json", "md"]
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula at the beginning of a cell."""


def as_csv(table: Columns) -> str:
    """Comma separated values; a text that a spreadsheet would calculate begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(table.names)
    for row in table.rows:
        writer.writerow(
            [f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value for value in row]
        )
    return out.getvalue()


def as_json(table: Columns) -> str:
    """An array of objects, with keys made from the names of the columns."""
    keys = [
        re.sub(r"\W+", "_", name.casefold()).strip("_") or f"column_{index}" for index, name in enumerate(table.names)
    ]
    rows = [{key: _plain(value) for key, value in zip(keys, row, strict=True)} for row in table.rows]
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


def as_markdown(table: Columns) -> str:
    """A table in which no name can become a link, a mention or a column."""
    lines = [f"| {' | '.join(table.names)} |", f"|{'---|' * len(table.names)}"]
    for row in table.rows:
        cells = [
            markdown_code(value) if isinstance(value, str) else "" if value is None else f"{_plain(value)}"
            for value in row
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _plain(value: Plain) -> Plain:
    return float(round(value, 6)) if isinstance(value, Decimal) else value
