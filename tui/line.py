"""A line of text that is put again and again: it costs something only when it changed."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class LineOfText(Static):
    """One line, `text-wrap: nowrap`. Where its width stays what it was, nothing else on the screen is laid out again."""

    DEFAULT_CSS = "LineOfText { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }"

    def __init__(self, identity: str | None = None, *, classes: str = "") -> None:
        super().__init__(id=identity, classes=classes, markup=False)
        self._said: Content | None = None

    def put(self, said: Content) -> None:
        """Say this."""
        before = self._said
        if before is not None and before.is_same(said):
            return
        self._said = said
        self.update(said, layout=before is None or before.cell_length != said.cell_length)
