"""A task of fine-tuning that is of several kinds of request: each is judged by itself, and told with its figures."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from random import Random
from typing import NamedTuple

import msgspec
import pytest

from agent.config.recommend_settings import RecommendSettings
from agent.kinds_of_request import Gathering, KindsOfApp, calls_of
from agent.models import packaged
from agent.recommend.advise import Advice, advise
from agent.recommend.bills import Bills
from agent.recommend.pace import Spent
from agent.recommend.world import World
from agent.report import Report
from agent.report_lines import lines
from agent.report_plan import Recommendation
from agent.report_tuning import FineTuning, TaskKind, TuningTask
from agent.response_caching import Remembering
from agent.store import Store, open_store
from agent.store.texts import TextWriter
from agent.tuning_task import task as looked_at
from agent.tuning_view import Kept, Tuning, section
from analyzers import names
from analyzers.core import Call, Message, Part, Usage
from analyzers.errors import HoneError
from analyzers.fine_tuning import routes
from analyzers.fine_tuning.facts import Limits
from analyzers.price_key import price_key
from analyzers.prices import Prices, Unpriced, cost
from analyzers.prompt_caching.analyse import Analysis, analyse
from analyzers.prompt_caching.rules import load
from analyzers.prompt_caching.sharing import sharing
from tests.agent.reports import empty

DAY = 86_400.0
START = 1_793_000_000.0
DAYS, A_DAY, SCALE = 28, 43, 6_000
CALLS = DAYS * A_DAY
NOW = 1_795_500_000.0
THINGS = ("card", "parcel")
PRICES = Prices()


def usage(*, cached: bool) -> Usage:
    """Of calls 20 seconds apart the provider has the prompt still; until the next day it is forgotten."""
    return Usage(
        uncached_input=60 if cached else 1_060, cache_read=1_000 if cached else 0, output=20, input_total=1_060
    )


@cache
def calls() -> list[Call]:
    """Half sorts messages into a few labels; half asks for opening hours, which the model does not know one time in three."""
    rng = Random(4)
    made = []
    for number in range(CALLS):
        thing = THINGS[number % 4 // 2]
        if number % 2:
            asked = f"Sort this message about a {thing}: the {thing} number {number} does not work any more"
            answer = json.dumps({"label": thing})
        else:
            asked = f"When does the shop in town {rng.randrange(400)} open on a holiday in week {number % 52}?"
            answer = (
                "I don't have any information about that." if rng.random() < 0.35 else f"At {rng.randrange(6, 12)}."
            )
        made.append(
            Call(
                id=str(number),
                started_at=START + number // A_DAY * DAY + number % A_DAY * 20,
                format="test",
                provider="openai",
                request_model="gpt-4o-2024-08-06",
                app="helper",
                conversation=f"c{number}",
                system=(Part("text", "Help the customers of the shop. " * 150),),
                messages=(Message("user", (Part("text", asked),)),),
                output=(Part("text", answer),),
                parameters={"temperature": 0},
                usage=usage(cached=number % A_DAY > 0),
            )
        )
    return made


class Made(NamedTuple):
    """The log, and what is found in it: each call stands for `SCALE`."""

    calls: list[Call]
    bills: Bills
    prompts: Analysis
    kinds: tuple[KindsOfApp, ...]
    kept: Mapping[int, Call]
    section: FineTuning

    def at(self, scale: Decimal) -> FineTuning:
        """The section where each call stands for so many."""
        return sections(self.prompts, self.kept, self.kinds, scale)

    def advice(self, section: FineTuning, scale: Decimal = Decimal(SCALE)) -> Advice:
        usd = sum((billed(call) for call in self.calls), Decimal(0)) * scale
        spent = Spent(usd, {"helper": usd}, 24.0 * DAYS)
        world = World(self.prompts, self.bills, PRICES)
        world.asked = calls_of(self.kinds)
        return advise(world, self.prompts, None, section, spent, RecommendSettings())


@pytest.fixture(scope="module")
def made() -> Made:
    bills = Bills(calls(), PRICES)
    kept = Kept(bills, CALLS)
    prompts = analyse(kept, PRICES, load(), names.family)
    gathering = Gathering(prompts)
    for number, call in enumerate(calls()):
        gathering.add(number, call, Decimal("0.001"))
    kinds = gathering.kinds(cache(lambda: Remembering(packaged().words())), {})
    found = sections(prompts, kept.by_number, kinds, Decimal(SCALE))
    return Made(calls(), bills, prompts, kinds, kept.by_number, found)


def sections(prompts: Analysis, kept: Mapping[int, Call], kinds: tuple[KindsOfApp, ...], scale: Decimal) -> FineTuning:
    return section(
        prompts,
        kept,
        PRICES,
        Tuning(routes.load(), limits=Limits(calls=250)),
        hours=24.0 * DAYS,
        scale=scale,
        now=NOW,
        kinds=kinds,
        by_day=Counter(int(call.started_at // DAY) for call in calls()),
    )


@pytest.fixture(scope="module")
def found(made: Made) -> FineTuning:
    return made.section


@pytest.fixture(scope="module")
def task(found: FineTuning) -> TuningTask:
    return found.tasks[0]


def test_the_whole_lacks_knowledge_and_says_so(task: TuningTask) -> None:
    assert task.verdict == "no" and "retrieval" in task.deciding


def test_it_is_told_how_many_of_the_calls_of_each_day_are_the_tasks(found: FineTuning, task: TuningTask) -> None:
    assert task.calls_by_day == found.calls_by_day and sum(task.calls_by_day.values()) == CALLS
    assert len(task.calls_by_day) == DAYS and f"{min(task.calls_by_day)}" == "2026-10-26"


def test_a_kind_is_judged_without_the_faults_of_the_others(task: TuningTask) -> None:
    verdicts = {kind.verdict: kind for kind in task.kinds}
    assert "retrieval" in verdicts["no"].deciding
    sorting = next(kind for kind in task.kinds if "retrieval" not in kind.deciding)
    assert sorting.verdict == "trial" and "break-even" in sorting.deciding
    assert sorting.saving_usd_month is not None and sorting.saving_usd_month > 0
    for kind in task.kinds:
        assert kind.share_of_calls >= 0.1
        assert kind.calls_month == pytest.approx(kind.share_of_calls * task.calls_month, rel=0.001)
    assert sum(kind.share_of_calls for kind in task.kinds) <= 1


def test_figures_tell_a_narrow_kind_from_a_wide_one(task: TuningTask) -> None:
    figures = {kind.verdict: {one.name: one.value for one in kind.figures} for kind in task.kinds}
    assert figures["trial"]["output_entropy"] == 0.0 < figures["no"]["output_entropy"]
    whole = {one.name: one for one in task.figures}
    assert whole["narrowness"].value < min(kind["narrowness"] for kind in figures.values())
    assert whole["share_of_spend"].value == 1.0 and whole["share_of_spend"].of == CALLS
    assert whole["variation_week"].value < 0.1
    assert whole["kinds_shift"].value < 0.25
    assert whole["refused"].of == CALLS


def test_a_kind_that_pays_where_the_whole_does_not_is_said_and_its_words_are_masked(found: FineTuning) -> None:
    report: Report = empty().model_copy(update={"fine_tuning": found})
    said = [one for one in lines(report).remarks if "by itself" in one]
    assert len(said) == 1 and "helper" in said[0] and "break-even" in said[0]
    assert "sort" not in said[0] and "parcel" not in said[0]


def billed(call: Call) -> Decimal:
    rates = PRICES.rates(price_key(call), call.started_at)
    assert not isinstance(rates, Unpriced)
    return cost(rates, call.usage) or Decimal(0)


def paying(task: TuningTask) -> list[TaskKind]:
    return [kind for kind in task.kinds if kind.stands_alone]


def together(task: TuningTask) -> TaskKind:
    assert task.kinds_together is not None
    return task.kinds_together


def tuned(advice: Advice) -> list[Recommendation]:
    return [one for one in advice.recommendations if one.lever == "fine_tuning"]


def proven(found: FineTuning, *kinds: str) -> FineTuning:
    """As if tuned models had kept what a trial of each of these kinds promised."""
    (task,) = found.tasks
    best = paying(task)[0].best
    kept = [
        one.model_copy(update={"verdict": "pays", "best": best}) if one.kind in kinds else one for one in task.kinds
    ]
    return found.model_copy(update={"tasks": [task.model_copy(update={"kinds": kept, "kinds_together": None})]})


def test_kinds_that_one_tuned_model_serves_are_carried_out_and_priced_again_with_its_costs_once(
    made: Made, task: TuningTask
) -> None:
    """Every second call sorts, cards or parcels: on a route's own prices, with the rest of the prompt, and some calls that go to today's model."""
    both = together(task)
    assert (
        both.best is not None and both.kind.split() == [kind.kind for kind in paying(task)] and len(paying(task)) == 2
    )
    assert both.share_of_calls == pytest.approx(0.5, abs=0.01) and both.verdict == "trial" and task.apart == [both]
    route = next(one for one in routes.load().rows if one.id == both.best.route)
    assert route.input is not None and route.output is not None
    static = made.prompts.templates[0].static_tokens
    left, day = Decimal(0), -1
    for number, call in enumerate(made.calls):
        served = msgspec.structs.replace(call, usage=usage(cached=number // A_DAY == day))
        if number % 2:
            given = Decimal(call.usage.input_total or 0) - Decimal("0.7") * static
            alone = (given * route.input + Decimal(call.usage.output or 0) * route.output) / 1_000_000
            left += (alone * 95 + billed(call) * 5) / 100
        else:
            left, day = left + billed(served), number // A_DAY
    saved = sum(map(billed, made.calls), Decimal(0)) - left
    truth = saved * 730 * SCALE / (24 * DAYS) - both.best.fixed_usd_month
    (told,) = tuned(made.advice(made.section))
    assert told.saving_usd_month.likely is None and "trial" in (told.saving_usd_month_reason or "")
    assert "2 kinds together" in told.action and any(f"hone export {both.id} " in step for step in told.how)
    assert float(told.alone_usd_month or 0) == pytest.approx(float(truth), rel=0.02)
    # The section prices an average call, the plan also what the other calls lose when these keep the prompt warm no more.
    assert float(both.saving_usd_month or 0) == pytest.approx(float(truth), rel=0.05)
    alone = sum((kind.saving_usd_month or Decimal(0) for kind in paying(task)), Decimal(0))
    assert both.saving_usd_month == pytest.approx(alone + both.best.fixed_usd_month, rel=Decimal("0.01"))


def test_kinds_of_which_none_pays_by_itself_pay_together(made: Made, task: TuningTask) -> None:
    """At a volume between the break-even of both and that of each."""
    scale = Decimal(SCALE) * (paying(task)[0].breakeven_calls_month or 0) * Decimal("0.8") / paying(task)[0].calls_month
    section = made.at(scale)
    (fewer,) = section.tasks
    assert paying(fewer) == [] and {kind.verdict for kind in fewer.kinds} == {"no", "not_yet"}
    assert together(fewer).stands_alone and (together(fewer).saving_usd_month or 0) > 0
    (told,) = tuned(made.advice(section, scale))
    assert told.alone_usd_month is not None and told.alone_usd_month > 0
    assert made.at(scale / 2).tasks[0].kinds_together is None


def test_kinds_are_in_the_plan_or_the_whole_never_both_and_never_more_than_is_spent(
    made: Made, task: TuningTask
) -> None:
    every = [one.kind for one in task.kinds]
    assert len(every) > 1
    both = made.advice(proven(made.section, *every))
    step = both.plan[-1]
    assert set(step.recommendations) == {one.id for one in tuned(both)} and len(step.recommendations) == len(every)
    today, after = both.plan[0].usd_month, step.usd_month
    assert today is not None and after is not None and 0 < after < today
    one = made.advice(proven(made.section, every[0])).plan[-1]
    assert one.saving_usd_month is not None and step.saving_usd_month is not None
    assert 0 < one.saving_usd_month < step.saving_usd_month < today
    assert task.kinds_together is not None
    whole = task.model_copy(update={"verdict": "trial", "options": [paying(task)[0].best]})
    alone = tuned(made.advice(made.section.model_copy(update={"tasks": [whole]})))
    assert [one.action for one in alone if "for this task" in one.action] == [one.action for one in alone]


def test_a_kind_keeps_its_name_whatever_it_saves(made: Made, task: TuningTask) -> None:
    before, after = (
        tuned(made.advice(proven(made.section))),
        tuned(made.advice(proven(made.section, paying(task)[0].kind))),
    )
    assert {one.id for one in before} == {one.id for one in after}
    assert [one.saving_usd_month.likely is None for one in after].count(False) == 1
    steps = "\n".join(step for one in before for step in one.how)
    assert all(f"hone export {kind.id} " in steps for kind in paying(task))
    assert not {"sort", "parcel", "card"} & set(" ".join(one.action for one in before).casefold().split())


@pytest.fixture(scope="module")
def store(made: Made) -> Iterator[Store]:
    opened = open_store("sqlite://")
    prepared = TextWriter().prepare(made.calls)
    with opened.transaction() as transaction:
        transaction.insert("segment", prepared.segments)
        transaction.insert("call", [(day, at, "t", 0, n, b) for n, (day, at, b) in enumerate(prepared.bodies)])
        transaction.bump(NOW)
    yield opened
    opened.close()


def test_what_is_exported_of_a_kind_is_its_requests_and_no_others(store: Store, made: Made, task: TuningTask) -> None:
    kind = paying(task)[0]
    own = looked_at(store, load(), names.family, kind.id, lambda: made.kinds)
    assert len({one.answer for one in own.exchanges}) == 1
    assert {one.question.split()[0] for one in own.exchanges} == {"Sort"}
    assert len(own.task.calls) == pytest.approx(kind.share_of_calls * CALLS, abs=1)
    both = looked_at(store, load(), names.family, together(task).id, lambda: made.kinds)
    assert both.task.id == together(task).id and {one.question.split()[0] for one in both.exchanges} == {"Sort"}
    assert len(both.task.calls) == CALLS // 2
    assert [call.started_at for call in both.task.calls] == sorted(call.started_at for call in both.task.calls)
    with pytest.raises(HoneError, match="no task"):
        looked_at(store, load(), names.family, f"{kind.id}+{kind.kind}-000000", lambda: made.kinds)
    with pytest.raises(HoneError, match="no task"):
        looked_at(store, load(), names.family, f"{kind.kind}-000000", lambda: made.kinds)


def test_an_export_of_a_task_asks_nothing_of_its_caches_and_finds_the_same_calls(store: Store, made: Made) -> None:
    there = sharing(iter(made.calls), load(), names.family)
    assert [(one.id, one.app, one.model) for one in there] == [
        (one.id, one.app, one.model) for one in made.prompts.templates
    ]
    assert [[prompt.number for prompt in one.prompts] for one in there] == [
        [prompt.number for prompt in one.outcome.case.prompts] for one in made.prompts.templates
    ]
    (one,) = there
    own = looked_at(store, load(), names.family, one.id[:6])
    assert [call.id for call in own.task.calls] == [call.id for call in made.calls]
