"""Money per token is the price list's own arithmetic, for every model that it has."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from genai_prices import Usage as ListedUsage
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ConditionalPrice, TieredPrices, TimeOfDateConstraint

from analyzers.core import Call, Usage
from analyzers.price_key import CONTEXT_BANDS, moment, price_key
from analyzers.prices import NO_MODEL, NOT_LISTED, SELF_HOSTED, UNKNOWN_USAGE, Override, Prices, Rates, Unpriced, cost

AT = 1_795_000_000.0


def listed() -> Iterator[tuple[Any, Any]]:
    """Models that their own id finds, with their provider."""
    snapshot = get_snapshot()
    for provider in snapshot.providers:
        for model in provider.models:
            try:
                seller, found = snapshot.find_provider_model(model.id, None, provider.id, None)
            except LookupError:
                continue
            if found is model and seller is provider:
                yield provider, model


def call(provider: str | None, model: str | None, usage: Usage, at: float = AT, **more: Any) -> Call:
    return Call(
        id="x",
        started_at=at,
        format="t",
        provider=provider,
        request_model=model,
        usage=usage,
        **{"parameters": {}, **more},
    )


def usage_of(total: int, read: int, write: int, long: int, output: int, reasoning: int | None = None) -> Usage:
    return Usage(total - read - write, read, write - long, long, output, reasoning, total)


def usd(prices: Prices, one: Call) -> Decimal | Unpriced | None:
    """What it costs where only its hour is remembered."""
    key = price_key(one)
    rates = prices.rates(key, moment(int(one.started_at // 3_600), key))
    return rates if isinstance(rates, Unpriced) else cost(rates, one.usage)


def test_every_listed_model_costs_what_the_list_says_at_every_size() -> None:
    rng, prices, compared = random.Random(1), Prices(), 0
    for provider, model in listed():
        for total in rng.sample([0, 1, 1_500, *CONTEXT_BANDS, *(band + 1 for band in CONTEXT_BANDS), 900_000], 4):
            read = rng.randint(0, total)
            write = rng.randint(0, total - read)
            long, output = rng.randint(0, write), rng.randint(0, 9_000)
            thought = rng.randint(0, output)
            try:
                expected = model.calc_price(
                    ListedUsage(
                        input_tokens=total,
                        cache_read_tokens=read,
                        cache_write_tokens=write,
                        cache_write_1h_tokens=long,
                        output_tokens=output,
                        output_reasoning_tokens=thought,
                    ),
                    provider,
                    genai_request_timestamp=datetime.fromtimestamp(AT, UTC),
                ).total_price
            except ValueError:
                continue
            found = usd(prices, call(provider.id, model.id, usage_of(total, read, write, long, output, thought)))
            if isinstance(found, Unpriced):
                assert found.reason.startswith("the price list has no price per token")
                continue
            assert found == expected, (provider.id, model.id, total)
            compared += 1
    assert compared > 4_000


def test_no_price_jumps_at_a_size_that_is_not_a_band() -> None:
    starts = set()
    for _, model in listed():
        rows = model.prices if isinstance(model.prices, list) else [ConditionalPrice(prices=model.prices)]
        for row in rows:
            for price in vars(row.prices).values():
                if isinstance(price, TieredPrices):
                    starts |= {tier.start for tier in price.tiers}
    assert starts <= set(CONTEXT_BANDS)


def test_tiers_batches_and_speed_cost_what_the_list_says() -> None:
    prices, compared = Prices(), 0
    for provider, model in listed():
        for variant in model.price_variants or ():
            when = dict(variant.when)
            if set(when) - {"service_tier", "processing", "speed"}:
                continue
            expected = model.calc_price(
                ListedUsage(input_tokens=1_000, cache_read_tokens=300, output_tokens=50),
                provider,
                genai_request_timestamp=datetime.fromtimestamp(AT, UTC),
                price_context=when,
            ).total_price
            one = call(
                provider.id,
                model.id,
                usage_of(1_000, 300, 0, 0, 50),
                service_tier=when.get("service_tier"),
                parameters={"batch": when.get("processing") == "batch", "speed": when.get("speed")},
            )
            found = usd(prices, one)
            if isinstance(found, Unpriced):
                assert found.reason.startswith("the price list has no price per token")
                continue
            assert found == expected, (provider.id, model.id, when)
            compared += 1
    assert compared > 50


def test_prices_change_on_their_day_and_at_their_time() -> None:
    prices, compared = Prices(), 0
    for provider, model in listed():
        for row in model.prices if isinstance(model.prices, list) else ():
            constraint = row.constraint
            if constraint is None:
                continue
            if isinstance(constraint, TimeOfDateConstraint):
                day = datetime.fromtimestamp(AT, UTC).date()
                times = (constraint.start_time, constraint.end_time)
                edges = [datetime.combine(day, time).timestamp() for time in times]
            else:
                edges = [datetime.combine(constraint.start_date, datetime.min.time(), UTC).timestamp()]
            for at in (edge + second for edge in edges for second in (-1.0, 0.0, 1.0)):
                expected = model.calc_price(
                    ListedUsage(input_tokens=1_000, output_tokens=50),
                    provider,
                    genai_request_timestamp=datetime.fromtimestamp(at, UTC),
                ).total_price
                found = usd(prices, call(provider.id, model.id, usage_of(1_000, 0, 0, 0, 50), at))
                if isinstance(found, Unpriced):
                    assert found.reason.startswith("the price list has no price per token")
                    continue
                assert found == expected, (provider.id, model.id, at)
                compared += 1
    assert compared > 20


USAGE = Usage(1_000, 200, 100, 0, 50, None, 1_300)


@pytest.mark.parametrize(
    ("provider", "model", "same_as"),
    [
        ("OpenAI", "gpt-4o-mini", ("openai", "gpt-4o-mini")),
        ("openai", "openai/gpt-4o-mini", ("openai", "gpt-4o-mini")),
        (None, "gpt-4o-mini", ("openai", "gpt-4o-mini")),
        ("some-gateway", "gpt-4o-mini", ("openai", "gpt-4o-mini")),
        ("openai", "gpt-5.6-2026-09-01", ("openai", "gpt-5.6")),
        ("vertex_ai", "gemini-2.5-flash", ("google", "gemini-2.5-flash")),
        ("anthropic", "claude-sonnet-4-5-20250929", ("anthropic", "claude-sonnet-4-5")),
        ("openai", "our-deployment", ("openai", "gpt-4o-mini")),
    ],
)
def test_names_as_logs_write_them(provider: str | None, model: str, same_as: tuple[str, str]) -> None:
    prices = Prices(aliases={"our-deployment": "gpt-4o-mini"})
    found = usd(prices, call(provider, model, USAGE))
    assert isinstance(found, Decimal)
    assert found == usd(prices, call(*same_as, USAGE))


def test_a_dated_model_that_is_listed_keeps_its_own_price() -> None:
    old = usd(Prices(), call("openai", "gpt-4o-2024-05-13", USAGE))
    assert old != usd(Prices(), call("openai", "gpt-4o", USAGE))


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (call("acme", "acme-1", USAGE), NOT_LISTED),
        (call("openai", None, USAGE), NO_MODEL),
        (call("vllm", "Qwen/Qwen3-8B", USAGE), SELF_HOSTED),
        (call("openai", "gpt-4o-mini", Usage()), UNKNOWN_USAGE),
        (call("openai", "gpt-4o-mini", Usage(input_total=10)), UNKNOWN_USAGE),
        (call("openai", "gpt-4o-mini", Usage(input_total=10), status="error"), UNKNOWN_USAGE),
    ],
)
def test_what_has_no_price_says_why(one: Call, why: Unpriced) -> None:
    assert usd(Prices(), one) == why


@pytest.mark.parametrize(
    "one",
    [
        call("openai", "gpt-4o-mini", Usage(), status="error"),
        call("openai", "gpt-4o-mini", USAGE, response_cache_hit=True),
    ],
)
def test_what_nobody_bills_is_free(one: Call) -> None:
    rates = Prices().rates(price_key(one), AT)
    assert isinstance(rates, Rates)
    assert set(rates[:7]) == {Decimal(0)}


def test_an_unknown_split_costs_at_most_everything_uncached() -> None:
    hidden = call("openai", "gpt-4o-mini", Usage(output=50, input_total=1_300))
    assert usd(Prices(), hidden) == usd(Prices(), call("openai", "gpt-4o-mini", usage_of(1_300, 0, 0, 0, 50)))


def test_a_price_of_ones_own_goes_first_and_what_it_lacks_is_not_guessed() -> None:
    own = Prices({"gpt-4o-mini": Override(input=Decimal("1"), output=Decimal("2"))})
    plain = call("openai", "gpt-4o-mini", usage_of(1_000_000, 0, 0, 0, 500_000))
    assert usd(own, plain) == Decimal(2)
    assert usd(own, call("openai", "gpt-4o-mini", usage_of(1_000, 1, 0, 0, 5))) is None
    assert "your own" in own.source
    by_provider = Prices({"azure/gpt-4o-mini": Override(input=Decimal("9"), output=Decimal("9"))})
    assert usd(by_provider, plain) == usd(Prices(), plain)
    assert usd(by_provider, call("azure", "gpt-4o-mini", usage_of(1_000_000, 0, 0, 0, 0))) == Decimal(9)


def test_a_recorded_call_with_reads_and_writes() -> None:
    """348 uncached, 1,024 read and 128 written at 4, 0.40 and 5 USD per million, 20 answered at 20."""
    found = usd(Prices(), call("openai", "gpt-5.6", Usage(348, 1_024, 128, 0, 20, None, 1_500)))
    assert found == Decimal("0.0028416")


def test_known_writes_of_a_hidden_cache_cost_what_writes_cost() -> None:
    hidden = call("anthropic", "claude-sonnet-4-5", Usage(None, None, 300, None, 5, None, 1_000))
    known = call("anthropic", "claude-sonnet-4-5", Usage(700, 0, 300, 0, 5, None, 1_000))
    assert usd(Prices(), hidden) == usd(Prices(), known)


@pytest.mark.parametrize("provider", ["deepseek", "DeepSeek", None, "some-gateway"])
def test_half_hours_count_whatever_the_log_calls_the_provider(provider: str | None) -> None:
    midnight = AT - AT % 86_400
    before, after = (
        usd(Prices(), call(provider, "deepseek-chat", usage_of(1_000, 0, 0, 0, 50), midnight + at))
        for at in (29 * 60.0, 31 * 60.0)
    )
    assert isinstance(before, Decimal) and isinstance(after, Decimal)
    assert before < after


def test_prices_of_ones_own_hold_for_their_days() -> None:
    day = datetime.fromtimestamp(AT, UTC).date()
    one = usage_of(1_000_000, 0, 0, 0, 0)
    prices = Prices(
        {
            "acme-1": [
                Override(Decimal(8), Decimal(8), since=day - timedelta(5), until=day),
                Override(Decimal(6), Decimal(6), since=day),
            ],
            "gpt-4o-mini": Override(Decimal(3), Decimal(3), until=day),
        }
    )

    def on(model: str, days: int) -> Decimal | Unpriced | None:
        return usd(prices, call("openai", model, one, AT + 86_400 * days))

    assert [on("acme-1", days) for days in (-6, -5, -1, 0, 9)] == [NOT_LISTED, 8, 8, 6, 6]
    assert [on("gpt-4o-mini", days) for days in (-1, 0)] == [3, usd(Prices(), call("openai", "gpt-4o-mini", one))]


@pytest.mark.parametrize(
    ("provider", "model", "tier", "standard"),
    [
        ("openai", "gpt-4o-mini", None, False),
        ("openai", "gpt-4o-mini", "default", False),
        ("openai", "gpt-4o-mini", "priority", False),
        ("openai", "gpt-4o-mini", "flex", True),
        ("azure", "gpt-4o-mini", "priority", True),
    ],
)
def test_a_tier_without_a_price_of_its_own_is_marked(
    provider: str, model: str, tier: str | None, standard: bool
) -> None:
    rates = Prices().rates(price_key(call(provider, model, USAGE, service_tier=tier)), AT)
    assert isinstance(rates, Rates)
    assert rates.at_standard is standard
