"""Who spends: an application or a model with its spend, what to do about it, and the prompts of its calls. Enter on one of the overview comes here."""

from __future__ import annotations

from abc import abstractmethod
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from tui import cells, figures, spend_lines, text
from tui.cells import Columns
from tui.columns_chart import ColumnsChart
from tui.handing_out import as_markdown
from tui.live_screen import Blank, Follow, LiveScreen
from tui.live_table import Line, LiveTable
from tui.overview_view import OverviewView, could_of, read_overview
from tui.reading import Reading
from tui.tile import Tile

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from agent.report_caching import PromptFault, PromptTemplate, Restraint
    from agent.report_plan import Recommendation
    from agent.spend_hours import Hour, Spent
    from analyzers.spend.view import Row


class SpenderView(NamedTuple):
    """`whole` is the overview that it is a part of; `spent` is None where the range has no call of it."""

    whole: OverviewView
    spent: Row | None
    before: Row | None
    recommendations: tuple[Recommendation, ...]
    templates: tuple[PromptTemplate, ...]
    faults: tuple[PromptFault, ...]
    left: str
    """Why something about it was left alone, "" where nothing was."""


class Spender(LiveScreen[SpenderView]):
    """`name` as the log has it; None are the calls that name none. What kind of spender it is, its subclasses say."""

    NAME = "overview"
    RANGED = True
    KIND: ClassVar[str]
    """application or model."""
    NOBODY: ClassVar[str]
    """What the calls are called that name none."""
    OTHER: ClassVar[str]
    """The heading of what its prompts differ by."""
    DEFAULT_CSS = """
    Spender #about { padding: 0 1; height: 1; text-style: bold; }
    Spender #tiles { height: auto; }
    Spender.-narrow #tiles { layout: grid; grid-size: 2 2; grid-rows: 4; }
    Spender #middle { height: 1fr; min-height: 5; }
    Spender #next-box { width: 3fr; }
    Spender #chart-box { width: 2fr; }
    Spender.-narrow #chart-box, Spender.-low #chart-box { display: none; }
    Spender #left { padding: 0 1; height: auto; color: $text-muted; }
    Spender #prompts-box { height: auto; max-height: 40%; }
    Spender #prompts { height: auto; max-height: 12; }
    """

    def __init__(self, name: str | None) -> None:
        super().__init__()
        self._name = name

    # What a kind of spender is. (The metaclass of screens is Textual's own: that none is left out is the type checker's to see.)

    @abstractmethod
    def rows(self, spent: Spent | Hour) -> Sequence[Row]:
        """Where it is one of."""

    @abstractmethod
    def of(self, one: Recommendation | PromptTemplate | PromptFault) -> str | None:
        """Whose it is."""

    @abstractmethod
    def other(self, one: PromptTemplate) -> str:
        """What tells one of its prompts from the others."""

    def names(self, reading: Reading) -> Collection[str | None]:
        """What it is called in the newest analysis."""
        return (self._name,)

    @abstractmethod
    def left(self, one: Restraint, names: Collection[str | None]) -> str | None:
        """What of it is left alone, "" for all of it; None where this is not about it."""

    # What both have in common.

    def read(self, reading: Reading) -> SpenderView:
        """The overview, and of it what is about this one."""
        whole = read_overview(reading)
        report = reading.report()
        caching = None if report is None else report.prompt_caching
        names = self.names(reading)
        left = ((self.left(one, names), one) for one in whole.restraint)
        return SpenderView(
            whole,
            self._row(whole.spent),
            self._row(whole.before),
            tuple(one for one in whole.next if self.of(one) in names),
            () if caching is None else tuple(one for one in caching.templates if self.of(one) in names),
            () if caching is None else tuple(one for one in caching.faults if self.of(one) in names),
            "; ".join(
                dict.fromkeys(
                    f"{f'{what}, ' if what else ''}{one.lever.replace('_', ' ')}: {one.why}"
                    for what, one in left
                    if what is not None
                )
            ),
        )

    def _row(self, spent: Spent | Hour) -> Row | None:
        return next((row for row in self.rows(spent) if row.name == self._name), None)

    def body(self) -> ComposeResult:
        """Tiles, what to do beside its spend in time, and its prompts."""
        yield Static(id="about", markup=False)
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
                    "Do",
                    "A month",
                    "Alone",
                    "Risk",
                    right=(0, 2, 3),
                    flex=1,
                    drop=(3,),
                    least=44,
                    opens=True,
                )
                yield Static(id="left", markup=False)
            with Vertical(id="chart-box"):
                yield Static("Spend an hour", classes="heading", markup=False)
                yield ColumnsChart("chart")
        with Vertical(id="prompts-box"):
            yield Static(id="prompts-heading", classes="heading", markup=False)
            yield LiveTable(
                "prompts", self.OTHER, "Calls", "Fixed", "Varying", "From cache", "Could be", "First fault",
                right=(1, 2, 3, 4, 5), opens=True, flex=0, drop=(3, 2),
            )  # fmt: skip

    def blank(self, view: SpenderView) -> Blank | None:
        """Nothing of it in this range."""
        if view.spent is None and not view.templates and not view.recommendations:
            return Blank(f"No call of this {self.KIND} in this range.", "t chooses a longer one, esc goes back.")
        return None

    def show(self, view: SpenderView) -> None:
        """Everything of one reading."""
        self.query_one("#about", Static).update(
            Content.assemble(text.name(self._name or self.NOBODY, 60), text.said("  esc goes back", "quiet"))
        )
        self._tiles(view)
        table, analysed = self.query_one("#next", LiveTable), view.whole.analysed_at
        lines = spend_lines.advice(view.recommendations, about=False)
        said = "Not analysed yet" if analysed is None else "Do next" if lines else "Nothing to do"
        old = "" if analysed is None else f" · analysed {figures.ago(analysed, self.now)}"
        self.query_one("#next-heading", Static).update(Content(f"{said}{old}"))
        table.display = bool(lines)
        table.fill(lines)
        left = self.query_one("#left", Static)
        left.display = bool(view.left)
        left.update(Content(f"Left alone · {view.left}"))
        hours = self._hours(view)
        top = max((row.usd or Decimal(0) for row in hours if row is not None), default=Decimal(0))
        series = [float(row.usd or 0) if row is not None else 0.0 for row in hours]
        self.query_one("#chart", ColumnsChart).put([series], spend_lines.labels(view.whole.hours), figures.dollars(top))
        self.query_one("#prompts-heading", Static).update(
            Content(f"{figures.many(len(view.templates), 'prompt')} that its calls share · enter shows one")
        )
        prompts = self.query_one("#prompts", LiveTable)
        prompts.display = bool(view.templates)
        prompts.fill([self._prompt(one, view.faults) for one in view.templates])

    def markdown(self, view: SpenderView) -> str:
        """The figures and what to do."""
        row = view.spent
        lines = [
            f"## {cells.name(self._name or self.NOBODY, 60).text}",
            "",
            f"- spend in {self._range()}: {figures.dollars(row.usd if row else None)}",
            f"- calls: {row.calls if row else 0:,}",
            f"- could save a month: {figures.dollars(could_of(view.recommendations).likely)}",
        ]
        return "\n".join(lines) + "\n\n" + as_markdown(self.query_one("#next", LiveTable).columns_of_all())

    def export(self, view: SpenderView) -> Columns:
        """Hour by hour."""
        rows = [
            (hour, row.calls if row else 0, row.usd if row else None, spend_lines.input_of(row.tokens) if row else 0,
             row.tokens.output if row else 0)
            for hour, row in zip(spend_lines.labels(view.whole.hours), self._hours(view), strict=True)
        ]  # fmt: skip
        return Columns(("Hour", "Calls", "Spend", "In", "Out"), rows)

    @on(LiveTable.RowSelected, "#next")
    def _selected(self, event: LiveTable.RowSelected) -> None:
        if event.row_key.value is not None:
            self.app.post_message(Follow("savings", event.row_key.value))

    @on(LiveTable.RowSelected, "#prompts")
    def _prompt_selected(self, event: LiveTable.RowSelected) -> None:
        from tui.template import Template

        if event.row_key.value is not None:
            self.app.push_screen(Template(event.row_key.value))

    def _range(self) -> str:
        return self.reading.range.name if self.reading is not None else ""

    def _hours(self, view: SpenderView) -> list[Row | None]:
        def of(hour: Hour | None) -> Row | None:
            return None if hour is None else self._row(hour)

        return [of(hour) for hour in spend_lines.filled(view.whole.hours, view.whole.spent.hours)]

    def _tiles(self, view: SpenderView) -> None:
        row, whole, hours = view.spent, view.whole, self._hours(view)
        usd = None if row is None else row.usd
        tile = self.query_one("#spend", Tile)
        tile.border_title = f"Spend in {self._range()}"
        beside = "" if view.before is None else figures.change(whole.pace_before(view.before.usd or 0), usd or 0)
        share = f"{figures.percent(usd / whole.spent.usd)} of all" if usd is not None and whole.spent.usd else ""
        trend = [None if one is None else float(one.usd or 0) for one in hours]
        tile.put(figures.dollars(usd) if usd is not None else "not known", beside, share, trend)
        could = could_of(view.recommendations)
        bounds = f"{figures.dollars(could.low)} … {figures.dollars(could.high)}"
        self.query_one("#could", Tile).put(
            figures.dollars(could.likely), "", could.why if could.likely is None else bounds
        )
        calls = row.calls if row is not None else 0
        before = "" if view.before is None else figures.change(whole.pace_before(view.before.calls), calls)
        failed = f"{figures.percent(row.errors / row.calls, 1)} failed" if row is not None and row.errors else ""
        of_calls = f"{figures.percent(calls / whole.spent.calls)} of all" if whole.spent.calls else ""
        said = " · ".join(part for part in (of_calls, failed) if part)
        self.query_one("#calls", Tile).put(
            figures.short(calls), before, said, [None if one is None else one.calls for one in hours]
        )
        self.query_one("#cached", Tile).put(
            figures.percent(spend_lines.cached_of(row.tokens) if row is not None else None),
            "",
            "of input tokens",
            [None if one is None else spend_lines.cached_of(one.tokens) for one in hours],
        )

    def _prompt(self, one: PromptTemplate, faults: tuple[PromptFault, ...]) -> Line:
        own = [fault for fault in faults if fault.template == one.id]
        more = f" +{len(own) - 1}" if len(own) > 1 else ""
        fault = cells.words(f"{own[0].kind}{more}", "warn", own[0].kind) if own else cells.words("none", "quiet")
        return Line(
            one.id,
            (
                cells.name(self.other(one), 40),
                cells.count(one.calls),
                cells.count(one.static_tokens),
                cells.count(one.variable_tokens),
                cells.share(one.hit_ratio),
                cells.share(one.hit_ratio_restructured, "good" if own else "quiet"),
                fault,
            ),
        )
