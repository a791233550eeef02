"""Fine-tuning: for each task whether it pays, what is missing, and from which volume which route would."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from agent.printable import printable
from tui import cells, figures
from tui.cells import Columns
from tui.handing_out import as_markdown
from tui.hanging import Hanging
from tui.live_screen import Blank, LiveScreen
from tui.live_table import LiveTable
from tui.looks import NO_ANALYSIS
from tui.plot import Line as Curve
from tui.plot import Plot
from tui.reading import Reading
from tui.tuning_lines import VERDICTS, gauge_lines, option_line, task_line

if TYPE_CHECKING:
    from agent.report_tuning import FineTuning, TuningOption, TuningTask

_CURVES = (("braille", "primary"), ("•", "warning"))
"""Marks and colours of the routes in the plot: the one under the cursor, and of the others the one that pays first."""


class TuningView(NamedTuple):
    """The section of the newest report; None before the first."""

    found: FineTuning | None
    analysed: bool


class Tuning(LiveScreen[TuningView]):
    """Screen 6."""

    NAME = "tuning"
    HELP_TEXT = (
        "A task is the calls of one application that share a template. Volumes and what answers lack are measured; money is modelled from "
        "the prices of the routes and [fine_tuning.assumptions], after prompt caching and a cheaper model have been counted. The plot is "
        "what a route saves a month at each volume: below nought it costs more than it saves."
    )
    DEFAULT_CSS = """
    Tuning #tasks { height: auto; max-height: 9; }
    Tuning #middle { height: 1fr; margin-top: 1; }
    Tuning #gauges { width: 1fr; padding: 0 1; }
    Tuning #plot-box { width: 1fr; border-left: vkey $panel; padding: 0 1; }
    Tuning #options { height: auto; max-height: 9; }
    Tuning.-narrow #plot-box { display: none; }
    Tuning.-low #options { max-height: 5; }
    Tuning.-low #tasks { max-height: 6; }
    Tuning #options-heading { margin-top: 1; }
    """

    def read(self, reading: Reading) -> TuningView:
        """From the newest report."""
        report = reading.report()
        return TuningView(None, False) if report is None else TuningView(report.fine_tuning, True)

    def body(self) -> ComposeResult:
        """Tasks, the gauges of the one under the cursor beside its curve, and its routes."""
        yield Static(id="summary", classes="heading", markup=False)
        yield LiveTable(
            "tasks", "Task", "Calls a month", "Pays from", "Reached", "Cost", "Saves", "Verdict", "Why",
            right=(1, 2, 3, 4, 5), flex=7, drop=(4, 5, 3, 1), opens=True,
        )  # fmt: skip
        with Horizontal(id="middle"):
            with VerticalScroll(id="gauges"):
                yield Hanging("gauge")
            with Vertical(id="plot-box"):
                yield Static(id="plot-heading", markup=False)
                yield Plot("plot")
        yield Static(id="options-heading", classes="heading", markup=False)
        yield LiveTable(
            "options", "Route", "Fixed a month", "A call", "Pays from", "Saves", "Months back", "Notes", "Prices",
            right=(1, 2, 3, 4, 5), flex=6, drop=(7, 5, 2, 1), opens=True,
        )  # fmt: skip

    def blank(self, view: TuningView) -> Blank | None:
        """What is missing, and where it comes from."""
        if not view.analysed:
            return NO_ANALYSIS
        if view.found is None or not view.found.tasks:
            return Blank(
                "No task to look at yet.",
                "A task is at least a few calls of one application that share a prompt, and come with their text:\n"
                "hone check says which calls come without.",
            )
        return None

    def show(self, view: TuningView) -> None:
        """Everything of one reading."""
        assert view.found is not None
        by = {verdict: sum(task.verdict == verdict for task in view.found.tasks) for verdict in VERDICTS}
        said = [f"{count} {VERDICTS[verdict][0][2:]}" for verdict, count in by.items() if count]
        rest = f" · prices of {view.found.prices_of}" if view.found.prices_of else ""
        self.query_one("#summary", Static).update(
            Content(f"{figures.many(len(view.found.tasks), 'task')}: {', '.join(said)}{rest}")
        )
        self.query_one("#tasks", LiveTable).fill([task_line(task) for task in view.found.tasks])
        self._detail()

    def markdown(self, view: TuningView) -> str | None:
        """The task under the cursor, with its routes."""
        task = self._chosen()
        if task is None or view.found is None:
            return None
        lines = [
            f"## {printable(task.label)}",
            "",
            *(f"- {line.plain}" for line in gauge_lines(task, view.found) if line.plain),
        ]
        return "\n".join(lines) + "\n\n" + as_markdown(self.query_one("#options", LiveTable).columns_of_all())

    def export(self, view: TuningView) -> Columns:
        """The table that has the focus, else the tasks."""
        table = self.focused if isinstance(self.focused, LiveTable) else self.query_one("#tasks", LiveTable)
        return table.columns_of_all()

    @on(LiveTable.RowHighlighted, "#tasks")
    def _moved(self) -> None:
        self._detail()

    @on(LiveTable.RowHighlighted, "#options")
    def _route_moved(self) -> None:
        task = self._chosen()
        if task is not None:
            self._curves(task)

    @on(LiveTable.RowSelected)
    def _selected(self, event: LiveTable.RowSelected) -> None:
        from tui.task import Task

        task = self._chosen()
        if task is not None:
            route = event.row_key.value if event.data_table.id == "options" else None
            self.app.push_screen(Task(task.id, at=route))

    def _chosen(self) -> TuningTask | None:
        if self.view is None or self.view.found is None:
            return None
        key = self.query_one("#tasks", LiveTable).chosen
        return next((task for task in self.view.found.tasks if task.id == key), None)

    def _detail(self) -> None:
        task = self._chosen()
        if task is None or self.view is None or self.view.found is None:
            return
        self.query_one("#gauge", Hanging).put(Content("\n").join(gauge_lines(task, self.view.found)))
        options = self.query_one("#options", LiveTable)
        heading = (
            f"Routes for {cells.name(task.label, 60).text}"
            if task.options
            else "No route: there is nothing to price yet"
        )
        self.query_one("#options-heading", Static).update(Content(heading))
        options.display = bool(task.options)
        options.fill([option_line(one) for one in task.options])
        self._curves(task)

    def _curves(self, task: TuningTask) -> None:
        """Of the route under the cursor, and of the other one that pays first."""
        plot, heading = self.query_one("#plot", Plot), self.query_one("#plot-heading", Static)
        key = self.query_one("#options", LiveTable).chosen
        priced = sorted(
            (one for one in task.options if one.breakeven_calls_month), key=lambda o: o.breakeven_calls_month or 0
        )
        here = [one for one in priced if one.route == key]
        drawn = [*here, *(one for one in priced if one not in here)][: len(_CURVES)]
        plot.display = bool(drawn)
        if not drawn:
            heading.update(Content("No route is cheaper at any volume: there is no curve."))
            return
        heading.update(_legend(drawn, task))
        most = 1.25 * max(task.calls_month, *(one.breakeven_calls_month or 0 for one in drawn[:2]))
        lines = [
            Curve([(x, one.saving_at(x) or 0.0) for x in (most * n / 60 for n in range(61))], mark, color)
            for one, (mark, color) in zip(drawn, _CURVES, strict=False)
        ]
        levels = [level for line in lines for _, level in line.points]
        plot.fill(
            lines,
            x=[(most * n / 4, figures.short(most * n / 4)) for n in range(5)],
            y=[(level, _money(level)) for level in (min(levels), min(levels) / 2, 0.0, max(levels)) if level or levels],
            upright=[float(task.calls_month)],
            level=0.0,
        )


def _money(level: float) -> str:
    return f"{'−' if level < 0 else ''}${figures.short(abs(level))}"


def _legend(drawn: list[TuningOption], task: TuningTask) -> Content:
    parts = [Content("Saves a month, by calls a month; │ today\n")]
    for one, (mark, color) in zip(drawn, _CURVES, strict=False):
        sign = "⠒" if mark == "braille" else mark
        parts.append(Content.assemble((f"{sign}{sign} ", f"${color}"), f"{cells.name(one.name, 40).text}  "))
    return Content("").join(parts)
