"""The plan as a waterfall: what the calls cost today, what each step takes off, and what is left."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from tui import figures
from tui.text import STYLES

if TYPE_CHECKING:
    from agent.report_plan import PlanStep

NAMES = {
    "today": "today",
    "prompt_caching": "prompt caching",
    "exact_cache": "exact cache",
    "semantic_cache": "semantic cache",
    "model_choice": "cheaper model",
    "fine_tuning": "fine-tuning",
}
_LABEL, _FIGURE = 15, 10


class Waterfall(Static):
    """A line a step. What a step takes off is shaded, what is still paid is solid; a step without a figure says why."""

    DEFAULT_CSS = "Waterfall { height: auto; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }"

    def __init__(self, id: str) -> None:  # noqa: A002  (as Textual's own widgets have it)
        super().__init__(id=id, markup=False)
        self._steps: Sequence[PlanStep] = ()

    def put(self, steps: Sequence[PlanStep]) -> None:
        """The plan of a report, `today` first."""
        self._steps = steps
        self._draw()

    def on_resize(self) -> None:
        """As wide as there is room."""
        self._draw()

    def _draw(self) -> None:
        self.update(drawn(self._steps, self.content_size.width))


def drawn(steps: Sequence[PlanStep], width: int) -> Content:
    """The lines."""
    if not steps:
        return Content.styled("No plan yet: it comes with the next analysis.", STYLES["quiet"])
    today = steps[0].usd_month
    room = max(10, width - _LABEL - _FIGURE - 12)
    lines = []
    left = today
    for step in steps:
        label = Content.styled(NAMES.get(step.step, step.step).ljust(_LABEL), "bold" if step.step == "today" else "")
        if step.step == "today":
            lines.append(_line(label, figures.dollars(today), "", 0, _scaled(today, today, room), "█", "$primary"))
            continue
        if step.saving_usd_month is None or not today:
            why = step.saving_usd_month_reason or step.usd_month_reason or "no figure"
            lines.append(Content.assemble(label, figures.DASH.rjust(_FIGURE), "  ", (why, STYLES["quiet"])))
            continue
        after = step.usd_month if step.usd_month is not None else (left or Decimal(0)) - step.saving_usd_month
        start, end = _scaled(min(after, left or after), today, room), _scaled(max(after, left or after), today, room)
        figure = figures.dollars(-step.saving_usd_month, signed=True) if step.saving_usd_month else "$0"
        share = figures.percent(step.saving_usd_month / today)
        lines.append(
            _line(label, figure, share, start, end, "▒", "$success" if step.saving_usd_month > 0 else "$warning")
        )
        left = after
    if today is not None and left is not None and len(steps) > 1:
        label = Content.styled("left".ljust(_LABEL), "bold")
        share = figures.percent(left / today) if today else ""
        lines.append(_line(label, figures.dollars(left), share, 0, _scaled(left, today, room), "█", "$primary"))
    return Content("\n").join(lines)


def _scaled(amount: Decimal | None, today: Decimal | None, room: int) -> int:
    return round(max(0.0, float((amount or Decimal(0)) / today)) * room) if today else 0


def _line(label: Content, figure: str, share: str, start: int, end: int, block: str, style: str) -> Content:
    return Content.assemble(
        label,
        Content.styled(figure.rjust(_FIGURE), "bold"),
        Content.styled(f" {share:>6}  ", STYLES["quiet"]),
        " " * start,
        Content.styled(block * max(end - start, 0), style),
    )
