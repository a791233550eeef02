"""One kind of request: its figures, requests of it, and what else is told of its application."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from agent.printable import markdown_code
from tui import cells, text
from tui.cells import Columns
from tui.hanging import Hanging
from tui.kind_lines import examples, facts
from tui.leads import Lead, Leads, leads_of
from tui.live_screen import Blank, LiveScreen
from tui.looks import Shown, shown_by
from tui.reading import Reading

if TYPE_CHECKING:
    from agent.report_response import Cluster

_LIMIT = 4_000


class KindView(NamedTuple):
    """None where the newest analysis does not have it (any more)."""

    kind: Cluster | None
    leads: tuple[Lead, ...]
    show: Shown


class Kind(LiveScreen[KindView]):
    """One level below the kinds of request."""

    NAME = "kinds"
    FIRST = "#leads"
    HELP_TEXT = (
        "Requests of one kind ask the same in other words. The examples are the most typical one first, then ones unlike those before. "
        "Below stands what the newest analysis says of the same application elsewhere; enter goes there."
    )
    DEFAULT_CSS = """
    Kind #about { padding: 0 1; height: auto; }
    Kind #facts { padding: 0 1; height: auto; margin-top: 1; }
    Kind #sheet { height: 1fr; padding: 0 1; margin-top: 1; }
    Kind #leads-box { height: auto; max-height: 45%; margin-top: 1; }
    Kind #leads { height: auto; max-height: 14; }
    Kind.-low #facts, Kind.-low #sheet, Kind.-low #leads-box { margin-top: 0; }
    Kind.-low #leads { max-height: 4; }
    """

    def __init__(self, identity: str) -> None:
        super().__init__()
        self._identity = identity

    def read(self, reading: Reading) -> KindView:
        """From the newest report."""
        report = reading.report()
        answers = report.response_caching if report is not None else None
        one = next((each for each in answers.clusters if each.id == self._identity), None) if answers else None
        leads = leads_of(report, one.app, without="kind") if report is not None and one is not None else ()
        return KindView(one, leads, shown_by(reading))

    def body(self) -> ComposeResult:
        """What it is above, requests of it, and where to go from here."""
        yield Static(id="about", markup=False)
        yield Hanging("facts")
        with VerticalScroll(id="sheet"):
            yield Hanging("examples")
        with Vertical(id="leads-box"):
            yield Static("Of the same application · enter goes there", classes="heading", markup=False)
            yield Leads("leads")

    def blank(self, view: KindView) -> Blank | None:
        """Gone."""
        if view.kind is None:
            return Blank("This kind is not in the newest analysis any more.", "esc goes back to those that are.")
        return None

    def show(self, view: KindView) -> None:
        """Everything of one reading."""
        one = view.kind
        assert one is not None
        about = Content.assemble(text.name(one.label, 200), text.said("  esc goes back", "quiet"))
        self.query_one("#about", Static).update(about)
        self.query_one("#facts", Hanging).put(facts(one))
        self.query_one("#examples", Hanging).put(examples(one, view.show, _LIMIT))
        self.query_one("#leads", Leads).put(view.leads)

    def markdown(self, view: KindView) -> str | None:
        """The figures, and the examples as they may be shown now."""
        one = view.kind
        if one is None:
            return None
        lines = [f"## {markdown_code(one.label, 200)}", "", *(f"- {line.plain}" for line in facts(one).split("\n"))]
        lines += ["", *(f"- {markdown_code(view.show(each), _LIMIT)}" for each in one.examples)]
        return "\n".join(lines) + "\n"

    def export(self, view: KindView) -> Columns:
        """The examples, as they may be shown now."""
        one = view.kind
        return Columns(
            ("Example",), [] if one is None else [(cells.name(view.show(each), _LIMIT).text,) for each in one.examples]
        )
