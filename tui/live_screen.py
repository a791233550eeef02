"""What every screen of the dashboard has in common: it reads in a thread, shows a frozen value, and says so when there is none.

How to write one is told in the package's docstring.
"""

from __future__ import annotations

from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from textual import events, messages, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, Static

from analyzers.errors import HoneError
from tui.cells import Columns
from tui.key_bar import KeyBar
from tui.line import LineOfText
from tui.live_table import LiveTable
from tui.reading import Reading
from tui.status_bar import Status, StatusBar, banner_of

V = TypeVar("V")


class Blank(NamedTuple):
    """What a screen says when there is nothing to show: what is missing, and the next step (with its command or key)."""

    what: str
    next_step: str = ""


class LiveScreen(Screen[None], Generic[V]):
    """One screen. `view` is the value that is shown, None before the first."""

    NAME: ClassVar[str] = ""
    """Of the entry in `tui.screens` that the screen belongs to; screens one level down have that of their parent."""
    RANGED: ClassVar[bool] = False
    """Whether the range of time (t) changes what it shows."""
    LIVELY: ClassVar[bool] = False
    """Whether it shows how many records wait, which moves while nothing is committed."""
    FIRST: ClassVar[str] = "LiveTable"
    """Selects what has the cursor first; what cannot have it is passed over."""
    AUTO_FOCUS: ClassVar[str | None] = ""
    HELP_TEXT: ClassVar[str] = ""
    """A paragraph for the help: what the figures mean and where they come from."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter", id="filter", key_display="/", tooltip="Show rows that hold these words"),
    ]

    class Viewed(Message):
        """A reading is done: `view`, or the error that stopped it."""

        def __init__(self, view: Any, reading: Reading, error: HoneError | None) -> None:
            super().__init__()
            self.view = view
            self.reading = reading
            self.error = error

    def __init__(self) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (160, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-tall")]
        self.view: V | None = None
        self.reading: Reading | None = None
        self._under_way = False
        self._again = False
        self._furnished = False
        self._held: LiveScreen.Viewed | None = None
        self._sought: str | None = None

    # What a screen is.

    def read(self, reading: Reading) -> V:
        """Ask the database, in a thread; no widget is touched. Raises HoneError."""
        raise NotImplementedError

    def body(self) -> ComposeResult:
        """The widgets, made once."""
        raise NotImplementedError

    def show(self, view: V) -> None:
        """Put the values into the widgets."""
        raise NotImplementedError

    def blank(self, view: V) -> Blank | None:
        """What to say instead of the body."""
        return None

    def markdown(self, view: V) -> str | None:
        """What `y` copies: the screen, or the row under the cursor, as Markdown. None: nothing to copy."""
        return None

    def export(self, view: V) -> Columns | None:
        """What `e` writes. Without more the rows of the first table."""
        tables = list(self.query(LiveTable))
        return tables[0].columns_of_all() if tables else None

    def find(self, key: str) -> None:
        """Put the cursor on what another screen refers to. Without more: the row of that key."""
        self._sought = key
        for table in self.query(LiveTable):
            if table.choose(key):
                self.set_focus(table)
                self._sought = None
                return

    # What all of them do.

    @property
    def now(self) -> float:
        """The time (unix seconds) of the value that is shown."""
        return self.reading.now if self.reading is not None else 0.0

    @property
    def masked(self) -> bool:
        """Whether texts of prompts are hidden."""
        return self.reading is None or not self.reading.shows_text

    def compose(self) -> ComposeResult:
        """The top lines, what the screen shows or says instead, the filter, and the keys."""
        yield StatusBar(self.NAME, ranged=self.RANGED)
        yield LineOfText("banner")
        yield Vertical(id="body")
        with VerticalScroll(id="blank"):
            yield Static(id="blank-text", markup=False)
        yield Input(id="filter", placeholder="words that rows hold, !word for those that do not", compact=True)
        yield KeyBar()

    def on_mount(self) -> None:
        """Nothing to show yet."""
        self.query_one("#filter").display = False
        self.query_one("#body").display = False
        self._say_blank(Blank("Reading the database…"))

    async def furnish(self) -> None:
        """The body, once, after the first picture: without figures nobody sees it, and to make it takes longer than all around it."""
        body = self.query_one("#body")
        if not self.is_attached or body.children:
            return
        await body.mount_compose(self.body())
        self._furnished = True
        if self._held is not None and not self.query_one("#filter").has_focus:
            self._let_go()

    def on_layout(self, message: messages.Layout) -> None:
        """Textual remembers a widget's size until it asks for another one, and forgets to forget it where a layout fell between two such wishes: what came
        with the second one (the rows of a table) would never be given room.
        """
        message.widget._layout_updates += 1

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Seen from now on."""
        # Nothing here changes its style by being seen, and `switch_mode` has seen to a new theme: to find every style anew would
        # take longer than to draw the screen.
        event.refresh_styles = False
        self.app.post_message(Arrived())

    def renew(self, reading: Reading) -> None:
        """Read again; while a reading is under way the next one waits, so that slow ones come to an end."""
        if self._under_way:
            self._again = True
            return
        self._under_way = True
        self._read_in_thread(reading)

    @work(thread=True, exit_on_error=False, group="view")
    def _read_in_thread(self, reading: Reading) -> None:
        try:
            view, error = self.read(reading), None
        except HoneError as failed:
            view, error = None, failed
        except Exception as failed:
            # The text of a foreign exception may hold text of a log: only its kind is shown.
            view, error = None, HoneError(f"{type(failed).__name__} where none was expected", "this is a fault of Hone")
        self.post_message(self.Viewed(view, reading, error))

    @on(Viewed)
    def _viewed(self, message: Viewed) -> None:
        message.stop()
        self._under_way = False
        if message.error is not None:
            self.app.post_message(Failed(message.error))
            if self.view is None:
                self._say_blank(Blank(message.error.message, message.error.hint))
        elif not self._furnished or self.query_one("#filter", Input).has_focus:
            self._held = message  # nothing moves under somebody who types
        else:
            self._put(message)
        if self._again:
            self._again = False
            self.app.post_message(Wanted())

    def _put(self, message: Viewed) -> None:
        view: V = message.view
        self.view, self.reading = view, message.reading
        instead = self.blank(view)
        self.query_one("#body").display = instead is None
        if instead is not None:
            self._say_blank(instead)
            return
        self.query_one("#blank").display = False
        with self.app.batch_update():
            self.show(view)
        self.refresh_bindings()
        if self._sought is not None:
            self.call_after_refresh(self.find, self._sought)
        if self.focused is None:
            self._focus_first()

    def _focus_first(self) -> None:
        if not self.query_one("#body").display:
            self.set_focus(None)
            return
        for chosen in (self.FIRST, "#body *"):
            for widget in self.query(chosen):
                if widget.focusable and widget.display:
                    self.set_focus(widget)
                    return

    def _say_blank(self, blank: Blank) -> None:
        parts = [Content.styled(blank.what, "bold")]
        if blank.next_step:
            parts.append(Content(f"\n\n{blank.next_step}"))
        self.query_one("#blank-text", Static).update(Content("").join(parts))
        self.query_one("#blank").display = True

    def told(self, status: Status) -> None:
        """The state of the whole dashboard, for the top lines and the banner."""
        self.query_one(StatusBar).status = status
        banner = self.query_one("#banner", LineOfText)
        said = banner_of(status)
        banner.display = said is not None
        if said is not None:
            banner.put(said)
        if self.view is None and status.state in ("gone", "missing"):
            self._say_blank(Blank(status.trouble or "There is no database yet.", status.next_step))

    def action_filter(self) -> None:
        """Begin to type the filter."""
        box = self.query_one("#filter", Input)
        box.display = True
        box.focus()

    def close_filter(self) -> bool:
        """Leave the filter, first what is typed and then the line itself; whether there was one."""
        box = self.query_one("#filter", Input)
        if not box.display:
            return False
        box.value = ""
        box.display = False
        self._let_go()
        return True

    @on(Input.Changed, "#filter")
    def _narrow(self, event: Input.Changed) -> None:
        for table in self.query(LiveTable):
            table.narrow(event.value)

    @on(Input.Submitted, "#filter")
    def _narrowed(self, event: Input.Submitted) -> None:
        self.query_one("#filter").display = bool(event.value)
        self._let_go()

    def _let_go(self) -> None:
        if self._furnished and self._held is not None:
            held, self._held = self._held, None
            self._put(held)
        self._focus_first()


class Failed(Message):
    """A reading of the visible screen failed."""

    def __init__(self, error: HoneError) -> None:
        super().__init__()
        self.error = error


class Follow(Message):
    """To another screen, and to what is meant there (`LiveScreen.find`)."""

    def __init__(self, name: str, key: str) -> None:
        super().__init__()
        self.name = name
        self.key = key


class Arrived(Message):
    """A screen has come to the top."""


class Wanted(Message):
    """The visible screen has something newer to read."""
