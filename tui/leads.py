"""What else is told of an application, on other screens: rows of which each leads to where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual import on

from agent.printable import printable
from tui import cells, figures
from tui.cells import Cell
from tui.live_table import Line, LiveTable
from tui.recommendation_text import MARKS
from tui.where import Where, go

if TYPE_CHECKING:
    from agent.report import Report
    from agent.report_plan import Recommendation

_MOST = 8
"""Of one kind of thing; the screen that they belong to has them all."""


class Lead(NamedTuple):
    """A row, and where it leads."""

    where: Where
    cells: tuple[Cell, ...]


class Leads(LiveTable):
    """`put` it; enter goes to what a row says."""

    def __init__(self, identity: str) -> None:
        super().__init__(identity, "Where", "What", "A month", right=(2,), opens=True, flex=1, least=30)
        self._to: dict[str, Lead] = {}

    def put(self, leads: tuple[Lead, ...]) -> None:
        """These, in this order."""
        self._to = {" ".join(one.where): one for one in leads}
        self.display = bool(leads)
        self.fill([Line(key, one.cells) for key, one in self._to.items()])

    @on(LiveTable.RowSelected)
    def _selected(self, event: LiveTable.RowSelected) -> None:
        event.stop()
        lead = self._to.get(event.row_key.value or "")
        if lead is not None:
            go(self.app, lead.where)


def leads_of(report: Report, app: str | None, *, without: str = "") -> tuple[Lead, ...]:
    """Of the newest report; `without` is the kind of thing whose screen asks."""
    found = [
        Lead(
            Where("application", app or ""),
            (cells.words("application"), cells.name(app or "(no app)", 60), cells.money(None)),
        )
    ]
    found += [_advice(one) for one in report.recommendations if one.app == app and one.status in ("open", "accepted")][
        :_MOST
    ]
    caching, answers, tuning = report.prompt_caching, report.response_caching, report.fine_tuning
    if caching is not None:
        found += [
            Lead(
                Where("prompt", one.id),
                (
                    cells.words("prompt"),
                    Cell(
                        f"{printable(one.model, 40)}, {one.calls:,} calls, {figures.percent(one.hit_ratio)} from cache"
                    ),
                    cells.money(None),
                ),
            )
            for one in caching.templates
            if one.app == app
        ][:_MOST]
    if answers is not None:
        found += [
            Lead(
                Where("cache", one.app or ""),
                (
                    cells.words("cache"),
                    Cell(_cache(one.recommended_threshold, one.hit_rate, one.why)),
                    cells.money(one.saving_usd_month, "money"),
                ),
            )
            for one in answers.semantic.by_app
            if one.app == app
        ]
    if answers is not None and without != "kind":
        found += [
            Lead(Where("kind", one.id), (cells.words("kind"), cells.name(one.label, 80), cells.money(None)))
            for one in answers.clusters
            if one.app == app
        ][:_MOST]
    if tuning is not None and without != "task":
        found += [
            Lead(
                Where("task", one.id),
                (
                    cells.words("fine-tuning"),
                    Cell(f"{one.verdict.replace('_', ' ')}: {printable(one.deciding, 200)}"),
                    cells.money(one.saving_usd_month, "money"),
                ),
            )
            for one in tuning.tasks
            if one.app == app
        ][:_MOST]
    return tuple(found)


def _advice(one: Recommendation) -> Lead:
    return Lead(
        Where("savings", one.id),
        (
            cells.words(f"{MARKS[one.status]} do" if one.status == "open" else f"{MARKS[one.status]} {one.status}"),
            cells.name(one.action, 200, "strong"),
            cells.money(one.saving_usd_month.likely, "money"),
        ),
    )


def _cache(threshold: float | None, hits: float | None, why: str) -> str:
    if threshold is not None:
        return f"use {threshold:.2f}{'' if hits is None else f': {figures.percent(hits)} hits'}"
    return f"not by similarity{f': {printable(why, 200)}' if why else ''}"
