"""A small dialogue: one line of words."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static


class Asking(ModalScreen[str | None]):
    """Dismissed with what was typed, or None; nothing typed is no answer."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave", key_display="esc")]

    def __init__(self, question: str, placeholder: str) -> None:
        super().__init__()
        self._question = question
        self._placeholder = placeholder

    def compose(self) -> ComposeResult:
        """The question over the line."""
        with Vertical(id="dialogue"):
            yield Static(Content.styled(self._question, "bold"), markup=False)
            yield Input(placeholder=self._placeholder, id="answer", compact=True, max_length=300)
            yield Static(Content.styled("enter sends it · esc leaves it", "$foreground 60%"), markup=False)

    @on(Input.Submitted, "#answer")
    def _answered(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self.dismiss(event.value.strip())

    def action_leave(self) -> None:
        """Nothing is done."""
        self.dismiss(None)
