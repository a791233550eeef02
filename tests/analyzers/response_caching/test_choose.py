"""Which threshold is recommended, and when none is."""

from __future__ import annotations

from decimal import Decimal

import pytest

from analyzers.response_caching.choose import Candidate, Choice, choose
from analyzers.response_caching.wrong import Wrong


def found(rate: float, high: float, hits: int = 500, repeats: int = 100, unknown: float = 0.0) -> Wrong:
    return Wrong(1_000, hits, repeats, 400, 0, unknown, rate * 1_000, high * 1_000)


CURVE = [
    Candidate(0.80, Decimal(80), Decimal(5), found(0.030, 0.040)),
    Candidate(0.85, Decimal(60), Decimal(5), found(0.009, 0.014)),
    Candidate(0.90, Decimal(40), Decimal(5), found(0.003, 0.0075)),
    Candidate(0.95, Decimal(20), Decimal(5), found(0.001, 0.003)),
]


def chosen(
    curve: list[Candidate], limit: float = 0.01, exact: Decimal = Decimal(10), again: float = 0.005
) -> tuple[Choice, list[float]]:
    asked: list[float] = []

    def confirm(threshold: float) -> Wrong:
        asked.append(threshold)
        return found(0.004, again)

    return choose(curve, limit, exact, confirm), asked


def test_the_largest_saving_whose_bound_is_below_the_aim() -> None:
    choice, asked = chosen(CURVE)
    assert (choice.verdict, choice.threshold) == ("use", 0.90)
    assert asked == [0.90]
    assert choice.confirmed is not None and choice.confirmed.rate_high == 0.005
    assert chosen(CURVE, limit=0.02)[0].threshold == 0.85
    assert chosen(CURVE, limit=0.06)[0].threshold == 0.80


def test_a_bound_just_below_the_limit_is_not_below_the_aim() -> None:
    """An estimate near the limit would as likely as not fail when it is judged again."""
    assert chosen(CURVE, limit=0.0075)[0].threshold == 0.95


def test_the_search_ends_at_the_first_that_fails() -> None:
    """A looser threshold that looks good by chance is not found by looking at more of them."""
    lucky = [Candidate(0.75, Decimal(90), Decimal(5), found(0.001, 0.002)), *CURVE]
    assert chosen(lucky)[0].threshold == 0.90


def test_what_does_not_stand_up_to_a_second_judgement_is_not_recommended() -> None:
    choice, asked = chosen(CURVE, again=0.02)
    assert (choice.verdict, choice.threshold) == ("cannot_tell", None)
    assert asked == [0.90, 0.95], "one stricter one is tried"
    assert "judged once more" in choice.reason and "2.0 %" in choice.reason


@pytest.mark.parametrize(
    ("curve", "verdict", "words"),
    [
        ([Candidate(0.9, Decimal(9), Decimal(1), found(0.0, 0.0, hits=100))], "no", "worded otherwise"),
        (
            [Candidate(0.9, Decimal(9), Decimal(1), found(0.03, 0.05))],
            "no",
            "5.0 % of requests would be answered wrongly",
        ),
        ([Candidate(0.9, Decimal(9), Decimal(1), found(0.0, 0.05))], "cannot_tell", "too few"),
        ([Candidate(0.9, Decimal(9), Decimal(1), found(0.0, 0.3, unknown=0.3))], "cannot_tell", "30.0 % of the hits"),
        ([Candidate(0.9, Decimal(9), Decimal(10), found(0.0, 0.001))], "not_yet", "cost more than it saves"),
        ([Candidate(0.9, Decimal(11), Decimal(1), found(0.0, 0.001))], "no", "an exact cache saves as much"),
    ],
)
def test_none_is_an_answer_with_a_reason(curve: list[Candidate], verdict: str, words: str) -> None:
    choice, asked = chosen(curve)
    assert (choice.verdict, choice.threshold, asked) == (verdict, None, [])
    assert words in choice.reason


def test_a_cache_that_hits_nothing_where_it_is_safe_is_no_cache() -> None:
    curve = [
        Candidate(0.98, Decimal(90), Decimal(5), found(0.2, 0.25)),
        Candidate(0.99, Decimal(1), Decimal(5), found(0.0, 0.001)),
    ]
    choice, asked = chosen(curve, exact=Decimal(0))
    assert (choice.verdict, choice.threshold, asked) == ("no", None, [])
    assert "at 0.98 up to 25.0 % of requests would be answered wrongly" in choice.reason


def test_a_threshold_without_a_single_verdict_is_not_recommended() -> None:
    unjudged = found(0.0, 0.001)._replace(wrong=None, judged_pairs=0)
    assert chosen([Candidate(0.99, Decimal(90), Decimal(5), unjudged)])[0].threshold is None
