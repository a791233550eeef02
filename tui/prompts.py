"""The prompts that calls share: which are read from the provider's cache, what breaks that, and what mending it saves."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from agent.printable import printable
from agent.report_table import alone
from tui import cells, figures, text
from tui.cells import Columns
from tui.handing_out import as_markdown
from tui.hanging import Hanging
from tui.live_screen import Blank, LiveScreen
from tui.live_table import Line, LiveTable
from tui.looks import NO_ANALYSIS
from tui.reading import Reading

if TYPE_CHECKING:
    from agent.report_caching import PromptCaching, PromptFault, PromptTemplate

WHERE = {"system": "system prompt", "tools": "tools", "message": "messages"}


class PromptsView(NamedTuple):
    """The section of the newest report, and why nothing is proposed for some (by application and model); None before the first."""

    caching: PromptCaching | None
    analysed: bool
    restraint: dict[str, str]


def read_prompts(reading: Reading) -> PromptsView:
    """From the newest report. Raises StoreUnavailable."""
    report = reading.report()
    if report is None:
        return PromptsView(None, False, {})
    left = {one.subject: one.why for one in report.restraint if one.lever == "prompt_caching"}
    return PromptsView(report.prompt_caching, True, left)


def place(fault: PromptFault) -> str:
    """Where a fault stands, in words."""
    where = WHERE[fault.segment] if fault.segment == "system" else f"{WHERE[fault.segment]} {fault.position}"
    return f"{where}, {fault.start:,}–{fault.end:,}" if fault.end > fault.start else where


def gain(faults: Sequence[PromptFault]) -> Decimal | None:
    """What mending all of them saves a month; None where no figure is known."""
    known = [fault.saving_usd_month for fault in faults if fault.saving_usd_month is not None]
    return sum(known, Decimal(0)) if known else None


class Prompts(LiveScreen[PromptsView]):
    """Screen 3."""

    NAME = "prompts"
    HELP_TEXT = (
        "A template is a prompt that many calls share, found from their texts. From cache is the share of its input tokens that the "
        "provider's cache serves today, simulated by the provider's rules; could be is the same with its faults mended. Each fault "
        "saves what is left after the ones above it."
    )
    DEFAULT_CSS = """
    Prompts #templates { height: auto; max-height: 60%; }
    Prompts #faults-box { height: 1fr; margin-top: 1; }
    Prompts #faults { height: auto; max-height: 8; }
    Prompts #fix { padding: 1 1 0 1; }
    Prompts.-low #templates { max-height: 45%; }
    Prompts.-low #faults { max-height: 4; }
    """

    def read(self, reading: Reading) -> PromptsView:
        """From the newest report."""
        return read_prompts(reading)

    def body(self) -> ComposeResult:
        """Templates above, the faults of the one under the cursor below."""
        yield Static(id="summary", classes="heading", markup=False)
        yield LiveTable(
            "templates", "Application", "Model", "Calls", "Fixed", "Varying", "From cache", "Could be", "A month", "First fault",
            right=(2, 3, 4, 5, 6, 7), opens=True, drop=(4, 3, 8),
        )  # fmt: skip
        with Vertical(id="faults-box"):
            yield Static(id="faults-heading", classes="heading", markup=False)
            yield LiveTable(
                "faults", "Fault", "Where", "Calls", "Behind it", "A month", right=(2, 3, 4), opens=True, flex=1
            )
            with VerticalScroll():
                yield Hanging("fix")

    def blank(self, view: PromptsView) -> Blank | None:
        """What is missing, and where it comes from."""
        if not view.analysed:
            return NO_ANALYSIS
        if view.caching is None or not view.caching.templates:
            why = (
                "The log has neither prompts nor block hashes."
                if view.caching and view.caching.calls
                else "No calls yet."
            )
            return Blank(
                f"No prompt that calls share has been found. {why}",
                "A prompt is compared where the log has its text: hone check says what each producer leaves out,\n"
                "and which setting of it changes that.",
            )
        return None

    def show(self, view: PromptsView) -> None:
        """Both tables."""
        assert view.caching is not None
        self.query_one("#summary", Static).update(self._summary(view.caching))
        self.query_one("#templates", LiveTable).fill([self._line(one, view.caching) for one in view.caching.templates])
        self._faults()

    def markdown(self, view: PromptsView) -> str | None:
        """The templates as a table, and what to do about the one under the cursor."""
        chosen = self._chosen()
        if chosen is None:
            return None
        lines = [f"## {printable(chosen.app)} on {printable(chosen.model)}", ""]
        for number, fault in enumerate(self._faults_of(chosen), 1):
            worth = (
                f" ({figures.dollars(fault.saving_usd_month)} a month)" if fault.saving_usd_month is not None else ""
            )
            lines.append(f"{number}. {fault.kind}, {place(fault)}{worth}: {printable(fault.fix, 400)}")
        return "\n".join(lines) + "\n\n" + as_markdown(self.query_one("#templates", LiveTable).columns_of_all())

    def export(self, view: PromptsView) -> Columns:
        """The table that has the focus, else the templates."""
        table = self.focused if isinstance(self.focused, LiveTable) else self.query_one("#templates", LiveTable)
        return table.columns_of_all()

    @on(LiveTable.RowHighlighted, "#templates")
    def _moved(self) -> None:
        self._faults()

    @on(LiveTable.RowHighlighted, "#faults")
    def _fault_moved(self) -> None:
        self._fix()

    @on(LiveTable.RowSelected)
    def _selected(self, event: LiveTable.RowSelected) -> None:
        from tui.template import Template

        chosen = self._chosen()
        if chosen is not None:
            key = event.row_key.value if event.data_table.id == "faults" else None
            self.app.push_screen(Template(chosen.id, at=key and key.split()[0]))

    def _chosen(self) -> PromptTemplate | None:
        if self.view is None or self.view.caching is None:
            return None
        key = self.query_one("#templates", LiveTable).chosen
        return next((one for one in self.view.caching.templates if one.id == key), None)

    def _faults_of(self, one: PromptTemplate) -> list[PromptFault]:
        caching = self.view.caching if self.view is not None else None
        return [] if caching is None else [fault for fault in caching.faults if fault.template == one.id]

    def _summary(self, caching: PromptCaching) -> Content:
        actual, then = caching.actual.hit_ratio, caching.simulated.restructured.hit_ratio
        now = actual if actual is not None else caching.simulated.as_is.hit_ratio
        said = [figures.many(len(caching.templates), "template"), f"{figures.percent(now)} of input from the cache"]
        if caching.faults:
            said.append(f"{figures.percent(then)} with {figures.many(len(caching.faults), 'fault')} mended")
            worth = gain(caching.faults)
            said.append(f"{figures.dollars(worth)} a month" if worth is not None else "no figure for a month yet")
        return Content(" · ".join(said))

    def _line(self, one: PromptTemplate, caching: PromptCaching) -> Line:
        faults = [fault for fault in caching.faults if fault.template == one.id]
        worth = gain(faults)
        more = f" +{len(faults) - 1}" if len(faults) > 1 else ""
        return Line(
            one.id,
            (
                cells.name(one.app or "(none)", 24),
                cells.name(one.model, 24, "quiet"),
                cells.count(one.calls),
                cells.count(one.static_tokens),
                cells.count(one.variable_tokens),
                cells.share(one.hit_ratio),
                cells.share(one.hit_ratio_restructured, "good" if faults else "quiet"),
                cells.money(worth, "money" if worth else "quiet"),
                cells.words(f"{faults[0].kind}{more}", "warn", faults[0].kind)
                if faults
                else cells.words("none", "quiet"),
            ),
        )

    def _faults(self) -> None:
        chosen = self._chosen()
        table, heading = self.query_one("#faults", LiveTable), self.query_one("#faults-heading", Static)
        if chosen is None:
            return
        faults = self._faults_of(chosen)
        table.display = bool(faults)
        name = f"{cells.name(chosen.app or '(no app)', 30).text} on {cells.name(chosen.model, 30).text}"
        heading.update(Content(f"{name} · enter shows the prompt with its places"))
        table.fill([_fault_line(fault) for fault in faults])
        self._fix()

    def _fix(self) -> None:
        chosen = self._chosen()
        if chosen is None or self.view is None:
            return
        faults = self._faults_of(chosen)
        if not faults:
            why = self.view.restraint.get(
                f"{chosen.app or '(no app)'} · {chosen.model}", "nothing here breaks the cache"
            )
            self.query_one("#fix", Hanging).put(
                Content.assemble(text.said("Left alone: ", "quiet"), printable(why, 300))
            )
            return
        key = self.query_one("#faults", LiveTable).chosen
        fault = next((one for one in faults if fault_key(one) == key), faults[0])
        rows: list[tuple[str, Content | str]] = [
            ("do", text.said(printable(fault.fix, 400), "strong")),
            ("sure", "confirmed by the bytes" if fault.confidence == "confirmed" else "suspected, not proven"),
            ("alone", f"{_alone(fault)}, were it the only thing that is mended"),
            ("share", f"{figures.percent(fault.share_of_calls)} of the calls that could show it"),
        ]
        self.query_one("#fix", Hanging).put(text.pairs(rows, 7))


def _alone(fault: PromptFault) -> str:
    said = alone(fault.alone_usd_month, fault.saving_usd_month, figures.dollars)
    return "nothing" if said == "nothing" else f"{said or figures.DASH} a month"


def fault_key(fault: PromptFault) -> str:
    """What names a fault within its template."""
    return f"{fault.kind} {fault.segment} {fault.position} {fault.part} {fault.start}"


def _fault_line(fault: PromptFault) -> Line:
    sure = "" if fault.confidence == "confirmed" else "?"
    return Line(
        fault_key(fault),
        (
            cells.words(f"{fault.kind}{sure}", "warn", fault.kind),
            cells.words(place(fault)),
            cells.count(fault.calls),
            cells.count(fault.stranded_tokens),
            cells.money(fault.saving_usd_month, "money"),
        ),
    )
