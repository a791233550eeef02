"""A digest as plain text and as Markdown: nothing in it is a link, a mention, or anything but words."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from agent.digest.lines import Line, Lines, Name, Section, lines, plain
from agent.digest.value import Digest, Spent
from agent.printable import markdown_code, printable
from agent.report_table import usd

_BARS = "▁▂▃▄▅▆▇█"
_LIMIT = 600
WIDTH = 110


def text(digest: Digest, width: int = WIDTH) -> str:
    """Some 40 lines of at most `width` characters."""
    return words(lines(digest), _days(digest.spend), width)


def markdown(digest: Digest) -> str:
    """GitHub's flavour, which chats read too; names are code spans, in which nothing means anything."""
    return marked(lines(digest), _days(digest.spend))


def words(said: Lines, also: Sequence[str] = (), width: int = WIDTH) -> str:
    """What is said as plain text; `also` are lines of the summary as they are."""
    summary = [line for one in (*map(_words, said.summary), *also) for line in _wrapped(one, width)]
    blocks = [[said.title, *summary]]
    blocks += [[section.title, *_items(section, width)] for section in said.sections]
    return "\n\n".join("\n".join(filter(None, block)) for block in blocks) + "\n"


def marked(said: Lines, also: Sequence[str] = ()) -> str:
    """What is said as Markdown."""
    summary = "  \n".join([*map(_marked, said.summary), *map(_escaped, also)])
    blocks = [f"## {_escaped(said.title)}", *([summary] if summary else [])]
    for section in said.sections:
        if section.title:
            blocks.append(f"**{_escaped(section.title)}**")
        if section.items:
            blocks.append("\n".join(_marked_items(section)))
        if section.remark:
            blocks.append(_marked(section.remark))
    return "\n\n".join(blocks) + "\n"


def inert(words: str) -> str:
    """The same words such that no mail reader or chat makes a link, a mention or a tag of them."""
    for mark, harmless in (("@", "＠"), ("://", ":⁄⁄"), ("www.", "www·"), ("<", "‹"), (">", "›")):
        words = words.replace(mark, harmless)
    return words


def _items(section: Section, width: int) -> list[str]:
    found = []
    for number, (first, detail) in enumerate(section.items, 1):
        mark = f"{number}. " if section.numbered else "- "
        found += _wrapped(_words(first), width, mark)
        if detail:
            found += _wrapped(_words(detail), width, " " * len(mark))
    return [*found, *_wrapped(_words(section.remark), width)] if section.remark else found


def _wrapped(words: str, width: int, mark: str = "") -> list[str]:
    return wrap(words, width, initial_indent=mark, subsequent_indent=" " * len(mark))


def _marked_items(section: Section) -> list[str]:
    found = []
    for number, (first, detail) in enumerate(section.items, 1):
        mark = f"{number}. " if section.numbered else "- "
        also = f"  \n{' ' * len(mark)}{_marked(detail)}" if detail else ""
        found.append(f"{mark}{_marked(first)}{also}")
    return found


def _days(spent: Spent) -> list[str]:
    """One line: bars, then the figures they stand for."""
    known = [one.usd for one in spent.by_day if one.usd is not None]
    if not any(known):
        return []
    most = max(known)
    bars = "".join(
        "·" if one.usd is None else _BARS[min(7, int(8 * one.usd / most))] if most else _BARS[0] for one in spent.by_day
    )
    figures = ", ".join(f"{one.date:%a} {'?' if one.usd is None else usd(one.usd)}" for one in spent.by_day)
    return [f"USD by day {bars} {figures}"]


def _words(line: Line) -> str:
    return printable(inert(plain(line)), limit=_LIMIT)


def _marked(line: Line) -> str:
    return "".join(
        markdown_code(inert(part.text), limit=_LIMIT) if isinstance(part, Name) else _between(part) for part in line
    )


def _between(words: str) -> str:
    """Words between names: the spaces at their ends stay."""
    lead, tail = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
    return f"{lead}{_escaped(printable(words, limit=_LIMIT))}{tail}" if words.strip() else words


def _escaped(sentence: str) -> str:
    sentence = inert(sentence)
    for mark in "\\`*_[]#|~":
        sentence = sentence.replace(mark, f"\\{mark}")
    return sentence
