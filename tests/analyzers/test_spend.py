"""The spend view is the sum over its calls, and says what it could not sum."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.core import Call, Usage
from analyzers.price_key import price_key
from analyzers.prices import NOT_TOLD_APART, Override, Prices, Unpriced, cost
from analyzers.quantiles import added, bucket, quantiles
from analyzers.spend import Spend, view
from analyzers.spend.state import Limits, read_model_cell
from analyzers.spend.view import OTHER_NAME, SpendView, UnpricedModel
from tests.strategies import calls

PRICES = Prices()


def viewed(found: list[Call], spend: Spend | None = None, prices: Prices = PRICES) -> SpendView:
    spend = spend or Spend()
    hours: dict[int, Any] = {}
    for call in found:
        hour = int(call.started_at // 3_600)
        hours[hour] = spend.fold(hours.get(hour, spend.empty()), [call])
    return view(hours, prices)


def usd(call: Call, prices: Prices = PRICES) -> Decimal | None:
    if call.response_cache_hit:
        return Decimal(0)
    rates = prices.rates(price_key(call), call.started_at)
    if isinstance(rates, Unpriced):
        return None
    if call.usage.input_total is None or call.usage.output is None:
        return Decimal(0)
    return cost(rates, call.usage)


@given(st.lists(calls(), max_size=25))
def test_the_whole_is_the_sum_of_its_calls(found: list[Call]) -> None:
    spent = viewed(found)
    costs = [usd(call) for call in found]
    assert spent.total_usd == sum((one for one in costs if one is not None), Decimal(0))
    assert spent.unpriced_calls == costs.count(None)
    assert spent.calls == len(found)
    assert spent.priced_calls + spent.unpriced_calls + spent.free_failures + spent.response_cache_hits == len(found)
    counted = [call.usage for call in found if not call.response_cache_hit]
    assert spent.tokens.output == sum(usage.output or 0 for usage in counted)
    assert spent.tokens.cache_read == sum(usage.cache_read or 0 for usage in counted)
    unsplit = [
        usage.input_total - sum(part or 0 for part in (usage.uncached_input, usage.cache_read, usage.cache_write_short))
        for usage in counted
        if usage.input_total is not None and usage.cache_write_long is None
    ]
    assert spent.tokens.input_split_unknown == sum(tokens for tokens in unsplit if tokens > 0)
    assert sum(model.calls for model in spent.unpriced) == spent.unpriced_calls
    assert sum(spent.errors_by_type.values()) == spent.errors == sum(call.status == "error" for call in found)
    for rows in (spent.by_model, spent.by_app, spent.by_environment, spent.by_team):
        assert sum((row.usd or Decimal(0) for row in rows), Decimal(0)) == spent.total_usd


@st.composite
def priced_apart(draw: st.DrawFn) -> Call:
    """A call of one application, unlike others only in what may decide its price."""
    total = draw(st.one_of(st.none(), st.sampled_from([0, 32_000, 32_001, 200_000, 200_001, 600_000])))
    return Call(
        id="x",
        started_at=1_795_003_200.0 + draw(st.sampled_from([0.0, 1_799.0, 1_800.0, 3_599.0])),
        format="t",
        provider=draw(st.sampled_from(["openai", "deepseek", None])),
        request_model=draw(st.sampled_from(["gpt-5.4", "deepseek-chat"])),
        response_model=draw(st.sampled_from([None, "gpt-5.4-2026-03-05"])),
        parameters=draw(st.sampled_from([{}, {"batch": True}, {"speed": "fast"}, {"batch": False, "seed": [1]}])),
        usage=Usage(total, 0, 0, 0, draw(st.sampled_from([None, 7])), None, total),
        service_tier=draw(st.sampled_from([None, "default", "flex", "batch"])),
        status=draw(st.sampled_from(["ok", "error"])),
        response_cache_hit=draw(st.booleans()),
    )


@given(st.lists(priced_apart(), min_size=1, max_size=40))
def test_calls_of_different_prices_are_never_added_up(found: list[Call]) -> None:
    state = Spend().fold(Spend().empty(), found)
    apart = {read_model_cell(cell): counts[0] for cell, counts in state.by_model.items()}
    assert apart == Counter(price_key(call) for call in found)


@pytest.mark.parametrize("limits", [Limits(256, 2, 1, 1), Limits(2, 256, 1, 1), Limits(2, 2, 1, 1)])
@settings(max_examples=40)
@given(found=st.lists(calls(), min_size=8, max_size=16))
def test_what_is_not_told_apart_keeps_its_money_in_every_table(limits: Limits, found: list[Call]) -> None:
    small, full = viewed(found, Spend(limits)), viewed(found)
    assert small.total_usd == full.total_usd if limits.models > 2 else small.total_usd <= full.total_usd
    for rows in (small.by_model, small.by_app, small.by_environment, small.by_team):
        assert sum((row.usd or Decimal(0) for row in rows), Decimal(0)) == small.total_usd
        assert sum(row.calls for row in rows) == len(found)
        assert sum(row.unpriced_calls for row in rows) == small.unpriced_calls
        assert sum(row.tokens.output for row in rows) == full.tokens.output
        for row in rows:
            assert row.usd is None or row.usd >= 0
            assert (row.usd is None) == (row.reason is not None) == (row.unpriced_calls == row.calls)


def test_more_models_than_are_told_apart_are_named_and_not_priced() -> None:
    found = [
        Call(
            id=str(n),
            started_at=1_795_000_000.0,
            format="t",
            provider="openai",
            request_model=f"gpt-4o-mini-{n}",
            usage=Usage(1, 0, 0, 0, 1, None, 2),
        )
        for n in range(10)
    ]
    spent = viewed(found, Spend(Limits(models=3)))
    assert spent.calls == 10
    assert {row.name: row.calls for row in spent.by_model}["(other models)"] == 7
    assert UnpricedModel("(other models)", 7, NOT_TOLD_APART.reason) in spent.unpriced


def test_the_worked_example() -> None:
    """10,000 calls a day with a 2,000-token prompt at 2.50 USD per million tokens: 50 USD a day."""
    day = [
        Call(
            id=str(n),
            started_at=1_795_046_400.0 + 8.64 * n,
            format="t",
            provider="openai",
            request_model="the-model",
            app="support-bot",
            usage=Usage(2_000, 0, 0, 0, 0, None, 2_000),
        )
        for n in range(10_000)
    ]
    spent = viewed(day, prices=Prices({"the-model": Override(input=Decimal("2.50"), output=Decimal("10"))}))
    assert spent.total_usd == Decimal(50)
    assert [(row.name, row.usd) for row in spent.by_app] == [("support-bot", Decimal(50))]


def test_a_tag_is_a_line_for_each_of_its_calls() -> None:
    call = Call(
        id="1",
        started_at=1_795_000_000.0,
        format="t",
        provider="openai",
        request_model="gpt-4o-mini",
        tags=("a", "b"),
        usage=Usage(1_000, 0, 0, 0, 0, None, 1_000),
    )
    assert [(row.name, row.calls) for row in viewed([call]).by_tag] == [("a", 1), ("b", 1)]


def test_hidden_caches_are_counted_as_upper_bounds() -> None:
    hidden = Call(
        id="1",
        started_at=1_795_000_000.0,
        format="t",
        provider="openai",
        request_model="gpt-4o-mini",
        usage=Usage(output=1, input_total=100),
    )
    spent = viewed([hidden])
    assert (spent.priced_calls, spent.upper_bound_calls, spent.tokens.input_split_unknown) == (1, 1, 100)


@given(
    st.lists(st.one_of(st.just(0.0), st.floats(1e-3, 3_600.0)), min_size=1, max_size=200),
    st.sampled_from([0.5, 0.95, 0.99]),
)
def test_quantiles_are_within_one_percent(durations: list[float], share: float) -> None:
    buckets: dict[int, int] = {}
    for duration in durations:
        place = bucket(duration)
        assert place is not None
        buckets = added(buckets, {place: 1})
    (found,) = quantiles(buckets, [share])
    assert found is not None
    true = sorted(durations)[int(share * (len(durations) - 1))]
    assert abs(found - true) <= 0.0101 * true


@pytest.mark.parametrize("absurd", [None, -1.0, float("nan"), float("inf"), 1e9])
def test_what_is_no_duration_is_in_no_bucket(absurd: float | None) -> None:
    assert bucket(absurd) is None


def test_a_clock_that_runs_backwards_is_counted_and_not_clamped() -> None:
    call = Call(id="1", started_at=1_795_000_000.0, format="t", duration=-5.0)
    state = Spend().fold(Spend().empty(), [call])
    assert (state.wrong_times, state.duration) == (1, {})
    assert viewed([call]).duration == {}
    assert viewed([call]).wrong_times == 1


def test_the_rest_has_a_name() -> None:
    found = [
        Call(id=str(n), started_at=1_795_000_000.0, format="t", app=f"app-{n}", usage=Usage(1, 0, 0, 0, 1, None, 1))
        for n in range(9)
    ]
    rows = {row.name: row.calls for row in viewed(found, Spend(Limits(cells=4))).by_app}
    assert rows[OTHER_NAME] == 5


def test_times_are_told_for_all_calls_by_model_and_by_app() -> None:
    found = [
        Call(
            id=f"{app}{n}",
            started_at=1_795_000_000.0 + 3_600 * (n % 2),
            format="t",
            request_model=model,
            app=app,
            duration=seconds * n,
            time_to_first_token=0.0,
        )
        for app, model, seconds in (("slow", "big", 1.0), ("fast", "small", 0.01))
        for n in range(1, 101)
    ]
    spent = viewed(found)
    assert spent.duration.keys() == {"", "mbig", "msmall", "aslow", "afast"}
    assert spent.duration[""].n == 200
    assert spent.duration["aslow"] == spent.duration["mbig"]
    assert spent.duration["aslow"].p95 == pytest.approx(95.0, rel=0.0101)
    assert spent.duration["afast"].p50 == pytest.approx(0.5, rel=0.0101)
    assert spent.time_to_first_token[""].p99 == 0
    hours = {0: Spend().fold(Spend().empty(), found)}
    assert view(hours, PRICES, times_by_name=False).duration == {"": spent.duration[""]}


def test_what_producers_paid_is_summed_beside_it() -> None:
    found = [
        Call(id=str(n), started_at=1_795_000_000.0, format="t", logged_cost=paid)
        for n, paid in enumerate([0.1, 0.2, None, 0.0, float("nan"), -1.0, float("inf")])
    ]
    spent = viewed(found)
    assert (spent.logged_cost_usd, spent.logged_cost_calls) == (Decimal("0.3"), 3)


def test_hours_are_priced_by_their_own_day() -> None:
    def at(when: datetime) -> Call:
        usage = Usage(1_000_000, 0, 0, 0, 0, None, 1_000_000)
        return Call(
            id=str(when), started_at=when.timestamp(), format="t", provider="openai", request_model="m", usage=usage
        )

    prices = Prices(
        {"m": [Override(Decimal(3), Decimal(3)), Override(Decimal(2), Decimal(2), since=date(2026, 11, 2))]}
    )
    spent = viewed(
        [at(datetime(2026, 11, 1, 23, 59, tzinfo=UTC)), at(datetime(2026, 11, 2, tzinfo=UTC))], prices=prices
    )
    assert spent.total_usd == 5
    assert [(row.name, row.usd) for row in spent.by_model] == [("m", Decimal(5))]


ANSWERED = Usage(90, 0, 0, 0, 5, None, 90)


def asked(model: str, answered: str | None = None, **more: Any) -> Call:
    return Call(
        id="x", started_at=1_795_003_200.0, format="t", provider="openai", request_model=model,
        response_model=answered, usage=ANSWERED if answered else Usage(), status="ok" if answered else "error", **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        ([asked("gpt-4o"), asked("gpt-4o", "gpt-4o-2024-08-06")], {"gpt-4o-2024-08-06": 2}),
        # a router's prefix, and a name that was itself asked for
        (
            [asked("openai/gpt-4o"), asked("openai/gpt-4o", "gpt-4o"), asked("gpt-4o", "gpt-4o-2024-08-06")],
            {"gpt-4o-2024-08-06": 3},
        ),
        # a deployment's name, as long as one model answers under it
        ([asked("prod"), asked("prod", "gpt-4o-2024-08-06")], {"gpt-4o-2024-08-06": 2}),
        (
            [asked("prod"), asked("prod", "gpt-4o-2024-08-06"), asked("prod", "gpt-4.1-2025-04-14")],
            {"prod": 1, "gpt-4o-2024-08-06": 1, "gpt-4.1-2025-04-14": 1},
        ),
        # snapshots of different prices stay apart; what names none is where most calls are
        (
            [
                asked("gpt-4o"),
                asked("gpt-4o", "gpt-4o-2024-08-06"),
                asked("gpt-4o-2024-05-13", "gpt-4o-2024-05-13"),
                asked("gpt-4o-2024-05-13"),
            ],
            {"gpt-4o-2024-08-06": 2, "gpt-4o-2024-05-13": 2},
        ),
        ([asked("a", "b"), asked("b", "a")], {"a": 1, "b": 1}),
        ([asked("gpt-4o"), asked("gpt-4.1", "gpt-4.1-2025-04-14")], {"gpt-4o": 1, "gpt-4.1-2025-04-14": 1}),
    ],
)
def test_calls_that_failed_are_in_the_line_of_the_model_that_answers(found: list[Call], lines: dict[str, int]) -> None:
    spent = viewed(found)
    assert {row.name: row.calls for row in spent.by_model} == lines
    logged = {call.response_model or call.request_model for call in found}
    assert sorted(name for row in spent.by_model for name in row.logged_as) == sorted(name or "" for name in logged)
    assert sum((row.usd or Decimal(0) for row in spent.by_model), Decimal(0)) == spent.total_usd


def test_an_alias_says_which_of_two_models_a_name_is() -> None:
    found = [asked("prod"), asked("prod", "gpt-4o-2024-08-06"), asked("prod", "gpt-4.1-2025-04-14")]
    spent = viewed(found, prices=Prices(aliases={"prod": "gpt-4.1"}))
    assert {row.name: row.calls for row in spent.by_model} == {"gpt-4o-2024-08-06": 1, "gpt-4.1-2025-04-14": 2}
