"""Lines about one kind of request: in the list, beside it, and on a screen of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from agent.printable import printable
from tui import cells, figures, text
from tui.cells import Cell
from tui.live_table import Line

if TYPE_CHECKING:
    from agent.report_response import Cluster
    from tui.looks import Shown

_STEADY = 0.05
"""Less change than this over the period is none."""


def kind_line(one: Cluster) -> Line:
    """A row of the list."""
    said = figures.DASH if one.trend is None else _trend(one.trend)
    return Line(
        one.id,
        (
            cells.name(one.label, 60, "strong"),
            cells.name(one.app or "(none)", 24, "quiet"),
            cells.count(one.calls),
            cells.share(one.share, places=1),
            cells.money(one.usd_month, "money"),
            cells.share(one.repeat_rate),
            Cell(said, one.trend),
        ),
    )


def facts(one: Cluster) -> Content:
    """What is known of it, a label and its words in each line."""
    of_spend = "" if one.share_of_spend is None else f", {figures.percent(one.share_of_spend, 1)} of its application's"
    rows: list[tuple[str, Content | str]] = [
        ("application", text.name(one.app or "(no app)", 40, "")),
        ("calls", f"{one.calls:,}, {figures.percent(one.share, 1)} of its application's"),
        *([("texts", f"{one.texts:,} different ones")] if one.texts else []),
        (
            "cost",
            f"{figures.dollars(one.usd_month)} a month{of_spend}" if one.usd_month is not None else _unpriced(one),
        ),
        ("repeats", _repeats(one)),
        ("trend", _trend_said(one)),
        *([("seen", _seen(one))] if one.first_seen is not None and one.last_seen is not None else []),
        ("id", one.id),
    ]
    return text.pairs(rows, 13)


def examples(one: Cluster, show: Shown, limit: int) -> Content:
    """Requests of it, each of at most `limit` characters."""
    if not one.examples:
        return text.said("No request of it is kept with its text.", "quiet")
    parts = [text.said("Examples, the most usual first", "quiet")]
    return Content("\n").join([*parts, *(Content(f"· {printable(show(each), limit)}") for each in one.examples)])


def _unpriced(one: Cluster) -> str:
    return f"not known: {one.usd_month_reason}" if one.usd_month_reason else "not known"


def _repeats(one: Cluster) -> str:
    if one.repeat_rate is None:
        return "not known"
    return f"{figures.percent(one.repeat_rate, 1)} were asked before, letter for letter"


def _seen(one: Cluster) -> str:
    return f"from {one.first_seen:%Y-%m-%d %H:%M} to {one.last_seen:%Y-%m-%d %H:%M} UTC"


def _trend_said(one: Cluster) -> str:
    if one.trend is None:
        return "not to be told from so few or uneven calls"
    of = "calls a day" if one.trend_of == "volume" else "its share of the application's calls"
    return f"{_trend(one.trend)}, {of}"


def _trend(change: float) -> str:
    """Over the period, with a sign that needs no colour."""
    if abs(change) < _STEADY:
        return "= steady"
    return f"{'▲ +' if change > 0 else '▼ −'}{100 * abs(change):.0f} %"
