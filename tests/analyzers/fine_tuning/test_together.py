"""Which kinds of request one tuned model should serve, against all sets of them by plain arithmetic."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.fine_tuning.assumptions import Assumptions
from analyzers.fine_tuning.call_cost import Shape
from analyzers.fine_tuning.facts import LIMITS, Facts
from analyzers.fine_tuning.routes import Route, Routes
from analyzers.fine_tuning.signals import diagnose
from analyzers.fine_tuning.together import best_together, together

TODAY = date(2026, 11, 23)
TRAINED = Decimal(1_200)
"""A run costs it, whatever it is of; hosting, people and evaluation cost nothing."""
ASSUMED = Assumptions(
    engineer_day_usd=Decimal(0),
    eval_usd_per_retrain=Decimal(0),
    runs_per_retrain=Decimal(1),
    retrain_every_months=Decimal(1),
    fallback_share=Decimal(0),
    yearly_price_decline=Decimal(0),
)
ROUTE = Route(
    id="r", name="R", provider="p", base="b", train_run_usd=TRAINED, input=Decimal(1), output=Decimal(4),
    tools=True, methods=("sft",), open_to="everyone", source="", date=TODAY, confidence="official",
)  # fmt: skip
ROUTES = Routes((ROUTE,), "2026-11-23", 60)


def kind(calls: int, usd_million: int, dynamic: int) -> Facts:
    """Calls a month, what a million of them cost now, and tokens of input of each."""
    usd = Decimal(usd_million) / 1_000_000
    return Facts(
        days=28, calls=5_000, calls_month=Decimal(calls), weekly_variation=0.1, peak_to_mean=None, diagnosis=diagnose([]),
        strict_off=0, now_usd=usd, cached_usd=usd, cheaper=None, shape=Shape(Decimal(0), Decimal(dynamic), Decimal(0)),
        uses_tools=False, examples=500,
    )  # fmt: skip


def saved(one: Facts) -> Decimal:
    """USD a month of its calls on the route, before what a run costs."""
    assert one.now_usd is not None
    return one.calls_month * (one.now_usd - one.shape.dynamic / 1_000_000)


KINDS = st.lists(st.builds(kind, st.integers(1_000, 900_000), st.integers(0, 6_000), st.integers(1, 4_000)), max_size=5)


@settings(max_examples=40, deadline=None)
@given(KINDS)
def test_no_other_set_of_kinds_brings_more_than_that_which_is_chosen(kinds: list[Facts]) -> None:
    def alone(n: int) -> Decimal:
        return max(saved(kinds[n]) - TRAINED, Decimal(0))

    def gain(some: tuple[int, ...]) -> Decimal:
        one_model = sum((saved(kinds[n]) for n in some), Decimal(0)) - TRAINED
        return max(one_model, Decimal(0)) - sum((alone(n) for n in some), Decimal(0))

    every = [some for size in range(2, len(kinds) + 1) for some in combinations(range(len(kinds)), size)]
    most = max((gain(some) for some in every), default=Decimal(0))
    chosen = best_together(kinds, ROUTES, ASSUMED, TODAY, LIMITS)
    if most <= Decimal("0.01"):
        assert not chosen or gain(chosen) <= Decimal("0.01")
    else:
        assert abs(gain(chosen) - most) < Decimal("0.01")


def test_one_whose_calls_are_dearer_once_tuned_and_one_with_too_few_examples_are_left_out() -> None:
    first, second, dearer = kind(400_000, 3_000, 500), kind(300_000, 4_000, 500), kind(500_000, 100, 3_000)
    assert best_together([first, dearer, second], ROUTES, ASSUMED, TODAY, LIMITS) == (0, 2)
    assert best_together([first, dearer], ROUTES, ASSUMED, TODAY, LIMITS) == ()
    few = [one._replace(examples=40) for one in (first, second)]
    assert best_together(few, ROUTES, ASSUMED, TODAY, LIMITS) == ()


def test_an_average_call_of_several_kinds_is_that_of_their_calls() -> None:
    both = together([kind(100, 1_000, 300), kind(300, 5_000, 700)])
    assert both.calls_month == 400 and both.shape.dynamic == 600 and both.examples == 1_000
    assert both.now_usd == Decimal("0.004") and both.weekly_variation == 0.1
    assert together([kind(100, 1_000, 300), kind(300, 5_000, 700)._replace(now_usd=None)]).now_usd is None
