"""What every analyzer promises, written once."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers import ALL
from analyzers.core import Analyzer, Call, Message, Part, Usage
from analyzers.prices import Prices
from analyzers.spend import Spend, view
from analyzers.spend.state import Limits
from tests.strategies import calls

SMALL = Spend(Limits(models=3, cells=4, timed=3, errors=1))
"""So small that a few calls are already more than it tells apart."""

EVERY = [*ALL, SMALL]
LARGEST_STATE = 1 << 20
some = st.lists(calls(), max_size=8)
every = pytest.mark.parametrize("analyzer", EVERY, ids=lambda a: f"{a.name}-{'small' if a is SMALL else 'usual'}")


def of(analyzer: Analyzer[Any], found: list[Call]) -> Any:
    return analyzer.fold(analyzer.empty(), found)


@every
@settings(max_examples=30)
@given(x=some, y=some)
def test_folding_in_parts_is_folding_at_once(analyzer: Analyzer[Any], x: list[Call], y: list[Call]) -> None:
    whole = of(analyzer, x + y)
    assert analyzer.fold(of(analyzer, x), y) == whole
    assert analyzer.merge(of(analyzer, x), of(analyzer, y)) == whole


@every
@settings(max_examples=30)
@given(x=some, y=some, z=some)
def test_merging_has_no_order_and_no_grouping(
    analyzer: Analyzer[Any], x: list[Call], y: list[Call], z: list[Call]
) -> None:
    a, b, c = of(analyzer, x), of(analyzer, y), of(analyzer, z)
    assert analyzer.merge(a, b) == analyzer.merge(b, a)
    assert analyzer.merge(analyzer.merge(a, b), c) == analyzer.merge(a, analyzer.merge(b, c))
    assert analyzer.merge(a, analyzer.empty()) == a == analyzer.merge(analyzer.empty(), a)


@every
@settings(max_examples=30)
@given(x=some)
def test_a_state_survives_json(analyzer: Analyzer[Any], x: list[Call]) -> None:
    state = of(analyzer, x)
    assert msgspec.json.decode(msgspec.json.encode(state), type=analyzer.State) == state


@every
@settings(max_examples=30)
@given(x=some, y=some)
def test_arguments_are_left_alone(analyzer: Analyzer[Any], x: list[Call], y: list[Call]) -> None:
    a, b = of(analyzer, x), of(analyzer, y)
    before = msgspec.json.encode([a, b])
    analyzer.merge(a, b)
    analyzer.fold(a, y)
    assert msgspec.json.encode([a, b]) == before


@every
def test_a_flood_of_names_keeps_a_state_small_and_loses_nothing(analyzer: Analyzer[Any]) -> None:
    rng = random.Random(3)
    flood = [
        Call(
            id=str(n),
            started_at=1_795_000_000.0 + n,
            format="hone",
            provider="openai",
            request_model=f"model-{rng.randrange(10**9)}",
            app=f"app-{rng.randrange(10**9)}",
            team=f"team-{rng.randrange(10**9)}",
            tags=(f"tag-{rng.randrange(10**9)}",),
            duration=rng.random(),
            usage=Usage(10, 0, 0, 0, 5, None, 10),
            status="error" if n % 5 == 0 else "ok",
            error_type=f"kind-{n}" if n % 5 == 0 else None,
        )
        for n in range(10_000)
    ]
    state = analyzer.empty()
    for start in range(0, len(flood), 1_000):
        state = analyzer.fold(state, flood[start : start + 1_000])
    assert len(msgspec.json.encode(state)) < LARGEST_STATE
    assert state == of(analyzer, flood)
    assert state == of(analyzer, flood[::-1])


@every
@pytest.mark.parametrize(
    "text",
    [
        "",
        "\ud800",
        "\x00other",
        "\x00other all",
        "a\x1b[31m\x07",
        "[/foo]",
        "e\u0301" * 40,
        "表" * 40,
        "\u202e|,\n",
        "x" * (1 << 20),
    ],
    ids=range(10),
)
def test_any_text_is_a_name(analyzer: Analyzer[Any], text: str) -> None:
    part = Part("text", text)
    hostile = [
        Call(
            id=f"{text}{n}",
            started_at=1_795_000_000.0,
            format="hone",
            provider=text,
            request_model=text,
            app=text,
            environment=text,
            team=text,
            user=text,
            conversation=text,
            tags=(text, f"{text}{n}"),
            system=(part,),
            tools=(part,),
            messages=(Message("user", (part,)),),
            output=(part,),
            usage=Usage(1, 0, 0, 0, 1, None, 1),
            service_tier=text,
            status="error",
            error_type=text,
        )
        for n in range(3)
    ]
    state = of(analyzer, hostile)
    written = msgspec.json.encode(state)
    assert msgspec.json.decode(written, type=analyzer.State) == state
    assert len(written) < LARGEST_STATE
    assert analyzer.fold(of(analyzer, hostile[:1]), hostile[1:]) == state
    list(analyzer.findings(state, hostile, Prices()))


@every
@settings(max_examples=30)
@given(x=some, seed=st.integers())
def test_findings_are_the_same_whatever_the_order(analyzer: Analyzer[Any], x: list[Call], seed: int) -> None:
    mixed = list(x)
    random.Random(seed).shuffle(mixed)
    prices = Prices()
    found = list(analyzer.findings(of(analyzer, x), x, prices))
    assert found == list(analyzer.findings(of(analyzer, mixed), x, prices))
    for finding in found:
        assert finding.evidence
        if finding.savings is not None:
            assert 0 <= finding.savings.low <= finding.savings.likely <= finding.savings.high <= 1


@every
def test_nothing_comes_of_nothing(analyzer: Analyzer[Any]) -> None:
    assert list(analyzer.findings(analyzer.empty(), (), Prices())) == []


@pytest.mark.parametrize("analyzer", [Spend(), SMALL], ids=["usual", "small"])
@settings(max_examples=30)
@given(x=some)
def test_twice_the_calls_are_twice_the_money(analyzer: Spend, x: list[Call]) -> None:
    once, prices = of(analyzer, x), Prices()
    single = view({498_611: once}, prices)
    double = view({498_611: analyzer.merge(once, once)}, prices)
    assert double.total_usd == 2 * single.total_usd
    assert double.calls == 2 * single.calls == 2 * len(x)
    assert double.tokens == tuple(2 * count for count in single.tokens)
    for rows in ("by_model", "by_app", "by_environment", "by_team"):
        assert sum(row.calls for row in getattr(single, rows)) == len(x)
        assert [row.name for row in getattr(double, rows)] == [row.name for row in getattr(single, rows)]
