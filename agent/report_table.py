"""Tables of a report, and how its figures are written."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

SHOWN = 12
"""Lines of a table; the rest is one line more."""
SENTENCES = frozenset(("Why", "To change it", "Notes", "Perhaps", "What happened"))
"""Columns that hold sentences, which say nothing when they are cut."""
WORDS = SENTENCES | {"Without", "Record", "Model", "Path in the record"}
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


def room(column: str) -> int:
    """Characters that a cell may have: a name is cut, a sentence is shown whole."""
    return 300 if column in SENTENCES else 60


def usd(amount: Decimal | None) -> str:
    """Money with cents; small amounts with as many decimals as show two digits, at most six."""
    if amount is None:
        return "not known"
    if amount == 0 or abs(amount) >= 1:
        return f"{amount:,.2f}"
    if abs(amount) < Decimal("0.000001"):
        return "< 0.000001"
    return f"{amount:,.{min(6, 1 - amount.adjusted())}f}"


def alone(amount: Decimal | None, likely: Decimal | None, written: Callable[[Decimal], str] = usd) -> str:
    """What something saves were it the only thing that is done: `12.30`, `nothing`, or `costs 52.71`; empty where that is not known.

    Less than a thousandth of what it saves in its place in the plan (`likely`) is nothing: what stands above it there hides it.
    """
    if amount is None:
        return ""
    if abs(amount) <= abs(likely or Decimal(0)) / 1_000:
        return "nothing"
    return written(amount) if amount > 0 else f"costs {written(-amount)}"


def alone_in_words(amount: Decimal | None, likely: Decimal | None) -> str:
    """As `alone`, in a month: `12.30 USD a month`, `saves nothing`, `costs 52.71 USD a month more`."""
    said = alone(amount, likely)
    if said in ("", "nothing"):
        return said and "saves nothing"
    return f"{said} USD a month{' more' if said.startswith('costs') else ''}"


def count(number: int) -> str:
    """A whole number with thousands apart."""
    return f"{number:,}"


def several(number: int, word: str) -> str:
    """`1 message`, `2 messages`."""
    return f"{count(number)} {word}{'' if number == 1 else 's'}"


def more(rows: int) -> str:
    """What is said of the lines that are not shown."""
    return f"{rows - SHOWN} more." if rows > SHOWN else ""
