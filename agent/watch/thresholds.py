"""What an analysis finds now that it did not before: a task whose volume pays for tuning, a recommendation worth much."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from agent.events import Event
from agent.store.analyses import Analysis
from agent.watch.crossing import Crossing, crossing
from agent.watch.whole_days import Looked

REACHED = "volume_reached"
AHEAD = "volume_ahead"
WORTH = "recommendation"

_DAY_S = 86_400.0
_WEEK_S = 7 * _DAY_S
_EPOCH = date(1970, 1, 1).toordinal()
_STILL = 1.5
"""What was ahead is so until it is half as far again as what is told."""
_NEVER = ("no", "cannot_tell")
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
    calls_by_day: dict[date, int] = {}

    @property
    def waits(self) -> bool:
        """Whether tuning pays from a volume on that it has not got."""
        need = self.breakeven_calls_month
        return bool(need) and self.verdict not in _NEVER and self.calls_month < (need or 0)


class _Tasks(msgspec.Struct, frozen=True):
    tasks: list[_Task] = []
    calls_by_day: dict[date, int] = {}


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


def looked(kept: Sequence[Analysis]) -> Iterator[Looked]:
    """What each analysis looked at, oldest first; none of one that does not tell it."""
    for one in sorted(kept, key=lambda one: one.at):
        tuning = found_of(one.report).fine_tuning
        if tuning is not None and tuning.calls_by_day:
            yield Looked(
                _numbered(tuning.calls_by_day), {task.id: _numbered(task.calls_by_day) for task in tuning.tasks}
            )


def _numbered(days: Mapping[date, int]) -> dict[int, int]:
    return {day.toordinal() - _EPOCH: calls for day, calls in days.items()}


def volume_events(
    found: Found,
    daily: Mapping[str, Mapping[int, float]],
    window: int,
    weeks_ahead: int,
    reached: Collection[str],
    ahead: Collection[str],
    now: float,
) -> Iterator[Event]:
    """Tasks with the volume from which tuning pays, and those that get there soon; `reached` and `ahead` are subjects of open ones.

    `daily` are calls of each task by day (days since 1970); the volume of an analysis is the mean of the last `window` days.
    """
    for task in found.tasks:
        need = task.breakeven_calls_month
        if not need or task.verdict in _NEVER:
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
        when = crossing(daily.get(task.id, {}), window, need / task.calls_month) if task.calls_month else None
        most = weeks_ahead * (_STILL if task.id in ahead else 1)
        if when is not None and (weeks := (when.likely * _DAY_S - now) / _WEEK_S) <= most:
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
    return f"about {_day(when.likely)} (the earliest {_day(when.earliest)}, {latest}: right for nine in ten of such trends)"


def _day(number: int) -> str:
    return date.fromordinal(_EPOCH + number).isoformat()


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
