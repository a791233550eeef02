"""A small stream with known waste, analysed once, for what is built on it."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from agent.demo import traffic
from agent.recommend import prompts
from agent.recommend.bills import Bills
from agent.recommend.opportunity import Opportunity
from agent.recommend.pace import Pace, Spent
from agent.recommend.world import World
from analyzers import names
from analyzers.core import Call
from analyzers.prices import Prices
from analyzers.prompt_caching.analyse import Analysis, analyse
from analyzers.prompt_caching.rules import load
from collectors.parse import Parser
from collectors.source import Record

START = 1_795_392_000.0 + 9 * 3_600


class Looked(NamedTuple):
    """Calls that were looked at, and everything that the plan is made of."""

    calls: list[Call]
    found: Analysis
    bills: Bills
    world: World
    opportunities: list[Opportunity]
    spent: Spent

    @property
    def pace(self) -> Pace:
        return Pace(self.world.columns, self.spent, self.world.first)


@lru_cache(maxsize=1)
def demo(calls: int = 1_500, hours: float = 2.0) -> Looked:
    """Two hours of the demo's day; its summaries count twice as many calls as are kept."""
    parser = Parser()
    found: list[Call] = []
    for offset, sent in enumerate(traffic(5, start=START, hours=hours, calls=calls, mishaps=False)):
        found += parser.parse(Record(offset, sent.value, sent.at), sent.topic, 0).calls
    unique = {call.id: call for call in found}
    ordered = sorted(unique.values(), key=lambda call: call.started_at)
    bills = Bills(ordered, Prices())
    analysis = analyse(bills, Prices(), load(), names.family)
    world = World(analysis, bills, Prices())
    spent = spent_of(world, hours, Decimal(2))
    return Looked(ordered, analysis, bills, world, list(prompts.opportunities(analysis, hours)), spent)


def spent_of(world: World, hours: float, times: Decimal) -> Spent:
    """The spend of the summaries: `times` that of the calls that were looked at."""
    columns = world.columns
    by_app: dict[str | None, Decimal] = {}
    for number, app in enumerate(columns.apps):
        own = columns.app == number
        by_app[app] = Decimal(float((columns.input + columns.output)[own].sum())) * times
    return Spent(sum(by_app.values(), Decimal(0)), by_app, hours)
