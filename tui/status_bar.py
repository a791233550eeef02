"""The top of every screen: where, whether it lives and how old it is, the range, the rate; and the names of the screens."""

from __future__ import annotations

from typing import Literal, NamedTuple

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.reactive import reactive

from tui import figures
from tui.line import LineOfText
from tui.ranges import RANGES, Range
from tui.screens import SCREENS

STALE_S = 60.0
"""Without a commit for so long the data is called stale: an agent that has something to read commits every second or so."""

_ROOMY = 90
"""Columns from which the names of the screens stand apart."""

State = Literal["opening", "live", "stale", "paused", "gone", "missing"]


class Status(NamedTuple):
    """What the top line says. Times are unix seconds."""

    database: str = ""
    state: State = "opening"
    now: float = 0.0
    at: float | None = None
    """Of the data on the screen: the last commit it knows of."""
    trouble: str = ""
    next_step: str = ""
    range: Range = RANGES[2]
    rate: float | None = None
    """Records a second since the refresh before."""
    waiting: int | None = None
    """Records that wait to be read."""
    open_events: int = 0
    shows_text: bool = False


def age(status: Status) -> tuple[str, str]:
    """The state in words and its style."""
    old = figures.ago(status.at, status.now)
    if status.state == "opening":
        return "… opening", "$foreground 60%"
    if status.state == "missing":
        return "○ no data", "$text-warning bold"
    if status.state == "gone":
        return f"✖ database gone, data of {old}" if status.at else "✖ database gone", "$text-error bold"
    if status.state == "paused":
        return f"‖ paused, data of {old}", "$text-warning bold"
    if status.state == "stale":
        return f"▲ stale, {old}", "$text-warning bold"
    return f"● live, {old}", "$text-success bold"


def banner_of(status: Status) -> Content | None:
    """A line below the top for what a reader must not overlook."""
    if status.state == "paused":
        return Content("paused: nothing on this screen moves until space is pressed")
    if status.state == "gone":
        return Content(f"{status.trouble or 'the database does not answer'}; trying again every 2 s")
    if status.state == "stale":
        return Content("no commit for a while: is the agent running? hone check shows the stream")
    return None


class StatusBar(Vertical):
    """Two lines. On a narrow terminal the rate gives way first, then the name of the database is cut."""

    DEFAULT_CSS = """
    StatusBar { height: 2; background: $panel; padding: 0 1; }
    StatusBar > Horizontal { height: 1; }
    StatusBar LineOfText { width: auto; }
    StatusBar #status-where { max-width: 30; text-style: bold; color: $accent; }
    StatusBar #status-age { padding: 0 1; }
    StatusBar #status-gap { width: 1fr; }
    StatusBar #status-rate { color: $text-muted; padding: 0 0 0 1; }
    StatusBar #status-names { width: 1fr; }
    """
    status: reactive[Status] = reactive(Status(), repaint=False)

    def __init__(self, screen_name: str, *, ranged: bool) -> None:
        super().__init__()
        self._screen_name = screen_name
        self._ranged = ranged

    def compose(self) -> ComposeResult:
        """The parts of the first line, and the bar of names."""
        with Horizontal():
            for part in ("where", "age", "gap", "range", "rate"):
                yield LineOfText(f"status-{part}")
        yield LineOfText("status-names")

    def watch_status(self, status: Status) -> None:
        """Put it on the screen."""
        if not self.is_mounted:
            return
        said, style = age(status)
        self._put("where", Content.styled(status.database or "hone"))
        self._put("age", Content.styled(said, style))
        self._put("range", self._ranges(status.range) if self._ranged else Content(""))
        self._put("rate", Content(self._rate(status)))
        self._put("names", self._names(status.open_events))

    def _put(self, part: str, said: Content) -> None:
        self.query_one(f"#status-{part}", LineOfText).put(said)

    def on_mount(self) -> None:
        """What is known already."""
        self.watch_status(self.status)

    def on_resize(self) -> None:
        """The names stand closer where there is little room."""
        self._put("names", self._names(self.status.open_events))

    def _rate(self, status: Status) -> str:
        parts = [] if status.rate is None else [figures.rate(status.rate)]
        parts += [] if status.waiting is None else [f"{figures.short(status.waiting)} waiting"]
        return " · ".join([*parts, "text shown" if status.shows_text else "masked"])

    def _ranges(self, chosen: Range) -> Content:
        parts = []
        for each in RANGES:
            marked = each == chosen
            text = f"[{each.name}]" if marked else f" {each.name} "
            style = "bold $text-accent" if marked else "$foreground 60%"
            parts.append(Content.styled(text, f"{style} @click=app.range('{each.name}')"))
        return Content("").join(parts)

    def _names(self, open_events: int = 0) -> Content:
        parts = []
        gap = " " if self.size.width >= _ROOMY else ""
        for entry in SCREENS:
            here = entry.name == self._screen_name
            title = f"{entry.title} {open_events}" if entry.name == "events" and open_events else entry.title
            style = "reverse bold" if here else "$text-warning bold" if title != entry.title else ""
            parts.append(Content.styled(f" {entry.key} {title}{gap}", f"{style} @click=app.go('{entry.name}')"))
        return Content("").join(parts)
