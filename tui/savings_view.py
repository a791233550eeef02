"""What the savings screen shows, as a frozen value."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from tui.reading import Reading
from tui.where import Where, behind_restraint

if TYPE_CHECKING:
    from agent.report_caching import Restraint
    from agent.report_plan import PlanStep, Recommendation, TrackRecord

ORDER = ("open", "accepted", "snoozed", "done", "dismissed")


class SavingsView(NamedTuple):
    """Recommendations by status, the open ones first and each in the order of the plan."""

    recommendations: tuple[Recommendation, ...]
    plan: tuple[PlanStep, ...]
    restraint: tuple[Restraint, ...]
    track_record: TrackRecord | None
    analysed_at: float | None
    restrained: tuple[Where, ...] = ()
    """Where each restraint is seen."""

    def counted(self) -> dict[str, int]:
        """How many have each status."""
        found: Counter[str] = Counter(one.status for one in self.recommendations)
        return {status: found[status] for status in ORDER if found[status]}


def read_savings(reading: Reading) -> SavingsView:
    """Raises StoreUnavailable."""
    found = reading.database.report()
    if found is None:
        return SavingsView((), (), (), None, None)
    from agent.recommend.record import current

    at, report = found[0], current(reading.store, found[1], reading.now)
    known = sorted(report.recommendations, key=lambda one: ORDER.index(one.status))
    where = tuple(behind_restraint(one, report) for one in report.restraint)
    return SavingsView(tuple(known), tuple(report.plan), tuple(report.restraint), report.track_record, at, where)
