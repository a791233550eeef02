"""What changed: events that are open and those that have resolved themselves, each with its figures."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from agent.printable import printable
from tui import cells, figures, text
from tui.cells import Columns
from tui.hanging import Hanging
from tui.live_screen import Blank, LiveScreen
from tui.live_table import Line, LiveTable
from tui.reading import Reading
from tui.where import Where, go

if TYPE_CHECKING:
    from agent.store.read import StoredEventRow

_MOST = 500
_LABELS = {
    "usd_day": "money a day",
    "saving_usd_month": "saves a month",
    "hit_ratio_before": "cached before",
    "hit_ratio_now": "cached now",
    "hit_ratio_after": "cached now",
}
"""What figures of an event are called where their key does not say it well."""
_UNSAID = frozenset(("weight",))
"""For the agent: by how much it must change to be news."""


class EventsView(NamedTuple):
    """Open ones first, the newest of each first. `seen` says whether the agent has ever looked."""

    rows: tuple[StoredEventRow, ...]
    seen: bool


def key_of(row: StoredEventRow) -> str:
    """What names an event."""
    return f"{row.kind} {row.subject} {row.raised_at}"


class Events(LiveScreen[EventsView]):
    """Screen 8."""

    NAME = "events"
    HELP_TEXT = (
        "An event is raised once for what it is about and stays open until the facts are back to what they were. Figures are those "
        "that raised it; no event holds text of prompts."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "only_open", "open only", id="events.open", tooltip="Only events that are open, or all of them")
    ]
    DEFAULT_CSS = """
    Events #events { width: 3fr; }
    Events #event { width: 2fr; padding: 0 1; border-left: vkey $panel; }
    Events.-narrow #both { layout: vertical; }
    Events.-narrow #events { width: 1fr; height: 1fr; }
    Events.-narrow #event { width: 1fr; height: 1fr; border-left: none; border-top: hkey $panel; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._only_open = False

    def read(self, reading: Reading) -> EventsView:
        """The newest of them."""
        from agent.store import read

        found = read.events(reading.store.engine, _MOST)
        found.sort(key=lambda row: (row.resolved_at is not None, -row.raised_at))
        return EventsView(tuple(found), read.revision(reading.store.engine).number > 0)

    def body(self) -> ComposeResult:
        """The list, and the one under the cursor in full."""
        yield Static(id="summary", classes="heading", markup=False)
        with Horizontal(id="both"):
            yield LiveTable("events", "", "Since", "Kind", "What", flex=3, drop=(2,), opens=True)
            with VerticalScroll(id="event"):
                yield Hanging("detail")

    def blank(self, view: EventsView) -> Blank | None:
        """Nothing happened, which is good."""
        if view.rows:
            return None
        if not view.seen:
            return Blank("Nothing has been read yet.", "hone check shows what the stream sends; hone run reads it.")
        return Blank(
            "No event so far.",
            "The agent looks at the newest calls once a minute: a cache that gets worse, a prompt that changed and the like\n"
            "show here, open until they are mended.",
        )

    def show(self, view: EventsView) -> None:
        """The list and the detail."""
        still = sum(row.resolved_at is None for row in view.rows)
        rows = [row for row in view.rows if row.resolved_at is None or not self._only_open]
        said = f"{still} open · {len(view.rows) - still} resolved"
        self.query_one("#summary", Static).update(
            Content(said + (" (hidden, o shows them)" if self._only_open else ""))
        )
        self.query_one("#events", LiveTable).fill([self._line(row) for row in rows])
        self._detail()

    def markdown(self, view: EventsView) -> str | None:
        """The event under the cursor."""
        row = self._chosen()
        if row is None:
            return None
        lines = [f"**{printable(row.kind)}**: {printable(row.message, 600)}", ""]
        lines += [f"- {label}: {value}" for label, value in self._facts(row)]
        return "\n".join(lines) + "\n"

    def export(self, view: EventsView) -> Columns:
        """All of them."""
        return Columns(
            ("Kind", "Subject", "At", "Raised at", "Resolved at", "Message"),
            [(row.kind, row.subject, row.at, row.raised_at, row.resolved_at, row.message) for row in view.rows],
        )

    def action_only_open(self) -> None:
        """Hide what is over, or show it."""
        self._only_open = not self._only_open
        if self.view is not None:
            self.show(self.view)

    @on(LiveTable.RowHighlighted, "#events")
    def _moved(self) -> None:
        self._detail()

    @on(LiveTable.RowSelected, "#events")
    def _selected(self) -> None:
        """To what it is about: the recommendation, the prompt, or the application."""
        row = self._chosen()
        if row is None:
            return
        recommendation, template, app = (row.data.get(name) for name in ("recommendation", "template", "app"))
        if isinstance(recommendation, str):
            go(self.app, Where("savings", recommendation))
        elif isinstance(template, str):
            go(self.app, Where("prompt", template))
        elif isinstance(app, str):
            go(self.app, Where("application", app))
        else:
            self.notify("there is no screen of what this is about", severity="information")

    def _line(self, row: StoredEventRow) -> Line:
        over = row.resolved_at is not None
        return Line(
            key_of(row),
            (
                cells.words("✓ over" if over else "● open", "quiet" if over else "warn"),
                cells.time(row.at, self.now, "quiet" if over else ""),
                cells.name(row.kind, 22, "quiet" if over else ""),
                cells.name(row.message, 300, "quiet" if over else ""),
            ),
        )

    def _chosen(self) -> StoredEventRow | None:
        key = self.query_one("#events", LiveTable).chosen
        return next((row for row in self.view.rows if key_of(row) == key), None) if self.view else None

    def _detail(self) -> None:
        row = self._chosen()
        if row is None:
            self.query_one("#detail", Hanging).put("")
            return
        facts: list[tuple[str, Content | str]] = [(label, value) for label, value in self._facts(row)]
        head = Content.assemble(text.name(row.kind), "\n\n", text.name(row.message, 600, ""), "\n\n")
        self.query_one("#detail", Hanging).put(Content.assemble(head, text.pairs(facts, 15)))

    def _facts(self, row: StoredEventRow) -> list[tuple[str, str]]:
        over = f"{figures.moment(row.resolved_at, self.now)} UTC" if row.resolved_at is not None else "no, still open"
        facts = [
            ("happened", f"{figures.moment(row.at, self.now)} UTC, {figures.ago(row.at, self.now)}"),
            ("raised", f"{figures.moment(row.raised_at, self.now)} UTC"),
            ("resolved", over),
            ("subject", printable(row.subject, 120)),
        ]
        for label, value in row.data.items():
            if value not in (None, row.subject) and label not in _UNSAID and not isinstance(value, dict | list):
                said = _LABELS.get(label, label.replace("_", " "))
                facts.append((printable(said, 20), printable(_figure(label, value), 120)))
        return facts


def _figure(label: str, value: object) -> str:
    if isinstance(value, float) and "ratio" in label:
        return figures.percent(value, 1)
    if isinstance(value, float) and value > 1e9:
        return f"{figures.moment(value, 0.0)} UTC"
    if "usd" in label and isinstance(value, str | float):
        return figures.dollars(Decimal(str(value)))
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
