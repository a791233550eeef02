"""A tile: one figure with what it is compared to, and how it went."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from tui import figures
from tui.cells import Tone
from tui.text import STYLES


class Tile(Static):
    """Three lines in a frame: the figure, a second one, and a trend; on a narrow or low terminal the trend is left out."""

    DEFAULT_CSS = """
    Tile { border: round $primary 60%; border-title-color: $text-accent; padding: 0 1; height: 5; width: 1fr; text-wrap: nowrap;
        text-overflow: ellipsis; }
    .-narrow Tile, .-low Tile { height: 4; }
    """

    def __init__(self, title: str, id: str) -> None:  # noqa: A002  (as Textual's own widgets have it)
        super().__init__(id=id, markup=False)
        self.border_title = title
        self._values: Sequence[float | None] = ()
        self._said: tuple[str, str, str, Tone] = ("", "", "", "")

    def put(
        self, figure: str, beside: str = "", below: str = "", values: Sequence[float | None] = (), tone: Tone = ""
    ) -> None:
        """The figure, what stands beside it, the line below, and values in time for the trend."""
        self._said = (figure, beside, below, tone)
        self._values = values
        self._draw()

    def on_resize(self) -> None:
        """The trend is as wide as there is room."""
        self._draw()

    def _draw(self) -> None:
        figure, beside, below, tone = self._said
        lines = [
            Content.assemble((figure, "bold"), "  ", (beside, STYLES[tone])),
            Content.styled(below, STYLES["quiet"]),
        ]
        if self.content_size.height > 2:
            lines.append(Content.styled(figures.trend(self._values, self.content_size.width), "$accent"))
        self.update(Content("\n").join(lines), layout=False)
