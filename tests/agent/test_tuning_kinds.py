"""A task of fine-tuning that is of several kinds of request: each is judged by itself, and told with its figures."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from random import Random

import pytest

from agent.kinds_of_request import Gathering
from agent.models import packaged
from agent.report import Report
from agent.report_lines import lines
from agent.report_tuning import FineTuning, TuningTask
from agent.response_caching import Remembering
from agent.tuning_view import Kept, Tuning, section
from analyzers import names
from analyzers.core import Call, Message, Part, Usage
from analyzers.fine_tuning import routes
from analyzers.fine_tuning.facts import Limits
from analyzers.prices import Prices
from analyzers.prompt_caching.analyse import analyse
from analyzers.prompt_caching.rules import load
from tests.agent.reports import empty

DAY = 86_400.0
START = 1_793_000_000.0
DAYS, CALLS = 28, 1_200
NOW = 1_795_500_000.0
THINGS = ("card", "parcel")


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
                started_at=START + number * DAYS * DAY / CALLS,
                format="test",
                provider="openai",
                request_model="gpt-4o-2024-08-06",
                app="helper",
                conversation=f"c{number}",
                system=(Part("text", "Help the customers of the shop. " * 150),),
                messages=(Message("user", (Part("text", asked),)),),
                output=(Part("text", answer),),
                parameters={"temperature": 0},
                usage=Usage(uncached_input=60, cache_read=1_000, output=20, input_total=1_060),
            )
        )
    return made


@pytest.fixture(scope="module")
def found() -> FineTuning:
    kept = Kept(calls(), CALLS)
    prompts = analyse(kept, Prices(), load(), names.family)
    gathering = Gathering(prompts)
    for number, call in enumerate(calls()):
        gathering.add(number, call, Decimal("0.001"))
    kinds = gathering.kinds(cache(lambda: Remembering(packaged().words())), {})
    tuning = Tuning(routes.load(), limits=Limits(calls=250))
    return section(
        prompts, kept.by_number, Prices(), tuning, hours=24.0 * DAYS, scale=Decimal(6_000), now=NOW, kinds=kinds
    )


@pytest.fixture(scope="module")
def task(found: FineTuning) -> TuningTask:
    return found.tasks[0]


def test_the_whole_lacks_knowledge_and_says_so(task: TuningTask) -> None:
    assert task.verdict == "no" and "retrieval" in task.deciding


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
