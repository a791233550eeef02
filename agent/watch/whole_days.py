"""Days of which all that came in is known, and what a task had of each.

A day on which the stream stood still is not a day without calls. Such an hour has none of any application, though the same hour of the week before
and of the week after had at least ten (the one of them that there is, at the edges of the log): a day with such an hour is not known, and neither is
a whole day that is so. Nights and weekends on which nobody ever calls are none. Hours that were put together by the day are looked at as a day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from agent import intake, rollup
from agent.store import Store, read

_HOURS = 24
_WEEK = 7
_USUAL = 10
_LOOKED_AT = 1_000


class Looked(NamedTuple):
    """What one analysis looked at: calls by day (days since 1970, UTC), of all and of each task by its id."""

    calls: Mapping[int, int]
    tasks: Mapping[str, Mapping[int, int]]


def totals(store: Store, days: int, newest: int) -> dict[int, int]:
    """Calls of each whole day of the last `days` before that of the hour `newest` (unix time // 3600). Raises StoreUnavailable."""
    today = newest // _HOURS
    hours: defaultdict[int, int] = defaultdict(int)
    together: set[int] = set()
    # A week more, to hold the first of them against.
    start = (today - days - _WEEK) * _HOURS
    for (_, _, hour, topic, part), body in read.summaries(
        store.engine, intake.NAME, intake.VERSION, start, today * _HOURS
    ):
        hours[hour] += intake.decode(body).calls
        if (topic, part) == (rollup.TOPIC, rollup.PART):
            together.add(hour // _HOURS)
    found = whole(hours, together, today)
    return {day: calls for day, calls in found.items() if day >= today - days}


def whole(hours: Mapping[int, int], together: Iterable[int] = (), today: int | None = None) -> dict[int, int]:
    """Calls by day, of the days before `today` that are known; `hours` has those of each hour, `together` are days whose hours are not told apart."""
    seen = [hour for hour, calls in hours.items() if calls]
    if not seen:
        return {}
    by_day: defaultdict[int, int] = defaultdict(int)
    for hour, calls in hours.items():
        by_day[hour // _HOURS] += calls
    first, end = min(seen), (max(seen) // _HOURS + 1 if today is None else today)
    days = range(-(-first // _HOURS), end)
    rolled = set(together)
    return {
        day: by_day.get(day, 0)
        for day in days
        if not _still(by_day, day, _WEEK, days)
        and (
            day in rolled
            or not any(
                _still(hours, day * _HOURS + hour, _WEEK * _HOURS, range(first, end * _HOURS)) for hour in range(_HOURS)
            )
        )
    }


def _still(counts: Mapping[int, int], at: int, week: int, known: range) -> bool:
    """Whether nothing came in where a week earlier and a week later much did."""
    if counts.get(at):
        return False
    like = [counts.get(other, 0) for other in (at - week, at + week) if other in known]
    return bool(like) and min(like) >= _USUAL


def volumes(looked: Sequence[Looked], whole_days: Mapping[int, int]) -> dict[str, dict[int, float]]:
    """Calls of each task on each day that is known, from the first that it had any on.

    Of several analyses that of a day which looked at most of it, the newest of equal ones (`looked` is oldest first): a task's share of what was
    looked at of a day, times all calls of the day. Of a day of which less than 1,000 calls and less than all were looked at nothing is known.
    """
    of_day: dict[int, Looked] = {}
    for one in looked:
        for day, calls in one.calls.items():
            if day not in of_day or calls >= of_day[day].calls[day]:
                of_day[day] = one
    found: defaultdict[str, dict[int, float]] = defaultdict(dict)
    names = {name for one in looked for name in one.tasks}
    for day, calls in sorted(whole_days.items()):
        if calls and (day not in of_day or of_day[day].calls[day] < min(calls, _LOOKED_AT)):
            continue
        for name in names:
            own = of_day[day].tasks.get(name, {}).get(day, 0) / of_day[day].calls[day] if calls else 0.0
            if own or found.get(name):
                found[name][day] = own * calls
    return dict(found)
