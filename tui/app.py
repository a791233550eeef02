"""The dashboard as a program: the keys that work on every screen."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual import on
from textual.app import SystemCommand
from textual.screen import Screen

from tui import handing_out, themes
from tui.heartbeat import LivingApp
from tui.help_screen import HelpScreen, key_lines
from tui.keys import KEYS
from tui.live_screen import Follow
from tui.ranges import BY_NAME, RANGES
from tui.screens import BY_NAME as SCREENS_BY_NAME
from tui.screens import SCREENS


class Dashboard(LivingApp):
    """See `tui.heartbeat.LivingApp` for how it is made."""

    TITLE = "hone"
    CSS_PATH = "dashboard.tcss"
    BINDINGS = KEYS
    MODES: ClassVar[dict[str, Any]] = {entry.name: entry.make for entry in SCREENS}
    DEFAULT_MODE = SCREENS[0].name

    def action_go(self, name: str) -> None:
        """To a screen by its name."""
        if name in SCREENS_BY_NAME and not self.screen.is_modal:
            self.switch_mode(name)

    @on(Follow)
    def _follow(self, message: Follow) -> None:
        self.action_go(message.name)
        while len(self.screen_stack) > 1:  # what is meant stands on the screen itself, not on one below it
            self._read.pop(self.screen, None)
            self.pop_screen()
        screen = self.live_screen
        if screen is not None:
            screen.find(message.key)

    async def action_back(self) -> None:
        """Out of the filter, or one level up."""
        screen = self.live_screen
        if screen is not None and screen is self.screen and screen.close_filter():
            return
        if len(self.screen_stack) > 1:
            self._read.pop(self.screen, None)
            self.pop_screen()

    def action_range(self, name: str) -> None:
        """Figures of another stretch of time."""
        self._range = BY_NAME[name]
        self._say(None)
        self._renew()

    def action_next_range(self) -> None:
        """The next longer one."""
        self.action_range(RANGES[(RANGES.index(self._range) + 1) % len(RANGES)].name)

    def action_previous_range(self) -> None:
        """The next shorter one."""
        self.action_range(RANGES[(RANGES.index(self._range) - 1) % len(RANGES)].name)

    def action_pause(self) -> None:
        """Hold still, or go on."""
        self._paused = not self._paused
        self._say(None)
        if not self._paused:
            self._renew()

    def action_refresh_now(self) -> None:
        """Read again, whatever has changed."""
        self._read.clear()
        self._beat()

    def action_mask(self) -> None:
        """Show or hide texts of prompts."""
        if self._database is None or not self._database.may_show_text:
            self.notify(
                "texts stay masked: the configuration does not say [privacy] show_text = true", severity="warning"
            )
            return
        self._shows_text = not self._shows_text
        self._say(None)
        self._renew()

    def action_copy(self) -> None:
        """The screen or its row as Markdown, to the clipboard of the terminal."""
        screen = self.live_screen
        text = screen.markdown(screen.view) if screen is not None and screen.view is not None else None
        if not text:
            self.notify("nothing to copy on this screen yet", severity="warning")
            return
        self.copy_to_clipboard(text)
        self.notify("copied as Markdown (through the terminal: OSC 52, which macOS Terminal does not know)")

    def action_export(self, form: handing_out.Form | None = None) -> None:
        """Ask for the form, then write the file."""
        if form is not None:
            self._write(form)
            return
        from tui.choosing import Choosing

        self.push_screen(Choosing("Export as", [("csv", "CSV"), ("json", "JSON"), ("md", "Markdown")]), self._write)

    def _write(self, form: str | None) -> None:
        screen = self.live_screen
        if form is None or screen is None or screen.view is None:
            return
        table = screen.export(screen.view)
        if table is None or not table.rows:
            self.notify("no table on this screen to export", severity="warning")
            return
        text = {"csv": handing_out.as_csv, "json": handing_out.as_json, "md": handing_out.as_markdown}[form](table)
        name = f"hone-{screen.NAME}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(self.clock()))}.{form}"
        if self.is_web:
            import io

            self.deliver_text(io.StringIO(text), save_filename=name)
            return
        path = Path.cwd() / name
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            self.notify(f"{name} cannot be written here: {error.strerror}", severity="error")
            return
        self.notify(f"{len(table.rows):,} rows in {name}")

    def action_help(self) -> None:
        """Every key that works here."""
        screen = self.live_screen
        if screen is not None and not self.screen.is_modal:
            self.push_screen(HelpScreen(screen.title or screen.NAME, screen.HELP_TEXT, key_lines(screen)))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The palette: every key that works here by its name, and what has no key of its own."""
        live = self.live_screen
        for line in key_lines(live) if live is not None else ():
            if "command_palette" not in line.action:
                yield SystemCommand(
                    f"{line.name} ({line.key})", line.what, partial(self.run_action, line.action, line.node)
                )
        for each in RANGES:
            yield SystemCommand(
                f"range {each.name}", f"Figures of the last {each.name}", partial(self.action_range, each.name)
            )
        for form, name in (("csv", "CSV"), ("json", "JSON"), ("md", "Markdown")):
            yield SystemCommand(f"export {name}", "Write the table of this screen", partial(self._write, form))
        for theme in themes.NAMES:
            yield SystemCommand(f"theme {theme}", "Change the colours", partial(setattr, self, "theme", theme))
