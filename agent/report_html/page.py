"""What stands on the page, apart from how it is marked up."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from agent import report_lines_proof as proof
from agent import report_lines_tuning as tuning
from agent.printable import printable
from agent.report import Report
from agent.report_html import figures, tables, tasks
from agent.report_html.figures import Figure
from agent.report_lines import Section as Said
from agent.report_lines import lines
from agent.report_plan import Recommendation
from agent.report_table import SHOWN, WORDS, Cell, Table, alone_in_words, count, usd

_TITLES = {
    "spend": "Where it goes",
    "prompt_caching": "Prompt caching at the provider",
    "response_caching": "A cache of answers",
    "fine_tuning": "Fine-tuning",
    "input": "What was read",
}
_WIDE = 55
"""Characters of a row from which on a table does not share a line with another."""
_STACKED = 42
"""Characters of a row, with two more for the gap beside each cell, from which on a narrow screen shows its cells below one another."""
_FIGURE = re.compile(r"[-+<]? ?[\d.,]+(-[\d.,]+)?( %)?|not known|none|never|")


class Tile(NamedTuple):
    """A figure at the top, and what it is."""

    name: str
    figure: str
    note: str = ""


class Grid(NamedTuple):
    """A table as it is drawn: columns with whether they hold figures, and rows of text that is safe to show."""

    title: str
    columns: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]
    width: str
    """Classes of the style: `wide` has a line of its own, `stacked` gives way on a narrow screen."""


class Diff(NamedTuple):
    """A proposed order: lines with their mark: - what goes, + what comes, @ where lines are left out, else a space."""

    title: str
    lines: tuple[tuple[str, str], ...]


class Card(NamedTuple):
    """Something to do."""

    action: str
    subject: str
    saving: str
    known: bool
    """Whether the saving is a figure."""
    facts: tuple[tuple[str, str], ...]
    how: tuple[str, ...]
    evidence: tuple[str, ...]


class Part(NamedTuple):
    """One thing of a section in full, folded up until somebody wants it; `unfolded` from the start where it is worth doing."""

    title: str
    unfolded: bool
    sentences: tuple[str, ...]
    figures: tuple[Figure, ...]
    tables: tuple[Grid, ...]


class Section(NamedTuple):
    """One subject of the page; `name` is its anchor."""

    name: str
    title: str
    sentences: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Grid, ...] = ()
    diffs: tuple[Diff, ...] = ()
    parts: tuple[Part, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def filled(self) -> bool:
        """Whether there is anything to show."""
        return any(self[2:])


class Page(NamedTuple):
    """The page from top to bottom."""

    title: str
    tiles: tuple[Tile, ...]
    summary: tuple[str, ...]
    sections: tuple[Section, ...]


def page(report: Report) -> Page:
    """Everything that the report says in text, and its plots."""
    # What is left alone and what happened have sections of their own here.
    told = lines(report.model_copy(update={"restraint": [], "events": []}))
    said = {section.name: section for section in told.sections}
    diffs = tuple(_diff(title, order) for title, order in told.orders)
    sections = (
        _todo(report),
        _section(said["spend"], figures.spend(report.spend)),
        *(
            _section(said[name], drawn, extra, diffs if name == "prompt_caching" else ())
            for name, drawn, extra in (
                ("prompt_caching", figures.prompt_caching(report), tables.templates(report)),
                ("response_caching", figures.response_caching(report), ()),
            )
            if name in said
        ),
        *_tuning(said.get("fine_tuning"), report),
        Section("restraint", "Not worth doing now", tables=_grids(tables.restraint(report.restraint))),
        Section("events", "What happened", tables=_grids(tables.events(report.events))),
        _section(said["input"], ()),
    )
    others = tuple(line for section in told.sections if section.name not in _TITLES for line in section.summary)
    return Page(
        title=told.title,
        tiles=tuple(_tiles(report)),
        summary=(*said["spend"].summary, *others),
        sections=tuple(section for section in sections if section.filled),
    )


def _section(said: Said, drawn: Iterable[Figure], extra: Iterable[Table] = (), diffs: tuple[Diff, ...] = ()) -> Section:
    # The sentences about spend open the page.
    sentences = said.summary if said.name != "spend" else ()
    grids = _grids((*said.tables, *extra))
    return Section(said.name, _TITLES[said.name], sentences, (), tuple(drawn), grids, diffs, (), said.remarks)


def _tuning(said: Said | None, report: Report) -> Iterable[Section]:
    found = report.fine_tuning
    if said is None or found is None:
        return
    # The routes stand with their task.
    section = _section(said._replace(tables=tuple(tuning.verdicts(found))), figures.fine_tuning(report))
    parts = (
        Part(
            f"{printable(task.label)}: {tuning.SAID[task.verdict]}",
            task.verdict in ("pays", "trial"),
            tuple(tasks.sentences(task, found)),
            tuple(tasks.figures(task)),
            _grids(tasks.tables(task, found)),
        )
        for task in found.tasks[:SHOWN]
        if task.verdict != "cannot_tell" or task.figures or task.options
    )
    yield section._replace(parts=tuple(parts))


def _tiles(report: Report) -> Iterable[Tile]:
    spend, found = report.spend, report.prompt_caching
    if spend.month_usd is not None:
        yield Tile("Spend a month", f"{usd(spend.month_usd)} USD", "at this pace")
    elif spend.total_usd is not None:
        yield Tile("Spend", f"{usd(spend.total_usd)} USD")
    saved = [step.saving_usd_month for step in report.plan if step.saving_usd_month is not None]
    if saved:
        yield Tile("Could be saved a month", f"{usd(sum(saved, Decimal(0)))} USD", "by the whole plan")
    if found is not None and found.actual.hit_ratio is not None:
        then = found.simulated.restructured.hit_ratio
        note = "" if then is None else f"could be {100 * then:.0f} %"
        yield Tile("Input from the provider's cache", f"{100 * found.actual.hit_ratio:.0f} %", note)
    yield Tile("Calls", count(report.input.calls), f"{count(report.input.rejected)} records refused")


def _todo(report: Report) -> Section:
    cards = tuple(_card(one) for one in report.recommendations if one.status in ("open", "accepted"))
    decided = [one for one in report.recommendations if one.status not in ("open", "accepted")]
    carried_out = proof.table(report.recommendations, report.track_record)
    grids = _grids((*tables.plan(report.plan), *carried_out, *tables.decided(decided)))
    return Section("plan", "What to do", (), cards, tuple(figures.plan(report.plan)), grids)


def _card(one: Recommendation) -> Card:
    money = one.saving_usd_month
    if money.likely is None:
        saving = f"no figure yet: {one.saving_usd_month_reason or 'not known'}"
    else:
        saving = f"{usd(money.likely)} USD a month"
        if money.low is not None and money.high is not None:
            saving += f" (between {usd(money.low)} and {usd(money.high)})"
    facts = [
        ("Done alone", alone_in_words(one.alone_usd_month, money.likely)),
        ("Effort", f"{one.effort_days:g} days"),
        ("Pays back in", "" if one.payback_months is None else f"{one.payback_months:.1f} months"),
        ("Risk", {"none": "none", "low": "low", "review": "needs a review"}[one.risk]),
        ("Figures", "measured" if one.measured else "partly modelled"),
        ("Status", one.status if one.status_reason is None else f"{one.status}: {one.status_reason}"),
        ("Id", one.id),
    ]
    evidence = [f"{fact.fact}{'' if fact.n is None else f' ({count(fact.n)} calls)'}" for fact in one.evidence]
    known = tuple(fact for fact in facts if fact[1])
    return Card(one.action, one.subject, saving, money.likely is not None, known, tuple(one.how), tuple(evidence))


def _grids(given: Iterable[Table]) -> tuple[Grid, ...]:
    return tuple(_grid(table) for table in given if table.rows)


def _grid(table: Table) -> Grid:
    below = list(zip(*table.rows, strict=True))
    figures = [
        number > 0 and name not in WORDS and all(not cell.is_name and _FIGURE.fullmatch(cell.text) for cell in cells)
        for number, (name, cells) in enumerate(zip(table.columns, below, strict=True))
    ]
    rows = tuple(tuple(_shown(cell, name) for cell, name in zip(row, table.columns, strict=True)) for row in table.rows)
    letters = sum(max(map(len, column)) for column in zip(table.columns, *rows, strict=True))
    columns = tuple(zip(table.columns, figures, strict=True))
    width = "wide stacked" if letters > _WIDE else "stacked" if letters + 2 * len(columns) > _STACKED else ""
    return Grid(table.title, columns, rows, tuple(table.note.splitlines()), width)


def _shown(cell: Cell, column: str) -> str:
    """A sentence is shown whole, a name is cut."""
    if not cell.text and not cell.is_name:
        return ""
    return printable(cell.text, 300 if column in WORDS else 60)


def _diff(title: str, order: str) -> Diff:
    # A unified diff opens with two lines that name its sides.
    rows = order.splitlines()[2:]
    return Diff(title, tuple((row[:1], printable(row[1:], 300) if row[1:].strip() else "") for row in rows))
