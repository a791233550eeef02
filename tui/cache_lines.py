"""Rows and lines of the screen of the cache."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.content import Content

from agent.printable import printable
from tui import cells, figures, text
from tui.cells import Cell, Tone
from tui.live_table import Line

if TYPE_CHECKING:
    from agent.report_response import AppCache, ResponseCaching, Semantic, Threshold

_VERDICTS: dict[str, tuple[str, Tone]] = {
    "use": ("use it", "good"),
    "no": ("no", "warn"),
    "not_yet": ("not yet", "quiet"),
    "cannot_tell": ("cannot tell", "quiet"),
}
_SPOILERS = 4


def threshold_line(one: Threshold, semantic: Semantic) -> Line:
    """One threshold: what it would hit, break and save."""
    chosen = one.threshold == semantic.recommended_threshold
    within = one.wrong_rate_high <= semantic.max_wrong_rate
    likely = f"{100 * one.hit_rate_low:.0f}–{100 * one.hit_rate_high:.0f} %"
    said = "◂ chosen" if chosen else "" if within else "over the limit"
    return Line(
        f"{one.threshold:.3f}",
        (
            Cell(f"{one.threshold:.2f}", one.threshold, "strong" if chosen else ""),
            cells.share(one.hit_rate),
            Cell(likely, one.hit_rate_low, "quiet", right=True),
            cells.share(one.wrong_rate_high, "good" if within else "bad", places=2),
            cells.share(one.wrong_rate_of_hits, "quiet", places=1),
            cells.count(one.judged_pairs, "quiet"),
            cells.money(one.saving_usd_month, "money"),
            cells.words(said, "good" if chosen else "quiet"),
        ),
    )


def app_line(one: AppCache) -> Line:
    """One application alone."""
    said, tone = _VERDICTS[one.verdict]
    own = one.recommended_threshold
    return Line(
        one.app or "",
        (
            cells.name(one.app or "(none)", 24),
            cells.count(one.eligible_calls),
            cells.share(one.exact_hit_rate),
            Cell(figures.DASH if own is None else f"{own:.2f}", own, right=True),
            cells.share(one.hit_rate),
            cells.share(one.wrong_rate_high, places=2),
            cells.money(one.saving_usd_month, "money"),
            cells.words(
                f"{said}{': ' if one.why else ''}{printable(one.why, 200) if one.why else ''}", tone, one.verdict
            ),
        ),
    )


def exact_lines(found: ResponseCaching) -> Iterable[Content]:
    """The exact cache by lifetime, what spoils its keys, and what may not be answered at all."""
    exact = found.exact
    yield text.said("An exact cache", "strong")
    for one in exact.by_ttl:
        mark = " ◂ enough" if one.ttl_s == exact.ttl_s else ""
        bar = figures.bar(one.hit_rate, 12)
        yield Content.assemble(
            text.said(f"{figures.lasting(one.ttl_s):>7} ", "quiet"),
            text.said(bar, "money"),
            f"{figures.percent(one.hit_rate, 1):>8}",
            text.said(mark, "good"),
        )
    if exact.saving_usd_month is not None:
        yield Content(f"saves {figures.dollars(exact.saving_usd_month)} a month")
    elif exact.saving_usd_month_reason:
        yield text.said(f"no figure for a month: {exact.saving_usd_month_reason}", "quiet")
    if exact.in_flight.calls:
        yield Content(f"{exact.in_flight.calls:,} calls came while the same answer was under way")
    if exact.spoilers:
        yield Content("")
        yield text.said("What makes equal requests unequal", "strong")
    for spoiler in exact.spoilers[:_SPOILERS]:
        sure = "" if spoiler.confidence == "confirmed" else "?"
        yield Content.assemble(
            text.name(spoiler.app or "(no app)", 20, ""),
            f"  {spoiler.kind}{sure}, +{spoiler.more_hits:,} hits  ",
            text.said(figures.dollars(spoiler.saving_usd_month), "money"),
        )
        yield text.said(f"  {printable(spoiler.fix, 200)}", "quiet")
    if found.ineligible_by_reason:
        yield Content("")
        yield text.said("Not to be answered from a cache", "strong")
        for reason, calls in sorted(found.ineligible_by_reason.items(), key=lambda item: -item[1]):
            yield Content.assemble(text.said(f"{calls:>9,} ", "quiet"), reason.replace("_", " "))
