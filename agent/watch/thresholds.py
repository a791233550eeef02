"""What an analysis finds now that it did not before: a task whose volume pays for tuning, a recommendation worth much."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from agent.events import Event
from agent.store.analyses import Analysis
from agent.watch.crossing import Crossing, Point, crossing

REACHED = "volume_reached"
AHEAD = "volume_ahead"
WORTH = "recommendation"

_WEEK_S = 7 * 86_400.0
_STILL = 1.5
"""What was ahead is so until it is half as far again as what is told."""
_BACK = 0.9
"""A volume that was above the break-even has fallen below it when it is a tenth below."""


class _Task(msgspec.Struct, frozen=True):
    id: str
    label: str
    app: str | None
    calls_month: int
    verdict: str
    deciding: str = ""
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


def volumes(kept: Sequence[Analysis]) -> dict[str, list[Point]]:
    """By task, oldest first."""
    points: dict[str, list[Point]] = {}
    for one in sorted(kept, key=lambda one: one.at):
        for task in found_of(one.report).tasks:
            points.setdefault(task.id, []).append(Point(one.at, task.calls_month))
    return points


def volume_events(
    found: Found,
    before: Mapping[str, Sequence[Point]],
    weeks_ahead: int,
    reached: Collection[str],
    ahead: Collection[str],
    now: float,
) -> Iterator[Event]:
    """Tasks with the volume from which tuning pays, and those that get there soon; `reached` and `ahead` are subjects of open ones."""
    for task in found.tasks:
        need = task.breakeven_calls_month
        if not need or task.verdict in ("no", "cannot_tell"):
            continue
        data = {"task": task.id, "app": task.app, "calls_month": task.calls_month, "breakeven_calls_month": need}
        if task.calls_month >= need * (_BACK if task.id in reached else 1):
            # A verdict that stands below the arithmetic says what has to be done before.
            first = f"; not yet, though: {task.deciding}" if task.verdict == "not_yet" and task.deciding else ""
            yield Event(
                REACHED,
                task.id,
                now,
                f"{task.label} has {task.calls_month:,} calls a month: tuning pays from {need:,} on{first}",
                {**data, "verdict": task.verdict},
                task.calls_month / need,
            )
            continue
        when = crossing(before.get(task.id, ()), need)
        most = weeks_ahead * (_STILL if task.id in ahead else 1)
        if when is not None and (weeks := (when.likely - now) / _WEEK_S) <= most:
            yield Event(
                AHEAD,
                task.id,
                now,
                f"{task.label} has {task.calls_month:,} calls a month; at its pace it reaches {need:,}, from where tuning pays, {_told(when)}",
                {
                    **data,
                    "weeks": round(max(weeks, 0.0), 1),
                    "reaches": _day(when.likely),
                    "earliest": _day(when.earliest),
                    "latest": None if when.latest is None else _day(when.latest),
                },
                1 / max(weeks, 1.0),
            )


def _told(when: Crossing) -> str:
    latest = "no latest day can be told" if when.latest is None else f"the latest {_day(when.latest)}"
    return f"about {_day(when.likely)} (the earliest {_day(when.earliest)}, {latest}, as this trend goes on)"


def _day(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"


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
