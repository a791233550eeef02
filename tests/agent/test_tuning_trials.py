"""A tuned model in the stream is a trial of the task whose prompt it answers: it pays, it does worse, or it is all that is left."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from random import Random

import pytest

from agent.config.recommend_settings import RecommendSettings
from agent.recommend.advise import Advice, advise
from agent.recommend.bills import Bills
from agent.recommend.pace import Spent
from agent.recommend.world import World
from agent.report_lines import lines
from agent.report_tuning import FineTuning
from agent.tuning_view import Kept, Tuning, section
from analyzers import names
from analyzers.core import Call, Message, Part, Usage
from analyzers.fine_tuning import routes
from analyzers.fine_tuning.facts import Limits
from analyzers.price_key import price_key
from analyzers.prices import Prices, Rates, cost
from analyzers.prompt_caching.analyse import analyse
from analyzers.prompt_caching.rules import load
from tests.agent.reports import empty

DAY = 86_400.0
START, NOW = 1_793_000_000.0, 1_795_500_000.0
DAYS, CALLS, SCALE = 21, 900, 5_000
BASE, TUNED = "gpt-4o-2024-08-06", "ft:gpt-4o-mini-2024-07-18:acme:desk:1"
PRICES = Prices(tuned=routes.tuned_prices(routes.load()))
HOURS = 24.0 * DAYS


def calls(share: float, failing: float) -> list[Call]:
    """Tickets, each a conversation of its own; a tuned model answers a share of them."""
    rng = Random(5)
    made = []
    for number in range(CALLS):
        tuned = rng.random() < share
        bad = tuned and rng.random() < failing
        made.append(
            Call(
                id=str(number),
                started_at=START + number * DAYS * DAY / CALLS,
                format="test",
                provider="openai",
                request_model=TUNED if tuned else BASE,
                app="desk",
                conversation=f"c{number}",
                system=(Part("text", "Say which queue a ticket of the desk belongs to. " * 150),),
                messages=(Message("user", (Part("text", f"Ticket {number} about {rng.randrange(10**9)}"),)),),
                output=() if bad else (Part("text", rng.choice(["orders", "returns", "billing"])),),
                status="error" if bad else "ok",
                finish_reason="stop",
                usage=Usage(uncached_input=500, cache_read=2_816, output=20, input_total=3_316),
            )
        )
    return made


def rates(call: Call) -> Rates:
    found = PRICES.rates(price_key(call), call.started_at)
    assert isinstance(found, Rates)
    return found


@cache
def found(share: float, failing: float = 0.0) -> tuple[FineTuning, Advice]:
    made = calls(share, failing)
    bills = Bills(made, PRICES)
    kept = Kept(bills, CALLS)
    prompts = analyse(kept, PRICES, load(), names.family)
    tuning = Tuning(routes.load(), limits=Limits(calls=300))
    told = section(prompts, kept.by_number, PRICES, tuning, hours=HOURS, scale=Decimal(SCALE), now=NOW)
    columns = bills.columns()
    usd = Decimal(float((columns.input + columns.output).sum())) * SCALE
    spent = Spent(usd, {"desk": usd}, HOURS)
    return told, advise(World(prompts, bills, PRICES), prompts, None, told, spent, RecommendSettings())


def test_a_trial_in_conversations_of_its_own_is_one_of_the_task_it_answers() -> None:
    (task,) = found(0.25)[0].tasks
    assert task.verdict == "pays" and task.rung == 7
    assert task.trial is not None and task.trial.model == TUNED and task.trial.no_worse
    assert TUNED in task.deciding and f"{task.trial.calls} calls no worse" in task.deciding
    assert task.calls_looked_at == CALLS


def test_a_task_of_which_only_the_newest_calls_are_told_apart_has_the_volume_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("analyzers.prompt_caching.sharing.WINDOW", CALLS // 2)
    made = calls(0.0, 0.0)
    kept = Kept(made, CALLS)
    prompts = analyse(kept, PRICES, load(), names.family)
    tuning = Tuning(routes.load(), limits=Limits(calls=300))
    (task,) = section(prompts, kept.by_number, PRICES, tuning, hours=HOURS, scale=Decimal(SCALE), now=NOW).tasks
    assert prompts.templates[0].requests == CALLS // 2
    assert task.calls_month == int(CALLS * SCALE * 730 / HOURS)
    # The newest half came in ten days and a half, which are too few to tell; it is logged for 21.
    assert task.days == pytest.approx(DAYS, abs=0.1) and task.verdict == "trial"


def test_what_pays_is_in_the_plan_at_what_the_tuned_model_was_billed() -> None:
    told, advice = found(0.25)
    (task,) = told.tasks
    (one,) = (each for each in advice.recommendations if each.lever == "fine_tuning")
    assert TUNED in one.action
    billed = {call.model: cost(rates(call), call.usage) for call in calls(0.25, 0.0)}
    tuned, base = float(billed[TUNED] or 0), float(billed[BASE] or 0)
    # Of a tuned gpt-4o-mini 0.30 and 1.20 USD a million, cached input half; of gpt-4o 2.50, 10 and half.
    assert base == pytest.approx((500 * 2.5 + 2_816 * 1.25 + 20 * 10) / 1e6)
    assert tuned == pytest.approx((500 * 0.3 + 2_816 * 0.15 + 20 * 1.2) / 1e6)
    trial = task.trial
    assert trial is not None and float(trial.usd_call) == pytest.approx(tuned)
    rest = (CALLS - trial.calls) * SCALE * 730 / HOURS
    fixed = next(route for route in task.options if route.refused is None).fixed_usd_month
    assert float(one.saving_usd_month.likely or 0) == pytest.approx(rest * (base - tuned) - float(fixed), rel=0.01)
    today = advice.plan[0].usd_month
    assert today is not None and one.saving_usd_month.likely is not None and one.saving_usd_month.likely < today


def test_a_trial_that_did_worse_is_said_and_pays_nothing() -> None:
    told, advice = found(0.25, 0.4)
    (task,) = told.tasks
    assert task.verdict != "pays" and f"{TUNED} answered" in task.deciding and "worse than the base" in task.deciding
    assert task.trial is not None and task.trial.no_worse is False
    assert all(one.saving_usd_month.likely is None for one in advice.recommendations if one.lever == "fine_tuning")


def test_a_few_good_answers_of_a_tuned_model_prove_nothing_and_are_not_called_worse() -> None:
    (task,) = found(0.15)[0].tasks
    assert task.verdict == "trial" and task.trial is not None and task.trial.no_worse is None
    assert "too few to tell" in task.deciding


def test_every_route_is_in_a_table_where_volume_decides_and_the_trial_is_told() -> None:
    (task,) = found(0.15)[0].tasks
    few = task.model_copy(update={"verdict": "not_yet", "calls_month": 40_000})
    first = task.model_copy(update={"verdict": "not_yet", "rung": 2})
    for one, told in ((task, True), (few, True), (first, False)):
        said = lines(empty().model_copy(update={"fine_tuning": FineTuning(tasks=[one], prices_of="2026-11-23")}))
        tables = {table.title: table for table in said.tables}
        assert (f"Routes for {task.label}" in tables) == told
        if told:
            shown = tables[f"Routes for {task.label}"].rows
            assert [row[0].text for row in shown] == [option.name for option in task.options[: len(shown)]]
        assert any(f"{TUNED} answered" in line and "too few to tell" in line for line in said.remarks)


def test_where_the_tuned_model_answers_everything_there_is_nothing_to_hold_it_against() -> None:
    (task,) = found(1.0)[0].tasks
    assert task.verdict == "cannot_tell" and f"{TUNED} answers all" in task.deciding
