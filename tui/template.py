"""One prompt in full: what varies stands out in place, what the cache reads is marked, and what to do about it is said there."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from agent.printable import printable
from tui import figures, text
from tui.cells import Columns
from tui.live_screen import Blank, LiveScreen
from tui.looks import look_of, shown_by, why_masked
from tui.prompts import gain, read_prompts
from tui.reading import Reading
from tui.template_lines import Block, bar, blocks, diff_blocks, legend, share

if TYPE_CHECKING:
    from agent.close_look import TemplateLook
    from agent.report_caching import PromptFault, PromptTemplate

Side = Literal["prompt", "order", "calls"]
_TITLES: dict[Side, str] = {"prompt": "as it is sent", "order": "the order proposed", "calls": "two calls side by side"}
_BAR = 60


class TemplateView(NamedTuple):
    """The template, its faults, and what may be seen of it; None where it is gone or its text is not kept."""

    template: PromptTemplate | None
    faults: tuple[PromptFault, ...]
    look: TemplateLook | None
    masked: str
    sides: dict[Side, list[Block]]


class Template(LiveScreen[TemplateView]):
    """One level below the prompts; `at` is the kind of fault to begin with."""

    NAME = "prompts"
    HELP_TEXT = (
        "The newest request of the template. What varies between calls is in ⟪brackets⟫, reversed and underlined; a thick line at the "
        "left marks what at least half of the calls read from the provider's cache, a thin one what they do not. Tokens are of this request."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "span(1)", "next span", id="template.next", tooltip="To the next place that varies"),
        Binding("N", "span(-1)", "span before", id="template.previous", show=False, tooltip="To the place before"),
        Binding("o", "side('order')", "order", id="template.order", tooltip="The order proposed, as a diff, or back"),
        Binding(
            "d", "side('calls')", "two calls", id="template.calls", tooltip="What differs between two calls, or back"
        ),
    ]
    DEFAULT_CSS = """
    Template #about { padding: 0 1; height: auto; }
    Template #sheet { height: 1fr; padding: 0 1 0 0; }
    Template #sheet > Static { padding: 0 1; height: auto; }
    Template .block-heading { margin-top: 1; }
    Template .block-cached { border-left: outer $success; }
    Template .block-fixed { border-left: vkey $foreground 30%; }
    Template .block-varies { border-left: vkey $error; }
    Template .block-note { border-left: vkey $background; }
    Template .-here { background: $panel; }
    """

    def __init__(self, identity: str, *, at: str | None = None) -> None:
        super().__init__()
        self._identity = identity
        self._at = at
        self._side: Side = "prompt"
        self._drawn: list[Block] = []
        self._span = -1

    def read(self, reading: Reading) -> TemplateView:
        """The template of the newest report, with what may be seen of its text."""
        caching = read_prompts(reading).caching
        found = next((one for one in caching.templates if one.id == self._identity), None) if caching else None
        faults = tuple(fault for fault in caching.faults if fault.template == self._identity) if caching else ()
        whole = look_of(reading)
        look = next((one for one in whole.templates if one.id == self._identity), None) if whole else None
        show = shown_by(reading)
        sides: dict[Side, list[Block]] = {"prompt": blocks(look, faults, show) if look is not None else []}
        if found is not None and found.proposed_order:
            sides["order"] = diff_blocks(found.proposed_order, show)
        if look is not None and look.two_calls:
            sides["calls"] = diff_blocks(look.two_calls, show)
        return TemplateView(found, faults, look, "" if whole is None else why_masked(reading, whole), sides)

    def body(self) -> ComposeResult:
        """What it is and costs above, the prompt below."""
        yield Static(id="about", markup=False)
        with VerticalScroll(id="sheet"):
            yield from ()

    def blank(self, view: TemplateView) -> Blank | None:
        """Gone, or without text."""
        if view.template is None:
            return Blank("This template is not in the newest analysis any more.", "esc goes back to those that are.")
        return None

    def show(self, view: TemplateView) -> None:
        """The prompt, or the diff that was asked for."""
        self.query_one("#about", Static).update(self._about(view))
        drawn = view.sides.get(self._side, [])
        if drawn == self._drawn and drawn:
            return
        self._drawn = drawn
        sheet = self.query_one("#sheet", VerticalScroll)
        sheet.remove_children()
        if not drawn:
            drawn = [Block("note", Content(self._nothing(view)))]
        sheet.mount(*(Static(block.content, markup=False, classes=f"block-{block.kind}") for block in drawn))
        self._span = -1
        sheet.scroll_home(animate=False)
        self.refresh_bindings()
        if self._at is not None and self._side == "prompt":
            self.call_after_refresh(self._begin_at, self._at)
            self._at = None

    def _begin_at(self, kind: str) -> None:
        """With the place of a fault."""
        spots = [block for block in self._drawn if block.kind == "varies"]
        number = next((number for number, block in enumerate(spots) if kind in block.about), None)
        if number is not None:
            self._span = number - 1
            self.action_span(1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what there is to see."""
        if action == "side" and self.view is not None:
            return parameters[0] in self.view.sides or None
        return super().check_action(action, parameters)

    def action_side(self, side: Side) -> None:
        """To a diff, or back to the prompt."""
        self._side = "prompt" if self._side == side else side
        if self.view is not None:
            self.show(self.view)

    def action_span(self, step: int) -> None:
        """To the next or the previous place that varies; after the last comes the first."""
        spots = [child for child in self.query_one("#sheet").children if child.has_class("block-varies")]
        if not spots:
            self.notify("nothing varies here", severity="information")
            return
        self._span = (max(self._span, 0 if step < 0 else -1) + step) % len(spots)
        for number, spot in enumerate(spots):
            spot.set_class(number == self._span, "-here")
        self.query_one("#sheet", VerticalScroll).scroll_to_widget(spots[self._span], animate=False, center=True)

    def markdown(self, view: TemplateView) -> str | None:
        """What stands on the screen, to be pasted into a ticket."""
        if view.template is None:
            return None
        lines = [f"## {printable(view.template.app)} on {printable(view.template.model)}: {_TITLES[self._side]}", ""]
        lines += [f"{n}. {printable(fault.fix, 400)}" for n, fault in enumerate(view.faults, 1)]
        lines += ["", *(f"    {line}" for block in self._drawn for line in block.content.plain.split("\n"))]
        return "\n".join(lines) + "\n"

    def export(self, view: TemplateView) -> Columns | None:
        """The pieces, without their text."""
        if view.look is None:
            return None
        names = ("Segment", "Position", "Role", "Tokens", "Read from the cache", "Varies", "Changes", "Faults")
        rows = [
            (p.segment, p.position, p.role, p.tokens, p.cached_tokens, p.varies, p.changes, " ".join(p.faults))
            for p in view.look.pieces
        ]
        return Columns(names, rows)

    def _about(self, view: TemplateView) -> Content:
        one = view.template
        assert one is not None
        worth = gain(view.faults)
        saves = f" · mended {figures.percent(one.hit_ratio_restructured)}" if view.faults else ""
        saves += f", {figures.dollars(worth)} a month" if worth is not None else ""
        lines = [
            Content.assemble(
                text.name(one.app or "(no app)", 30),
                " on ",
                text.name(one.model, 30, ""),
                f" · {one.calls:,} calls · from cache {figures.percent(one.hit_ratio)}{saves} · {_TITLES[self._side]}",
            )
        ]
        if view.look is not None:
            of = share(view.look.pieces)
            lines += [Content.assemble(bar(of, min(_BAR, max(20, self.size.width - 4)))), legend(of)]
        if view.masked:
            lines.append(text.said(view.masked, "quiet"))
        return Content("\n").join(lines)

    def _nothing(self, view: TemplateView) -> str:
        if view.look is None and self._side == "prompt":
            return (
                "The text of this prompt is not kept with the analysis: the log has block hashes alone, the texts are forgotten, "
                "or other prompts cost more."
            )
        return "There is nothing to show here."
