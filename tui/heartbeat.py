"""The dashboard's heartbeat: asks whether anything changed, and has the visible screen read when it did."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual import on, work
from textual.app import App
from textual.message import Message
from textual.reactive import reactive
from textual.screen import Screen

from analyzers.errors import HoneError
from tui import terminal, themes
from tui.live_screen import Arrived, Failed, LiveScreen, Wanted
from tui.ranges import DEFAULT, Range
from tui.reading import Database, Opening, Reading
from tui.screens import SCREENS
from tui.status_bar import STALE_S, Status

if TYPE_CHECKING:
    from agent.store.pulse import Pulse

BEAT_S = 2.0
FETCH_AFTER_S = 0.3


class LivingApp(App[None]):
    """`open_database` is called in a thread, again and again until it succeeds; only HoneErrors that are `fatal` end the program.

    `clock` gives unix seconds. After the end `failure` is the error to report, if any.
    """

    status: reactive[Status] = reactive(Status(), init=False, repaint=False)

    def __init__(
        self,
        open_database: Opening,
        *,
        clock: Callable[[], float] = time.time,
        theme: str | None = None,
        beat_s: float = BEAT_S,
        fatal: Callable[[HoneError], bool] = lambda _: False,
    ) -> None:
        super().__init__()
        self._open = open_database
        self.clock = clock
        self._beat_s = beat_s
        self._fatal = fatal
        self._database: Database | None = None
        self._pulse: Pulse | None = None
        self._pulsed_at = 0.0
        self._beating = False
        self._paused = False
        self._range: Range = DEFAULT
        self._shows_text = False
        self._read: dict[Screen[Any], tuple[object, ...]] = {}
        self._rate: float | None = None
        self._on_terminal = False
        self.failure: HoneError | None = None
        self.animation_level = "none"
        for each in themes.THEMES:
            self.register_theme(each)
        self._own_theme = theme
        self.theme = theme or themes.DARK

    class Beaten(Message):
        """What the heartbeat found."""

        def __init__(self, database: Database | None, pulse: Pulse | None, error: HoneError | None) -> None:
            super().__init__()
            self.database = database
            self.pulse = pulse
            self.error = error

    def on_mount(self) -> None:
        """Paint first, then open the database (`_arrived`)."""
        self.status = Status(now=self.clock(), range=self._range)
        self._on_terminal = not self.is_headless and terminal.watched()
        self.set_interval(self._beat_s, self._beat)
        self.set_interval(1.0, self._tick)

    # The heartbeat.

    def _beat(self) -> None:
        if not self._beating:
            self._beating = True
            self._beat_in_thread()

    @work(thread=True, exit_on_error=False, group="beat")
    def _beat_in_thread(self) -> None:
        database, pulse, error = self._database, None, None
        try:
            if database is None:
                database = self._open()
            pulse = database.pulse()
        except HoneError as failed:
            error = failed
        except Exception as failed:
            error = HoneError(f"{type(failed).__name__} where none was expected", "this is a fault of Hone")
        self.post_message(self.Beaten(database, pulse, error))

    @on(Beaten)
    def _beaten(self, message: Beaten) -> None:
        self._beating = False
        if self._database is None and message.database is not None:
            self._opened(message.database)
        if message.error is not None:
            if self._fatal(message.error):
                self.failure = message.error
                self.exit(return_code=2)
                return
            self._say(message.error)
            return
        self._measure(message.pulse)
        self._say(None)
        if not self._paused:
            self._renew()

    def _opened(self, database: Database) -> None:
        self._database = database
        if self._own_theme is None and database.theme is not None:
            self.theme = database.theme
        if database.keys:
            self.set_keymap(dict(database.keys))
        self._fetch_later()

    def _fetch_later(self) -> None:
        """Once the figures are there: what is imported meanwhile would hold them up."""
        screen = self.live_screen
        if screen is not None and screen.view is not None:
            self._fetch()
        else:
            self.set_timer(FETCH_AFTER_S, self._fetch_later)

    @work(thread=True, exit_on_error=False, group="fetch")
    def _fetch(self) -> None:
        """The other screens' modules, before anybody asks for them."""
        for entry in SCREENS:
            if not self.is_running:
                return
            entry.fetch()

    def _measure(self, pulse: Pulse | None) -> None:
        """Records a second, between two heartbeats that saw different ones; after a while without any it is none."""
        now, before = self.clock(), self._pulse
        self._pulse = pulse
        if before is None or pulse is None:
            self._pulsed_at = now
        elif pulse.records != before.records and now > self._pulsed_at:
            self._rate = max(pulse.records - before.records, 0) / (now - self._pulsed_at)
            self._pulsed_at = now
        elif now - self._pulsed_at > 5 * self._beat_s:
            self._rate = 0.0

    def _say(self, error: HoneError | None) -> None:
        """Put the state together for the top line of whatever screen is visible."""
        now = self.clock()
        pulse = self._pulse
        at = pulse.at if pulse else None
        state: Any = "live"
        if error is not None:
            state = "gone" if pulse else "missing"
        elif pulse is None:
            state = "opening"
        elif self._paused:
            state = "paused"
        elif at is None:
            state = "missing"
        elif now - at > STALE_S:
            state = "stale"
        self.status = Status(
            database=self._database.name if self._database else "",
            state=state,
            now=now,
            at=at,
            trouble=error.message if error else "",
            next_step=error.hint if error else "",
            range=self._range,
            rate=self._rate,
            waiting=pulse.waiting if pulse and pulse.told_at and now - pulse.told_at < STALE_S else None,
            open_events=pulse.open_events if pulse else 0,
            shows_text=self._shows_text,
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Ranges are keys only where they change something."""
        if action in ("next_range", "previous_range", "range"):
            screen = self.live_screen
            return screen is not None and screen.RANGED
        return super().check_action(action, parameters)

    def _tick(self) -> None:
        """The age grows by itself; where nobody can see it any more the program ends."""
        if self._on_terminal and terminal.gone():
            self.exit()
            return
        if self.status.state not in ("gone", "missing"):
            self._say(None)
        else:
            self.status = self.status._replace(now=self.clock())

    def watch_status(self, status: Status) -> None:
        """Tell the visible screen."""
        screen = self.live_screen
        if screen is not None and screen.is_mounted:
            screen.told(status)

    @property
    def live_screen(self) -> LiveScreen[Any] | None:
        """The topmost screen that shows data; dialogues lie over it."""
        return next((screen for screen in reversed(self.screen_stack) if isinstance(screen, LiveScreen)), None)

    def _renew(self, *, force: bool = False) -> None:
        """Have the visible screen read, if what it depends on has changed since it did."""
        screen, pulse = self.live_screen, self._pulse
        if screen is None or pulse is None or self._database is None:
            return
        depends: tuple[object, ...] = (
            pulse.revision,
            pulse.analysis_at,
            self._range if screen.RANGED else None,
            self._shows_text,
            pulse.told_at if screen.LIVELY else None,
        )
        if force or self._read.get(screen) != depends:
            self._read[screen] = depends
            screen.renew(Reading(self._database, self.clock(), self._range, self._shows_text))

    @on(Wanted)
    def _wanted(self) -> None:
        if not self._paused:
            self._renew(force=True)

    @on(Arrived)
    def _arrived(self) -> None:
        """A screen came to the top: it is told the state, and reads if it is behind."""
        self.watch_status(self.status)
        screen = self.live_screen
        if screen is not None:
            screen.call_after_refresh(screen.furnish)
        if screen is not None and self._pulse is None:
            # What it takes to open a database would hold up the first picture.
            screen.call_after_refresh(self._beat)
        elif screen is not None and (not self._paused or screen.view is None):
            self._renew()

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        self._say(message.error)
        screen = self.live_screen
        if screen is not None:
            self._read.pop(screen, None)

    def on_unmount(self) -> None:
        """Nothing stays open."""
        if self._database is not None:
            self._database.close()
