"""The report as Markdown, to be pasted into a ticket or a wiki."""

from __future__ import annotations

from agent.printable import markdown_code, printable
from agent.report import Report
from agent.report_lines import lines
from agent.report_table import SENTENCES, WORDS, Cell, Table, room


def markdown(report: Report) -> str:
    """GitHub's flavour; names from logs are code spans, in which nothing means anything."""
    said = lines(report)
    blocks = [f"# {said.title}", "\n".join(f"- {_escaped(printable(line, limit=500))}" for line in said.summary)]
    blocks += [_table(table) for table in said.tables]
    blocks += [f"## {_escaped(printable(title))}\n\n{_diff(diff)}" for title, diff in said.orders]
    if said.remarks:
        blocks.append("\n".join(f"- {_escaped(printable(line, limit=500))}" for line in said.remarks))
    return "\n\n".join(blocks) + "\n"


def _table(table: Table) -> str:
    ruler = ["---", *("--:" if column not in WORDS else "---" for column in table.columns[1:])]
    rows = [table.columns, ruler, *(list(map(_cell, row, table.columns)) for row in table.rows)]
    drawn = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"## {table.title}\n\n{drawn}" + _note(table.note)


def _diff(diff: str) -> str:
    """A block of code that nothing in it can end: every line is indented."""
    return "\n".join(f"    {printable(line, limit=200)}" for line in diff.splitlines())


def _note(note: str) -> str:
    lines = [_escaped(printable(line, limit=500)) for line in note.splitlines()]
    return "\n\n" + "  \n".join(lines) if lines else ""


def _cell(cell: Cell, column: str) -> str:
    if not cell.is_name:
        return cell.text
    return _escaped(printable(cell.text, room(column))) if column in SENTENCES else markdown_code(cell.text)


def _escaped(sentence: str) -> str:
    """A sentence that may name a topic: nothing in it is a link, emphasis, HTML or a mention."""
    for mark in "\\`*_<>[]#|~@":
        sentence = sentence.replace(mark, f"\\{mark}")
    return sentence.replace("://", "\\://").replace("www.", "www\\.")
