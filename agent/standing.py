"""The analyst's newest report, as long as it still stands: then nothing need be looked at anew to show it."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import ValidationError

from agent.events_view import told, undelivered
from agent.recommend.lifecycle import HONE
from agent.recommend.record import current
from agent.report import Report
from agent.store import Store, analyses, read
from agent.store.recommendations import decisions

LONGEST_S = 86_400.0
"""Prices, the ends of models and Hone itself change even where nothing comes in."""
_TURNS = 2


class Standing(NamedTuple):
    """When it was made (unix seconds), and what it says."""

    at: float
    report: Report


def standing(store: Store, every_s: float, now: float) -> Standing | None:
    """The newest report, with what was decided, raised and not delivered until `now` (unix seconds).

    None where it no longer stands: it is more than a day old; something came in since, and it is more than two turns of the analyst old
    (`every_s` seconds each); or somebody has decided something since, on which the plan rests. Raises StoreUnavailable.
    """
    made = analyses.last_made(store.engine)
    if made is None or not 0 <= now - made.at <= LONGEST_S:
        return None
    if now - made.at > _TURNS * every_s and made.revision != read.revision(store.engine).number:
        return None
    if any(one.at > made.at and one.who != HONE for one in decisions(store.engine)):
        return None
    found = analyses.newest(store.engine)
    if found is None:
        return None
    try:
        report = Report.model_validate_json(found.report)
    except ValidationError:
        # Another version of Hone wrote it.
        return None
    since = {"events": told(read.events(store.engine)), "undelivered": undelivered(store, now)}
    return Standing(found.at, current(store, report.model_copy(update=since), now))
