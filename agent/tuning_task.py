"""One task with its calls: what a dataset is made of."""

from __future__ import annotations

from decimal import Decimal

from agent import tuning_view, views
from agent.report_values import LEAST_HOURS
from agent.store import Store
from analyzers.core import Call
from analyzers.fine_tuning.measure import Looked
from analyzers.prices import Prices
from analyzers.prompt_caching.prompt import Family
from analyzers.prompt_caching.rules import Rules


def task(store: Store, prices: Prices, rules: Rules, family: Family, wanted: str) -> Looked:
    """The task with the calls kept of it. Raises HoneError when there is none of that id or label."""
    kept: dict[int, Call] = {}
    found = views.prompt_caching(store, prices, rules, family, kept=kept)
    hours = None if found.start is None or found.end is None else max((found.end - found.start) / 3_600, LEAST_HOURS)
    return tuning_view.looked_at(found, kept, wanted, hours=hours, scale=Decimal(1))
