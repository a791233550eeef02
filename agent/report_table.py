"""Tables of a report, and how its figures are written."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

SHOWN = 12
"""Lines of a table; the rest is one line more."""
WORDS = frozenset(("Why", "Without", "To change it", "Record", "Model", "Notes", "Path in the record", "Perhaps"))
"""Columns that hold words, not figures."""


class Cell(NamedTuple):
    """A value, and whether it is a name from a log (to be made safe by whoever draws it)."""

    text: str
    is_name: bool = False


class Table(NamedTuple):
    """Columns of which the first is a name or a label, and what stands below them."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


def usd(amount: Decimal | None) -> str:
    """Money with cents; small amounts with as many decimals as show two digits, at most six."""
    if amount is None:
        return "not known"
    if amount == 0 or abs(amount) >= 1:
        return f"{amount:,.2f}"
    if abs(amount) < Decimal("0.000001"):
        return "< 0.000001"
    return f"{amount:,.{min(6, 1 - amount.adjusted())}f}"


def count(number: int) -> str:
    """A whole number with thousands apart."""
    return f"{number:,}"


def several(number: int, word: str) -> str:
    """`1 message`, `2 messages`."""
    return f"{count(number)} {word}{'' if number == 1 else 's'}"


def more(rows: int) -> str:
    """What is said of the lines that are not shown."""
    return f"{rows - SHOWN} more." if rows > SHOWN else ""
