"""Records that are refused more often than usual."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from statistics import median

from agent import intake
from agent.events import Event
from agent.intake import Intake
from agent.store import Store, read

KIND = "rejects_rising"

_HOURS = 7 * 24
_LEAST = 20
_TIMES = 3.0
_HOUR_S = 3_600.0


def reject_events(store: Store, least_share: float, already: Collection[str], now: float) -> Iterator[Event]:
    """By reason, over the hour of the newest records and the one before; `already` are subjects of open events."""
    newest = read.newest_hour(store.engine, intake.NAME, intake.VERSION, before=int(now // _HOUR_S) + 2)
    if newest is None:
        return
    hours: dict[int, Intake] = {}
    for key, body in read.summaries(store.engine, intake.NAME, intake.VERSION, newest - _HOURS, newest + 1):
        hours[key[2]] = hours.get(key[2], Intake()) + intake.decode(body)
    present = hours.pop(newest) + hours.pop(newest - 1, Intake())
    usual: dict[str, float] = {}
    for reason in present.rejected:
        shares = [one.rejected.get(reason, 0) / one.records for one in hours.values() if one.records]
        usual[reason] = median(shares) if shares else 0.0
    for reason, count in Counter(present.rejected).most_common():
        share = count / max(present.records, 1)
        bound = max(least_share, _TIMES * usual[reason]) / (2 if reason in already else 1)
        if count >= _LEAST and share >= bound:
            yield Event(
                KIND,
                reason,
                (newest - 1) * _HOUR_S,
                f"{100 * share:.1f} % of the newest records are refused ({reason}): {count:,} of {present.records:,}; "
                f"{100 * usual[reason]:.1f} % were usual",
                {
                    "reason": reason,
                    "rejected": count,
                    "records": present.records,
                    "usual_share": round(usual[reason], 6),
                },
                share,
            )
