"""Looks at the newest calls for caches that got worse, and raises an event for each."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from decimal import Decimal

from agent.events import Event, open_events, raise_new, resolve
from agent.report_table import usd
from agent.store import Store, StoreUnavailable, read
from agent.store.read import StoredEventRow
from analyzers.core import Call
from analyzers.prices import Prices
from analyzers.prompt_caching.prompt import Family
from analyzers.prompt_caching.rules import Rules
from analyzers.prompt_caching.watch import Watched, watch

log = logging.getLogger("hone.watch")

KIND = "cache_regression"
CALLS = 8_000
"""Of the newest calls, and of those an hour before where these are of less than an hour."""
BACK_S = 6 * 3_600.0
_HOUR_S = 3_600.0
_LEAST_SINCE = 20


class CachingWatch:
    """Remembers which revision of the database it has seen, so that nothing is done while nothing comes in."""

    def __init__(self, store: Store, prices: Prices, rules: Rules, family: Family) -> None:
        self._store = store
        self._prices = prices
        self._rules = rules
        self._family = family
        self._seen = -1

    def look(self, now: float) -> list[Event]:
        """The events that are new now; a database that is away is tried again at the next turn."""
        try:
            revision = read.revision(self._store.engine).number
            if revision == self._seen:
                return []
            self._seen = revision
            found = watch(self._calls(), self._prices, self._rules, self._family)
            fresh = raise_new(self._store, _events(found), now)
            resolve(self._store, _over(found, open_events(self._store)), now)
        except StoreUnavailable as error:
            log.warning("not looked at: %s", error.message)
            return []
        for event in fresh:
            log.warning("%s", event.message)
        return fresh

    def _calls(self) -> Iterator[Call]:
        engine = self._store.engine
        last = read.last_call(engine)
        if last is None:
            return
        newest = max(read.newest_from(engine, CALLS) or 0.0, last - BACK_S)
        if newest > last - _HOUR_S:
            # Busy: what is an hour old serves as the time before.
            end = last - _HOUR_S
            start = max(read.newest_from(engine, CALLS, before=end) or 0.0, last - BACK_S)
            yield from self._store.calls(start, end)
        yield from self._store.calls(newest)


def _events(found: list[Watched]) -> Iterator[Event]:
    for one in found:
        fall = one.regression
        if fall is None:
            continue
        what = fall.fault.kind if fall.fault else "the provider serves less of the same prompts"
        cost = "" if fall.usd_day is None else f", {usd(fall.usd_day)} USD a day"
        place = fall.fault.place if fall.fault else None
        where = "" if place is None else f" in {place.segment} {place.position}, characters {place.start}-{place.end}"
        yield Event(
            KIND,
            f"{one.id}:{fall.fault.kind if fall.fault else 'provider'}",
            fall.at,
            f"{one.app or '(no app)'} on {one.model} reads {100 * fall.after:.0f} % from the prompt cache instead of "
            f"{100 * fall.before:.0f} %{cost}: {what}{where}",
            {
                "template": one.id,
                "app": one.app,
                "model": one.model,
                "kind": what if fall.fault else None,
                "segment": place and place.segment,
                "position": place and place.position,
                "start": place and place.start,
                "end": place and place.end,
                "hit_ratio_before": round(fall.before, 4),
                "hit_ratio_after": round(fall.after, 4),
                "calls_before": fall.calls_before,
                "calls_after": fall.calls_after,
                "usd_day": None if fall.usd_day is None else str(round(Decimal(fall.usd_day), 6)),
            },
        )


def _over(found: list[Watched], events: list[StoredEventRow]) -> list[StoredEventRow]:
    """Events whose template has recovered at least half of what it lost."""
    by_id = {one.id: one for one in found}
    over = []
    for row in events:
        if row.kind != KIND:
            continue
        one = by_id.get(str(row.data.get("template")))
        if one is None or one.newest_calls < _LEAST_SINCE or one.last <= row.raised_at - BACK_S:
            continue
        half = (float(row.data["hit_ratio_before"]) + float(row.data["hit_ratio_after"])) / 2
        if one.newest_ratio >= half:
            over.append(row)
    return over
