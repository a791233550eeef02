"""The noise floor: from which pairs it is taken, and what correcting by it gives."""

from __future__ import annotations

import numpy as np
import pytest

from analyzers.response_caching.judge import Verdict
from analyzers.response_caching.judge.noise import Tally, corrected, repeated, tally, unrelated
from analyzers.response_caching.stream import NO_ANSWER, Stream


def stream(rows: list[tuple[str, str | None]], scope: str = "s") -> Stream:
    texts = sorted({question for question, _ in rows})
    answers = sorted({answer for _, answer in rows if answer is not None})
    asked = np.array([texts.index(question) for question, _ in rows], np.int32)
    given = np.array([NO_ANSWER if a is None else answers.index(a) for _, a in rows], np.int32)
    at = np.arange(len(rows), dtype=np.float64)
    return Stream(
        scope, None, "m", at, at + 0.5, asked, asked, given, np.zeros(len(rows), np.int64), np.ones(len(rows), bool),
        np.arange(len(rows)), texts, answers,
    )  # fmt: skip


def test_a_repeat_pairs_the_first_two_answers_of_a_request() -> None:
    one = stream([("q", "a"), ("other", "x"), ("q", None), ("q", "b"), ("q", "c")])
    (found,) = repeated([one])
    assert (found.question, found.answer, found.cached_question, found.cached_answer) == ("q", "b", "q", "a")


def test_requests_without_answers_tell_nothing() -> None:
    assert repeated([stream([("q", None), ("q", None)])]) == []


def test_a_popular_request_does_not_speak_for_all() -> None:
    popular: list[tuple[str, str | None]] = [("q", "a")] * 50
    one = stream([*popular, ("r", "b"), ("r", "b")])
    assert len(repeated([one])) == 2
    assert len(repeated([one], most=1)) == 1


def test_nothing_is_paired_across_scopes_and_equal_answers_say_nothing() -> None:
    first: list[tuple[str, str | None]] = [("q", "a"), ("r", "A.")]
    one, other = stream(first), stream([("t", "b")], "t")
    assert repeated([one, other]) == []
    assert unrelated([one, other]) == []
    (found,) = unrelated([stream([("q", "a"), ("r", "b")])])
    assert {found.question, found.cached_question} == {"q", "r"}


def test_verdicts_are_counted() -> None:
    found = tally([Verdict(True, "", 1), Verdict(False, "", 0), Verdict(None, "", 0.5), Verdict(True, "", 1)])
    assert found == Tally(2, 1, 1)
    assert found.wrong_rate == pytest.approx(1 / 3)
    assert Tally().wrong_rate is None


def test_few_pairs_and_a_judge_that_guesses_correct_nothing() -> None:
    assert corrected(Tally(90, 10), Tally(5, 0), Tally(0, 90)).reason is not None
    guessed = corrected(Tally(90, 10), Tally(50, 50), Tally(60, 40))
    assert guessed.rate is None
    assert guessed.reason is not None


def test_a_rate_at_the_noise_floor_is_none() -> None:
    found = corrected(Tally(960, 40), Tally(480, 20), Tally(2, 498))
    assert found.rate == pytest.approx(0, abs=1e-9)
    assert found.low == 0
    assert found.high is not None
    assert found.high < 0.04


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    truth, found_rate, calm_rate = 0.05, 0.9, 0.97
    held = 0
    for _ in range(2_000):
        share = truth * found_rate + (1 - truth) * (1 - calm_rate)
        wrong, noisy, overlooked = (
            rng.binomial(600, share),
            rng.binomial(300, 1 - calm_rate),
            rng.binomial(300, 1 - found_rate),
        )
        got = corrected(Tally(600 - wrong, wrong), Tally(300 - noisy, noisy), Tally(overlooked, 300 - overlooked))
        assert got.low is not None
        assert got.high is not None
        held += got.low <= truth <= got.high
    assert held >= 0.94 * 2_000
