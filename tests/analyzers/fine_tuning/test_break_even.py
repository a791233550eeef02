"""The published break-even tables come out of our own arithmetic."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors import HoneError
from analyzers.fine_tuning import break_even as be
from analyzers.fine_tuning import routes
from analyzers.fine_tuning.assumptions import PUBLISHED, Assumptions
from analyzers.fine_tuning.call_cost import Shape, TokenPrices, per_call, shortened
from analyzers.fine_tuning.routes import Route

D = Decimal
BASES = {
    "gpt-4o": TokenPrices(D("2.5"), D(10), D("1.25")),
    "claude-sonnet-5-5": TokenPrices(D(2), D(10), D("0.10")),
    "gpt-4.1-mini": TokenPrices(D("0.40"), D("1.60"), D("0.10")),
    "gpt-6-luna": TokenPrices(D("0.10"), D("0.50"), D("0.01")),
}
EXTRACT = Shape(D(3_000), D(500), D(150))
CLASSIFY = Shape(D(1_200), D(300), D(10))
SUPPORT = Shape(D(2_000), D(3_000), D(400))
NEVER = None

# Fixed USD a month, then calls a month (uncached, 90 % cached) against each base; None is "never".
TABLE: dict[str, tuple[float, dict[str, tuple[float | None, float | None]]]] = {
    "bedrock-nova-micro": (
        1_246,
        {
            "gpt-4o": (129e3, 193e3),
            "claude-sonnet-5-5": (156e3, 398e3),
            "gpt-4.1-mini": (0.84e6, 1.73e6),
            "gpt-6-luna": (3.7e6, 11.7e6),
        },
    ),
    "serverless-lora-8b": (
        1_239,
        {
            "gpt-4o": (132e3, 200e3),
            "claude-sonnet-5-5": (160e3, 430e3),
            "gpt-4.1-mini": (1.0e6, 2.7e6),
            "gpt-6-luna": (15.5e6, NEVER),
        },
    ),
    "openai-gpt-4.1-mini": (
        1_288,
        {
            "gpt-4o": (157e3, 257e3),
            "claude-sonnet-5-5": (197e3, 766e3),
            "gpt-4.1-mini": (33.9e6, NEVER),
            "gpt-6-luna": (NEVER, NEVER),
        },
    ),
    "azure-gpt-4.1-mini": (
        2_529,
        {
            "gpt-4o": (282e3, 438e3),
            "claude-sonnet-5-5": (346e3, 1.04e6),
            "gpt-4.1-mini": (3.2e6, 88.7e6),
            "gpt-6-luna": (NEVER, NEVER),
        },
    ),
    "own-h100": (
        2_986,
        {
            "gpt-4o": (307e3, 457e3),
            "claude-sonnet-5-5": (370e3, 933e3),
            "gpt-4.1-mini": (1.9e6, 3.8e6),
            "gpt-6-luna": (7.4e6, 17.3e6),
        },
    ),
    "together-h100": (
        5_976,
        {
            "gpt-4o": (614e3, 915e3),
            "claude-sonnet-5-5": (740e3, 1.87e6),
            "gpt-4.1-mini": (3.8e6, 7.6e6),
            "gpt-6-luna": (14.8e6, 34.6e6),
        },
    ),
}
OTHERS = [
    ("bedrock-nova-micro", CLASSIFY, "gpt-4o", 343e3, 530e3),
    ("bedrock-nova-micro", CLASSIFY, "claude-sonnet-5-5", 427e3, 1.28e6),
    ("bedrock-nova-micro", CLASSIFY, "gpt-6-luna", 10e6, 39e6),
    ("openai-gpt-4.1-mini", CLASSIFY, "gpt-6-luna", NEVER, NEVER),
    ("bedrock-nova-micro", SUPPORT, "gpt-4o", 80e3, 93e3),
    ("bedrock-nova-micro", SUPPORT, "claude-sonnet-5-5", 95e3, 126e3),
    ("bedrock-nova-micro", SUPPORT, "gpt-6-luna", 2.5e6, 3.7e6),
]
CELLS = [
    (route, EXTRACT, base, *volumes) for route, (_, row) in TABLE.items() for base, volumes in row.items()
] + OTHERS

_ROUTES = {route.id: route for route in routes.load().rows}


def found(route: str, shape: Shape, base: str, cached: str) -> be.BreakEven:
    shape = shape._replace(cached=D(cached))
    return be.break_even(_ROUTES[route], shape, per_call(shape, BASES[base]), PUBLISHED)


@pytest.mark.parametrize(("route", "shape", "base", "uncached", "cached"), CELLS)
def test_published_break_even_volumes(
    route: str, shape: Shape, base: str, uncached: float | None, cached: float | None
) -> None:
    for share, published in (("0", uncached), ("0.9", cached)):
        volume = found(route, shape, base, share).calls_month
        if published is None:
            assert volume is None, f"{share}: published as never"
        else:
            # Two figures are printed to two digits only: half of the last digit is 2 % and more of 1.0 and 0.84 million.
            digits = 10 ** (len(str(int(published))) - 2) if published < 1e6 else 1e5 if published < 1e8 else 1e6
            assert volume is not None
            assert abs(float(volume) - published) <= max(0.02 * published, digits / 2), f"{share}: {volume}"


@pytest.mark.parametrize("route", TABLE)
def test_published_fixed_cost(route: str) -> None:
    assert round(be.fixed(_ROUTES[route], EXTRACT, PUBLISHED).total) == pytest.approx(TABLE[route][0], abs=1)


def test_cached_prompt_that_becomes_too_short_is_not_cached() -> None:
    route = _ROUTES["openai-gpt-4.1-mini"]
    short = shortened(Shape(D(3_000), D(500), D(150), D("0.9")), route, PUBLISHED)
    long = shortened(Shape(D(4_000), D(500), D(150), D("0.9")), route, PUBLISHED)
    assert short.cached == 0
    assert long.cached == D("0.9")


def test_capacity_of_hosted_units_is_respected() -> None:
    route = _ROUTES["together-h100"]
    free = found("together-h100", EXTRACT, "gpt-6-luna", "0.9")
    assert free.calls_month is not None
    shape = EXTRACT._replace(cached=D("0.9"))
    held = be.break_even(route, shape, free.alternative_usd, PUBLISHED, peak_to_mean=D(6))
    most = be.most_calls(route, shape, D(6))
    assert most is not None and most < free.calls_month
    assert held.calls_month is None and "fewer calls" in held.why
    dear = be.break_even(route, shape, D("0.01"), PUBLISHED, peak_to_mean=D(3))
    assert dear.calls_month is not None
    assert be.monthly_saving(dear, shape, dear.calls_month, D(3)) == pytest.approx(0, abs=D("1e-6"))


volumes = st.integers(1_000, 200_000_000).map(D)


@given(st.sampled_from(sorted(_ROUTES)), st.sampled_from(sorted(BASES)), volumes, st.integers(1, 20).map(D))
def test_saving_is_positive_above_break_even_and_never_below(
    route: str, base: str, volume: Decimal, peak: Decimal
) -> None:
    row = _ROUTES[route]
    if not row.priced:
        return
    result = be.break_even(row, EXTRACT, per_call(EXTRACT, BASES[base]), PUBLISHED, peak_to_mean=peak)
    saved = be.monthly_saving(result, EXTRACT, volume, peak)
    if result.calls_month is None or volume < result.calls_month:
        assert saved <= 0
    payback = be.payback_months(result, EXTRACT, volume, PUBLISHED, peak)
    if saved > 0:
        assert payback is not None and payback < PUBLISHED.amortise_months


@given(st.sampled_from(sorted(BASES)), volumes, st.sampled_from(["0", "0.5", "0.9"]))
def test_credits_add_up(base: str, volume: Decimal, cached: str) -> None:
    shape = EXTRACT._replace(cached=D(cached))
    now = per_call(EXTRACT, BASES[base])
    then = per_call(shape, BASES[base])
    for row in _ROUTES.values():
        if row.priced:
            result = be.break_even(row, shape, then, PUBLISHED)
            parts = be.credit(result, shape, now, then, volume, PUBLISHED)
            assert float(sum(parts)) == pytest.approx(float(volume * (now - result.tuned_usd)), rel=1e-9, abs=1e-6)


def test_falling_list_prices_make_it_worth_less() -> None:
    result = found("bedrock-nova-micro", EXTRACT, "gpt-4o", "0")
    falling = be.value(result, EXTRACT, D(400_000), PUBLISHED, D(12))
    flat = be.value(result, EXTRACT, D(400_000), _flat(), D(12))
    assert falling < flat
    assert float(flat) == pytest.approx(float(12 * be.monthly_saving(result, EXTRACT, D(400_000))), rel=1e-9)


def _flat() -> Assumptions:
    from msgspec.structs import replace

    return replace(PUBLISHED, yearly_price_decline=D(0))


def test_life_ends_with_the_model() -> None:
    today = date(2026, 11, 24)
    assert be.life_months(_ROUTES["openai-gpt-4.1-mini"], PUBLISHED, today) < 2
    assert be.life_months(_ROUTES["bedrock-nova-micro"], PUBLISHED, today) == 12
    assert be.life_months(_ROUTES["openai-gpt-4.1-nano"], PUBLISHED, today) == 0


def test_gates_of_the_day() -> None:
    table = routes.load()
    today = date(2026, 11, 24)
    closed = {route.id for route in table.rows if table.closed(route, today)}
    assert closed == {"openai-gpt-4.1-nano", "openai-gpt-3.5-turbo"}
    assert {route.provider for route in table.rows if table.closed(route, date(2027, 1, 6))} == {"openai"}
    assert not any(table.stale(route, today) for route in table.rows)
    assert all(table.stale(route, date(2027, 2, 1)) for route in table.rows)


def test_own_rows_go_before_the_packages() -> None:
    table = routes.load([{"id": "bedrock-nova-micro", "like": "bedrock-nova-micro", "train_mtok": "2"}])
    assert table.rows[0].train_mtok == 2
    assert len(table.rows) == len(_ROUTES)
    with pytest.raises(HoneError, match="no route 'nowhere'"):
        routes.load([{"id": "x", "like": "nowhere"}])
    with pytest.raises(HoneError, match="misspelt"):
        routes.load([{"id": "x", "like": "own-h100", "misspelt": 1}])


def test_unpriced_routes_say_so() -> None:
    unpriced: list[Route] = [route for route in _ROUTES.values() if not route.priced]
    assert {route.id for route in unpriced} == {"bedrock-nova-2-lite", "vertex-gemini-3.1-flash-lite"}
