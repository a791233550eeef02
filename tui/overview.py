"""Is it alive, what does it cost, what is the next thing to do, and where does the money go."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from tui import cells, figures, spend_lines
from tui.cells import Columns
from tui.columns_chart import MOST, PATTERNS, ColumnsChart, pattern
from tui.handing_out import as_markdown
from tui.live_screen import Blank, Follow, LiveScreen
from tui.live_table import Line, LiveTable
from tui.overview_view import OverviewView, read_overview
from tui.reading import Reading
from tui.tile import Tile
from tui.where import restraint_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.spend_hours import Hour
    from analyzers.spend.view import Row


class Overview(LiveScreen[OverviewView]):
    """Screen 1."""

    NAME = "overview"
    RANGED = True
    HELP_TEXT = (
        "Spend, calls and the cached share are of the chosen range; an arrow compares with the stretch of the same length before it. "
        "What could be saved is of the newest analysis, a month of 730 hours: each recommendation is counted after those above it, so "
        "they add up; its bounds are the sums of theirs."
    )
    DEFAULT_CSS = """
    Overview #tiles { height: auto; }
    Overview.-narrow #tiles { layout: grid; grid-size: 2 2; grid-rows: 4; }
    Overview #middle { height: 1fr; min-height: 6; }
    Overview #next-box { width: 3fr; }
    Overview #next { height: auto; max-height: 100%; }
    Overview #restraint.-below { margin-top: 1; }
    Overview.-narrow #restraint.-below, Overview.-low #restraint.-below { display: none; }
    Overview #chart-box { width: 2fr; }
    Overview.-wide #chart-box { width: 3fr; }
    Overview.-narrow #chart-box, Overview.-low #chart-box { display: none; }
    Overview #where { height: auto; max-height: 45%; }
    Overview #where LiveTable { height: auto; max-height: 12; }
    Overview.-low #where { max-height: 6; }
    Overview #apps-box, Overview #models-box { width: 1fr; height: auto; }
    Overview.-narrow #models-box { display: none; }
    """

    def read(self, reading: Reading) -> OverviewView:
        """See `tui.overview_view`."""
        return read_overview(reading)

    def body(self) -> ComposeResult:
        """Tiles, what to do next beside the spend in time, and who spends it."""
        with Horizontal(id="tiles"):
            yield Tile("Spend", "spend")
            yield Tile("Could save a month", "could")
            yield Tile("Calls", "calls")
            yield Tile("Input from cache", "cached")
        with Horizontal(id="middle"):
            with Vertical(id="next-box"):
                yield Static(id="next-heading", classes="heading", markup=False)
                yield LiveTable(
                    "next",
                    "",
                    "About",
                    "Do",
                    "A month",
                    "Alone",
                    "Risk",
                    right=(0, 3, 4),
                    flex=2,
                    drop=(4,),
                    least=36,
                    opens=True,
                )
                yield LiveTable("restraint", "About", "Not worth it", "Why", flex=2, opens=True)
            with Vertical(id="chart-box"):
                yield Static(id="chart-heading", classes="heading", markup=False)
                yield ColumnsChart("chart")
        with Horizontal(id="where"):
            with Vertical(id="apps-box"):
                yield Static("Where it goes: applications", classes="heading", markup=False)
                yield LiveTable(
                    "apps",
                    "Application",
                    *spend_lines.SPENDER,
                    right=(1, 2, 3, 4),
                    flex=0,
                    drop=(3, 2),
                    least=18,
                    opens=True,
                )
            with Vertical(id="models-box"):
                yield Static("Where it goes: models", classes="heading", markup=False)
                yield LiveTable(
                    "models",
                    "",
                    "Model",
                    *spend_lines.SPENDER,
                    right=(2, 3, 4, 5),
                    flex=1,
                    drop=(4, 3),
                    least=20,
                    opens=True,
                )

    def blank(self, view: OverviewView) -> Blank | None:
        """Before the first call."""
        if view.spent.calls:
            return None
        return Blank(
            "No calls yet.",
            "hone check shows what the stream sends and what is wrong with it; hone run reads it.\n"
            "hone report FILE looks at a file of logs, and hone demo shows all of this on a stream of its own.",
        )

    def show(self, view: OverviewView) -> None:
        """Everything of one reading."""
        self._tiles(view)
        self._next(view)
        self._chart(view)
        usd = view.spent.usd
        self.query_one("#apps", LiveTable).fill([spend_lines.spender(row, usd) for row in view.spent.by_app])
        priced = sum(row.usd is not None for row in view.spent.by_model)
        models = [
            spend_lines.spender(row, usd, pattern(index, priced)) for index, row in enumerate(view.spent.by_model)
        ]
        self.query_one("#models", LiveTable).fill(models)

    def export(self, view: OverviewView) -> Columns:
        """The table that has the focus, else the applications."""
        table = self.focused if isinstance(self.focused, LiveTable) else self.query_one("#apps", LiveTable)
        return table.columns_of_all()

    def markdown(self, view: OverviewView) -> str:
        """The figures and who spends."""
        lines = [
            f"- spend in {self._range()}: {figures.dollars(view.spent.usd if view.spent.priced else None)}",
            f"- calls: {view.spent.calls:,}",
            f"- could save a month: {figures.dollars(view.could.likely)} {view.could.why}".rstrip(),
            f"- input from cache: {figures.percent(spend_lines.cached_of(view.spent.tokens))} of {figures.percent(view.possible_cached)}",
        ]
        return "\n".join(lines) + "\n\n" + as_markdown(self.query_one("#apps", LiveTable).columns_of_all())

    @on(LiveTable.RowSelected, "#next")
    def _selected(self, event: LiveTable.RowSelected) -> None:
        """To the recommendation itself."""
        if event.row_key.value is not None:
            self.app.post_message(Follow("savings", event.row_key.value))

    @on(LiveTable.RowSelected, "#restraint")
    def _left_alone(self, event: LiveTable.RowSelected) -> None:
        """To its reason in full."""
        if event.row_key.value is not None:
            self.app.post_message(Follow("savings", event.row_key.value))

    @on(LiveTable.RowSelected, "#apps")
    def _application(self, event: LiveTable.RowSelected) -> None:
        """To the application itself."""
        from tui.application import Application

        found = self._spender(event, [] if self.view is None else self.view.spent.by_app)
        if found is not None:
            self.app.push_screen(Application(found.name))

    @on(LiveTable.RowSelected, "#models")
    def _model(self, event: LiveTable.RowSelected) -> None:
        """To the model itself."""
        from tui.model import Model

        found = self._spender(event, [] if self.view is None else self.view.spent.by_model)
        if found is not None:
            self.app.push_screen(Model(found.name))

    def _spender(self, event: LiveTable.RowSelected, rows: Sequence[Row]) -> Row | None:
        return next((row for row in rows if repr(row.name) == event.row_key.value), None)

    def _range(self) -> str:
        return self.reading.range.name if self.reading is not None else ""

    def _tiles(self, view: OverviewView) -> None:
        spent, before = view.spent, view.before
        whole = spend_lines.filled(view.hours, view.spent.hours)
        money = figures.dollars(spent.usd) if spent.priced else "not known"
        if view.hours.past and spent.hours:
            ended = f"ends {datetime.fromtimestamp((spent.hours[-1].hour + 1) * 3_600, UTC):%m-%d %H:%M}"
        else:
            ended = figures.change(view.pace_before(before.usd), spent.usd)
        month = (
            f"{figures.dollars(view.month_usd)} a month at this pace"
            if view.month_usd is not None
            else "too short for a month"
        )
        if spent.unpriced_calls and spent.priced:
            month = f"{figures.dollars(view.month_usd)}/mo · {figures.short(spent.unpriced_calls)} unpriced"
        tile = self.query_one("#spend", Tile)
        tile.border_title = f"Spend in {self._range()}"
        tile.put(money, ended, month, [None if hour is None else float(hour.usd) for hour in whole])

        could = view.could
        if could.likely is None:
            self.query_one("#could", Tile).put(figures.DASH, "", could.why)
        else:
            month_usd = view.report_month_usd
            of = f"{figures.percent(could.likely / month_usd)} of spend" if month_usd else ""
            bounds = f"{figures.dollars(could.low)} … {figures.dollars(could.high)}"
            self.query_one("#could", Tile).put(figures.dollars(could.likely), of, bounds)

        p95 = f" · p95 {spent.latency.p95:.1f} s" if spent.latency.p95 is not None else ""
        errors = f" · {figures.percent(spent.errors / spent.calls)} failed" if spent.errors > spent.calls / 100 else ""
        self.query_one("#calls", Tile).put(
            figures.short(spent.calls),
            figures.change(view.pace_before(before.calls), spent.calls),
            f"{figures.rate(view.calls_a_second)}{p95}{errors}",
            [None if hour is None else hour.calls for hour in whole],
        )
        share = spend_lines.cached_of(spent.tokens)
        self.query_one("#cached", Tile).put(
            figures.percent(share),
            f"of {figures.percent(view.possible_cached)} possible" if view.possible_cached is not None else "",
            "of input tokens",
            [
                None if hour is None else _share(hour.tokens.cache_read, spend_lines.input_of(hour.tokens))
                for hour in whole
            ],
        )

    def _next(self, view: OverviewView) -> None:
        heading = self.query_one("#next-heading", Static)
        table = self.query_one("#next", LiveTable)
        if view.analysed_at is None:
            heading.update(Content("Do next · not analysed yet: that comes soon after the first calls"))
        else:
            old = figures.ago(view.analysed_at, self.now)
            heading.update(Content(f"Do next · analysed {old} · {len(view.next)} open, 2 shows all"))
        lines = spend_lines.advice(view.next)
        table.fill(lines)
        analysed = view.analysed_at is not None
        if analysed and not lines:
            heading.update(Content(f"Nothing to do · analysed {figures.ago(view.analysed_at, self.now)}"))
        table.display = bool(lines) or not analysed
        kept = self.query_one("#restraint", LiveTable)
        kept.set_class(bool(lines), "-below")
        kept.display = bool(view.restraint)
        kept.fill(
            [
                Line(
                    restraint_key(number),
                    (
                        cells.name(one.subject.split(" · ")[0], 18, "quiet"),
                        cells.words(one.lever.replace("_", " "), "quiet"),
                        cells.name(one.why, 200, "quiet"),
                    ),
                )
                for number, one in enumerate(view.restraint)
            ]
        )

    def _chart(self, view: OverviewView) -> None:
        hours = spend_lines.filled(view.hours, view.spent.hours)
        top = max((hour.usd for hour in hours if hour is not None), default=Decimal(0))
        rows = [row for row in view.spent.by_model if row.usd is not None]
        named = [row.name for row in rows[: MOST if len(rows) <= MOST else MOST - 1]]
        series = [[_of(hour, name) for hour in hours] for name in named]
        if len(rows) > MOST:
            series.append([_of_others(hour, named) for hour in hours])
        said = f"Spend an hour · {''.join(PATTERNS[: len(series)])} are the models below" if series else "Spend an hour"
        self.query_one("#chart-heading", Static).update(Content(said))
        labels = spend_lines.labels(view.hours)
        self.query_one("#chart", ColumnsChart).put(series, labels, figures.dollars(top))


def _of_others(hour: Hour | None, named: list[str | None]) -> float:
    return 0.0 if hour is None else float(sum(row.usd or 0 for row in hour.by_model if row.name not in named))


def _of(hour: Hour | None, name: str | None) -> float:
    return 0.0 if hour is None else float(sum(row.usd or 0 for row in hour.by_model if row.name == name))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
