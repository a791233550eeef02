"""Tasks: kinds apart by template, with the figures that say whether one is worth a model of its own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from analyzers.clusters.analyse import kinds
from analyzers.clusters.collect import by_app
from analyzers.clusters.requests import UNKNOWN, Requests
from analyzers.clusters.tasks import Task, narrowness, tasks, templates
from analyzers.core import Call, Message, Part
from tests.analyzers.clusters.columns import DAY, START, requests, taken

TEXTS = [f"text {n}" for n in range(60)]
rng = np.random.default_rng(0)
_NEAR = np.eye(8)[[0] * 30 + [1] * 30] + 0.1 * rng.normal(size=(60, 8))
VECTORS = (_NEAR / np.linalg.norm(_NEAR, axis=1, keepdims=True)).astype(np.float32)


def found(asked: Requests, period: tuple[float, float] | None = None) -> tuple[Task, ...]:
    return tasks(asked, kinds(asked, VECTORS, "m", period=period), VECTORS, period=period)


def test_templates_are_tasks_of_their_own_and_everything_adds_up() -> None:
    asked = requests([*range(60)] * 10, TEXTS, template=[n % 2 for n in range(600)], templates=("a", "b"))
    every = found(asked)
    assert {one.template for one in every} == {"a", "b"}
    assert sum(one.calls for one in every) == 600
    assert sum(one.share_of_spend or 0 for one in every) == pytest.approx(1)
    assert sorted(np.concatenate([one.rows for one in every]).tolist()) == list(range(600))


def test_all_kinds_of_a_template_together_are_what_they_are_one_by_one() -> None:
    asked = requests([*range(60)] * 10, TEXTS, template=[n % 2 for n in range(600)], templates=("a", "b"))
    of = kinds(asked, VECTORS, "m")
    whole = {one.id: one for one in templates(asked, of, VECTORS)}
    parts = tasks(asked, of, VECTORS)
    assert set(whole) == {"a", "b"} and all(one.kind is None for one in whole.values())
    assert sum(one.kind is not None for one in parts) == len(parts) > 2
    for name, one in whole.items():
        own = [part for part in parts if part.template == name]
        assert sum(part.calls for part in own) == one.calls and sum(part.cost for part in own) == one.cost
        assert one.narrowness is not None and all((part.narrowness or 0) > one.narrowness for part in own)


def test_kinds_that_change_places_shift_and_those_that_stay_do_not() -> None:
    steady = requests([*range(60)] * 10, TEXTS)
    moved = requests([*range(30)] * 10 + [*range(30, 60)] * 10, TEXTS)
    (stays,) = templates(steady, kinds(steady, VECTORS, "m"), VECTORS)
    (moves,) = templates(moved, kinds(moved, VECTORS, "m"), VECTORS)
    assert stays.kinds_shift is not None and stays.kinds_shift < 0.05
    assert moves.kinds_shift is not None and moves.kinds_shift > 1
    few = requests([*range(60)] * 2, TEXTS)
    assert templates(few, kinds(few, VECTORS, "m"), VECTORS)[0].kinds_shift is None


def test_narrowness_is_the_mean_of_all_pairs() -> None:
    rows = VECTORS[:12]
    pairs = [float(rows[a] @ rows[b]) for a in range(12) for b in range(a)]
    assert narrowness(rows) == pytest.approx(np.mean(pairs), abs=1e-6)
    assert narrowness(rows[:1]) is None


def test_output_entropy_of_labels_and_of_free_text() -> None:
    answers = ["Refund", " refund ", "KEEP", *[f"answer {chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(300)]]
    labels = found(requests([0] * 400, TEXTS, answer=[0, 1, 2, 2] * 100, answers=answers))[0]
    assert labels.output_entropy == pytest.approx(1.0)
    assert labels.top_output == pytest.approx(0.5)
    free = found(requests([0] * 300, TEXTS, answer=[*range(3, 303)], answers=answers))[0]
    assert free.output_variety == pytest.approx(1.0)
    assert free.output_gzip is not None
    assert free.output_gzip < 0.6
    half = found(requests([0] * 4, TEXTS, answer=[0, 1, 0, 1], answers=["half a character \ud800", "a whole one"]))[0]
    assert (half.answered, half.output_gzip is not None) == (4, True)
    unknown = found(requests([0] * 10, TEXTS))[0]
    assert (unknown.answered, unknown.output_entropy, unknown.output_variety) == (0, None, None)


def test_volume_by_whole_days_and_weeks() -> None:
    days = [100] * 7 + [300] * 7 + [100] * 7
    at = [START + DAY * day + n for day, calls in enumerate(days) for n in range(calls)]
    one = found(requests([0] * len(at), TEXTS, at=at), (START, START + 21 * DAY))[0]
    assert one.calls_day == pytest.approx(sum(days) / 21)
    assert one.variation_day == pytest.approx(np.std(days, ddof=1) / np.mean(days))
    assert one.variation_week == pytest.approx(np.std([700, 2100, 700], ddof=1) / np.mean([700, 2100, 700]))
    assert one.calls_month == pytest.approx(sum(days) * 730 / (21 * 24))
    short = found(requests([0] * 50, TEXTS, at=[START + n for n in range(50)]), (START, START + DAY))[0]
    assert short.variation_day is None
    assert short.variation_week is None


def test_the_order_of_requests_makes_no_difference() -> None:
    asked = requests(
        [*range(60)] * 5, TEXTS, answer=[n % 7 for n in range(300)], answers=[f"a{'x' * n}" for n in range(7)]
    )
    other = np.random.default_rng(2).permutation(300).tolist()
    again = [one[:-1] for one in found(taken(asked, other))]
    assert again == [one[:-1] for one in found(asked)]


def test_calls_become_requests() -> None:
    def call(name: str, text: str, **more: Any) -> Call:
        messages = (Message("user", (Part("text", text),)),) if text else ()
        return Call(id=name, started_at=START, format="hone", app="shop", messages=messages, **more)

    calls = [
        call("1", "Where  is it?", user="u", output=(Part("text", "There."),)),
        call("2", "Where is it?", user="u"),
        call("3", "", conversation="c"),
        call("4", "Where is it?", response_cache_hit=True),
    ]
    one = by_app(calls, lambda c: Decimal("0.01") if c.id == "1" else None, lambda _: "t")["shop"]
    assert one.text.tolist() == [0, 0, UNKNOWN]
    assert one.texts == ["Where is it?"]
    assert one.who.tolist() == [0, 0, 1]
    assert one.answer.tolist() == [0, UNKNOWN, UNKNOWN]
    assert one.key.tolist() == [0, 1, UNKNOWN]
    assert one.priced.tolist() == [True, False, False]
    assert one.cost.tolist() == [10**10, 0, 0]
