"""Kinds of request: what is asked in other words again and again, what it costs, and how often it is asked letter for letter."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui import figures, text
from tui.cells import Columns
from tui.handing_out import as_markdown
from tui.hanging import Hanging
from tui.kind_lines import examples, facts, kind_line
from tui.live_screen import Blank, LiveScreen
from tui.live_table import LiveTable
from tui.looks import NO_ANALYSIS, Shown, shown_by
from tui.reading import Reading

if TYPE_CHECKING:
    from agent.report_response import ResponseCaching


class KindsView(NamedTuple):
    """The section that the kinds stand in; `show` makes an example fit to be drawn. None before the first analysis."""

    found: ResponseCaching | None
    analysed: bool
    show: Shown


class Kinds(LiveScreen[KindsView]):
    """Screen 5."""

    NAME = "kinds"
    HELP_TEXT = (
        "Requests of one kind ask the same in other words; they are found by the similarity of their texts, and a kind keeps its id from "
        "analysis to analysis. Repeats is the share that was asked before letter for letter. Shares are of the "
        "application's calls. The trend is over the period of the analysis, against its mean."
    )
    DEFAULT_CSS = """
    Kinds #kinds { width: 3fr; }
    Kinds #kind { width: 2fr; padding: 0 1; border-left: vkey $panel; }
    Kinds.-narrow #both { layout: vertical; }
    Kinds.-narrow #kinds { width: 1fr; height: 2fr; }
    Kinds.-narrow #kind { width: 1fr; height: 1fr; border-left: none; border-top: hkey $panel; }
    """

    def read(self, reading: Reading) -> KindsView:
        """From the newest report."""
        report = reading.report()
        show = shown_by(reading)
        return KindsView(None, False, show) if report is None else KindsView(report.response_caching, True, show)

    def body(self) -> ComposeResult:
        """The list, and the one under the cursor in full."""
        yield Static(id="summary", classes="heading", markup=False)
        with Horizontal(id="both"):
            yield LiveTable(
                "kinds", "Kind", "Application", "Calls", "Share", "A month", "Repeats", "Trend",
                right=(2, 3, 4, 5), flex=0, drop=(3, 5, 1), least=18, opens=True,
            )  # fmt: skip
            with VerticalScroll(id="kind"):
                yield Hanging("detail")

    def blank(self, view: KindsView) -> Blank | None:
        """What is missing, and where it comes from."""
        if not view.analysed:
            return NO_ANALYSIS
        if view.found is None or not view.found.clusters:
            return Blank(
                "No kinds of request yet.",
                "They are found where at least a few dozen requests of an application come with their text:\n"
                "hone check says which calls come without.",
            )
        return None

    def show(self, view: KindsView) -> None:
        """The list and the detail."""
        assert view.found is not None
        kinds = view.found.clusters
        covered = sum(one.calls for one in kinds) / max(view.found.calls, 1)
        said = (
            f"{figures.many(len(kinds), 'kind')} of request: {figures.percent(covered)} of {view.found.calls:,} calls"
        )
        self.query_one("#summary", Static).update(Content(f"{said} · enter shows one"))
        self.query_one("#kinds", LiveTable).fill([kind_line(one) for one in kinds])
        self._detail()

    def markdown(self, view: KindsView) -> str:
        """The list."""
        return as_markdown(self.query_one("#kinds", LiveTable).columns_of_all())

    def export(self, view: KindsView) -> Columns | None:
        """All of them, without examples."""
        if view.found is None:
            return None
        names = ("Id", "Kind", "Application", "Calls", "Share", "USD a month", "Repeats", "Trend")
        rows = [
            (one.id, one.label, one.app, one.calls, one.share, one.usd_month, one.repeat_rate, one.trend)
            for one in view.found.clusters
        ]
        return Columns(names, rows)

    @on(LiveTable.RowHighlighted, "#kinds")
    def _moved(self) -> None:
        self._detail()

    @on(LiveTable.RowSelected, "#kinds")
    def _selected(self, event: LiveTable.RowSelected) -> None:
        from tui.kind import Kind

        if event.row_key.value is not None:
            self.app.push_screen(Kind(event.row_key.value))

    def _detail(self) -> None:
        key = self.query_one("#kinds", LiveTable).chosen
        view = self.view
        kinds = view.found.clusters if view is not None and view.found is not None else []
        one = next((each for each in kinds if each.id == key), None)
        if one is None or view is None:
            self.query_one("#detail", Hanging).put("")
            return
        parts = [text.name(one.label, 200), Content(""), facts(one)]
        if one.examples:
            parts += [Content(""), examples(one, view.show, 300)]
        self.query_one("#detail", Hanging).put(Content("\n").join(parts))
