"""Applications that cost far more than at the same time of other days."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from agent.events import Event
from agent.watch.hourly import AppModel, Hourly
from analyzers.anomalies import Anomaly, find

KIND = "spend_anomaly"
_CAUSES = {"volume": "more calls", "price": "a higher price of a token", "tokens_per_call": "more tokens a call"}


def spend_events(found: Hourly, least_usd_day: float, already: Collection[str]) -> Iterator[Event]:
    """Those that are abnormal now; `already` are subjects of open events."""
    for of, series in found.series.items():
        name = subject(of)
        one = find(series, found.end, least_usd_day=least_usd_day, already=name in already)
        if one is not None:
            yield _event(of, name, one)


def subject(of: AppModel) -> str:
    """What the event is about."""
    return f"{of.app or '(no app)'} on {of.model or '(no model)'}"


def _event(of: AppModel, name: str, one: Anomaly) -> Event:
    share = one.shares[one.cause]
    why = _CAUSES[one.cause] if share > 0.8 else f"mostly {_CAUSES[one.cause]}"
    return Event(
        KIND,
        name,
        (one.end - one.hours) * 3_600.0,
        f"{name} cost {one.usd:,.2f} USD in {one.hours} hours, {one.usd / one.usual_usd:,.1f} times what is usual at "
        f"this time ({one.usd_day:,.2f} USD a day more): {why}",
        {
            "app": of.app,
            "model": of.model,
            "hours": one.hours,
            "usd": round(one.usd, 6),
            "usual_usd": round(one.usual_usd, 6),
            "usd_day": round(one.usd_day, 6),
            "cause": one.cause,
            "shares": {cause: round(value, 4) for cause, value in one.shares.items()},
            "days_compared": one.days,
        },
        one.usd_day,
    )
