"""How often a cache would have answered wrongly, and what may be said of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.response_caching.bound import effective, lower, upper
from analyzers.response_caching.pairs import Verdicts, drawing_order, pairs
from analyzers.response_caching.stream import NO_ANSWER
from analyzers.response_caching.wrong import Wrong, wrong
from tests.analyzers.response_caching.wrong_streams import same_answer, stream


def judged(texts: list[int], answers: list[int], source: list[int], budget: int = 100) -> Wrong:
    asked = stream(texts, answers)
    found = pairs(asked, np.array(source, np.int64), drawing_order(asked))
    return wrong(found, Verdicts(asked, same_answer), budget)


def test_the_bound_is_clopper_and_pearsons() -> None:
    # R: binom.test(0, 100)$conf.int and binom.test(3, 100)$conf.int
    assert upper(0, 100, 0.975) == pytest.approx(0.03621669, abs=1e-7)
    assert upper(3, 100, 0.975) == pytest.approx(0.08517605, abs=1e-7)
    assert lower(3, 100, 0.975) == pytest.approx(0.00622997, abs=1e-7)
    assert (upper(0, 0), lower(0, 0), upper(5, 5), lower(0, 9)) == (1.0, 0.0, 1.0, 0.0)


@given(st.integers(0, 40), st.integers(1, 40))
def test_the_bound_covers_as_often_as_it_says(wrong_of: int, draws: int) -> None:
    """Whatever the share is, the chance to see so few wrong ones that the bound lies below it is at most 5 %."""
    from math import comb

    share = wrong_of / 41
    missed = sum(
        comb(draws, k) * share**k * (1 - share) ** (draws - k) for k in range(draws + 1) if upper(k, draws) < share
    )
    assert missed <= 0.05 + 1e-9


def test_repeated_draws_say_less_than_their_number() -> None:
    assert effective([1] * 50) == 50
    assert effective([10] * 5) == 5
    assert 1 < effective([1, 1, 1, 30]) < 2
    assert effective([]) == 0


def test_the_very_same_request_is_not_charged() -> None:
    found = judged([0, 0, 1, 0], [0, 1, 2, 2], [-1, 0, 0, 0])
    assert (found.hits, found.repeats, found.judged_pairs) == (3, 2, 1)
    assert found.wrong == 1
    assert found.rate == pytest.approx(1 / 4)
    assert found.of_hits == pytest.approx(1 / 3)


def test_a_pair_that_is_asked_often_counts_as_often_and_is_judged_once() -> None:
    """Two questions: one near a right answer, asked 30 times, one near a wrong one, asked 70 times."""
    texts = [0] + [1] * 30 + [2] * 70
    answers = [0] + [0] * 30 + [1] * 70
    found = judged(texts, answers, [-1] + [0] * 100)
    assert found.judged_pairs == 2
    assert found.wrong == 70
    assert found.wrong_high == 70, "both are counted: nothing is left to be estimated"


def test_what_is_seen_once_is_a_draw_even_when_all_are_judged() -> None:
    texts = list(range(51))
    found = judged(texts, [0] * 51, [-1] + [0] * 50)
    assert found.wrong == 0
    assert found.of_hits_high == pytest.approx(upper(0, 50), abs=1e-9)


def test_the_budget_is_kept_and_shared() -> None:
    count = 2_000
    asked = stream(list(range(count)), [0, *(1 if n % 10 == 0 else 0 for n in range(1, count))])
    verdicts = Verdicts(asked, same_answer)
    order = drawing_order(asked)
    source = np.array([-1] + [0] * (count - 1), np.int64)
    first = wrong(pairs(asked, source, order), verdicts, 200)
    assert first.judged_pairs == len(verdicts) == 200
    assert first.rate == pytest.approx(0.1, abs=0.06) and first.rate_high > 0.1
    fewer = np.where(np.arange(count) % 2 == 0, source, -1)
    again = wrong(pairs(asked, fewer, order), verdicts, 200)
    assert again.judged_pairs == 200
    assert len(verdicts) < 330, "draws of one threshold are draws of the others"


def test_draws_do_not_depend_on_what_else_is_in_the_stream() -> None:
    asked = stream([5, 3, 5, 1, 3, 5], [0] * 6)
    order = drawing_order(asked)
    assert sorted(order.tolist()) == list(range(6))
    assert (order == drawing_order(asked)).all()
    without = stream([5, 3, 5, 3, 5], [0] * 5)
    kept = [place for place in order.tolist() if place != 3]
    assert [place - (place > 3) for place in kept] == drawing_order(without).tolist()
    assert drawing_order(stream([], [])).tolist() == []


def test_what_cannot_be_judged_is_left_out_of_the_rate_and_wrong_in_the_bound() -> None:
    texts = list(range(101))
    answers = [0] * 101
    answers[7] = NO_ANSWER
    found = judged(texts, answers, [-1] + [0] * 100)
    assert (found.judged_pairs, found.unknown_pairs) == (99, 1)
    assert found.wrong == 0 and not found.too_many_unknown
    assert found.of_hits_high == pytest.approx(upper(1, 100), abs=1e-9)


def test_many_that_cannot_be_judged_count_as_wrong_in_the_bound() -> None:
    texts = list(range(101))
    answers = [0] * 61 + [NO_ANSWER] * 40
    found = judged(texts, answers, [-1] + [0] * 100)
    assert found.too_many_unknown and found.unknown == pytest.approx(0.4)
    assert found.wrong == 0
    assert found.of_hits_high is not None and found.of_hits_high > 0.4


def test_without_any_verdict_nothing_is_known() -> None:
    found = judged([0, 1, 2], [0, NO_ANSWER, NO_ANSWER], [-1, 0, 0])
    assert found.rate is None
    assert found.of_hits_high == 1.0


def test_without_a_hit_nothing_is_wrong() -> None:
    found = judged([0, 1, 2], [0, 1, 2], [-1, -1, -1])
    assert (found.rate, found.rate_high, found.of_hits) == (0.0, 0.0, None)
