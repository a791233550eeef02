"""Content for widgets: values from logs put in as values, never as markup."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from agent.printable import printable
from tui.cells import Tone

STYLES: dict[Tone, str] = {
    "": "",
    "quiet": "$foreground 60%",
    "good": "$text-success",
    "warn": "$text-warning bold",
    "bad": "$text-error bold",
    "strong": "bold",
    "money": "$text-accent",
}


def name(value: str | None, limit: int = 60, tone: Tone = "strong") -> Content:
    """A name or another short text from a log."""
    return Content.styled(printable(value, limit), STYLES[tone])


def said(text: str, tone: Tone = "") -> Content:
    """Any text, in a tone."""
    return Content.styled(text, STYLES[tone])


def pairs(rows: Iterable[tuple[str, Content | str]], width: int = 10) -> Content:
    """Lines of a label and what it says."""
    lines = [Content.assemble((label.ljust(width), STYLES["quiet"]), value) for label, value in rows]
    return Content("\n").join(lines)


def key(name_of_key: str) -> Content:
    """A key as it is told in a sentence."""
    return Content.styled(name_of_key, "$text-accent bold")
