"""What a report says, apart from how it is drawn: headings, sentences and tables that text and Markdown share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from agent import report_lines_caching as caching
from agent import report_lines_plan as plan
from agent import report_lines_response as response
from agent import report_lines_tuning as tuning
from agent.report import Input, ModelSpend, Period, Quantiles, Report, Spend, Spender, Tokens
from agent.report_lines_input import lacks_table
from agent.report_table import SHOWN, Cell, Table, count, more, several, usd

_SMALL_HOURS = 24.0
_SMALL_CALLS = 100


class Section(NamedTuple):
    """One subject: a few sentences, its tables, and what its figures rest on."""

    name: str
    summary: tuple[str, ...]
    tables: tuple[Table, ...]
    remarks: tuple[str, ...]


class Lines(NamedTuple):
    """The report in the order in which it is read."""

    title: str
    sections: tuple[Section, ...]
    orders: tuple[tuple[str, str], ...]
    """Title and unified diff of prompts whose order should change; their words are as they may be shown."""

    @property
    def summary(self) -> tuple[str, ...]:
        """Every section's sentences."""
        return tuple(line for section in self.sections for line in section.summary)

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every section's tables."""
        return tuple(table for section in self.sections for table in section.tables)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What every section rests on."""
        return tuple(line for section in self.sections for line in section.remarks)


def lines(report: Report) -> Lines:
    """Everything worth a line. Figures come with the count and the period they are from."""
    found, tuned, answers = report.prompt_caching, report.fine_tuning, report.response_caching
    known = (*_summary(report), *plan.summary(report.plan, report.recommendations, report.restraint))
    sections = [
        _section("plan", (), plan.tables(report.plan, report.recommendations, report.track_record), ()),
        _section("spend", known, _spend_tables(report.spend), _spend_remarks(report)),
        _section("input", (), _input_tables(report.input), _input_remarks(report)),
        _section("events", (), (), _events(report)),
    ]
    if found is not None:
        said = (*caching.summary(found), *caching.worked(found), *caching.alerts(found))
        sections.append(
            _section("prompt_caching", said, caching.tables(found, report.restraint), caching.remarks(found))
        )
    if tuned is not None:
        sections.append(_section("fine_tuning", tuning.summary(tuned), tuning.tables(tuned), tuning.remarks(tuned)))
    if answers is not None:
        tables = response.tables(answers, report.restraint)
        sections.append(_section("response_caching", response.summary(answers), tables, response.remarks(answers)))
    sections.append(_section("model_choice", (), plan.left(report.restraint), ()))
    return Lines(
        title=f"LLM calls, {_span(report.period)}",
        sections=tuple(sections),
        orders=() if found is None else tuple(caching.orders(found)),
    )


def _section(name: str, summary: Iterable[str], tables: Iterable[Table], remarks: Iterable[str]) -> Section:
    return Section(name, tuple(summary), tuple(table for table in tables if table.rows), tuple(remarks))


def _spend_tables(spend: Spend) -> Iterable[Table]:
    spenders = (
        ("Model", [(row.model, row) for row in spend.by_model]),
        ("App", [(row.app, row) for row in spend.by_app]),
        ("Environment", [(row.environment, row) for row in spend.by_environment]),
        ("Team", [(row.team, row) for row in spend.by_team]),
        ("Tag", [(row.tag, row) for row in spend.by_tag]),
    )
    for kind, rows in spenders:
        if rows and (kind in ("Model", "App") or any(name is not None for name, _ in rows)):
            yield _spenders(kind, rows, spend.total_usd)
    yield _tokens(spend.tokens)
    if any(quantiles.n for quantiles in (spend.latency, spend.time_to_first_token)):
        yield _times(spend)
    if spend.unpriced_models:
        yield _unpriced(spend)


def _input_tables(received: Input) -> Iterable[Table]:
    if received.lacks:
        yield lacks_table("What calls do not say", received.lacks)
    if received.rejected:
        yield _rejected(received)


def _span(period: Period) -> str:
    if period.start is None or period.end is None or period.hours is None:
        return "none yet"
    start, end = (at.strftime("%Y-%m-%d %H:%M") for at in (period.start, period.end))
    return f"{start} to {end} UTC ({_hours(period.hours)})"


def _hours(hours: float) -> str:
    if hours < 1:
        return f"{hours * 60:.0f} minutes"
    return f"{hours:.1f} hours" if hours < 72 else f"{hours / 24:.1f} days"


def _summary(report: Report) -> Iterable[str]:
    spend, received = report.spend, report.input
    if not received.calls:
        yield "No calls yet."
        yield f"{count(received.records)} records were read, {count(received.rejected)} refused."
        return
    if spend.total_usd is None:
        yield f"Spend is not known: {spend.total_usd_reason or 'no call could be priced'}."
    else:
        of = "" if not spend.unpriced_calls else f" of {count(received.calls)}"
        yield f"{usd(spend.total_usd)} USD for {count(spend.priced_calls)}{of} calls."
    if spend.month_usd is None:
        yield f"No figure for a month: {spend.month_usd_reason or 'not known'}."
    else:
        yield f"{usd(spend.month_usd)} USD a month (730 hours) at this pace."
    apart = f"{count(received.messages)} messages of calls, " if received.messages else ""
    yield (
        f"{count(received.records)} records: {count(received.calls)} calls, {count(received.duplicates)} duplicates, "
        f"{apart}{count(received.skipped)} other records, {count(received.rejected)} refused."
    )


def _spend_remarks(report: Report) -> Iterable[str]:
    spend, period, received = report.spend, report.period, report.input
    if spend.month_usd is not None and period.hours is not None:
        if period.hours < _SMALL_HOURS:
            yield f"The figure for a month is extrapolated from {_hours(period.hours)}; days and weeks have their own pace."
        elif received.calls < _SMALL_CALLS:
            yield f"The figure for a month is extrapolated from {count(received.calls)} calls."
    if spend.upper_bound_calls:
        yield (
            f"{count(spend.upper_bound_calls)} calls are priced at most as high as said: "
            "their log does not tell how much of the input was cached."
        )
    if spend.response_cache_hits:
        yield f"{count(spend.response_cache_hits)} calls were answered by a gateway's own cache and cost nothing."
    if spend.logged_cost_usd is not None:
        yield f"The logs themselves name {usd(spend.logged_cost_usd)} USD for {count(spend.logged_cost_calls)} calls."
    yield f"Prices: {spend.price_source}, of the day of each call."


def _input_remarks(report: Report) -> Iterable[str]:
    spend, received = report.spend, report.input
    if spend.errors.calls:
        yield f"{count(spend.errors.calls)} of {count(received.calls)} calls failed."
    without_text = sum(n for state, n in received.text_states.items() if state not in ("full", "hashes"))
    if without_text:
        apart = (
            f"; {count(received.messages)} messages that came apart are joined to theirs" if received.messages else ""
        )
        yield f"{count(without_text)} of {count(received.calls)} calls came without their whole text{apart}."
    undated = received.time_sources.get("unknown", 0)
    if undated:
        yield f"{count(undated)} calls carry no time: they count in the hour in which they were read."
    for incident in received.incidents:
        yield f"{incident.last:%Y-%m-%d %H:%M} UTC: {incident.message} ({incident.kind}, {count(incident.count)} so far)."


def _events(report: Report) -> Iterable[str]:
    for event in report.events[:SHOWN]:
        state = "open" if event.resolved_at is None else f"resolved {event.resolved_at:%Y-%m-%d %H:%M} UTC"
        yield f"{event.raised_at:%Y-%m-%d %H:%M} UTC: {event.message} ({event.kind}, {state})."
    for one in report.undelivered:
        left = "given up" if one.state == "given_up" else "still tried"
        yield f"Channel {one.channel} did not take {several(one.messages, 'message')} ({left}): {one.error}."


def _spenders(kind: str, rows: Sequence[tuple[str | None, Spender]], total: Decimal | None) -> Table:
    shown = [
        (
            Cell(name if name is not None else "(none)", is_name=name is not None),
            Cell(count(row.calls)),
            Cell(count(row.tokens.input) if row.tokens else ""),
            Cell(count(row.tokens.output) if row.tokens else ""),
            Cell(usd(row.usd)),
            Cell(_share(row.usd, total)),
        )
        for name, row in rows[:SHOWN]
    ]
    rest = rows[SHOWN:]
    if rest:
        known = [row.usd for _, row in rest if row.usd is not None]
        calls = sum(row.calls for _, row in rest)
        left = sum(known, Decimal(0)) if known else None
        shown.append(
            (
                Cell(f"{len(rest)} more"),
                Cell(count(calls)),
                Cell(""),
                Cell(""),
                Cell(usd(left)),
                Cell(_share(left, total)),
            )
        )
    note = "A call with several tags is in several lines." if kind == "Tag" else ""
    if any(isinstance(row, ModelSpend) and row.logged_as for _, row in rows):
        note = "Calls that name the model they asked for are in the line of the model that answered."
    return Table(
        f"Spend by {kind.lower()}", (kind, "Calls", "Input tokens", "Output tokens", "USD", "Share"), tuple(shown), note
    )


def _share(part: Decimal | None, total: Decimal | None) -> str:
    return "" if part is None or not total else f"{100 * part / total:.1f} %"


def _tokens(tokens: Tokens) -> Table:
    kinds = [
        ("input, not from cache", tokens.uncached_input),
        ("input, read from cache", tokens.cache_read),
        ("input, written to cache (short)", tokens.cache_write_short),
        ("input, written to cache (long)", tokens.cache_write_long),
        ("input, cached or not is not logged", tokens.input_split_unknown),
        ("output", tokens.output),
    ]
    return Table(
        "Tokens", ("Kind", "Tokens"), tuple((Cell(kind), Cell(count(number))) for kind, number in kinds if number)
    )


def _times(spend: Spend) -> Table:
    measured = [("whole answer", spend.latency), ("first token", spend.time_to_first_token)]
    rows = tuple(
        (Cell(what), Cell(count(quantiles.n)), *(Cell(_seconds(each)) for each in _levels(quantiles)))
        for what, quantiles in measured
        if quantiles.n
    )
    return Table("Seconds until", ("What", "Calls", "p50", "p95", "p99"), rows)


def _levels(quantiles: Quantiles) -> tuple[float | None, ...]:
    return quantiles.p50, quantiles.p95, quantiles.p99


def _seconds(seconds: float | None) -> str:
    return "not known" if seconds is None else f"{seconds:.2f}"


def _unpriced(spend: Spend) -> Table:
    rows = [
        (Cell(row.model or "(none)", row.model is not None), Cell(count(row.calls)), Cell(row.reason, True))
        for row in spend.unpriced_models
    ]
    return Table("Not priced", ("Model", "Calls", "Why"), tuple(rows[:SHOWN]), more(len(rows)))


def _rejected(received: Input) -> Table:
    reasons = sorted(received.rejected_by_reason.items(), key=lambda item: (-item[1], item[0]))
    rows = tuple((Cell(reason, True), Cell(count(number))) for reason, number in reasons[:SHOWN])
    return Table("Refused records", ("Why", "Records"), rows, more(len(reasons)))
