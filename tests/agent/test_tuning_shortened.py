"""A tuned model whose prompt was shortened, or left out: of which task of its application it is a trial, or of none."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from random import Random

import pytest

from agent.recommend.bills import Bills
from agent.recommend.proof.answers import Answers
from agent.recommend.proof.state import Promise, Proof
from agent.recommend.world import World
from agent.report_lines import lines
from agent.report_tuning import FineTuning
from agent.tuning_view import Kept, Tuning, section, tried
from analyzers import names
from analyzers.core import Call, Message, Part, Usage
from analyzers.fine_tuning import routes
from analyzers.prices import Prices
from analyzers.prompt_caching.analyse import Analysis, analyse
from analyzers.prompt_caching.rules import load
from tests.agent.reports import empty

DAY = 86_400.0
START, NOW = 1_793_000_000.0, 1_795_500_000.0
DAYS, EACH = 21, 120
BASE, TUNED = "gpt-4o-2024-08-06", "ft:gpt-4o-mini-2024-07-18:acme:desk:1"
PRICES = Prices(tuned=routes.tuned_prices(routes.load()))
LONG = (
    "Say which queue a ticket of the desk belongs to: orders, returns or billing. Never guess. Answer with the queue alone. "
    * 40
)
REPLY = (
    "You write replies to customers of the shop, friendly and short, and never promise a refund that was not granted. "
    * 40
)
SUM_UP = (
    "Sum up what the customer of the shop wants in one sentence for a colleague who has no time to read the ticket. "
    * 40
)
THINGS = ("lamp", "chair", "kettle", "shelf", "carpet", "mirror", "desk", "sofa")
TROUBLES = (
    "arrived broken",
    "was charged twice",
    "has not come yet",
    "is the wrong colour",
    "does not fit",
    "lost a screw",
)

Made = tuple[str, str]
Asks = Callable[[Random], Made]


def sorts(rng: Random) -> Made:
    trouble = rng.randrange(6)
    queue = ("returns", "billing", "orders")[trouble % 3]
    return f"My {rng.choice(THINGS)} of order {rng.randrange(10**6)} {TROUBLES[trouble]}, what now?", queue


def replies(rng: Random) -> Made:
    thing = rng.choice(THINGS)
    asked = f"Write to customer {rng.randrange(10**5)}: the {thing} will be sent again on Monday."
    return asked, f"Dear customer, we are sorry. Your {thing} is on its way to you again, and will be there soon."


def sums_up(rng: Random) -> Made:
    asked, _ = sorts(rng)
    return asked, f"The customer wants to know what happens with a {rng.choice(THINGS)} that is not as it should be."


def call(number: int, model: str, system: str, made: Made, app: str = "desk") -> Call:
    return Call(
        id=f"{model}-{number}-{len(system)}-{made[1][:9]}",
        started_at=START + number * DAYS * DAY / (5 * EACH),
        format="test",
        provider="openai",
        request_model=model,
        app=app,
        conversation=f"{model}-{number}",
        system=(Part("text", system),) if system else (),
        messages=(Message("user", (Part("text", made[0]),)),),
        output=(Part("text", made[1]),),
        finish_reason="stop",
        usage=Usage(uncached_input=1_200, cache_read=0, output=12, input_total=1_200),
    )


def looked_at(
    tuned: tuple[str, Asks], *tasks: tuple[str, Asks], app: str = "desk"
) -> tuple[Analysis, FineTuning, World]:
    """Calls of the tasks on the model of before, and of a tuned model with a prompt of its own."""
    rng = Random(7)
    calls = [call(5 * n + k, BASE, prompt, asks(rng)) for k, (prompt, asks) in enumerate(tasks) for n in range(EACH)]
    prompt, asks = tuned
    calls += [call(5 * (EACH + n) // 2 + 4, TUNED, prompt, asks(rng), app) for n in range(EACH)]
    calls.sort(key=lambda one: one.started_at)
    bills = Bills(calls, PRICES)
    kept = Kept(bills, len(calls))
    prompts = analyse(kept, PRICES, load(), names.family)
    told = section(
        prompts, kept.by_number, PRICES, Tuning(routes.load()), hours=24.0 * DAYS, scale=Decimal(1_000), now=NOW
    )
    return prompts, told, World(prompts, bills, PRICES)


def taken_for(told: FineTuning, prompts: Analysis) -> dict[str, str | None]:
    """For each task of the base, by the first words of its prompt, why the tuned model is a trial of it; None: it is not."""
    found = {}
    for template in prompts.templates:
        task = next((one for one in told.tasks if one.id == template.id), None)
        if task is not None and template.model == "gpt-4o":
            system = template.outcome.case.prompts[0].segments[0].text
            found[system[:3]] = None if task.trial is None else " ".join(task.trial.templates.values())
    return found


SORTING, REPLYING, SUMMING = (LONG, sorts), (REPLY, replies), (SUM_UP, sums_up)


@pytest.mark.parametrize(
    ("prompt", "why"),
    [
        (
            "Say which queue the right ticket belongs to.",
            "its prompt is shorter (88% of its words are in the task's); ",
        ),
        ("", "it has no prompt; "),
    ],
)
def test_a_tuned_model_whose_prompt_is_shorter_or_gone_is_a_trial_of_the_task_that_it_answers(
    prompt: str, why: str
) -> None:
    prompts, told, _ = looked_at((prompt, sorts), SORTING, REPLYING, SUMMING)
    found = taken_for(told, prompts)
    assert (found["You"], found["Sum"]) == (None, None)
    assert found["Say"] is not None and found["Say"].startswith(f"{why}what it is asked is ")
    (sorting,) = (one for one in told.tasks if one.trial is not None)
    assert sorting.trial is not None and sorting.trial.model == TUNED and sorting.trial.no_worse is not False
    assert sorting.calls_looked_at == 2 * EACH and len(told.tasks) == 3
    said = lines(empty().model_copy(update={"fine_tuning": told})).remarks
    assert any(f"{TUNED} is taken to answer this task: {why}" in one for one in said)


@pytest.mark.parametrize(
    ("tuned", "tasks"),
    [
        # Its own task has no calls of the base any more.
        (("Say which queue the ticket belongs to.", sorts), (REPLYING, SUMMING)),
        (("", sums_up), (SORTING, REPLYING)),
        # The prompt of another task, and as long.
        ((SUM_UP.replace("one", "two"), sorts), (SORTING, REPLYING)),
        (("Translate each remark into Danish, whoever complains.", sorts), (SORTING, REPLYING)),
        # Two tasks that it may be of.
        (
            ("", sorts),
            (SORTING, ("Find the department for what a client writes, in a single word of ours. " * 40, sorts)),
        ),
    ],
)
def test_what_is_of_another_task_or_of_either_is_no_trial(
    tuned: tuple[str, Asks], tasks: tuple[tuple[str, Asks], ...]
) -> None:
    prompts, told, _ = looked_at(tuned, *tasks)
    found = taken_for(told, prompts)
    assert len(found) == len(tasks) and set(found.values()) == {None}
    assert len(told.tasks) == len(tasks) + 1


def test_that_it_answers_now_is_noticed_as_what_was_recommended() -> None:
    _, told, world = looked_at(("", sorts), SORTING, REPLYING)
    (sorting,) = (one for one in told.tasks if one.trial is not None)
    proof = Proof("p", "fine_tuning", "fine_tuning", "desk", "gpt-4o", (sorting.id,), NOW, Promise())
    assert Answers(world, {}).changed(proof) is None
    world.tried = tried(told)
    found = Answers(world, {}).changed(proof)
    assert found is not None and found[0] == pytest.approx(START + DAYS * DAY / 2, abs=DAY)


def test_one_of_another_application_is_no_trial() -> None:
    prompts, told, _ = looked_at(("", sorts), SORTING, REPLYING, app="shop")
    assert set(taken_for(told, prompts).values()) == {None}
