"""A cheaper model is named with its price; that it answers as well is claimed on evidence alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from analyzers.core import Call, Usage
from analyzers.model_choice import Tried, model_choice
from analyzers.prices import Override, Prices

NOW = 1_795_000_000.0
PRICES = Prices(
    {
        "big": Override(Decimal(10), Decimal(30)),
        "small": Override(Decimal(1), Decimal(3)),
        "dear": Override(Decimal(20), Decimal(60)),
    }
)
USAGE = Usage(uncached_input=1_000, output=100, input_total=1_000)


def calls(model: str, n: int, **fields: Any) -> list[Call]:
    return [
        Call(id=f"{model}{k}", started_at=NOW, format="test", request_model=model, usage=USAGE, **fields)
        for k in range(n)
    ]


def found(big_bad: int, small: int, small_bad: int) -> Any:
    made = calls("big", 400) + calls("small", small) + calls("dear", 50)
    bad = [k < big_bad for k in range(400)] + [k < small_bad for k in range(small)] + [False] * 50
    return model_choice(made, bad, PRICES, NOW)


@pytest.mark.parametrize(
    ("big_bad", "small", "small_bad", "as_well"),
    [(20, 400, 10, True), (20, 400, 80, False), (20, 10, 0, None), (20, 60, 3, None), (0, 2_000, 20, True)],
)
def test_evidence(big_bad: int, small: int, small_bad: int, as_well: bool | None) -> None:
    choice = next(one for one in found(big_bad, small, small_bad).choices if one.model == "small")
    assert choice.answers_as_well is as_well
    assert choice.answered == small


def test_the_same_tokens_at_other_rates() -> None:
    result = found(0, 100, 0)
    assert result.model == "big"
    assert result.usd == 400 * Decimal("0.013") + 100 * Decimal("0.0013") + 50 * Decimal("0.026")
    choice = next(one for one in result.choices if one.model == "small")
    assert choice.usd == 550 * Decimal("0.0013")
    assert "dear" not in {one.model for one in result.choices}


def test_models_that_the_log_does_not_hold_need_an_evaluation() -> None:
    luna = next(one for one in found(0, 100, 0).choices if one.model == "gpt-6-luna")
    assert (luna.answers_as_well, luna.answered) == (None, 0)


def test_batch_is_for_calls_that_nobody_waits_for() -> None:
    waiting = calls("gpt-6-luna", 3, provider="openai", stream=True) + calls(
        "gpt-6-luna", 3, provider="openai", stream=False, user="u"
    )
    nightly = calls("gpt-6-luna", 5, provider="openai", stream=False)
    result = model_choice(waiting + nightly, [False] * 11, PRICES, NOW)
    assert result.batch is not None
    assert result.batch.calls == 5
    assert result.batch.usd_batch == result.batch.usd / 2


def test_unpriced_calls_are_left_out_and_counted() -> None:
    result = model_choice(calls("nobody-knows", 5) + calls("big", 3), [False] * 8, PRICES, NOW)
    assert (result.calls, result.priced) == (8, 3)


def test_what_another_model_did_of_the_same_prompt_is_evidence_and_no_cost() -> None:
    alone = model_choice(calls("big", 400), [False] * 400, PRICES, NOW)
    assert "small" not in {one.model for one in alone.choices}
    beside = {"small": Tried("", 300, 0), "dear": Tried("", 300, 0)}
    found = model_choice(calls("big", 400), [False] * 400, PRICES, NOW, beside)
    choice = next(one for one in found.choices if one.model == "small")
    assert (choice.answered, choice.answers_as_well) == (300, True)
    assert choice.usd == 400 * Decimal("0.0013")
    assert (found.calls, found.usd) == (alone.calls, alone.usd)
    assert "dear" not in {one.model for one in found.choices}
    worse = model_choice(calls("big", 400), [False] * 400, PRICES, NOW, {"small": Tried("", 300, 60)})
    assert next(one for one in worse.choices if one.model == "small").answers_as_well is False
