"""What an analysis finds now that it did not before: a task whose volume pays for tuning, a recommendation worth much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import combinations
from statistics import median
from typing import NamedTuple

import msgspec

from agent.events import Event
from agent.store.analyses import Analysis

REACHED = "volume_reached"
AHEAD = "volume_ahead"
WORTH = "recommendation"

_WEEK_S = 7 * 86_400.0
_LEAST_S = 14 * 86_400.0
_LEAST_POINTS = 5
_RISING = 0.9
_BACK = 0.9
"""A volume that was above the break-even has fallen below it when it is a tenth below."""


class _Task(msgspec.Struct, frozen=True):
    id: str
    label: str
    app: str | None
    calls_month: int
    verdict: str
    breakeven_calls_month: int | None = None


class _Tasks(msgspec.Struct, frozen=True):
    tasks: list[_Task] = []


class _Saving(msgspec.Struct, frozen=True):
    likely: float | None = None


class _Recommendation(msgspec.Struct, frozen=True):
    id: str
    kind: str
    subject: str
    action: str
    status: str
    saving_usd_month: _Saving


class Found(msgspec.Struct, frozen=True):
    """The part of a report that thresholds are about."""

    fine_tuning: _Tasks | None = None
    recommendations: list[_Recommendation] = []

    @property
    def tasks(self) -> list[_Task]:
        """None of them where fine-tuning was not looked at."""
        return self.fine_tuning.tasks if self.fine_tuning else []


found_of = msgspec.json.Decoder(Found).decode


class Point(NamedTuple):
    """Calls a month, as an analysis at that time (unix seconds) had it."""

    at: float
    calls_month: int


def volumes(kept: Sequence[Analysis]) -> dict[str, list[Point]]:
    """By task, oldest first."""
    points: dict[str, list[Point]] = {}
    for one in sorted(kept, key=lambda one: one.at):
        for task in found_of(one.report).tasks:
            points.setdefault(task.id, []).append(Point(one.at, task.calls_month))
    return points


def volume_events(
    found: Found, before: Mapping[str, Sequence[Point]], weeks_ahead: int, already: frozenset[str], now: float
) -> Iterator[Event]:
    """Tasks with the volume from which tuning pays, and those that get there soon; `already` are subjects of open ones."""
    for task in found.tasks:
        need = task.breakeven_calls_month
        if not need or task.verdict in ("no", "cannot_tell"):
            continue
        data = {"task": task.id, "app": task.app, "calls_month": task.calls_month, "breakeven_calls_month": need}
        if task.calls_month >= need * (_BACK if task.id in already else 1):
            yield Event(
                REACHED,
                task.id,
                now,
                f"{task.label} has {task.calls_month:,} calls a month: tuning pays from {need:,} on",
                {**data, "verdict": task.verdict},
                task.calls_month / need,
            )
        elif (weeks := weeks_until(before.get(task.id, ()), need)) is not None and weeks <= weeks_ahead:
            yield Event(
                AHEAD,
                task.id,
                now,
                f"{task.label} has {task.calls_month:,} calls a month; at its pace it reaches {need:,}, from where tuning pays, "
                f"in about {weeks:.0f} weeks",
                {**data, "weeks": round(weeks, 1)},
                1 / max(weeks, 1.0),
            )


def weeks_until(points: Sequence[Point], need: int) -> float | None:
    """Weeks until the trend of the points reaches `need`; None when it does not rise, or two weeks of it are not known yet.

    The trend is the median of the slopes between any two of them, and nine in ten of those must rise.
    """
    if len(points) < _LEAST_POINTS or points[-1].at - points[0].at < _LEAST_S:
        return None
    slopes = [(b.calls_month - a.calls_month) / (b.at - a.at) for a, b in combinations(points, 2) if b.at > a.at]
    if sum(slope > 0 for slope in slopes) < _RISING * len(slopes):
        return None
    slope = median(slopes)
    level = median(point.calls_month + slope * (points[-1].at - point.at) for point in points)
    return max(0.0, need - level) / (slope * _WEEK_S)


def worth_events(found: Found, least_usd_month: Decimal, already: frozenset[str], now: float) -> Iterator[Event]:
    """Open recommendations that would save much; `already` are subjects of open events."""
    for one in found.recommendations:
        likely = one.saving_usd_month.likely
        least = float(least_usd_month) * (_BACK if one.id in already else 1)
        if one.status == "open" and likely is not None and likely >= least:
            yield Event(
                WORTH,
                one.id,
                now,
                f"{one.subject}: {one.action.rstrip('.')}, {likely:,.0f} USD a month",
                {"recommendation": one.id, "kind": one.kind, "saving_usd_month": likely},
                likely,
            )
