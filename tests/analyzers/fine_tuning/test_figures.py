"""Figures of a task: each is what its definition says, and none where too little is known."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from analyzers.core import Call, Message, Part, Usage
from analyzers.fine_tuning.exchange import exchange
from analyzers.fine_tuning.figures import FIGURES, Observed, figures
from analyzers.fine_tuning.measure import TaskCalls, look

WEEK = 604_800.0


def call(number: int, question: str = "Where is it?", answer: str = "On its way.", **fields: Any) -> Call:
    return Call(
        id=str(number),
        started_at=fields.pop("at", float(number)),
        format="test",
        request_model="gpt-4o",
        system=(Part("text", fields.pop("system", "Help the customers.")),),
        messages=(Message("user", (Part("text", question),)),),
        output=(Part("text", answer),) if answer else (),
        **fields,
    )


def told(
    calls: Sequence[Call], changes: Sequence[float] = (), weeks: float = 4.0, others: Sequence[str] = ()
) -> dict[str, tuple[float | None, int]]:
    looked = look(TaskCalls("t", "t", "app", calls, Decimal(0), None))
    task = Observed(calls, [exchange(one) for one in calls], looked.failing, changes, weeks, others)
    return {name: (value, of) for name, value, of in figures(task)}


def test_of_nothing_nothing_is_told() -> None:
    found = told([], weeks=0.0)
    assert len(found) == len(FIGURES)
    assert all(value is None for value, _ in found.values())


def test_who_asks_again_in_other_words_or_says_no_was_not_served() -> None:
    talks = []
    for number, second in enumerate(
        ("Where is my parcel please?", "No, I meant the other one", "How do I return a shoe?", "Thanks!")
    ):
        talks += [
            call(2 * number, "Where is my parcel?", conversation=f"c{number}", at=1e4 * number),
            call(2 * number + 1, second, conversation=f"c{number}", at=1e4 * number + 30),
        ]
    assert told(talks)["asked_again"] == (0.5, 4)
    # Further calls on the same message, as an agent makes them with the results of its tools, are no message.
    loop = [call(n, "Mend the build.", conversation="c", at=10.0 * n) for n in range(5)]
    assert told(loop)["asked_again"] == (None, 0)


def test_ratings_refusals_and_filters() -> None:
    calls = [
        call(0, feedback=-1.0),
        call(1, feedback=1.0),
        call(2, answer="I cannot help with that."),
        call(3, answer="", finish_reason="content_filter"),
    ]
    found = told(calls)
    assert found["rated_badly"] == (0.5, 2)
    assert found["refused"] == (0.5, 4)


def test_identifiers_are_counted_in_different_texts() -> None:
    calls = [call(n, f"Write to ada{n}@example.com", "Done.") for n in range(9)] * 3
    value, of = told(calls)["identifiers_per_1000"]
    assert of == 10 and value == pytest.approx(900.0)


def test_how_long_the_first_token_takes_and_what_length_has_to_do_with_it() -> None:
    calls = [
        call(n, time_to_first_token=0.2 + n / 100, usage=Usage(input_total=1_000 + 10 * n, uncached_input=1_000))
        for n in range(100)
    ]
    found = told(calls)
    value, of = found["first_token_p95_s"]
    assert of == 100 and value == pytest.approx(0.2 + 0.95 * 0.99, abs=0.02)
    value, of = found["first_token_by_length"]
    assert of == 100 and value == pytest.approx((0.2 + 0.87) / (0.2 + 0.12), abs=0.05)
    equal = [call(n, time_to_first_token=0.2, usage=Usage(input_total=1_000)) for n in range(100)]
    assert told(equal)["first_token_by_length"] == (None, 100)
    assert told(calls[:10])["first_token_p95_s"] == (None, 10)


def test_whether_prompting_still_helps() -> None:
    calls = [call(n, status="error" if n < 50 and n % 5 == 0 else "ok") for n in range(100)]
    found = told(calls, changes=[20.5, 50.0], weeks=2.0)
    assert found["prompt_changes_week"] == (1.0, 100)
    value, of = found["failing_since_change"]
    assert of == 100 and value == pytest.approx(-0.2)
    assert told(calls, weeks=0.5)["prompt_changes_week"][0] is None
    assert told(calls, changes=[95.0])["failing_since_change"][0] is None


def test_prompts_that_say_the_same_are_to_be_merged() -> None:
    words = [f"word{n}" for n in range(200)]
    own = [call(0, system=" ".join(words))]
    near, far = " ".join([*words[:-5], "other", "end"]), " ".join(reversed(words))
    assert told(own, others=[near, far, "short"])["alike_prompts"] == (1.0, 3)
    assert told([call(0)], others=[near])["alike_prompts"][0] is None
