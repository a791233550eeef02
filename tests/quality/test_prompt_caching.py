"""Faults put into real trajectories: the right kind at the right place, no alarm on clean traffic, and money as promised.

The streams and the provider that serves them are written without the simulator that is held to them here: usage, cost and
the cost of the mended traffic come from the streams' own provider.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import pytest

from analyzers.core import Call
from analyzers.names import family
from analyzers.prices import Prices
from analyzers.prompt_caching.analyse import Analysis, analyse
from analyzers.prompt_caching.engine import Priced
from analyzers.prompt_caching.rules import load
from collectors.parse import Parser
from collectors.source import Record
from tests.quality.caching.cases import build, names
from tests.quality.caching.stream import Stream

pytestmark = pytest.mark.quality

SEEDS = (7, 11)
WITHIN = 0.05
"""Of the true saving, or of half a percent of the cost where the saving is small."""
LEAST = Decimal("0.005")


@cache
def made(name: str, seed: int) -> tuple[Stream, Analysis]:
    stream = build(name, seed)
    parser = Parser()
    calls: list[Call] = []
    for offset, record in enumerate(stream.records):
        calls += parser.parse(Record(offset, record, None), "log", 0).calls
    return stream, analyse(calls, Prices(), load(), family)


def faults(found: Analysis) -> list[Priced]:
    return [priced for template in found.templates for priced in template.outcome.faults]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", names())
def test_the_right_faults_at_the_right_places(name: str, seed: int) -> None:
    stream, found = made(name, seed)
    assert sorted(one.fault.kind for one in faults(found)) == sorted(truth.kind for truth in stream.truths)
    for truth in stream.truths:
        (one,) = (each.fault for each in faults(found) if each.fault.kind == truth.kind)
        if truth.segment is not None and truth.spans:
            place = one.place
            assert truth.covers(place.segment, place.position, place.start, max(place.end, place.start + 1)), place


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", names())
def test_the_forecast_is_what_mending_saves(name: str, seed: int) -> None:
    stream, found = made(name, seed)
    forecast = sum((one.saving for one in faults(found)), Decimal(0))
    slack = max(abs(stream.saving()) * Decimal(str(WITHIN)), found.as_is.usd * LEAST)
    assert abs(forecast - stream.saving()) <= slack


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", names())
def test_the_simulation_is_what_the_provider_billed(name: str, seed: int) -> None:
    _, found = made(name, seed)
    assert float(found.as_is.usd) == pytest.approx(float(found.actual.usd), rel=0.04)


@pytest.mark.parametrize("name", [name for name in names() if name.startswith("clean")])
@pytest.mark.parametrize("seed", range(20, 26))
def test_clean_traffic_is_left_alone(name: str, seed: int) -> None:
    _, found = made(name, seed)
    assert faults(found) == []
    assert all(template.restraint is not None for template in found.templates)
