"""A table that is filled again and again while somebody reads it: the cursor stays on its row, not on its line."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.color import Color, ColorParseError
from textual.widgets import DataTable
from textual.widgets.data_table import RowDoesNotExist, RowKey

from tui.cells import Cell, Columns, Tone

_LEAST = 14
"""Cells that a name keeps whatever else there is."""
MOST = 200
"""Rows that are drawn; of the others the table says how many there are."""
_VARIABLES: dict[Tone, str] = {
    "quiet": "text-muted",
    "good": "success",
    "warn": "warning",
    "bad": "error",
    "money": "accent",
}


class Line(NamedTuple):
    """A row: `key` names it for as long as it exists."""

    key: str
    cells: tuple[Cell, ...]


class LiveTable(DataTable[Text]):
    """Rows of `tui.cells.Cell` under `columns`, those numbered in `right` flush right; `opens`: enter does something.

    Where there is too little room the column `flex` gives way, down to `least` cells, then those in `drop`, the first of them first. s sorts by the next column, S the other way round; the filter of the screen narrows it.
    """

    DEFAULT_CSS = """
    LiveTable { height: 1fr; background: $background; scrollbar-size: 1 1; border-subtitle-color: $text-muted; }
    LiveTable:focus { background-tint: $foreground 0%; }
    LiveTable > .datatable--header { background: $background; color: $text-muted; text-style: none; }
    LiveTable:ansi > .datatable--header { background: $background; color: $foreground; text-style: underline; }
    LiveTable > .datatable--cursor { background: $panel; color: $foreground; text-style: none; }
    LiveTable > .datatable--hover { background: $panel; }
    LiveTable:focus > .datatable--cursor { background: $primary; color: $background; text-style: bold; }
    LiveTable:ansi:focus > .datatable--cursor { background: $background; color: $foreground; text-style: bold reverse; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select_cursor", "open", id="table.open", tooltip="The row under the cursor in full"),
        Binding("s", "sort", "sort", id="table.sort", show=False, tooltip="Sort by the next column"),
        Binding("S", "reverse", "other way", id="table.reverse", show=False, tooltip="Sort the other way round"),
    ]

    def __init__(
        self,
        identity: str,
        *columns: str,
        right: Sequence[int] = (),
        opens: bool = False,
        flex: int = 0,
        drop: Sequence[int] = (),
        least: int = _LEAST,
    ) -> None:
        super().__init__(id=identity, cursor_type="row", zebra_stripes=False, cell_padding=1)
        self._opens = opens
        self._flex = flex
        self._drop = tuple(drop)
        self._least = least
        self._visible: tuple[int, ...] = ()
        self._flex_width = 0
        self._names = columns
        self._right = frozenset(right)
        self._lines: Sequence[Line] = ()
        self._shown: list[Line] = []
        self._drawn: dict[str, tuple[Cell, ...]] = {}
        self._words: tuple[str, ...] = ()
        self._wanted: str | None = None
        self._sort: int | None = None
        self._backwards = False

    def on_mount(self) -> None:
        """Colours again whenever the theme changes."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._draw(anew=True))

    def on_resize(self) -> None:
        """Columns fit the room there is."""
        self._draw()

    def watch_show_vertical_scrollbar(self, shown: bool) -> None:
        """Textual tells a bar that is not shown yet nothing of where the table has been scrolled to meanwhile."""
        if shown:
            self.vertical_scrollbar.position = self.scroll_y

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enter is a key only where there is something to open."""
        return self._opens if action == "select_cursor" else super().check_action(action, parameters)

    def fill(self, lines: Sequence[Line]) -> None:
        """The rows as they are now, in their own order."""
        self._lines = lines
        self._draw()

    def narrow(self, filter_text: str) -> None:
        """Only rows that hold every word; `!word` leaves out those that hold it."""
        self._words = tuple(filter_text.casefold().split())
        self._draw()

    @property
    def left_out(self) -> int:
        """Rows that match and are not drawn, because there are too many."""
        return self._matching - len(self._shown)

    @property
    def chosen(self) -> str | None:
        """The key of the row under the cursor."""
        if not 0 <= self.cursor_row < len(self._shown):
            return None
        return self._shown[self.cursor_row].key

    def choose(self, key: str) -> bool:
        """Put the cursor on a row, now or as soon as there is room to draw it; whether it is there."""
        try:
            self.move_cursor(row=self.get_row_index(key))
        except RowDoesNotExist:
            waits = not self._visible and any(line.key == key for line in self._lines)
            self._wanted = key if waits else None
            return waits
        return True

    def columns_of_all(self) -> Columns:
        """Every matching row, drawn or not, for export."""
        return Columns(self._names, [[cell.value for cell in line.cells] for line in self._ordered()])

    def action_sort(self) -> None:
        """By the next column; after the last one in the table's own order again."""
        self._sort = 0 if self._sort is None else self._sort + 1
        self._backwards = self._sort < len(self._names) and self._is_number(self._sort)
        if self._sort >= len(self._names):
            self._sort, self._backwards = None, False
        self._draw(anew=True)

    def action_reverse(self) -> None:
        """The other way round."""
        self._backwards = not self._backwards
        self._draw(anew=True)

    def _is_number(self, column: int) -> bool:
        return any(isinstance(line.cells[column].value, int | float | Decimal) for line in self._lines)

    def _ordered(self) -> list[Line]:
        found = [line for line in self._lines if self._matches(line)]
        if self._sort is not None:
            known = [line for line in found if line.cells[self._sort].value is not None]
            unknown = [line for line in found if line.cells[self._sort].value is None]
            known.sort(key=lambda line: _sortable(line.cells[self._sort or 0].value), reverse=self._backwards)
            return known + unknown
        return found[::-1] if self._backwards else found

    def _matches(self, line: Line) -> bool:
        if not self._words:
            return True
        text = " ".join(cell.text for cell in line.cells).casefold()
        return all((word[1:] not in text) if word[0] == "!" and word[1:] else word in text for word in self._words)

    def _draw(self, *, anew: bool = False) -> None:
        """Change the cells that changed when the rows are the same, otherwise the whole table, with the cursor where it was."""
        if not self.is_mounted or not self.size.width:
            return
        ordered = self._ordered()
        self._matching = len(ordered)
        shown = ordered[:MOST]
        visible, flex_width = self._fitting(shown)
        same = visible == self._visible and abs(flex_width - self._flex_width) < 1
        if not anew and same and [line.key for line in shown] == [line.key for line in self._shown]:
            for line in shown:
                before = self._drawn.get(line.key, ())
                for index in visible:
                    if index >= len(before) or before[index] != line.cells[index]:
                        self.update_cell(
                            line.key, str(index), self._text(line.cells[index]), update_width=index != self._flex
                        )
        else:
            self._visible, self._flex_width = visible, flex_width
            begun, row, scroll = self.chosen, self.cursor_row, self.scroll_offset
            key, self._wanted = begun or self._wanted, None
            with self.prevent(DataTable.RowHighlighted):
                self._refill(shown)
                if key is not None and not self.choose(key):
                    self.move_cursor(row=min(row, len(shown) - 1))
            self.scroll_to(scroll.x, scroll.y, animate=False)
            if self.chosen is not None and self.chosen != begun:
                self.post_message(DataTable.RowHighlighted(self, self.cursor_row, RowKey(self.chosen)))
        self._shown = shown
        self._drawn = {line.key: line.cells for line in shown}
        self.border_subtitle = f"{self.left_out:,} more: narrow them down with /" if self.left_out else ""

    _matching = 0

    def _refill(self, shown: list[Line]) -> None:
        self.clear(columns=True)
        for index in self._visible:
            width = self._flex_width if index == self._flex else None
            self.add_column(self._heading(index, self._names[index]), key=str(index), width=width)
        self._shown = shown
        for line in shown:
            self.add_row(*(self._text(line.cells[index]) for index in self._visible), key=line.key)

    def _fitting(self, shown: Sequence[Line]) -> tuple[tuple[int, ...], int]:
        """Which columns there is room for, and how wide the one is that gives way."""
        natural = [
            max(
                [
                    cell_len(name) + (2 if index == self._sort else 0),
                    *(cell_len(line.cells[index].text) for line in shown),
                ]
            )
            for index, name in enumerate(self._names)
        ]
        visible = list(range(len(self._names)))
        room = self.size.width - 1
        least = min(natural[self._flex], _LEAST)
        for dropped in (*self._drop, None):
            left = room - sum(natural[index] + 2 for index in visible if index != self._flex) - 2
            if left >= min(natural[self._flex], self._least) or dropped is None:
                break
            visible.remove(dropped)
        return tuple(visible), max(least, min(natural[self._flex], left))

    def _heading(self, index: int, name: str) -> Text:
        mark = "" if index != self._sort else " ▼" if self._backwards else " ▲"
        return Text(name + mark, justify="right" if index in self._right else "left", no_wrap=True)

    def _text(self, cell: Cell) -> Text:
        justify: Any = "right" if cell.right else "left"
        return Text(cell.text, style=self._style(cell.tone), justify=justify, no_wrap=True, overflow="ellipsis")

    def _style(self, tone: Tone) -> Style:
        if tone == "strong":
            return Style(bold=True)
        variable = _VARIABLES.get(tone)
        if variable is None:
            return Style()
        if tone == "quiet":
            return Style(dim=True)
        try:
            return Style(color=Color.parse(self.app.theme_variables[variable]).rich_color, bold=tone in ("bad", "warn"))
        except (ColorParseError, KeyError):
            return Style(bold=True)


def _sortable(value: object) -> tuple[int, Any]:
    if isinstance(value, bool | int | float | Decimal):
        return (0, float(value))
    return (1, str(value).casefold())
