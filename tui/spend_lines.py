"""Lines about spend that the overview and an application share."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from tui import cells
from tui.cells import Cell
from tui.live_table import Line
from tui.ranges import Hours

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from agent.report_plan import Recommendation
    from agent.spend_hours import Hour
    from analyzers.spend.view import Row, Tokens

SPENDER = ("Calls", "In", "Out", "Spend", "Share")
_MOST = 20


def spender(row: Row, whole: Decimal, mark: str | None = None) -> Line:
    """Who spends, and what share of the whole; `mark` is the pattern in a chart, where there is one."""
    share = row.usd / whole if row.usd is not None and whole else None
    return Line(
        repr(row.name),
        (
            *(() if mark is None else (cells.words(mark, "quiet"),)),
            cells.name(row.name, 40),
            cells.count(row.calls),
            cells.count(input_of(row.tokens)),
            cells.count(row.tokens.output),
            cells.money(row.usd) if row.usd is not None else Cell("no price", None, "quiet", right=True),
            cells.share_bar(share, 8),
        ),
    )


def advice(found: Iterable[Recommendation], *, about: bool = True) -> list[Line]:
    """What to do, by number; `about`: with the application that each is about."""
    lines = []
    for number, one in enumerate(found):
        if number == _MOST:
            break
        subject = (cells.name(one.app or one.subject, 18),) if about else ()
        lines.append(
            Line(
                one.id,
                (
                    cells.exact(number + 1, "quiet"),
                    *subject,
                    cells.name(one.action, 200),
                    cells.money(one.saving_usd_month.likely, "money"),
                    cells.alone(one),
                    cells.words(one.risk, "warn" if one.risk == "review" else "quiet"),
                ),
            )
        )
    return lines


def filled(hours: Hours, known: Sequence[Hour]) -> list[Hour | None]:
    """One place for each hour; None where there were no calls."""
    by_hour = {hour.hour: hour for hour in known}
    return [by_hour.get(hour) for hour in range(hours.start, hours.end)]


def labels(hours: Hours) -> list[str]:
    """Of a chart: the time of the day, or over more than two days the date."""
    form = "%m-%d" if hours.end - hours.start > 48 else "%H:%M"
    return [f"{datetime.fromtimestamp(hour * 3_600, UTC):{form}}" for hour in range(hours.start, hours.end)]


def input_of(counts: Tokens) -> int:
    """All input tokens."""
    cached = counts.cache_read + counts.cache_write_short + counts.cache_write_long
    return counts.uncached_input + cached + counts.input_split_unknown


def cached_of(counts: Tokens) -> float | None:
    """Of the input tokens whose split is logged, the share that came from the provider's cache."""
    known = counts.uncached_input + counts.cache_read + counts.cache_write_short + counts.cache_write_long
    return counts.cache_read / known if known else None
