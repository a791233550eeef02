"""Faults put into real trajectories: the right kind at the right place, no alarm on clean traffic, and money as promised.

The streams and the provider that serves them are written without the simulator that is held to them here: usage, cost and
the cost of the mended traffic come from the streams' own provider: mended as the streams have it, and by the proposal itself.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

import pytest

from analyzers.core import Call
from analyzers.names import family
from analyzers.prices import Prices
from analyzers.prompt_caching.analyse import Analysis, analyse
from analyzers.prompt_caching.engine import Priced
from analyzers.prompt_caching.rules import load
from collectors.parse import Parser
from collectors.source import Record
from tests.quality.caching.applied import applied
from tests.quality.caching.cases import MAY_NOT_PAY, build, names
from tests.quality.caching.log import input_cost
from tests.quality.caching.stream import Stream

pytestmark = pytest.mark.quality

SEED = 7
WITHIN = Decimal("0.05")
"""Of the true saving, or one percent of the cost where the saving is small."""
LEAST = Decimal("0.01")
OTHER_PLAN = frozenset(("history_truncated", "history_compacted", "history_pruned", "last_message_extended"))
"""Mended in the streams by another plan than the proposed one (how far a history may grow, what is cut when): what is proposed
saves at least as much."""
NO_TEXT = frozenset(("below_minimum",))
"""What is proposed is a length, not a text: only the streams' own plan can be carried out."""
PAYING = [name for name in names() if name not in MAY_NOT_PAY]


@lru_cache(maxsize=4)
def made(name: str, seed: int) -> tuple[Stream, Analysis]:
    stream = build(name, seed)
    parser = Parser()
    calls: list[Call] = []
    for offset, record in enumerate(stream.records):
        calls += parser.parse(Record(offset, record, None), "log", 0).calls
    return stream, analyse(calls, Prices(), load(), family)


def faults(found: Analysis) -> list[Priced]:
    return [priced for template in found.templates for priced in template.outcome.faults]


@pytest.mark.parametrize("name", PAYING)
def test_the_right_faults_at_the_right_places_for_the_right_money(name: str) -> None:
    stream, found = made(name, SEED)
    named, given = (sorted(kinds) for kinds in ([f.fault.kind for f in faults(found)], [t.kind for t in stream.truths]))
    assert named == given
    for truth in stream.truths:
        (one,) = (each.fault for each in faults(found) if each.fault.kind == truth.kind)
        if truth.segment is not None and truth.spans:
            place = one.place
            assert truth.covers(place.segment, place.position, place.start, max(place.end, place.start + 1)), place
    forecast = sum((one.saving for one in faults(found)), Decimal(0))
    cost = input_cost(stream.records)
    kinds = {truth.kind for truth in stream.truths}
    if kinds & OTHER_PLAN:
        assert forecast >= stream.saving() - cost * LEAST
    else:
        assert_near(forecast, stream.saving(), cost)
    if not kinds & NO_TEXT:
        repaired = [prompt for template in found.templates for prompt in template.outcome.repaired.prompts]
        assert_near(forecast, cost - input_cost(applied(stream.records, repaired)), cost)
    assert float(found.as_is.usd) == pytest.approx(float(found.actual.usd), rel=0.02)


def assert_near(forecast: Decimal, true: Decimal, cost: Decimal) -> None:
    assert abs(forecast - true) <= max(abs(true) * WITHIN, cost * LEAST)


@pytest.mark.parametrize("name", sorted(MAY_NOT_PAY))
def test_where_mending_does_not_pay_next_to_nothing_is_promised(name: str) -> None:
    stream, found = made(name, SEED)
    assert {one.fault.kind for one in faults(found)} <= {truth.kind for truth in stream.truths}
    assert sum((one.saving for one in faults(found)), Decimal(0)) <= found.as_is.usd * Decimal("0.03")


@pytest.mark.parametrize("seed", range(20, 24))
@pytest.mark.parametrize("name", [name for name in names() if name.startswith("clean")])
def test_clean_traffic_is_left_alone(name: str, seed: int) -> None:
    _, found = made(name, seed)
    assert faults(found) == []
    assert all(template.restraint is not None for template in found.templates)
