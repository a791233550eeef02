"""Which watchers look when: some every minute beside the stream, the others after each analysis."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from agent import intake as received
from agent.config import Settings
from agent.config.event_settings import EventSettings
from agent.events import Event, open_events, settle
from agent.recommend.record import known_proofs, recommendations
from agent.store import Store, price_quotes, read
from agent.store.analyses import Analysis, since
from agent.store.read import StoredEventRow
from agent.watch import intake, lag, models, proofs, spend, thresholds
from agent.watch.crossing import MOST_WEEKS
from agent.watch.hourly import hourly
from agent.watch.lag import LagWatch
from agent.watch.whole_days import totals, volumes
from analyzers.prices import Prices
from collectors.source import Partition

log = logging.getLogger("hone.watch")

_TOLD_S = 7 * 86_400.0
"""How long a changed price is news."""


def beside_the_stream(
    store: Store,
    settings: EventSettings,
    watch: LagWatch,
    waiting: Mapping[Partition, int | None],
    commit_age_s: float,
    now: float,
) -> list[Event]:
    """Refusals, and how far this agent is behind. Raises StoreUnavailable."""
    known = _subjects(store)
    rejects = list(intake.reject_events(store, settings.rejected_share, known.get(intake.KIND, ()), now))
    fresh = settle(store, (intake.KIND,), rejects, now, quiet_s=settings.quiet_s)
    own = {lag.subject(partition) for partition in waiting}
    behind = list(watch.look(waiting, commit_age_s, now))
    fresh += settle(store, (lag.KIND,), behind, now, quiet_s=settings.quiet_s, mine=lambda row: row.subject in own)
    return _said(fresh)


def after_analysis(store: Store, settings: Settings, prices: Prices, analysis: Analysis, now: float) -> list[Event]:
    """Everything that looks at weeks of the stream or at the report itself. Raises StoreUnavailable."""
    own = settings.events
    newest = read.newest_hour(store.engine, received.NAME, received.VERSION, before=int(now // 3_600) + 2)
    if newest is None:
        return []
    found = hourly(store, prices, newest)
    known = _subjects(store)
    holding = [
        *spend.spend_events(found, float(own.spend_usd_day), known.get(spend.KIND, ())),
        *models.unpriced_events(found, prices, now),
        *models.lifecycle_events(found, prices, own.lifecycle_days, now),
    ]
    made = thresholds.found_of(analysis.report)
    reached = frozenset(known.get(thresholds.REACHED, ()))
    waits = own.weeks_ahead and any(task.waits for task in made.tasks)
    daily = _daily(store, analysis, newest, now) if waits else {}
    ahead = known.get(thresholds.AHEAD, ())
    holding += thresholds.volume_events(made, daily, settings.analysis.days, own.weeks_ahead, reached, ahead, now)
    worth = frozenset(known.get(thresholds.WORTH, ()))
    holding += thresholds.worth_events(made, own.recommendation_usd_month, worth, now)
    carried_out = {name: one for name, one in known_proofs(store).items() if one.adopted_at is not None or one.lapsed}
    holding += proofs.proof_events(carried_out.values(), recommendations(store, carried_out), now)
    kinds = (
        spend.KIND,
        models.UNPRICED,
        models.ENDS,
        thresholds.REACHED,
        thresholds.AHEAD,
        thresholds.WORTH,
        proofs.ADOPTED,
        proofs.VERDICT,
    )
    fresh = settle(store, kinds, holding, now, quiet_s=own.quiet_s)
    return _said(fresh + _prices(store, found_prices=models.quoted(found, prices, now), source=prices.source, now=now))


def _daily(store: Store, analysis: Analysis, newest: int, now: float) -> dict[str, dict[int, float]]:
    """Calls of each task by day, from what this analysis and those before looked at."""
    days = 7 * MOST_WEEKS
    kept = since(store.engine, now - (days + 1) * 86_400.0)
    return volumes([*thresholds.looked([*kept, analysis])], totals(store, days, newest))


def _prices(
    store: Store, *, found_prices: dict[tuple[str, str], models.Quoted], source: str, now: float
) -> list[Event]:
    """Prices against those of the analysis before; the new ones are kept for the next."""
    before = price_quotes.quotes(store.engine)
    changed = list(models.price_events(before, found_prices, source, now))

    def old(row: StoredEventRow) -> bool:
        return row.raised_at < now - _TOLD_S

    fresh = settle(store, (models.PRICE,), changed, now, mine=old)
    price_quotes.keep(store.engine, found_prices, now)
    return fresh


def _subjects(store: Store) -> dict[str, set[str]]:
    """Subjects of the open events, by kind."""
    found: dict[str, set[str]] = {}
    for row in open_events(store):
        found.setdefault(row.kind, set()).update({row.subject, *row.data.get("subjects", ())})
    return found


def _said(fresh: list[Event]) -> list[Event]:
    for event in fresh:
        log.warning("%s", event.message)
    return fresh
