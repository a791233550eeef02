"""Looks at the newest calls for caches that got worse, and raises an event for each."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from agent.events import Event, open_events, raise_new, resolve
from agent.report_table import usd
from agent.store import Store, StoreUnavailable, read
from agent.store.read import StoredEventRow
from analyzers.core import Call
from analyzers.prices import Prices
from analyzers.prompt_caching.fall import ratio
from analyzers.prompt_caching.prompt import Family
from analyzers.prompt_caching.rules import Rules
from analyzers.prompt_caching.watch import Watched, watch

log = logging.getLogger("hone.watch")

KIND = "cache_regression"
CALLS = 8_000
"""Of the newest calls, and of those an hour before where these are of less than an hour. A fall that lies between the two is known to
lie there: `last_before` and `at` of the event are the calls on either side."""
BACK_S = 6 * 3_600.0
_HOUR_S = 3_600.0
_LEAST_SINCE = 20
_FORGOTTEN_S = 86_400.0
"""A template without a call for so long has no cache that could recover."""


class CachingWatch:
    """Remembers which revision of the database it has seen, so that nothing is done while nothing comes in."""

    def __init__(self, store: Store, prices: Prices, rules: Rules, family: Family, *, quiet_s: float = 0.0) -> None:
        self._store = store
        self._prices = prices
        self._rules = rules
        self._family = family
        self._quiet_s = quiet_s
        self._seen = -1

    def look(self, now: float) -> list[Event]:
        """The events that are new now; a database that is away is tried again at the next turn."""
        try:
            revision = read.revision(self._store.engine).number
            if revision == self._seen:
                return []
            found = watch(self._calls(), self._prices, self._rules, self._family)
            resolve(self._store, _over(found, self._open(), now), now)
            fresh = raise_new(self._store, _events(found, self._open()), now, quiet_s=self._quiet_s)
            self._seen = revision
        except StoreUnavailable as error:
            log.warning("not looked at: %s", error.message)
            return []
        for event in fresh:
            log.warning("%s", event.message)
        return fresh

    def _open(self) -> list[StoredEventRow]:
        return [row for row in open_events(self._store) if row.kind == KIND]

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


def _events(found: list[Watched], known: list[StoredEventRow]) -> Iterator[Event]:
    for one in found:
        fall = one.regression
        if fall is None or any(_told(one, row) and fall.at <= row.raised_at for row in known):
            continue
        what = fall.fault.kind if fall.fault else "the provider serves less of the same prompts"
        cost = "" if fall.usd_day is None else f", {usd(fall.usd_day)} USD a day at the pace since"
        place = fall.fault.place if fall.fault else None
        where = "" if place is None else f" in {place.segment} {place.position}, characters {place.start}-{place.end}"
        yield Event(
            KIND,
            f"{one.id}:{fall.fault.kind if fall.fault else 'provider'}",
            fall.at,
            f"{one.app or '(no app)'} on {one.model} reads {100 * fall.after:.0f} % from the prompt cache instead of "
            f"{100 * fall.before:.0f} %{cost}, since {_time(fall.at)}: {what}{where}",
            {
                "template": one.id,
                "templates": sorted(one.ids),
                "app": one.app,
                "model": one.model,
                "cause": fall.cause,
                "kind": fall.fault.kind if fall.fault else None,
                "segment": place and place.segment,
                "position": place and place.position,
                "start": place and place.start,
                "end": place and place.end,
                "last_before": fall.last_before,
                "hit_ratio_before": round(fall.before, 4),
                "hit_ratio_after": round(fall.after, 4),
                "reported": fall.reported,
                "calls_before": fall.calls_before,
                "calls_after": fall.calls_after,
                "usd_day": None if fall.usd_day is None else str(round(Decimal(fall.usd_day), 6)),
            },
            float(fall.usd_day or 0),
        )


def _time(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _told(one: Watched, row: StoredEventRow) -> bool:
    """Whether the event is about this template, by any of the names that either has."""
    return not one.ids.isdisjoint(row.data.get("templates", ()))


def _over(found: list[Watched], events: list[StoredEventRow], now: float) -> list[StoredEventRow]:
    """Events whose template has recovered at least half of what it lost, or is no longer there."""
    over = []
    for row in events:
        own = [one for one in found if _told(one, row)]
        if not own:
            if found and now - row.raised_at > _FORGOTTEN_S:
                over.append(row)
            continue
        since = [r for one in own for r in one.newest if r.at > row.at]
        half = (float(row.data["hit_ratio_before"]) + float(row.data["hit_ratio_after"])) / 2
        if len(since) >= _LEAST_SINCE and all(one.regression is None for one in own) and ratio(since) >= half:
            over.append(row)
    return over
