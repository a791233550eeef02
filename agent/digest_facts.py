"""What the database knows of a period: the facts that a digest is made from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from agent import intake, spend_view, views
from agent.digest.facts import Analysed, DayFacts, Facts, Stuck
from agent.digest.period import Period, before, days
from agent.events_view import told
from agent.lacks_view import lacks_of
from agent.report import Event, IncidentKind, Input, Report, Spend
from agent.store import Store, read
from agent.store.analyses import Analysis, newest
from analyzers.prices import Prices
from analyzers.spend import Spend as SpendAnalyzer
from analyzers.spend import State, view

_SPEND = SpendAnalyzer()
_decode = msgspec.json.Decoder(State).decode
_HOUR_S = 3_600
_DAYS = 7


def facts(
    store: Store,
    prices: Prices,
    period: Period,
    zone: ZoneInfo,
    *,
    since: float | None = None,
    stuck: Sequence[Stuck] = (),
) -> Facts:
    """Everything measured of `period` and the one before. `since` (unix seconds) is when the digest before was made, which the
    recommendations are compared with; without one that is the start of the period. Raises StoreUnavailable.
    """
    previous = before(period, zone)
    shown = tuple(days(period, zone, _DAYS))
    hours = _Hours(store, prices, min(previous.start, shown[0].start), period.end)
    spend, _ = hours.spend(period.start, period.end)
    spend_before, calls_before = hours.spend(previous.start, previous.end)
    progress = read.progress(store.engine)
    return Facts(
        period=period,
        zone=zone,
        spend=spend,
        received=_received(store, period),
        spend_before=spend_before,
        calls_before=calls_before,
        days=tuple(DayFacts(day, *hours.spend(day.start, day.end)) for day in shown),
        known_from=_known_from(store),
        read_until=max((one.updated_at for one in progress), default=None),
        analysis=_analysed(newest(store.engine)),
        earlier=_analysed(newest(store.engine, before=period.start if since is None else since)),
        events=_events(store, period),
        stuck=tuple(stuck),
    )


class _Hours:
    """Totals of hours of calls, read once."""

    def __init__(self, store: Store, prices: Prices, start: float, end: float) -> None:
        rows = read.summaries(store.engine, _SPEND.name, _SPEND.version, _hour(start), _hour(end))
        self._states = [(key[2], _decode(state)) for key, state in rows]
        self._prices = prices

    def spend(self, start: float, end: float) -> tuple[Spend, int]:
        """What was spent and the number of calls; times are cut to whole hours."""
        inside = [(hour, state) for hour, state in self._states if _hour(start) <= hour < _hour(end)]
        spent = view(inside, self._prices, times_by_name=False)
        return spend_view.section(spent, self._prices, (end - start) / _HOUR_S), spent.calls


def _hour(at: float) -> int:
    return int(at // _HOUR_S)


def _received(store: Store, period: Period) -> Input:
    arrived = views.received(store, start_hour=_hour(period.start), end_hour=_hour(period.end))
    return Input(
        records=arrived.records,
        calls=arrived.calls,
        rejected=sum(arrived.rejected.values()),
        rejected_by_reason=arrived.rejected,
        text_states=arrived.text_states,
        lacks=lacks_of(arrived.lacks, came_apart=arrived.messages > 0),
        examined_calls=arrived.examined,
        incidents=[
            IncidentKind(kind=one.kind, count=1, last=datetime.fromtimestamp(at, UTC), message=one.message)
            for at, one in store.incidents()
            if period.start <= at < period.end
        ],
    )


def _known_from(store: Store) -> float | None:
    hour = read.first_hour(store.engine, intake.NAME, intake.VERSION)
    return None if hour is None else hour * float(_HOUR_S)


def _analysed(kept: Analysis | None) -> Analysed | None:
    return None if kept is None else Analysed(kept.at, Report.model_validate_json(kept.report))


def _events(store: Store, period: Period) -> tuple[Event, ...]:
    """What is raised in the period or open at its end first; then what was resolved in it."""
    rows = read.events_between(store.engine, period.start, period.end)
    return tuple(told(sorted(rows, key=lambda row: (row.resolved_at is not None, -row.raised_at))))
