"""Calls that move to another model are read from its cache together with those that it answers today."""

from __future__ import annotations

import pytest

from agent.recommend.bills import Bills
from agent.recommend.models import answered
from agent.recommend.world import World
from analyzers import names
from analyzers.prices import Prices
from analyzers.prompt_caching.analyse import analyse
from analyzers.prompt_caching.rules import load
from collectors.parse import Parser
from collectors.source import Record
from tests.quality.plan.applied import answered_by, billed
from tests.quality.plan.mixed import CENTER, DEAR, SMALL, Sizes, questions
from tests.quality.plan.reporting import written

QUESTIONS = questions(3, Sizes(hours=24.0, questions=300))
"""So few that neither model's cache stays warm by its own calls."""


@pytest.fixture(scope="module")
def world() -> World:
    parser = Parser()
    calls = [
        call for n, one in enumerate(written(QUESTIONS, "q")) for call in parser.parse(Record(n, one), "q", 0).calls
    ]
    bills = Bills(sorted(calls, key=lambda call: call.started_at), Prices())
    return World(analyse(bills, Prices(), load(), names.family), bills, Prices())


def number(world: World, model: str) -> int:
    (found,) = (n for n, one in enumerate(world.templates) if one.model == model)
    return found


def test_both_become_cheaper_as_they_really_do(world: World) -> None:
    dear, small = number(world, DEAR), number(world, SMALL)
    moved = answered(world, world.today, dear, model=("openai", SMALL))
    true = billed(answered_by(QUESTIONS, CENTER, DEAR, SMALL))
    assert float(moved.cost.sum()) == pytest.approx(true, rel=0.02)
    own = world.numbers[small]
    assert moved.cost[own].sum() < 0.97 * world.today.cost[own].sum()
    before, after = world.hit_ratio(world.today, dear), world.hit_ratio(moved, dear)
    assert before is not None
    assert after is not None
    assert after > before + 0.05


def test_a_cache_in_front_of_one_leaves_fewer_to_keep_the_others_entries_warm(world: World) -> None:
    dear, small = number(world, DEAR), number(world, SMALL)
    moved = answered(world, world.today, dear, model=("openai", SMALL))
    fewer = world.without(moved, world.numbers[dear])
    own = world.numbers[small]
    assert fewer.cost[own].sum() > moved.cost[own].sum()
    assert float(fewer.cost[own].sum()) == pytest.approx(float(world.today.cost[own].sum()), rel=1e-9)


def test_moved_where_the_model_answers_nothing_of_the_prompt_they_are_alone(world: World) -> None:
    dear, small = number(world, DEAR), number(world, SMALL)
    moved = answered(world, world.today, dear, model=("openai", "gpt-5.4-nano"))
    own = world.numbers[small]
    assert moved.cost[own].tolist() == world.today.cost[own].tolist()
    assert world.hit_ratio(moved, dear) == world.hit_ratio(world.today, dear)
