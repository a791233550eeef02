"""A recommendation in words: for the screen, and as Markdown for a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from agent.printable import markdown_code, printable
from agent.report_table import alone
from tui import figures, text

if TYPE_CHECKING:
    from agent.report_caching import Restraint
    from agent.report_plan import Evidence, Recommendation

_LINE = 600
MARKS = {"open": "○", "accepted": "▶", "snoozed": "z", "dismissed": "✗", "done": "✓"}
VERDICTS = {"not_yet": "not yet", "no": "no", "cannot_tell": "unclear"}
RISKS = {"none": "no risk", "low": "low risk", "review": "needs a review"}


def content(one: Recommendation, now: float) -> Content:
    """Everything that is known of it."""
    rows: list[tuple[str, Content | str]] = [
        ("About", text.name(one.subject, 120, "")),
        ("Saves", _saves(one)),
        ("Effort", _effort(one)),
        ("Status", _status(one, now)),
    ]
    parts = [text.name(one.action, _LINE), Content(""), text.pairs(rows, 9)]
    if one.evidence:
        parts += [_head("Why"), *(_item("·", _fact(each)) for each in one.evidence)]
    if one.how:
        parts += [_head("How"), *(_item(f"{number}", step) for number, step in enumerate(one.how, 1))]
    if one.realised is not None:
        parts += [_head("What became of it"), *(_item("·", line) for line in _realised(one))]
    if one.history:
        parts.append(_head("History"))
        parts += [
            _item("·", f"{figures.moment(each.at, now)} {each.status} by {each.who} {each.why}") for each in one.history
        ]
    return Content("\n").join(parts)


def _head(title: str) -> Content:
    return Content.assemble("\n", (title, "bold"))


def _item(mark: str, said: str) -> Content:
    return Content.assemble((f"{mark} ", text.STYLES["quiet"]), printable(said, _LINE))


def _saves(one: Recommendation) -> Content:
    saving = one.saving_usd_month
    sure = "measured" if one.measured else "modelled in part"
    if saving.likely is None:
        return Content.styled(f"no figure yet: {one.saving_usd_month_reason or 'not known'}", text.STYLES["warn"])
    likely = Content.styled(f"{figures.dollars(saving.likely)} a month", "bold $text-accent")
    bounds = f"  ({figures.dollars(saving.low)} … {figures.dollars(saving.high)}, {sure})"
    parts: list[Content | str] = [likely, bounds]
    if one.alone_usd_month is not None and one.alone_usd_month != saving.likely:
        taken = one.alone_usd_month - saving.likely
        said = alone(one.alone_usd_month, saving.likely, figures.dollars)
        parts.append(f"\n         {'saves nothing' if said == 'nothing' else said} alone")
        if taken > 0:
            parts.append(f"; {figures.dollars(taken)} of it is taken by what stands above in the plan")
    return Content.assemble(*parts)


def _effort(one: Recommendation) -> str:
    days = f"{one.effort_days:g} day{'s' if one.effort_days != 1 else ''}"
    back = f", pays back in {one.payback_months:.1f} months" if one.payback_months is not None else ""
    return f"{days}{back}, {RISKS[one.risk]}"


def _status(one: Recommendation, now: float) -> Content:
    parts: list[Content | str] = [Content.styled(f"{MARKS[one.status]} {one.status}", "bold")]
    if one.snoozed_until is not None and one.status == "snoozed":
        parts.append(f" until {one.snoozed_until:%Y-%m-%d}")
    if one.status_reason:
        parts.append(f": {printable(one.status_reason, 200)}")
    if one.first_seen is not None:
        parts.append(f", seen first {figures.ago(one.first_seen, now)}")
    return Content.assemble(*parts)


def _fact(each: Evidence) -> str:
    over = [] if each.n is None else [f"n = {each.n:,}"]
    if each.hours is not None:
        over.append(f"{each.hours:,.1f} h" if each.hours < 72 else f"{each.hours / 24:,.1f} d")
    return each.fact + (f" ({', '.join(over)})" if over else "")


def _realised(one: Recommendation) -> list[str]:
    found = one.realised
    assert found is not None
    saved = found.saving_usd_month
    lines = [f"{found.verdict.replace('_', ' ')}: {found.why}"]
    if saved.likely is not None:
        bounds = f"{figures.dollars(saved.low)} … {figures.dollars(saved.high)}"
        lines.append(f"saves {figures.dollars(saved.likely)} a month ({bounds}), over {found.calls:,} calls")
    if found.forecast_usd_month is not None:
        lines.append(f"promised for these calls: {figures.dollars(found.forecast_usd_month)}")
    return [*lines, f"by {found.method}"]


def markdown(one: Recommendation) -> str:
    """A ticket. No name of a log can become a link, a mention or HTML in it."""
    saving = one.saving_usd_month
    lines = [f"## {markdown_code(one.action, 200)}", "", f"- about: {markdown_code(one.subject, 120)}"]
    if saving.likely is not None:
        bounds = f"{figures.dollars(saving.low)} to {figures.dollars(saving.high)}"
        sure = "measured" if one.measured else "modelled in part"
        lines.append(f"- saves a month: {figures.dollars(saving.likely)} ({bounds}; {sure})")
    else:
        lines.append(f"- saves a month: not known ({one.saving_usd_month_reason or 'no figure yet'})")
    lines += [f"- effort: {_effort(one)}", f"- status: {one.status}", f"- id: `{printable(one.id)}`"]
    if one.evidence:
        lines += ["", "Why", "", *(f"- {markdown_code(_fact(each), _LINE)}" for each in one.evidence)]
    if one.how:
        lines += ["", "How", "", *(f"{number}. {markdown_code(step, _LINE)}" for number, step in enumerate(one.how, 1))]
    return "\n".join(lines) + "\n"


def restraint_content(one: Restraint) -> Content:
    """What is not worth doing, and from when it would be."""
    rows: list[tuple[str, Content | str]] = [
        ("About", text.name(one.subject, 120, "") if one.subject else "everything"),
        ("Verdict", text.said(VERDICTS[one.verdict], "strong")),
        ("Why", printable(one.why, _LINE)),
    ]
    if one.worth_it_from:
        rows.append(("From when", printable(one.worth_it_from, _LINE)))
    return Content("\n").join([text.said(one.lever.replace("_", " "), "strong"), Content(""), text.pairs(rows, 11)])
