"""The help: what the screen's figures mean and every key that works now, narrowed down while one types."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, Static


class KeyLine(NamedTuple):
    """A key as it is printed, what it is called and what it does, and the action with the node that has it."""

    key: str
    name: str
    what: str
    action: str
    node: DOMNode


def key_lines(screen: Screen[Any]) -> list[KeyLine]:
    """Every binding that is active on a screen and has a name; those of the screen, of the program, of moving about."""
    found = []
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.description and active.enabled and not binding.system:
            shown = binding.key_display or screen.app.get_key_display(binding)
            line = KeyLine(shown, binding.description, binding.tooltip, binding.action, active.node)
            found.append(((not binding.id, active.node is screen.app), line))
    return [line for _, line in sorted(found, key=lambda pair: pair[0])]


class HelpScreen(ModalScreen[None]):
    """Over the screen that was asked about."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark", "close", "close", key_display="esc"),
    ]

    def __init__(self, title: str, text: str, lines: list[KeyLine]) -> None:
        super().__init__()
        self._heading = title
        self._text = text
        self._lines = lines

    def compose(self) -> ComposeResult:
        """A box in the middle."""
        with Vertical(id="dialogue"):
            yield Static(Content.styled(f"{self._heading}: keys", "bold"), markup=False)
            if self._text:
                yield Static(Content.styled(self._text, "$foreground 60%"), id="help-text", markup=False)
            yield Input(placeholder="type to narrow down", id="help-filter", compact=True)
            with VerticalScroll(can_focus=False):
                yield Static(self._drawn(""), id="help-keys", markup=False)
            yield Static(
                Content.styled("esc closes · keys can be mapped anew: [dashboard.keys]", "$foreground 60%"),
                markup=False,
            )

    @on(Input.Changed, "#help-filter")
    def _narrow(self, event: Input.Changed) -> None:
        self.query_one("#help-keys", Static).update(self._drawn(event.value))

    def action_close(self) -> None:
        """Back to the screen."""
        self.dismiss()

    def _drawn(self, wanted: str) -> Content:
        words = wanted.casefold().split()
        lines = []
        for line in self._lines:
            said = f"{line.key} {line.name} {line.what}".casefold()
            if all(word in said for word in words):
                key = Content.styled(f"{line.key:>10}  ", "$text-accent bold")
                lines.append(Content.assemble(key, f"{line.name:<16} ", (line.what, "$foreground 60%")))
        return Content("\n").join(lines) if lines else Content("no such key")
