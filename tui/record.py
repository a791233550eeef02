"""A refused record: where it was, why it was refused, and its beginning as the agent masked it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from agent.printable import printable
from tui import figures, text
from tui.stream_view import Refused


class Record(ModalScreen[None]):
    """Over the stream."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter", "close", "close", key_display="esc")]

    def __init__(self, refused: Refused, now: float) -> None:
        super().__init__()
        self._refused = refused
        self._now = now

    def compose(self) -> ComposeResult:
        """A box in the middle."""
        one = self._refused
        with Vertical(id="dialogue"):
            yield Static(text.name(one.place, 120), markup=False)
            rows: list[tuple[str, Content | str]] = [
                ("refused", f"{figures.moment(one.at, self._now)} UTC, {figures.ago(one.at, self._now)}"),
                ("why", text.name(one.reason, 60, "warn")),
                ("detail", printable(one.detail, 400) if one.detail else figures.DASH),
            ]
            yield Static(text.pairs(rows), markup=False)
            yield Static(text.said("\nIts beginning, letters as x and digits as 9:", "quiet"), markup=False)
            with VerticalScroll():
                yield Static(
                    Content(printable(one.excerpt, 2_000) if one.excerpt else "(nothing of it was kept)"), markup=False
                )
            yield Static(text.said("\nesc closes · hone check shows which formats are known", "quiet"), markup=False)

    def action_close(self) -> None:
        """Back to the stream."""
        self.dismiss()
