"""Horizontal bars with their figures: who spends, and what steps leave of a whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from agent.plots.svg import element, name, percent, plot

_ROW = 40
_TEXT = 15
_TOP = 22
_THICK = 10


class Bar(NamedTuple):
    """`value` None: it is not known, and no bar is drawn; `said` is the figure in words."""

    name: str | None
    value: float | None
    said: str


class Step(NamedTuple):
    """What is `left` after a step that took `off` (negative: it costs more); None where it is not known."""

    name: str
    left: float | None
    off: float | None
    said: str


def bars(title: str, rows: Sequence[Bar], most: float | None = None) -> Markup:
    """One bar for each row; `most` is what the whole width stands for, the largest value when not given."""
    most = most or max((row.value for row in rows if row.value is not None), default=0.0) or 1.0
    drawn = []
    for number, row in enumerate(rows):
        top = number * _ROW
        drawn += _words(row.name, row.said, top)
        drawn.append(_piece(top, 0.0, 1.0, "track"))
        if row.value is not None and row.value > 0:
            drawn.append(_piece(top, 0.0, row.value / most, "bar"))
    return plot(title, max(1, len(rows)) * _ROW, *drawn)


def waterfall(title: str, steps: Sequence[Step]) -> Markup:
    """Each step's remainder, and beside it what the step took off what was left before."""
    most = max((step.left + max(0.0, step.off or 0.0) for step in steps if step.left is not None), default=0.0) or 1.0
    drawn = []
    for number, step in enumerate(steps):
        top = number * _ROW
        drawn += _words(step.name, step.said, top)
        drawn.append(_piece(top, 0.0, 1.0, "track"))
        if step.left is None:
            continue
        off = step.off or 0.0
        drawn.append(_piece(top, 0.0, min(step.left, step.left + off) / most, "bar"))
        if off:
            kind = "saved" if off > 0 else "added"
            drawn.append(_piece(top, min(step.left, step.left + off) / most, abs(off) / most, kind))
    return plot(title, max(1, len(steps)) * _ROW, *drawn)


def _words(named: str | None, said: str, top: float) -> list[Markup]:
    return [
        name(named, top + _TEXT),
        element("text", said, x="100%", y=top + _TEXT, class_="figure", text_anchor="end"),
    ]


def _piece(top: float, start: float, length: float, kind: str) -> Markup:
    """Part of a row; what is drawn at all is at least a hair wide."""
    return element(
        "rect", x=percent(start), y=top + _TOP, width=percent(max(length, 0.002)), height=_THICK, class_=kind
    )
