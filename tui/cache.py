"""A cache of answers: what it would hit at which threshold, how often it would be wrong, and what it would save."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui import cells, figures, text
from tui.cache_lines import app_line, exact_lines, threshold_line
from tui.cells import Columns
from tui.handing_out import as_markdown
from tui.live_screen import Blank, LiveScreen
from tui.live_table import LiveTable
from tui.looks import NO_ANALYSIS, look_of
from tui.plot import Line as Curve
from tui.plot import Plot
from tui.reading import Reading
from tui.where import Where, go

if TYPE_CHECKING:
    from agent.report_response import ResponseCaching, Semantic


class CacheView(NamedTuple):
    """The section of the newest report, and how many pairs wait for a judge; None before the first."""

    found: ResponseCaching | None
    analysed: bool
    pairs: int


class Cache(LiveScreen[CacheView]):
    """Screen 4."""

    NAME = "cache"
    HELP_TEXT = (
        "Hits are those of a cache that was replayed over the calls of the log in their order; an answer is wrong where it differs from "
        "the one that the later call really got. At most is the bound of 95 % on the share of all requests that would be answered "
        "wrongly. A threshold is chosen only where that bound stays below the limit of the configuration."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "p", "pairs", "judge pairs", id="cache.pairs", tooltip="Say of uncertain pairs whether the answer was right"
        ),
    ]
    DEFAULT_CSS = """
    Cache #verdict { padding: 0 1; height: auto; }
    Cache #upper { height: 3fr; margin-top: 1; }
    Cache #plot-box { width: 1fr; padding: 0 1 0 0; }
    Cache #curve { width: 1fr; }
    Cache #lower { height: 2fr; margin-top: 1; }
    Cache #apps-box { width: 3fr; }
    Cache #exact-box { width: 2fr; padding: 0 1; border-left: vkey $panel; }
    Cache.-wide #plot-box { width: 3fr; }
    Cache.-wide #curve { width: 2fr; }
    Cache.-narrow #plot-box { display: none; }
    Cache.-low #lower { height: 7; }
    Cache.-narrow #lower { layout: vertical; }
    Cache.-narrow #apps-box { width: 1fr; height: 1fr; }
    Cache.-narrow #exact-box { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._begun = False

    def read(self, reading: Reading) -> CacheView:
        """From the newest report, and what is kept beside it."""
        report = reading.report()
        if report is None:
            return CacheView(None, False, 0)
        look = look_of(reading)
        return CacheView(report.response_caching, True, len(look.pairs) if look else 0)

    def body(self) -> ComposeResult:
        """The curve beside its figures, applications beside the exact cache."""
        yield Static(id="summary", classes="heading", markup=False)
        yield Static(id="verdict", markup=False)
        with Horizontal(id="upper"):
            with Vertical(id="plot-box"):
                yield Static(id="plot-heading", classes="heading", markup=False)
                yield Plot("plot")
            yield LiveTable(
                "curve", "Threshold", "Hits", "Likely", "Wrong ≤", "Of hits", "Pairs", "A month", "",
                right=(1, 2, 3, 4, 5, 6), opens=True, flex=7, drop=(5, 2, 4),
            )  # fmt: skip
        with Horizontal(id="lower"):
            with Vertical(id="apps-box"):
                yield Static("Each application with a threshold of its own", classes="heading", markup=False)
                yield LiveTable(
                    "apps", "Application", "Calls", "Exact", "Own", "Hits", "Wrong ≤", "A month", "Verdict",
                    right=(1, 2, 3, 4, 5, 6), flex=7, drop=(5, 1), opens=True,
                )  # fmt: skip
            with VerticalScroll(id="exact-box"):
                yield Static(id="exact", markup=False)

    def blank(self, view: CacheView) -> Blank | None:
        """What is missing, and where it comes from."""
        if not view.analysed:
            return NO_ANALYSIS
        if view.found is None or not view.found.calls:
            return Blank("No calls yet to answer from a cache.", "hone check shows what the stream sends.")
        if not view.found.eligible_calls:
            reasons = sorted(view.found.ineligible_by_reason.items(), key=lambda item: -item[1])
            said = ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in reasons[:4])
            return Blank(
                "No call could be answered from a cache.", f"Not to be answered because of: {said}." if said else ""
            )
        return None

    def show(self, view: CacheView) -> None:
        """Everything of one reading."""
        found = view.found
        assert found is not None
        semantic = found.semantic
        self.query_one("#summary", Static).update(self._summary(view))
        self.query_one("#verdict", Static).update(_verdict(semantic))
        table = self.query_one("#curve", LiveTable)
        table.fill([threshold_line(one, semantic) for one in semantic.curve])
        self.query_one("#apps", LiveTable).fill([app_line(one) for one in semantic.by_app])
        self.query_one("#exact", Static).update(Content("\n").join(exact_lines(found)))
        self.query_one("#plot-heading", Static).update(_legend(semantic))
        self._plot()

    def export(self, view: CacheView) -> Columns:
        """The table that has the focus, else the thresholds."""
        table = self.focused if isinstance(self.focused, LiveTable) else self.query_one("#curve", LiveTable)
        return table.columns_of_all()

    def markdown(self, view: CacheView) -> str | None:
        """The verdict and the thresholds."""
        if view.found is None:
            return None
        verdict = _verdict(view.found.semantic).plain
        return f"{verdict}\n\n{as_markdown(self.query_one('#curve', LiveTable).columns_of_all())}"

    @on(LiveTable.RowHighlighted, "#curve")
    def _moved(self) -> None:
        found = self.view.found if self.view is not None else None
        if not self._begun and found is not None:
            # Rows are there now: begin with the one that is proposed.
            self._begun = True
            if found.semantic.recommended_threshold is not None:
                self.query_one("#curve", LiveTable).choose(f"{found.semantic.recommended_threshold:.3f}")
        self._plot()

    @on(LiveTable.RowSelected, "#curve")
    def _selected(self) -> None:
        self.action_pairs()

    @on(LiveTable.RowSelected, "#apps")
    def _application(self, event: LiveTable.RowSelected) -> None:
        go(self.app, Where("application", event.row_key.value or ""))

    def action_pairs(self) -> None:
        """The pairs that nobody has judged."""
        from tui.pairs import Pairs

        self.app.push_screen(Pairs())

    def _summary(self, view: CacheView) -> Content:
        found = view.found
        assert found is not None
        semantic = found.semantic
        said = [
            f"{found.eligible_calls:,} of {found.calls:,} calls could be answered",
            f"exact repeats {figures.percent(found.exact.hit_rate, 1)}",
        ]
        if semantic.ttl_s is not None:
            said.append(f"entries live {figures.lasting(semantic.ttl_s)}")
        said.append(f"{semantic.judged_pairs_in_all:,} pairs, {view.pairs} to judge")
        return Content(" · ".join(said))

    def _plot(self) -> None:
        if self.view is None or self.view.found is None:
            return
        semantic = self.view.found.semantic
        plot = self.query_one("#plot", Plot)
        plot.display = len(semantic.curve) > 1
        if len(semantic.curve) < 2:
            return
        key = self.query_one("#curve", LiveTable).chosen
        here = next((one.threshold for one in semantic.curve if f"{one.threshold:.3f}" == key), None)
        chosen = semantic.recommended_threshold
        top = max(max(one.hit_rate, one.wrong_rate_high) for one in semantic.curve)
        step = next((each for each in (0.02, 0.05, 0.1, 0.2) if top / each <= 5), 0.25)
        low, high = semantic.curve[0].threshold, semantic.curve[-1].threshold
        marks = [low, *(n / 20 for n in range(1, 20) if low + 0.02 < n / 20 < high - 0.02), high]
        plot.fill(
            [
                Curve([(one.threshold, one.hit_rate) for one in semantic.curve], "braille", "primary"),
                Curve([(one.threshold, one.wrong_rate_high) for one in semantic.curve], "×", "error"),
            ],
            x=[(place, f"{place:.2f}") for place in marks],
            y=[(step * n, f"{100 * step * n:.0f} %") for n in range(int(top / step) + 2)],
            upright=[place for place in dict.fromkeys((chosen, here)) if place is not None],
            limits=(0.0, top * 1.05 or 1.0),
        )


def _legend(semantic: Semantic) -> Content:
    if len(semantic.curve) < 2:
        return Content(semantic.curve_reason or "no curve yet")
    return Content.assemble(
        ("⠒⠒", "$primary"),
        " hits  ",
        ("××", "$error"),
        f" wrong at most (limit {100 * semantic.max_wrong_rate:g} %)  ",
        ("│", "$accent"),
        " chosen, row",
    )


def _verdict(semantic: Semantic) -> Content:
    """What to do, in a sentence."""
    if semantic.recommended_threshold is not None:
        worth = f", saves {figures.dollars(semantic.saving_usd_month)} a month" if semantic.saving_usd_month else ""
        return Content.assemble(
            text.said(f"Use {semantic.recommended_threshold:.2f}", "good"),
            f": {figures.percent(semantic.hit_rate)} hits, at most {figures.percent(semantic.wrong_rate_high, 2)} of requests "
            f"answered wrongly ({semantic.judged_pairs:,} pairs){worth}",
        )
    alone = [one for one in semantic.by_app if one.recommended_threshold is not None]
    if alone:
        names = ", ".join(
            f"{cells.name(one.app or '(no app)', 24).text} at {one.recommended_threshold:.2f}" for one in alone[:4]
        )
        return Content.assemble(text.said("Not for all together", "warn"), f", but for {names}")
    why = semantic.recommended_threshold_reason or semantic.curve_reason or "nothing could be compared yet"
    return Content.assemble(text.said("Do not cache by similarity", "warn"), f": {why}")
