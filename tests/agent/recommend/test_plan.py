"""The plan adds up: never above the spend, the same however findings are listed, each step on what the earlier leave."""

from __future__ import annotations

import random
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.config.recommend_settings import EffortDays, RecommendSettings
from agent.recommend.advise import advise
from agent.recommend.answering import Answering
from agent.recommend.identity import identity
from agent.recommend.opportunity import Opportunity
from agent.recommend.plan import Walk, walk
from agent.recommend.world import State, World
from tests.agent.recommend.streams import Looked, demo

FREE = RecommendSettings(usd_day=Decimal(0))
SUPPORT, CODER, FAQ = "support-bot", "agent-coder", "faq-bot"


@pytest.fixture(scope="module")
def looked() -> Looked:
    return demo()


def cache(looked: Looked, app: str, every: int, *, first: int = 0) -> Opportunity:
    """A cache that answers one in so many calls of an application."""
    columns = looked.world.columns
    own = np.flatnonzero(columns.app == columns.apps.index(app))[first::every]

    def done(world: World, state: State) -> State:
        return world.without(state, own)

    return Opportunity(
        identity("exact_cache", "exact_cache", app),
        "exact_cache",
        "exact_cache",
        app,
        None,
        None,
        "",
        (),
        (),
        done,
        len(own),
    )


def batch(looked: Looked, app: str) -> Opportunity:
    """The batch interface at half the price, for an application's template."""
    number = next(n for n, one in enumerate(looked.found.templates) if one.app == app)

    def done(world: World, state: State) -> State:
        return world.answered(state, {number: Answering(model=("openai", "gpt-5.4-mini"))})

    return Opportunity(
        identity("model_choice", "model_choice", app),
        "model_choice",
        "model_choice",
        app,
        None,
        None,
        "",
        (),
        (),
        done,
        1,
    )


def everything(looked: Looked) -> list[Opportunity]:
    return [
        *looked.opportunities,
        cache(looked, SUPPORT, 2),
        cache(looked, FAQ, 3),
        cache(looked, CODER, 4, first=1),
        batch(looked, SUPPORT),
    ]


def total(done: Walk) -> float:
    return sum(step.saving.likely for step in done.taken)


def by_id(done: Walk) -> dict[str, float]:
    return {step.what.id: step.saving.likely for step in (*done.taken, *done.unclear, *done.left)}


@pytest.mark.parametrize("seed", range(6))
def test_the_order_in_which_findings_are_listed_changes_nothing(looked: Looked, seed: int) -> None:
    found = everything(looked)
    expected = walk(looked.world, found, looked.pace, FREE)
    random.Random(seed).shuffle(found)
    again = walk(looked.world, found, looked.pace, FREE)
    assert [step.what.id for step in again.taken] == [step.what.id for step in expected.taken]
    assert by_id(again) == by_id(expected)


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(0, 8), min_size=1))
def test_savings_add_up_to_what_the_calls_cost_less_and_never_to_more_than_the_spend(chosen: set[int]) -> None:
    looked = demo()
    found = [one for n, one in enumerate(everything(looked)) if n in chosen]
    done = walk(looked.world, found, looked.pace, FREE)
    month = float(looked.spent.total) * looked.pace.factor
    left = float(looked.pace.month(done.end.cost).sum())
    assert total(done) == pytest.approx(month - left, rel=1e-9, abs=1e-6)
    assert 0 <= total(done) <= month


def test_money_is_brought_to_the_exact_totals_of_the_summaries(looked: Looked) -> None:
    columns = looked.world.columns
    today = looked.pace.month(columns.input + columns.output)
    assert today.sum() == pytest.approx(float(looked.spent.total) * 730 / 2.0, rel=1e-9)
    # The summaries count twice as many calls as were looked at.
    assert float(looked.spent.total) == pytest.approx(2 * (columns.input + columns.output).sum(), rel=1e-9)


def test_a_call_that_a_cache_answers_earns_no_discount_any_more(looked: Looked) -> None:
    found = [one for one in looked.opportunities if one.app == SUPPORT]
    half = cache(looked, SUPPORT, 2)
    alone = walk(looked.world, [half], looked.pace, FREE).taken[0].saving.likely
    (*mended, after) = walk(looked.world, [*found, half], looked.pace, FREE).taken
    assert after.what.id == half.id
    assert after.saving.likely < 0.7 * alone
    assert after.alone == pytest.approx(alone)
    # The prompts come first and keep what they save: it is the cache whose hits are worth less.
    only = walk(looked.world, found, looked.pace, FREE)
    assert [step.saving.likely for step in mended] == [step.saving.likely for step in only.taken]


def test_what_is_left_is_run_through_the_providers_cache_again(looked: Looked) -> None:
    world = looked.world
    (coder,) = (n for n, one in enumerate(looked.found.templates) if one.app == CODER)
    mended = world.mended(world.today, {coder: (0,)})
    rows = world.numbers[coder]
    fewer = world.without(mended, rows[::2])
    left = rows[1::2]
    # Every other step of a task is gone: those that are left read less of their beginning from the cache.
    assert fewer.cost[left].sum() > mended.cost[left].sum()
    assert fewer.cost[rows].sum() < mended.cost[rows].sum()


def test_a_removed_call_is_not_made_cheaper_by_another_model(looked: Looked) -> None:
    everything_gone = cache(looked, SUPPORT, 1)
    done = walk(looked.world, [batch(looked, SUPPORT), everything_gone], looked.pace, FREE)
    assert [step.what.id for step in done.taken] == [everything_gone.id]


def test_an_earlier_fault_is_kept_for_what_the_later_ones_save(looked: Looked) -> None:
    """Behind the clock the id of the conversation hides nothing: mended first, it saves nothing until the clock is out of the way."""
    clock, session = sorted((one for one in looked.opportunities if one.app == SUPPORT), key=lambda one: one.order)
    session = session._replace(rank=-1, alone=None)
    dear = RecommendSettings(usd_day=Decimal(300), payback_months=1.5, effort_days=EffortDays(prompt=0.5))
    kept = walk(looked.world, [clock, session], looked.pace, dear)
    assert [step.what.id for step in kept.taken] == [session.id, clock.id]
    # Alone it would cost rather than save; what both bring is shared, and its sum is what both save.
    assert kept.taken[0].alone < 1
    first, second = (step.saving for step in kept.taken)
    month = float(looked.pace.month(looked.world.today.cost - kept.end.cost).sum())
    assert first.likely + second.likely == pytest.approx(month)
    last = walk(looked.world, [clock, session._replace(rank=99)], looked.pace, FREE).taken[-1].saving.likely
    assert first.likely == pytest.approx((kept.taken[0].alone + last) / 2)
    assert 0 < first.low < first.likely < first.high and 0 < second.low < second.likely < second.high
    alone = walk(looked.world, [session], looked.pace, dear)
    assert not alone.taken
    too_dear = dear.model_copy(update={"usd_day": Decimal(30_000)})
    assert not walk(looked.world, [clock, session], looked.pace, too_dear).taken


def test_the_report_says_both_numbers_and_what_is_not_worth_its_work(looked: Looked) -> None:
    made = advise(looked.world, looked.found, None, None, looked.spent, RecommendSettings())
    month = looked.spent.total * Decimal(365)
    assert made.plan[0].usd_month == pytest.approx(month)
    assert made.plan[-1].usd_month == pytest.approx(
        month - sum((step.saving_usd_month or Decimal(0) for step in made.plan), Decimal(0))
    )
    listed = {one.id for one in made.recommendations if one.saving_usd_month.likely is not None}
    assert listed == {name for step in made.plan for name in step.recommendations}
    assert {one.app for one in made.recommendations} >= {SUPPORT}
    for one in made.recommendations:
        low, likely, high = one.saving_usd_month.low, one.saving_usd_month.likely, one.saving_usd_month.high
        assert one.how
        assert one.evidence
        if low is None or likely is None or high is None:
            assert one.saving_usd_month_reason
        else:
            assert low <= likely <= high
    (faq,) = (one for one in made.restraint if one.subject.startswith(FAQ))
    assert faq.verdict == "not_yet"
    assert "800 USD" in faq.why
    assert "such calls a month" in faq.worth_it_from


def test_too_short_a_log_has_no_month_and_says_so(looked: Looked) -> None:
    short = looked.spent._replace(hours=0.05)
    made = advise(looked.world, looked.found, None, None, short, RecommendSettings())
    assert [step.usd_month for step in made.plan] == [None]
    assert made.plan[0].usd_month_reason
    assert all(one.saving_usd_month.likely is None and one.saving_usd_month_reason for one in made.recommendations)


def test_names_stay_the_same_and_hold_no_amount() -> None:
    one = identity("prompt_caching", "tool_order", "agent-coder", "gpt-5.6-terra", "tools")
    assert one == "pc-go45hz"
    assert identity("prompt_caching", "tool_order", None, "gpt-5.6-terra", "tools") != one
    assert identity("prompt_caching", "tool_order", "", "", "") != identity(
        "prompt_caching", "tool_order", None, "", ""
    )


def test_names_are_those_of_another_hour_of_the_stream(looked: Looked) -> None:
    """The ids of a whole day of the same applications (seed 7), as its report has them."""
    assert {one.id for one in looked.opportunities if one.app in (SUPPORT, CODER)} == {
        "pc-r56xcv",
        "pc-nchayu",
        "pc-go45hz",
    }
