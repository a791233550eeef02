"""The end of the plan is what the log costs once everything in it is really done; bounds hold what is true.

The log is `tests.quality.plan.mixed`: every lever pays, several on the same calls. What is recommended is carried out by code that
knows nothing of the plan: other requests, a provider that serves and bills them, caches that answer, other models and prices.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from agent.recommend.interval import spread
from tests.quality.plan.carried_out import LEVERS, planned
from tests.quality.plan.mixed import CENTER, DEAR, DESK, GUIDE, INTAKE, SMALL
from tests.quality.plan.whole import SIZES, Made, planned_and_done

pytestmark = pytest.mark.quality

WITHIN = 0.05


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return planned_and_done(1, SIZES, tmp_path_factory.mktemp("plan"))


def test_every_lever_is_in_the_plan(made: Made) -> None:
    done = {(one.kind, one.app) for lever in LEVERS for one in planned(made.report, lever)}
    assert done >= {
        ("tool_order", DESK),
        ("timestamp_before_static", GUIDE),
        ("timestamp_before_static", INTAKE),
        ("cache_key_unstable", CENTER),
        ("exact_cache", CENTER),
        ("semantic_cache", CENTER),
        ("model_choice", CENTER),
        ("batch", INTAKE),
    }


@pytest.mark.parametrize("lever", LEVERS)
def test_what_is_left_is_what_the_log_costs_with_everything_until_then_really_done(made: Made, lever: str) -> None:
    (step,) = (one for one in made.report.plan if one.step == lever)
    assert step.usd_month is not None
    assert float(step.usd_month) == pytest.approx(made.left[lever], rel=WITHIN)


def test_the_end_of_the_plan_is_far_from_the_sum_of_what_each_would_save_alone(made: Made) -> None:
    """On these calls the levers overlap: a plan that added up what each saves alone would end below nothing."""
    today = made.report.plan[0].usd_month
    assert today is not None
    alone = sum(one.alone_usd_month or 0 for lever in LEVERS for one in planned(made.report, lever))
    assert alone > today
    assert 0 < made.left[LEVERS[-1]] < 0.35 * float(today)


def test_a_small_model_of_the_same_prompt_is_evidence(made: Made) -> None:
    (one,) = (each for each in planned(made.report, "model_choice") if each.kind == "model_choice")
    assert (one.app, one.model) == (CENTER, DEAR)
    assert SMALL in one.action
    told = sum(turn.model == SMALL for turn in made.traffic.of(CENTER).broken)
    assert one.evidence[0].n == told


def test_a_cheaper_model_without_evidence_is_named_with_what_is_missing(made: Made) -> None:
    unproven = {one.subject: one for one in made.report.restraint if one.lever == "model_choice"}
    assert f"{CENTER} · {DEAR}" not in unproven
    one = unproven[f"{DESK} · {DEAR}"]
    assert one.verdict == "cannot_tell"
    assert "no answer" in one.why
    assert "evaluation" in one.worth_it_from


@pytest.mark.parametrize("groups", [30, 60, 2_500])
def test_bounds_hold_the_truth_of_whole_groups_in_93_of_100(groups: int) -> None:
    """Groups whose number is Poisson's and whose sums are far from alike, as conversations are; the single calls of each are told."""
    truth = groups * np.exp(0.5 * _SKEW**2)
    found = list(_bounds(groups, 400))
    assert 0.93 <= np.mean([low <= truth <= high for low, high in found]) <= 0.99
    # Neither bound is the one that always misses.
    assert np.mean([truth > high for _, high in found]) < 0.05


_SKEW = 0.8


def _bounds(groups: int, times: int) -> Iterator[tuple[float, float]]:
    random = np.random.default_rng(groups)
    for _ in range(times):
        count = int(random.poisson(groups))
        sums = random.lognormal(0.0, _SKEW, count)
        calls = random.integers(1, 6, count)
        found = spread(np.repeat(sums / calls, calls), np.repeat(np.arange(count), calls))
        yield found.low, found.high
