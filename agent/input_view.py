"""From what came in to the report's section on it."""

from __future__ import annotations

from datetime import UTC, datetime

from agent.intake import Intake
from agent.lacks_view import lacks_of
from agent.report import IncidentKind, Input
from agent.store import Store


def section(store: Store, arrived: Intake) -> Input:
    """What arrived, and the incidents that `store` noted of the stream."""
    return Input(
        records=arrived.records,
        calls=arrived.calls,
        duplicates=arrived.duplicates,
        skipped=arrived.skipped,
        messages=arrived.messages,
        rejected=sum(arrived.rejected.values()),
        rejected_by_reason=arrived.rejected,
        formats=arrived.formats,
        text_states=arrived.text_states,
        time_sources=arrived.time_sources,
        lacks=lacks_of(arrived.lacks, came_apart=arrived.messages > 0),
        examined_calls=arrived.examined,
        incidents=_incidents(store),
    )


def _incidents(store: Store) -> list[IncidentKind]:
    kinds: dict[str, IncidentKind] = {}
    for at, incident in store.incidents():
        known = kinds.get(incident.kind)
        if known is None:
            when = datetime.fromtimestamp(at, UTC)
            kinds[incident.kind] = IncidentKind(kind=incident.kind, count=1, last=when, message=incident.message)
        else:
            kinds[incident.kind] = known.model_copy(update={"count": known.count + 1})
    return list(kinds.values())
