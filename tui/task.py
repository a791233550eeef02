"""One task: all that its answers show, every route with its figures, and what else is told of its application."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from agent.printable import markdown_code
from tui import text
from tui.cells import Columns
from tui.handing_out import as_markdown
from tui.hanging import Hanging
from tui.leads import Lead, Leads, leads_of
from tui.live_screen import Blank, LiveScreen
from tui.live_table import LiveTable
from tui.reading import Reading
from tui.task_lines import alike, other_ways, route_facts
from tui.tuning_lines import gauge_lines, option_line

if TYPE_CHECKING:
    from agent.report_tuning import FineTuning, TuningTask


class TaskView(NamedTuple):
    """None where the newest analysis does not have it (any more)."""

    task: TuningTask | None
    found: FineTuning | None
    leads: tuple[Lead, ...]


class Task(LiveScreen[TaskView]):
    """One level below fine-tuning; `at` is the route to begin with."""

    NAME = "tuning"
    FIRST = "#routes"
    HELP_TEXT = (
        "Signals are counted in the calls that could show them; a hint is no failure by itself. Other ways are what the same calls would "
        "cost on a cheaper model, or as batch. Money of routes is modelled from their prices and [fine_tuning.assumptions]."
    )
    DEFAULT_CSS = """
    Task #about { padding: 0 1; height: auto; }
    Task #middle { height: 1fr; margin-top: 1; }
    Task #gauges { width: 1fr; padding: 0 1; }
    Task #routes-box { width: 1fr; border-left: vkey $panel; }
    Task #routes { height: auto; max-height: 60%; }
    Task #route { height: 1fr; padding: 0 1; margin-top: 1; }
    Task.-narrow #middle { layout: vertical; }
    Task.-narrow #gauges, Task.-narrow #routes-box { width: 1fr; height: 1fr; border-left: none; }
    Task.-narrow #route { display: none; }
    Task.-narrow #routes { max-height: 100%; }
    Task #leads-box { height: auto; max-height: 35%; margin-top: 1; }
    Task #leads { height: auto; max-height: 12; }
    """

    def __init__(self, identity: str, *, at: str | None = None) -> None:
        super().__init__()
        self._identity = identity
        self._at = at

    def read(self, reading: Reading) -> TaskView:
        """From the newest report."""
        report = reading.report()
        found = report.fine_tuning if report is not None else None
        task = next((one for one in found.tasks if one.id == self._identity), None) if found is not None else None
        leads = leads_of(report, task.app, without="task") if report is not None and task is not None else ()
        return TaskView(task, found, leads)

    def body(self) -> ComposeResult:
        """Gauges beside the routes, and where to go from here."""
        yield Static(id="about", markup=False)
        with Horizontal(id="middle"):
            with VerticalScroll(id="gauges"):
                yield Hanging("gauge")
            with Vertical(id="routes-box"):
                yield Static(id="routes-heading", classes="heading", markup=False)
                yield LiveTable(
                    "routes", "Route", "Fixed a month", "A call", "Pays from", "Saves", "Months back", "Notes", "Prices",
                    right=(1, 2, 3, 4, 5), flex=0, drop=(7, 6, 5, 2, 1), least=24,
                )  # fmt: skip
                with VerticalScroll(id="route"):
                    yield Hanging("facts")
        with Vertical(id="leads-box"):
            yield Static("Of the same application · enter goes there", classes="heading", markup=False)
            yield Leads("leads")

    def blank(self, view: TaskView) -> Blank | None:
        """Gone."""
        if view.task is None:
            return Blank("This task is not in the newest analysis any more.", "esc goes back to those that are.")
        return None

    def show(self, view: TaskView) -> None:
        """Everything of one reading."""
        task, found = view.task, view.found
        assert task is not None
        assert found is not None
        about = Content.assemble(text.name(task.label, 100), text.said("  esc goes back", "quiet"))
        self.query_one("#about", Static).update(about)
        lines = [*gauge_lines(task, found, signals=None), *other_ways(task), *alike(task)]
        self.query_one("#gauge", Hanging).put(Content("\n").join(lines))
        heading = f"Routes · prices of {found.prices_of}" if task.options else "No route: there is nothing to price yet"
        self.query_one("#routes-heading", Static).update(Content(heading))
        routes = self.query_one("#routes", LiveTable)
        routes.display = bool(task.options)
        routes.fill([option_line(one) for one in task.options])
        if self._at is not None:
            self.find(self._at)
            self._at = None
        self.query_one("#leads", Leads).put(view.leads)
        self._route()

    def markdown(self, view: TaskView) -> str | None:
        """All of it."""
        if view.task is None or view.found is None:
            return None
        lines = [*gauge_lines(view.task, view.found, signals=None), *other_ways(view.task), *alike(view.task)]
        head = [
            f"## {markdown_code(view.task.label, 100)}",
            "",
            *(f"- {line.plain.strip()}" for line in lines if line.plain),
        ]
        return "\n".join(head) + "\n\n" + as_markdown(self.query_one("#routes", LiveTable).columns_of_all())

    def export(self, view: TaskView) -> Columns:
        """The routes."""
        return self.query_one("#routes", LiveTable).columns_of_all()

    @on(LiveTable.RowHighlighted, "#routes")
    def _moved(self) -> None:
        self._route()

    def _route(self) -> None:
        """The one under the cursor in full."""
        task = self.view.task if self.view is not None else None
        key = self.query_one("#routes", LiveTable).chosen
        one = next((each for each in task.options if each.route == key), None) if task is not None else None
        self.query_one("#facts", Hanging).put("" if one is None or task is None else route_facts(one, task))
