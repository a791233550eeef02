"""A small dialogue: one of several things, by its letter, the arrows or the mouse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option


class Choosing(ModalScreen[str | None]):
    """Dismissed with the id of what was chosen, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave", key_display="esc")]

    def __init__(self, question: str, options: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._question = question
        self._options = options

    def compose(self) -> ComposeResult:
        """The question over a list."""
        with Vertical(id="dialogue"):
            yield Static(Content.styled(self._question, "bold"), markup=False)
            yield OptionList(
                *(Option(Content(said), id=name) for name, said in self._options), id="choices", compact=True
            )
            yield Static(Content.styled("enter chooses · esc leaves it", "$foreground 60%"), markup=False)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)

    def action_leave(self) -> None:
        """Nothing is done."""
        self.dismiss(None)
