"""Faults put into real trajectories: the right kind at the right place, no alarm on clean traffic, and money as promised.

The streams and the provider that serves them are written without the simulator that is held to them here: usage, cost and
the cost of the mended traffic come from the streams' own provider: mended as the streams have it, and by the proposal itself.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from analyzers.names import family
from analyzers.prices import Prices
from analyzers.prompt_caching.analyse import Analysis, analyse
from analyzers.prompt_caching.engine import Priced
from analyzers.prompt_caching.rules import load
from tests.quality.caching.applied import applied
from tests.quality.caching.cases import MAY_NOT_PAY, build, names
from tests.quality.caching.labels import assert_true
from tests.quality.caching.log import calls, input_cost
from tests.quality.caching.stream import Stream

pytestmark = pytest.mark.quality

Name = tuple[str, int]
"""A stream by its name and seed."""

SEED = 7
WITHIN = Decimal("0.05")
"""Of the true saving, or one percent of the cost where the saving is small."""
LEAST = Decimal("0.01")
OTHER_PLAN = frozenset(
    ("history_truncated", "history_compacted", "history_pruned", "last_message_extended", "below_minimum", "keep_warm")
)
"""Mended in the streams by another plan than the proposed one (how far a history may grow, what is cut when, how long an addition
is, when pings are sent): what is proposed saves at least as much."""
FURTHER: tuple[Name, ...] = (
    ("history-reserialized", 31),
    ("history-reserialized", 44),
    ("fanout-anthropic", 59),
    ("history-reserialized-anthropic", 73),
    ("whitespace-history", 31),
    ("below-minimum", 31),
    ("tool-set", 59),
)
"""Streams of other seeds on which a forecast was once wrong: white space of JSON that costs more tokens than bytes tell, reads that
end just below the minimum, a fault that does not pay, pings for what waits for nothing."""
PAYING: list[Name] = [*((name, SEED) for name in names() if name not in MAY_NOT_PAY), *FURTHER]
ALL: list[Name] = [*PAYING, *((name, SEED) for name in sorted(MAY_NOT_PAY))]
CLEAN: list[Name] = [(name, seed) for seed in (20, 44) for name in names() if name.startswith("clean")]

Made = tuple[Stream, Analysis]


@pytest.fixture(scope="module")
def made(request: pytest.FixtureRequest) -> Made:
    """A stream and what is found in it; asked for by name, and made once for all tests of it."""
    name, seed = request.param
    stream = build(name, seed)
    return stream, analyse(calls(stream.records), Prices(), load(), family)


def of(streams: list[Name]) -> pytest.MarkDecorator:
    """Parametrises a test with these streams."""
    return pytest.mark.parametrize("made", streams, indirect=True, ids=[f"{name}-{seed}" for name, seed in streams])


def faults(found: Analysis) -> list[Priced]:
    return [priced for template in found.templates for priced in template.outcome.faults]


@of(ALL)
def test_a_stream_holds_what_its_label_says(made: Made) -> None:
    assert_true(made[0])


@of(PAYING)
def test_the_right_faults_at_the_right_places_for_the_right_money(made: Made) -> None:
    stream, found = made
    cost = input_cost(stream.records)
    assert float(found.as_is.usd) == pytest.approx(float(found.actual.usd), rel=0.02)
    named, given = (sorted(kinds) for kinds in ([f.fault.kind for f in faults(found)], [t.kind for t in stream.truths]))
    if not named and stream.saving() < cost * LEAST:
        return
    assert named == given
    for truth in stream.truths:
        (one,) = (each.fault for each in faults(found) if each.fault.kind == truth.kind)
        if truth.segment is not None and truth.spans:
            place = one.place
            assert truth.covers(place.segment, place.position, place.start, max(place.end, place.start + 1)), place
    forecast = sum((one.saving for one in faults(found)), Decimal(0))
    if {truth.kind for truth in stream.truths} & OTHER_PLAN:
        assert forecast >= stream.saving() - cost * LEAST
    else:
        assert_near(forecast, stream.saving(), cost)
    repaired = [prompt for template in found.templates for prompt in template.outcome.repaired.prompts]
    assert_near(forecast, cost - input_cost(applied(stream.records, repaired)), cost)


def assert_near(forecast: Decimal, true: Decimal, cost: Decimal) -> None:
    assert abs(forecast - true) <= max(abs(true) * WITHIN, cost * LEAST)


@of([(name, SEED) for name in sorted(MAY_NOT_PAY)])
def test_where_mending_does_not_pay_next_to_nothing_is_promised(made: Made) -> None:
    stream, found = made
    assert {one.fault.kind for one in faults(found)} <= {truth.kind for truth in stream.truths}
    assert sum((one.saving for one in faults(found)), Decimal(0)) <= found.as_is.usd * Decimal("0.03")


@of(CLEAN)
def test_clean_traffic_is_left_alone(made: Made) -> None:
    stream, found = made
    assert_true(stream)
    assert faults(found) == []
    assert all(template.restraint is not None for template in found.templates)
