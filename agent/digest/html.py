"""A digest as an HTML mail: tables and inline styles, no script, no image, nothing from anywhere else.

Bars are inline SVG beside the figures they stand for, so a reader that drops them loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from html import escape

from agent.digest.lines import SAME, Line, Lines, Name, Section, lines
from agent.digest.value import DaySpend, Digest
from agent.printable import printable
from agent.report_table import count, usd

_LIMIT = 600
_UNBROKEN = 32
"""A name of so few characters stays on one line."""
_FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_INK, _MUTED, _LINE, _CARD, _PAGE, _ACCENT = "#1c2330", "#5b6577", "#e3e6eb", "#ffffff", "#f3f4f7", "#2c7a66"
_STYLE = """
:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
.page{background:#12151a!important}.card{background:#1c2128!important;border-color:#333a45!important}
.ink{color:#e7eaf0!important}.muted{color:#a3acba!important}.rule{border-color:#333a45!important}
.name{background:#2a313b!important;color:#e7eaf0!important}.bar{fill:#5fb49c!important}.accent{color:#6fc3ab!important}
.track{fill:#2a313b!important}}
@media (max-width:480px){.card{padding:18px!important}.figure{display:block!important;width:auto!important;padding:0 0 12px!important}}
"""


def html(digest: Digest) -> str:
    """A whole document for a mail or a file."""
    said = lines(digest)
    clock = f"Midnight to midnight, {digest.period.timezone}"
    return page(said, clock, _figures(digest), _days(digest.spend.by_day))


def page(said: Lines, under: str, above: str = "", below: str = "") -> str:
    """What is said as a document; `above` and `below` the summary stands HTML that is safe already."""
    parts = [
        f'<h1 class="ink" style="margin:0 0 4px;font-size:20px;line-height:26px;color:{_INK}">{_text(said.title)}</h1>',
        f'<p class="muted" style="margin:0 0 18px;font-size:13px;line-height:18px;color:{_MUTED}">{_text(under)}</p>',
        above,
        *(_paragraph(line) for line in said.summary),
        below,
        *(_section(section) for section in said.sections),
    ]
    body = "\n".join(part for part in parts if part)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>{_text(said.title)}</title><style>{_STYLE}</style></head>\n"
        f'<body class="page" style="margin:0;padding:0;background:{_PAGE}">'
        f'<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" style="background:{_PAGE}">'
        '<tr><td align="center" style="padding:16px 8px">'
        f'<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:680px;{_FONT}">'
        f'<tr><td class="card" style="background:{_CARD};border:1px solid {_LINE};border-radius:10px;padding:28px;'
        f'text-align:left;word-break:break-word;overflow-wrap:anywhere">\n{body}\n</td></tr></table></td></tr></table></body></html>\n'
    )


def _figures(digest: Digest) -> str:
    """What is read from across a room: spend, cached share, what could be saved."""
    spent, cached = digest.spend, digest.cached
    told = (
        (
            f"{usd(spent.usd)} USD" if spent.usd is not None else "not known",
            f"spent, {count(spent.calls)} calls",
            _against(spent.change, digest.period.kind),
        ),
        ("not known" if cached.share is None else f"{100 * cached.share:.0f} %", "of input from prompt caches", ""),
        (*_saving(digest), ""),
    )
    cells = "".join(
        '<td class="figure" width="33%" valign="top" style="padding:0 12px 0 0">'
        f'<div class="accent" style="font-size:22px;line-height:28px;font-weight:600;color:{_ACCENT}">{_text(figure)}</div>'
        f'<div class="muted" style="font-size:13px;line-height:18px;color:{_MUTED}">{_text(what)}'
        f"{'<br>' + _text(also) if also else ''}</div></td>"
        for figure, what, also in told
    )
    return f'{_TABLE} style="margin:0 0 16px"><tr>{cells}</tr></table>'


def _against(change: float | None, kind: str) -> str:
    if change is None:
        return ""
    return f"as in the {kind} before" if abs(change) < SAME else f"{100 * change:+,.0f} % against the {kind} before"


def _saving(digest: Digest) -> tuple[str, str]:
    plan = digest.plan
    if digest.basis is None:
        return "not known", "what could be saved"
    if not digest.recommendations:
        return "nothing", "is worth doing now"
    if plan.today_usd_month is None or plan.after_usd_month is None:
        return "not known", "what could be saved a month"
    return f"{usd(plan.today_usd_month - plan.after_usd_month)} USD", "a month could be saved"


_TABLE = '<table role="presentation" width="100%" cellpadding="0" cellspacing="0"'


def _days(days: list[DaySpend]) -> str:
    known = [one.usd for one in days if one.usd is not None]
    if not any(known):
        return ""
    rows = "".join(_day(one, max(known)) for one in days)
    return f"{_heading('Spend by day, USD')}{_TABLE}>{rows}</table>"


def _day(one: DaySpend, most: Decimal) -> str:
    share = 0.0 if one.usd is None else float(100 * one.usd / most)
    figure = "not known" if one.usd is None and one.calls else usd(one.usd or Decimal(0))
    small = f"font-size:13px;line-height:20px;color:{_MUTED}"
    return (
        f'<tr><td class="muted" width="58" style="white-space:nowrap;{small}">{one.date:%a} {one.date.day}</td>'
        '<td style="padding:0 10px"><svg width="100%" height="10" role="img" aria-hidden="true" '
        'style="display:block"><rect class="track" width="100%" height="10" rx="2" fill="#eceef2"/>'
        f'<rect class="bar" width="{max(share, 0):.1f}%" height="10" rx="2" fill="{_ACCENT}"/></svg></td>'
        f'<td class="ink" align="right" width="76" style="white-space:nowrap;{small};color:{_INK}">{_text(figure)}</td></tr>'
    )


def _section(section: Section) -> str:
    rows = "".join(_rows(section))
    table = f"{_TABLE}>{rows}</table>" if rows else ""
    remark = _paragraph(section.remark) if section.remark else ""
    return f"{_heading(section.title) if section.title else ''}{table}{remark}"


def _rows(section: Section) -> Iterator[str]:
    for number, (first, detail) in enumerate(section.items, 1):
        mark = f"{number}." if section.numbered else "•"
        also = (
            f'<div class="muted" style="font-size:13px;line-height:19px;color:{_MUTED};padding-top:2px">{_line(detail)}</div>'
            if detail
            else ""
        )
        yield (
            f'<tr><td class="muted" width="22" valign="top" style="font-size:14px;line-height:21px;color:{_MUTED}">{mark}</td>'
            f'<td class="ink" valign="top" style="font-size:14px;line-height:21px;color:{_INK};padding:0 0 8px">'
            f"{_line(first)}{also}</td></tr>"
        )


def _heading(title: str) -> str:
    return (
        f'<h2 class="ink rule" style="margin:20px 0 10px;padding:14px 0 0;border-top:1px solid {_LINE};font-size:15px;'
        f'line-height:20px;color:{_INK}">{_text(title)}</h2>'
    )


def _paragraph(line: Line) -> str:
    return f'<p class="ink" style="margin:0 0 8px;font-size:14px;line-height:21px;color:{_INK}">{_line(line)}</p>'


def _line(line: Line) -> str:
    return "".join(_name(part) if isinstance(part, Name) else _between(part) for part in line)


def _name(name: Name) -> str:
    style = "font-family:ui-monospace,Menlo,Consolas,monospace;font-size:12.5px;background:#eef0f4;border-radius:4px;padding:1px 4px"
    if len(name.text) <= _UNBROKEN:
        style += ";white-space:nowrap"
    return f'<span class="name" style="{style}">{_text(name.text)}</span>'


def _between(words: str) -> str:
    lead, tail = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
    return f"{lead}{_text(words)}{tail}" if words.strip() else words


def _text(words: str) -> str:
    """Escaped, and with nothing that a mail reader makes a link of."""
    return escape(printable(words, limit=_LIMIT)).replace("://", ":&#8288;//").replace("www.", "www&#8288;.")
