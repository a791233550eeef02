"""Columns in time, stacked by who they are of. Every series has a pattern of its own, so that it can be read without colour."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from textual.content import Content
from textual.widgets import Static

from tui.text import STYLES

PATTERNS = "█▓▒░"
_COLOURS = ("$primary", "$secondary", "$success", "$warning")
MOST = len(PATTERNS)


class ColumnsChart(Static):
    """At most `MOST` series, the largest below. Which pattern is whose is told by the table beside it (`pattern`)."""

    DEFAULT_CSS = "ColumnsChart { height: 1fr; width: 1fr; padding: 0 1; text-wrap: nowrap; }"

    def __init__(self, id: str) -> None:  # noqa: A002  (as Textual's own widgets have it)
        super().__init__(id=id, markup=False)
        self._series: Sequence[Sequence[float]] = ()
        self._labels: Sequence[str] = ()
        self._top = ""

    def put(self, series: Sequence[Sequence[float]], labels: Sequence[str], top: str) -> None:
        """Series of equal length, a label for each place in time, and what the highest column comes to in words."""
        self._series, self._labels, self._top = series[:MOST], labels, top
        self._draw()

    def on_resize(self) -> None:
        """As wide and high as there is room."""
        self._draw()

    def _draw(self) -> None:
        width, height = self.content_size
        if not self._series or not self._labels or width < 20 or height < 4:
            self.update("", layout=False)
            return
        axis = max(len(self._top), 4) + 1
        room = width - axis
        columns = _grouped(self._series, room)
        edges = [round(index * room / len(columns)) for index in range(len(columns) + 1)]
        gap = room >= 3 * len(columns)
        highest = max((sum(column) for column in columns), default=0.0)
        rows = []
        for row in range(height - 1, 0, -1):
            level = (row - 0.5) / (height - 1) * highest
            label = self._top if row == height - 1 else "0" if row == 1 else ""
            cells = [Content.styled(label.rjust(axis - 1) + " ", STYLES["quiet"])]
            for column, (start, end) in zip(columns, pairwise(edges), strict=True):
                index = _at(column, level)
                drawn = (PATTERNS[index] if index >= 0 else " ") * (end - start - gap)
                cells.append(Content.styled(drawn.ljust(end - start), _COLOURS[index] if index >= 0 else ""))
            rows.append(Content("").join(cells))
        rows.append(Content.styled(" " * axis + _ruler(self._labels, room), STYLES["quiet"]))
        self.update(Content("\n").join(rows), layout=False)


def pattern(index: int, of: int) -> str:
    """The pattern of the line `index` in a table of `of` lines, the last of which share one."""
    return PATTERNS[min(index, MOST - 1)] if index < of else " "


def _grouped(series: Sequence[Sequence[float]], room: int) -> list[list[float]]:
    """One list of values a column; where there are more places in time than room, neighbours are averaged."""
    length = len(series[0])
    count = min(length, max(1, room))
    edges = [round(i * length / count) for i in range(count + 1)]
    return [
        [sum(values[edges[i] : edges[i + 1]]) / max(1, edges[i + 1] - edges[i]) for values in series]
        for i in range(count)
    ]


def _at(column: Sequence[float], level: float) -> int:
    """The number of the series that is at this height, -1 for none."""
    sum_so_far = 0.0
    for index, value in enumerate(column):
        sum_so_far += value
        if level <= sum_so_far and value > 0:
            return index
    return -1


def _ruler(labels: Sequence[str], width: int) -> str:
    """First, middle and last label where they belong."""
    line = [" "] * width
    for share in (0.0, 0.5, 1.0):
        label = labels[min(len(labels) - 1, int(share * len(labels)))]
        start = min(max(0, round(share * width) - (len(label) if share == 1.0 else 0)), max(0, width - len(label)))
        line[start : start + len(label)] = label
    return "".join(line[:width])
