"""Cells of tables: a value to draw, a value to sort and export by, and a tone. Text of logs is made safe here."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple

from agent import report_table
from agent.printable import printable
from tui import figures

if TYPE_CHECKING:
    from agent.report_plan import Recommendation

Tone = Literal["", "quiet", "good", "warn", "bad", "strong", "money"]
"""What a figure is like; the theme says what it looks like, and words beside it say it without colour."""
Plain = str | int | float | Decimal | bool | None


class Cell(NamedTuple):
    """`text` is drawn as it is (no markup is read in it), `value` sorted and exported."""

    text: str
    value: Plain = None
    tone: Tone = ""
    right: bool = False


class Columns(NamedTuple):
    """A table to hand out: names of columns and rows of plain values."""

    names: tuple[str, ...]
    rows: Sequence[Sequence[Plain]]


def name(value: str | None, limit: int = 40, tone: Tone = "") -> Cell:
    """A name or other short text from a log."""
    return Cell(printable(value, limit), value, tone)


def words(text: str, tone: Tone = "", value: Plain = None) -> Cell:
    """Hone's own words."""
    return Cell(text, text if value is None else value, tone)


def money(amount: Decimal | None, tone: Tone = "") -> Cell:
    """USD; what is not known has no colour."""
    return Cell(figures.dollars(amount), amount, "quiet" if amount is None else tone, right=True)


def alone(one: Recommendation) -> Cell:
    """USD that a recommendation saves were it the only thing that is done."""
    amount = one.alone_usd_month
    said = report_table.alone(amount, one.saving_usd_month.likely, figures.dollars) or figures.DASH
    return Cell(said, amount, "quiet", right=True)


def count(number: float | None, tone: Tone = "") -> Cell:
    """A count in three digits."""
    return Cell(figures.short(number), number, tone, right=True)


def exact(number: int | None, tone: Tone = "") -> Cell:
    """A whole number with all its digits."""
    return Cell(figures.DASH if number is None else f"{number:,}", number, tone, right=True)


def share(part: float | Decimal | None, tone: Tone = "", places: int = 0) -> Cell:
    """A share in per cent."""
    return Cell(figures.percent(part, places), part, tone, right=True)


def share_bar(part: float | Decimal | None, width: int = 12) -> Cell:
    """A share as a bar with its figure."""
    return Cell(f"{figures.bar(part, width)} {figures.percent(part):>5}", part, "money")


def time(at: float | None, now: float, tone: Tone = "") -> Cell:
    """A moment."""
    return Cell(figures.moment(at, now), at, tone)
