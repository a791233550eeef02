"""The keys of the whole dashboard: what footer, help and palette are made from. Ids are what a configuration may map anew."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tui.screens import SCREENS

KEYS: list[BindingType] = [
    *(
        Binding(
            entry.key, f"go('{entry.name}')", entry.title.lower(), id=f"go.{entry.name}", show=False, tooltip=entry.what
        )
        for entry in SCREENS
    ),
    Binding("escape", "back", "back", id="back", show=False, tooltip="Leave the filter, or go one level up"),
    Binding("t", "next_range", "range", id="range", tooltip="Another stretch of time: 1h 6h 24h 7d 30d"),
    Binding("T", "previous_range", "range back", id="range.back", show=False, tooltip="The stretch of time before"),
    Binding(
        "space", "pause", "pause", id="pause", key_display="space", tooltip="Hold everything still, and go on again"
    ),
    Binding("r", "refresh_now", "now", id="refresh", show=False, tooltip="Read again now"),
    Binding(
        "m",
        "mask",
        "mask",
        id="mask",
        show=False,
        tooltip="Show or hide texts of prompts, if the configuration allows it",
    ),
    Binding(
        "y", "copy", "copy", id="copy", show=False, tooltip="Copy as Markdown: the row under the cursor, or the screen"
    ),
    Binding(
        "e", "export", "export", id="export", show=False, tooltip="Write the table to a file: CSV, JSON or Markdown"
    ),
    Binding("question_mark", "help", "help", id="help", key_display="?", tooltip="Every key of this screen"),
    Binding(
        "ctrl+p", "command_palette", "commands", id="palette", show=False, tooltip="Everything by name", priority=True
    ),
    Binding("q", "quit", "quit", id="quit", tooltip="End the dashboard; the agent goes on"),
]
