"""Lines of the fine-tuning screen: gauges of what a task has and lacks, its signals, and its routes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.content import Content

from agent.printable import printable
from tui import cells, figures, text
from tui.cells import Cell, Tone
from tui.live_table import Line

if TYPE_CHECKING:
    from agent.report_tuning import FineTuning, TuningOption, TuningTask

VERDICTS: dict[str, tuple[str, Tone]] = {
    "pays": ("✓ pays", "good"),
    "trial": ("✓ try it", "good"),
    "not_yet": ("… not yet", "quiet"),
    "no": ("✗ no", "warn"),
    "cannot_tell": ("? cannot tell", "quiet"),
}
_BAR = 10
_SIGNALS = 6


def task_line(one: TuningTask) -> Line:
    """A row of the list."""
    said, tone = VERDICTS[one.verdict]
    reached = None if not one.breakeven_calls_month else one.calls_month / one.breakeven_calls_month
    return Line(
        one.id,
        (
            cells.name(one.label, 40, "strong"),
            cells.count(one.calls_month),
            Cell(
                "never" if one.breakeven_calls_month is None else figures.short(one.breakeven_calls_month),
                one.breakeven_calls_month,
                right=True,
            ),
            cells.share(reached, "good" if reached is not None and reached >= 1 else ""),
            cells.money(one.usd_month),
            cells.money(one.saving_usd_month, "money"),
            cells.words(said, tone, one.verdict),
            cells.words(printable(one.deciding, 200)),
        ),
    )


def gauge_lines(one: TuningTask, found: FineTuning, *, signals: int | None = _SIGNALS) -> Iterable[Content]:
    """What the task has of what it needs, what its answers show (so many signals; None: all), and what would turn the verdict."""
    said, tone = VERDICTS[one.verdict]
    yield Content.assemble(text.said(said, tone), f"  {printable(one.deciding, 300)}")
    if one.flips:
        yield Content.assemble(text.said("turns with ", "quiet"), printable(one.flips, 300))
    yield Content("")
    if one.breakeven_calls_month is not None:
        yield gauge("volume", one.calls_month, one.breakeven_calls_month, "calls")
    else:
        why = one.breakeven_calls_month_reason or "no route is cheaper at any volume"
        yield Content.assemble(f"{'volume':<10}", text.said("✗ ", "bad"), f"never: {why}")
    wanted = round(found.assumptions.get("examples", 0))
    if wanted:
        yield gauge("examples", one.examples_ready, wanted, "good")
    yield Content.assemble(f"{'log':<10}", f"{one.days:.1f} days, {one.calls_looked_at:,} calls looked at")
    yield Content("")
    yield text.said("What the answers lack (share of calls)", "strong")
    axes = one.diagnosis
    for name, share in (("knowledge", axes.knowledge), ("behaviour", axes.behaviour), ("capability", axes.capability)):
        yield Content.assemble(
            f"{name:<11}", text.said(figures.bar(share, _BAR), "money"), f" {figures.percent(share, 1):>7}"
        )
    for signal in sorted((s for s in one.signals if s.calls), key=lambda s: -s.calls / s.of)[:signals]:
        hint = "" if signal.counts else " (a hint)"
        yield text.said(f"  {signal.name.replace('_', ' ')}: {signal.calls:,} of {signal.of:,}{hint}", "quiet")
    if one.credit is not None:
        yield Content("")
        yield text.said("What brings the saving, a month", "strong")
        for name, usd in (
            ("caching", one.credit.caching),
            ("another model", one.credit.model_swap),
            ("a shorter prompt", one.credit.prompt_removal),
        ):
            yield Content.assemble(f"{name:<17}", text.said(f"{figures.dollars(usd):>9}", "money"))


def gauge(name: str, has: int, needs: int, what: str) -> Content:
    """A bar that is full where there is enough; the figures say by how much there is more or less."""
    share = has / needs if needs else 1.0
    enough = share >= 1
    return Content.assemble(
        f"{name:<10}",
        text.said("✓ " if enough else "✗ ", "good" if enough else "bad"),
        text.said(figures.bar(share, _BAR), "good" if enough else "warn"),
        f" {figures.short(has)} of {figures.short(needs)} {what} ({figures.percent(share)})",
    )


def option_line(one: TuningOption) -> Line:
    """A route."""
    until = f"until {one.available_until}" if one.available_until else "open"
    return Line(
        one.route,
        (
            cells.name(one.name, 40),
            cells.money(one.fixed_usd_month),
            cells.money(one.tuned_usd_call),
            Cell(
                "never" if one.breakeven_calls_month is None else figures.short(one.breakeven_calls_month),
                one.breakeven_calls_month,
                right=True,
            ),
            cells.money(one.saving_usd_month, "good" if one.saving_usd_month > 0 else ""),
            Cell(
                figures.DASH if one.payback_months is None else f"{one.payback_months:.1f}",
                one.payback_months,
                right=True,
            ),
            cells.words(printable(one.refused, 200), "warn") if one.refused else cells.words(until, "quiet"),
            cells.words(f"{one.confidence}, {one.prices_of}", "quiet"),
        ),
    )
