"""The keys at the bottom: one line, made from the bindings. Textual's Footer makes a widget of each key, anew on every change of focus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.content import Content
from textual.screen import Screen

from tui.line import LineOfText

_LAST = 2
"""Help and quit, which stay on the bar where not all have room; the help has the others."""


class KeyBar(LineOfText):
    """Every binding that is to be shown, in the order of the bindings; a click is its key."""

    DEFAULT_CSS = """
    KeyBar { dock: bottom; width: 1fr; padding: 0 1; background: $panel; color: $footer-description-foreground; link-color: $footer-description-foreground;
        link-background-hover: $block-hover-background; link-style-hover: none; }
    """

    _keys: Sequence[Content] = ()

    def on_mount(self) -> None:
        """Told of every change of what can be pressed."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, screen: Screen[Any]) -> None:
        if not self.is_attached or screen is not self.app.screen:
            return
        if not self.app.app_focus and screen.focused is None:
            return  # somebody looks elsewhere: what had the cursor will have it again
        parts: list[Content] = []
        for active in screen.active_bindings.values():
            binding = active.binding
            if not binding.show:
                continue
            quiet = "" if active.enabled else " dim"
            key = Content.styled(self.app.get_key_display(binding), f"$footer-key-foreground bold{quiet}")
            said = Content.assemble(key, (f" {binding.description}", f"$footer-description-foreground{quiet}"))
            parts.append(said.stylize(f"@click=app.simulate_key('{binding.key}')"))
        self._keys = parts
        self._draw()

    def on_resize(self) -> None:
        """Closer where there is little room."""
        self._draw()

    def _draw(self) -> None:
        room, keys = self.content_size.width, list(self._keys)
        said = Content("  ").join(keys)
        if said.cell_length > room:
            said = Content(" ").join(keys)
        while said.cell_length > room and len(keys) > _LAST:
            del keys[-_LAST - 1]
            said = Content(" ").join(keys)
        self.put(said)
