"""Every recommendation with its evidence, the plan that they make together, and the decision about each."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui import cells, figures, recommendation_text
from tui.cells import Cell, Columns, Tone
from tui.deciding import Deciding
from tui.hanging import Hanging
from tui.live_screen import Blank
from tui.live_table import Line, LiveTable
from tui.reading import Reading
from tui.savings_view import SavingsView, read_savings
from tui.waterfall import Waterfall
from tui.where import behind, go, restraint_key

if TYPE_CHECKING:
    from agent.report_caching import Restraint
    from agent.report_plan import Recommendation

_TONES: dict[str, Tone] = {"open": "", "accepted": "good", "done": "good", "snoozed": "quiet", "dismissed": "quiet"}


class Savings(Deciding[SavingsView]):
    """Screen 2."""

    NAME = "savings"
    HELP_TEXT = (
        "A month is 730 hours. Each saving is what is left of it after everything above it in the plan, so they add up; bounds are of "
        "95 %. Measured: from the log alone; modelled: it rests on a figure that the evidence names. What is not worth doing stands below, "
        "with the reason."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "plan", "plan", id="savings.plan", tooltip="Show or hide the plan as a waterfall"),
    ]
    DEFAULT_CSS = """
    Savings #plan { height: auto; max-height: 10; margin-bottom: 1; }
    Savings.-narrow #plan { display: none; }
    Savings.-narrow #plan.-asked { display: block; }
    Savings.-low #plan { display: none; }
    Savings.-low #plan.-asked { display: block; }
    Savings #plan.-hidden { display: none; }
    Savings #list { width: 1fr; }
    Savings #one { width: 1fr; padding: 0 1; border-left: vkey $panel; }
    Savings.-narrow #both { layout: vertical; }
    Savings.-narrow #list { height: 2fr; }
    Savings.-narrow #one { height: 3fr; width: 1fr; border-left: none; border-top: hkey $panel; }
    """

    def read(self, reading: Reading) -> SavingsView:
        """See `tui.savings_view`."""
        return read_savings(reading)

    def body(self) -> ComposeResult:
        """The plan, the list, and the one under the cursor in full."""
        yield Static(id="summary", classes="heading", markup=False)
        yield Waterfall("plan")
        with Horizontal(id="both"):
            yield LiveTable(
                "list", "", "A month", "About", "Do", "Alone", right=(1, 4), flex=3, drop=(4,), least=24, opens=True
            )
            with VerticalScroll(id="one"):
                yield Hanging("detail")

    def blank(self, view: SavingsView) -> Blank | None:
        """Before the first analysis."""
        if view.analysed_at is None:
            return Blank(
                "Not analysed yet.",
                "hone run does it some minutes after the first calls; hone report does it now, in the shell.",
            )
        if not view.recommendations and not view.restraint:
            return Blank(
                "Nothing to save, and nothing that is not worth it.",
                "There may be too few calls yet: 1 shows how many.",
            )
        return None

    def show(self, view: SavingsView) -> None:
        """The list and the detail."""
        self.query_one("#summary", Static).update(self._summary(view))
        self.query_one("#plan", Waterfall).put(view.plan)
        rows = [_line(one) for one in view.recommendations]
        rows += [_restraint(number, one) for number, one in enumerate(view.restraint)]
        self.query_one("#list", LiveTable).fill(rows)
        self._detail()

    def markdown(self, view: SavingsView) -> str | None:
        """The recommendation under the cursor, ready for a ticket."""
        one = self.chosen
        return None if one is None else recommendation_text.markdown(one)

    def export(self, view: SavingsView) -> Columns:
        """All recommendations."""
        return Columns(
            ("Id", "Status", "Kind", "About", "Do", "USD a month", "Low", "High", "Alone", "Effort days", "Risk", "Measured"),
            [
                (
                    one.id, one.status, one.kind, one.subject, one.action, one.saving_usd_month.likely, one.saving_usd_month.low,
                    one.saving_usd_month.high, one.alone_usd_month, one.effort_days, one.risk, one.measured,
                )
                for one in view.recommendations
            ],
        )  # fmt: skip

    @property
    def chosen(self) -> Recommendation | None:
        """The one under the cursor; None where it is on something that is not worth doing."""
        key = self.query_one("#list", LiveTable).chosen
        return next((one for one in self.view.recommendations if one.id == key), None) if self.view else None

    def action_plan(self) -> None:
        """Show the plan where there is little room for it, or hide it."""
        plan = self.query_one("#plan")
        if plan.display and not plan.has_class("-hidden"):
            plan.add_class("-hidden").remove_class("-asked")
        else:
            plan.remove_class("-hidden").add_class("-asked")

    @on(LiveTable.RowHighlighted, "#list")
    def _moved(self) -> None:
        self._detail()

    @on(LiveTable.RowSelected, "#list")
    def _selected(self, event: LiveTable.RowSelected) -> None:
        """To what it rests on."""
        one, key = self.chosen, event.row_key.value or ""
        if one is not None:
            go(self.app, behind(one))
        elif self.view is not None and key.startswith("restraint "):
            go(self.app, self.view.restrained[int(key.split()[1])])

    def _detail(self) -> None:
        one = self.chosen
        key = self.query_one("#list", LiveTable).chosen or ""
        said = Content("")
        if one is not None:
            said = recommendation_text.content(one, self.now)
        elif self.view is not None and key.startswith("restraint "):
            said = recommendation_text.restraint_content(self.view.restraint[int(key.split()[1])])
        self.query_one("#detail", Hanging).put(said)

    def _summary(self, view: SavingsView) -> Content:
        parts = [f"{count} {status}" for status, count in view.counted().items()] or ["nothing recommended"]
        record = view.track_record
        if record is not None and (ended := record.confirmed + record.not_confirmed + record.cannot_tell):
            told = f"of the last {ended} carried out {record.confirmed} confirmed"
            within = f", {record.within} within {100 * record.within_share:.0f} % of the forecast"
            parts.append(told + (within if record.proven else ""))
        parts.append(f"analysed {figures.ago(view.analysed_at, self.now)}")
        return Content(" · ".join(parts))


def _line(one: Recommendation) -> Line:
    tone = _TONES[one.status]
    return Line(
        one.id,
        (
            Cell(recommendation_text.MARKS[one.status], one.status, tone),
            cells.money(one.saving_usd_month.likely, "money" if one.status == "open" else tone),
            cells.name(one.app or one.subject, 18, tone),
            cells.name(one.action, 200, tone),
            cells.alone(one),
        ),
    )


def _restraint(number: int, one: Restraint) -> Line:
    return Line(
        restraint_key(number),
        (
            Cell("–", "not worth it", "quiet"),
            Cell(recommendation_text.VERDICTS[one.verdict], None, "quiet", right=True),
            cells.name(one.subject.split(" · ")[0] or "everything", 18, "quiet"),
            cells.name(f"{one.lever.replace('_', ' ')}: {one.why}", 200, "quiet"),
            cells.words("", "quiet"),
        ),
    )
