"""Volumes of today beside those from which something pays, on one logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from agent.plots.svg import element, name, percent, plot

_ROW = 46
_TEXT = 15
_TRACK = 28
_AXIS = 22
_SIDE = 0.02


class Volume(NamedTuple):
    """Calls a month now, and from how many it pays (None: at no volume)."""

    name: str
    now: int
    pays_from: int | None
    said: str


def volumes(title: str, rows: Sequence[Volume]) -> Markup:
    """For each row a dot at today's volume, a bar up to it, and a flag at the volume from which it pays."""
    known = [n for row in rows for n in (row.now, row.pays_from) if n]
    low = math.floor(math.log10(min(known, default=1)))
    high = max(math.ceil(math.log10(max(known, default=10))), low + 1)

    def across(number: int) -> float:
        return _SIDE + (math.log10(max(number, 1)) - low) / (high - low) * (1 - 2 * _SIDE)

    drawn = []
    for number, row in enumerate(rows):
        top = number * _ROW
        drawn += [
            name(row.name, top + _TEXT),
            element("text", row.said, x="100%", y=top + _TEXT, class_="figure", text_anchor="end"),
            element("line", x1=0, x2="100%", y1=top + _TRACK, y2=top + _TRACK, class_="grid"),
        ]
        if row.now:
            at = percent(across(row.now))
            drawn.append(element("line", x1=0, x2=at, y1=top + _TRACK, y2=top + _TRACK, class_="reached"))
            drawn.append(element("circle", cx=at, cy=top + _TRACK, r=5, class_="dot"))
        if row.pays_from:
            at = percent(across(row.pays_from))
            drawn.append(element("line", x1=at, x2=at, y1=top + _TRACK - 8, y2=top + _TRACK + 8, class_="flag"))
    height = len(rows) * _ROW + _AXIS
    for power in range(low, high + 1):
        place = _SIDE + (power - low) / (high - low) * (1 - 2 * _SIDE)
        side = "start" if power == low else "end" if power == high else "middle"
        drawn.append(element("text", _short(power), x=percent(place), y=height - 6, class_="tick", text_anchor=side))
    return plot(title, height, *drawn)


def _short(power: int) -> str:
    """A power of ten in few letters."""
    for least, letter in ((9, "G"), (6, "M"), (3, "k")):
        if power >= least:
            return f"{10 ** (power - least)} {letter}"
    return str(10**power)
