"""Hits that fall: named with their moment, place and price when something was changed, silent when nothing was."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from analyzers.core import Call
from analyzers.names import family
from analyzers.price_key import PriceKey
from analyzers.prices import Prices, Rates, Unpriced
from analyzers.prompt_caching.analyse import analyse
from analyzers.prompt_caching.regression import Regression
from analyzers.prompt_caching.watch import Watched, watch
from tests.analyzers.prompt_caching.deploys import POLICY, START, TOTAL, Change, bot, claude, reported
from tests.analyzers.prompt_caching.prompts import RULES

DEPLOY = 200
"""Number of the first call after it."""
EFFORTS = ("none", "low", "medium", "high", "xhigh")
AS_LOGGED: dict[str, Callable[[Sequence[Call]], list[Call]]] = {"reported": reported, "simulated": list}


def look(calls: Sequence[Call]) -> list[Watched]:
    return watch(calls, Prices(), RULES, family)


def falls(calls: Sequence[Call]) -> list[Regression]:
    return [one.regression for one in look(calls) if one.regression is not None]


def since_deploy(then: Change, before: Change = lambda n, rng: {}) -> Change:
    return lambda n, rng: then(n, rng) if n >= DEPLOY else before(n, rng)


def clock(n: int, rng: Random) -> dict[str, Any]:
    return {"system": f"Now: {datetime.fromtimestamp(START + 20 * n, UTC):%Y-%m-%d %H:%M:%S}\n{POLICY}"}


def random_key(n: int, rng: Random) -> dict[str, Any]:
    return {"parameters": {"prompt_cache_key": uuid.UUID(int=rng.getrandbits(128)).hex}}


def one_key(n: int, rng: Random) -> dict[str, Any]:
    return {"parameters": {"prompt_cache_key": "bot"}}


def effort(n: int, rng: Random) -> dict[str, Any]:
    return {"parameters": {"reasoning_effort": rng.choice(EFFORTS) if n >= DEPLOY else "low"}}


FAULTS: dict[str, tuple[Change, float]] = {
    "timestamp_before_static": (since_deploy(clock), 20.0),
    "cache_key_unstable": (since_deploy(random_key, one_key), 20.0),
    "settings_toggle": (effort, 400.0),
    "caching_not_enabled": (lambda n, rng: claude("5m" if n < DEPLOY else None), 20.0),
    "breakpoint_on_variable": (
        lambda n, rng: claude("5m") if n < DEPLOY else claude("5m", f"{uuid.UUID(int=rng.getrandbits(128))}\n{POLICY}"),
        20.0,
    ),
}


@pytest.mark.parametrize("logged", AS_LOGGED)
@pytest.mark.parametrize("after", [12, 150])
@pytest.mark.parametrize("kind", [kind for kind in FAULTS if kind != "breakpoint_on_variable"])
def test_a_deploy_that_breaks_the_cache_is_named_within_a_dozen_calls(kind: str, after: int, logged: str) -> None:
    change, every = FAULTS[kind]
    calls = AS_LOGGED[logged](bot(DEPLOY + after, every, change=change))
    (fall,) = falls(calls)
    assert fall.fault is not None
    assert (fall.cause, fall.fault.kind, fall.reported) == ("prompt", kind, logged == "reported")
    assert fall.at == calls[DEPLOY].started_at
    assert fall.last_before == calls[DEPLOY - 1].started_at
    assert (fall.calls_before, fall.calls_after) == (DEPLOY, after)
    assert fall.before > 0.9
    assert fall.after < 0.3


@pytest.mark.parametrize("seed", range(8))
def test_the_moment_is_found_where_hits_are_noisy(seed: int) -> None:
    rng = Random(seed)
    # The provider loses a third of what it promises, by chance, before and after.
    calls = reported(bot(600, change=since_deploy(clock), seed=seed), lambda call: float(rng.random() > 0.33))
    (fall,) = falls(calls)
    moment = [call.started_at for call in calls].index(fall.at)
    assert abs(moment - DEPLOY) <= 8
    assert fall.fault is not None
    assert fall.fault.kind == "timestamp_before_static"


def test_the_span_is_that_of_the_clock() -> None:
    calls = bot(DEPLOY + 40, change=since_deploy(clock))
    (fall,) = falls(calls)
    assert fall.fault is not None
    place = fall.fault.place
    system = calls[-1].system[0].text
    assert (place.segment, place.position) == ("system", 0)
    assert 0 <= place.start < place.end
    assert datetime.fromisoformat(system[: system.index("\n")].removeprefix("Now: "))
    assert system[place.start : place.end].strip() in system[: system.index("\n")]


def test_money_a_day_is_the_bill_against_the_bill_as_it_was() -> None:
    calls = reported(bot(DEPLOY + 100, change=lambda n, rng: claude("5m" if n < DEPLOY else None)))
    (fall,) = falls(calls)
    # Claude Sonnet 4.5: 3 USD a million tokens of input, 0.30 read, 3.75 written for five minutes.
    before, after = calls[:DEPLOY], calls[DEPLOY:]
    read = sum(call.usage.cache_read or 0 for call in before)
    written = sum(call.usage.cache_write_short or 0 for call in before)
    plain = sum(call.usage.uncached_input or 0 for call in before)
    a_token = (plain * Decimal("3") + read * Decimal("0.3") + written * Decimal("3.75")) / (DEPLOY * TOTAL) / 1_000_000
    assert all(call.usage.cache_read == 0 for call in after)
    more = 100 * TOTAL * (Decimal("3") / 1_000_000 - a_token)
    seconds = (after[-1].started_at - after[0].started_at) * 100 / 99
    assert fall.usd_day is not None
    assert float(fall.usd_day) == pytest.approx(float(more) * 86_400 / seconds, rel=1e-6)


def test_rewritten_text_costs_what_writing_costs() -> None:
    change, every = FAULTS["breakpoint_on_variable"]
    calls = reported(bot(DEPLOY + 60, every, change=change))
    (fall,) = falls(calls)
    after = calls[DEPLOY:]
    written = sum(call.usage.cache_write_short or 0 for call in after)
    assert written > 0.9 * 60 * TOTAL
    seconds = (after[-1].started_at - after[0].started_at) * 60 / 59
    assert fall.usd_day is not None
    # 3.75 written in place of 0.30 read.
    assert float(fall.usd_day) == pytest.approx(written * 3.45 / 1e6 * 86_400 / seconds, rel=0.02)


def test_a_model_without_price_falls_all_the_same() -> None:
    calls = reported(bot(DEPLOY + 60, change=since_deploy(random_key, one_key)))
    (fall,) = [one.regression for one in watch(calls, _Priceless(), RULES, family) if one.regression]
    assert fall.fault is not None
    assert (fall.usd_day, fall.fault.kind) == (None, "cache_key_unstable")


class _Priceless(Prices):
    def rates(self, key: PriceKey, at: float) -> Rates | Unpriced:
        return Unpriced("not in the price list")


@pytest.mark.parametrize("logged", AS_LOGGED)
@pytest.mark.parametrize(
    "change",
    [
        lambda n, rng: {} if n < DEPLOY else {"at": 4_000 + (n - DEPLOY) * 7_200.0},
        lambda n, rng: claude() if n < DEPLOY else {**claude(), "at": 4_000 + (n - DEPLOY) * 310.0},
        lambda n, rng: {**claude(), "at": n * 280.0 if n < DEPLOY else DEPLOY * 280 + (n - DEPLOY) * 330.0},
    ],
    ids=["two hours", "just too long", "a little longer"],
)
def test_gaps_that_grew_are_nobodys_fault(change: Change, logged: str) -> None:
    assert falls(AS_LOGGED[logged](bot(400, change=change))) == []


def test_gaps_that_grew_are_not_the_providers_fault_either() -> None:
    # The provider forgets within a minute what its rules keep for ten.
    calls = bot(400, change=lambda n, rng: {"at": n * 20.0 if n < DEPLOY else DEPLOY * 20 + (n - DEPLOY) * 120.0})
    assert falls(reported(calls, lambda call: float(call.started_at < START + DEPLOY * 20))) == []


def test_a_provider_that_serves_less_of_the_same_bytes_is_the_one_to_ask() -> None:
    calls = bot(DEPLOY + 80)
    moment = calls[DEPLOY].started_at
    (fall,) = falls(reported(calls, lambda call: 1.0 if call.started_at < moment else 0.2))
    assert (fall.cause, fall.fault, fall.reported) == ("provider", None, True)
    assert fall.at == moment
    assert fall.after == pytest.approx(0.2 * fall.before, rel=0.05)


def test_a_provider_that_serves_less_is_not_blamed_on_a_fault_of_old() -> None:
    calls = bot(DEPLOY + 80, 400.0, change=lambda n, rng: {"parameters": {"reasoning_effort": rng.choice(EFFORTS[:2])}})
    moment = calls[DEPLOY].started_at
    (fall,) = falls(reported(calls, lambda call: float(call.started_at < moment)))
    assert (fall.cause, fall.fault) == ("provider", None)


@pytest.mark.parametrize("logged", AS_LOGGED)
def test_a_deploy_that_only_changes_text_is_a_drift_with_its_moment_and_span(logged: str) -> None:
    new = POLICY.replace("Rule 90:", "Rule ninety:")
    calls = AS_LOGGED[logged](bot(400, change=since_deploy(lambda n, rng: {"system": new}, lambda n, rng: {})))
    assert falls(calls) == []
    (template,) = analyse(calls, Prices(), RULES, family).templates
    (drift,) = template.drifts
    assert drift.at == calls[DEPLOY].started_at
    assert (drift.place.segment, drift.place.position) == ("system", 0)
    assert new[drift.place.start : drift.place.end] in "Rule ninety:"
    assert drift.place.start >= new.index("Rule ninety:")
    assert (drift.calls_before, drift.calls_after) == (DEPLOY, 400 - DEPLOY)
    assert template.regression is None


def test_a_deploy_that_changes_a_number_is_a_drift() -> None:
    calls = bot(400, change=since_deploy(lambda n, rng: {"system": "Refunds within 60 days.\n" + POLICY},
                                         lambda n, rng: {"system": "Refunds within 30 days.\n" + POLICY}))  # fmt: skip
    (template,) = analyse(calls, Prices(), RULES, family).templates
    (drift,) = template.drifts
    assert "60" in drift.now
    assert "30" in drift.was


def test_a_roll_out_machine_by_machine_is_one_drift() -> None:
    new = POLICY.replace("Rule 90:", "Rule ninety:")
    calls = bot(400, change=lambda n, rng: {"system": new} if n >= DEPLOY + 12 * (n % 3) else {})
    (template,) = analyse(calls, Prices(), RULES, family).templates
    (drift,) = template.drifts
    assert calls[DEPLOY].started_at <= drift.at <= calls[DEPLOY + 2].started_at


@pytest.mark.parametrize(
    "change",
    [
        lambda n, rng: {"system": POLICY + ("\nBe brief." if n // 100 % 2 else "")},
        lambda n, rng: {"system": f"You speak with customer {rng.getrandbits(40)}.\n{POLICY}"},
        lambda n, rng: {"system": f"{POLICY}\nOrders so far: {n // 30}."},
        lambda n, rng: {
            "system": f"{POLICY}\nToday is {datetime.fromtimestamp(START + n * 400, UTC):%Y-%m-%d}.",
            "at": n * 400.0,
        },
    ],
    ids=["to and fro", "a customer each", "a count", "a date"],
)
def test_what_comes_back_or_always_moves_is_no_drift(change: Change) -> None:
    for template in analyse(bot(400, change=change), Prices(), RULES, family).templates:
        assert template.drifts == ()


def test_a_fall_that_is_over_is_none() -> None:
    calls = bot(DEPLOY + 60 + 120, change=lambda n, rng: clock(n, rng) if DEPLOY <= n < DEPLOY + 60 else {})
    assert falls(calls[: DEPLOY + 60]) != []
    assert falls(calls) == []


def test_a_fall_after_a_rise_is_measured_from_the_rise() -> None:
    # Broken for long, mended, and broken again.
    calls = bot(540, change=lambda n, rng: {} if 300 <= n < 500 else clock(n, rng))
    (fall,) = falls(calls)
    assert fall.at == calls[500].started_at
    assert fall.before > 0.9


@pytest.mark.parametrize("make", [lambda n, rng: {}, lambda n, rng: claude(), clock])
@pytest.mark.parametrize("seed", range(3))
def test_steady_traffic_raises_nothing(make: Callable[[int, Random], dict[str, Any]], seed: int) -> None:
    rng = Random(seed)
    calls = bot(500, change=make, seed=seed)
    assert falls(calls) == []
    assert falls(reported(calls, lambda call: float(rng.random() > 0.3))) == []


def test_conversations_that_come_and_go_raise_nothing() -> None:
    rng = Random(4)
    # First turns read the system prompt only; which share of calls is a first turn changes through the day.
    calls = bot(600, change=lambda n, r: {"conversation": f"c{rng.randrange(max(3, n // 9))}"})
    assert falls(calls) == []
    assert falls(reported(calls)) == []


def test_too_few_calls_raise_nothing() -> None:
    assert falls(bot(DEPLOY + 5, change=since_deploy(clock))) == []
    assert falls(bot(60, change=lambda n, rng: clock(n, rng) if n >= 20 else {})) == []
