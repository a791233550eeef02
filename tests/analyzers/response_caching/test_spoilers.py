from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

import pytest

from analyzers.core import Call
from analyzers.response_caching.exact import UNLIMITED, Chains
from analyzers.response_caching.requests import Streams, merged
from analyzers.response_caching.spoiler import FIXES, Spoiler
from analyzers.response_caching.spoilers import spoilers
from tests.analyzers.response_caching.asked import START, ask, found

QUESTIONS = ["How do I reset my PIN?", "Where is my card?", "What does a transfer cost?", "How do I close it?"]
ANSWERS = dict(
    zip(QUESTIONS, ["In the app under Cards.", "On its way.", "Nothing at all.", "Under Profile."], strict=True)
)


def stamp(at: float) -> str:
    return datetime.fromtimestamp(START + at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def asked(build: Callable[[Random, float, str], dict[str, Any]], count: int = 120) -> list[Call]:
    rng = Random(5)
    calls = []
    for n in range(count):
        at = n * 37.0
        question = rng.choice(QUESTIONS)
        fields = {"text": question, "answer": ANSWERS[question], **build(rng, at, question)}
        calls.append(ask(at, **fields))
    return calls


def uuid(rng: Random) -> str:
    return str(UUID(int=rng.getrandbits(128), version=4))


def hits(one: Streams) -> int:
    return int((Chains(merged(one)).served(86_400.0, UNLIMITED) >= 0).sum())


def of(calls: Iterable[Call]) -> list[Spoiler]:
    return spoilers(found(calls))


NAMES = [
    f"{first} {last}" for first in ("Ana", "Bo", "Cem", "Dora", "Eva") for last in ("Lopez", "Stone", "Kaya", "Weiss")
]
SPOILED: list[tuple[str, str, Callable[[Random, float, str], dict[str, Any]]]] = [
    ("timestamp", "system", lambda rng, at, q: {"system": f"You help. Current time: {stamp(at)}. Be kind."}),
    ("random_id", "system", lambda rng, at, q: {"system": f"You help. Request id: {uuid(rng)}. Be kind."}),
    ("random_id", "system", lambda rng, at, q: {"system": f"You help. {uuid(rng)} Be kind."}),
    ("seed", "settings", lambda rng, at, q: {"parameters": {"seed": rng.getrandbits(40)}}),
    ("timestamp", "message", lambda rng, at, q: {"text": f"[{stamp(at)}] {q}"}),
    ("random_id", "message", lambda rng, at, q: {"text": json.dumps({"request_id": uuid(rng), "question": q})}),
    (
        "key_order",
        "message",
        lambda rng, at, q: {"text": json.dumps(dict(rng.sample(list({"a": 1, "b": 2, "c": 3, "q": q}.items()), 4)))},
    ),
    (
        "key_order",
        "system",
        lambda rng, at, q: {"tools": rng.sample([f'{{"name":"tool_{n}"}}' for n in range(6)], 6)},
    ),
    ("whitespace", "message", lambda rng, at, q: {"text": q.replace(" ", " " * rng.randint(1, 9), 2)}),
    ("whitespace", "system", lambda rng, at, q: {"system": "You help." + "\n" * rng.randrange(9) + " Be kind."}),
    ("user_data", "system", lambda rng, at, q: {"system": f"You help. Customer name: {rng.choice(NAMES)}\nBe kind."}),
]


@pytest.mark.parametrize(("kind", "segment", "build"), SPOILED)
def test_what_spoils_the_key_is_named(
    kind: str, segment: str, build: Callable[[Random, float, str], dict[str, Any]]
) -> None:
    calls = asked(build)
    (one,) = of(calls)
    plain = hits(found(asked(lambda rng, at, q: {})))
    assert (one.kind, one.segment, one.confidence, one.app) == (kind, segment, "confirmed", "bot")
    assert one.hits_before == hits(found(calls))
    assert one.hits_after == plain == 116
    assert one.hits == one.alone == one.hits_after - one.hits_before
    assert one.saved == one.hits * 10**10
    assert one.requests == 120
    assert 0.6 * 120 < one.affected <= 120
    assert one.agree == 1.0
    assert one.was != one.now or segment == "settings"
    assert one.fix == FIXES[one.kind]


def test_every_kind_is_shown() -> None:
    assert {kind for kind, _, _ in SPOILED} == set(FIXES)


def test_where_a_value_stands() -> None:
    (one,) = of(asked(SPOILED[0][2]))
    assert one.label.endswith("Current time:")
    assert one.position == len("You help. Current time: ")
    assert one.was == stamp(0)


def test_two_that_only_help_together_share_what_they_bring() -> None:
    calls = asked(lambda rng, at, q: {"system": f"Now: {stamp(at)}. Request id: {uuid(rng)}. Be kind."})
    a, b = of(calls)
    assert {a.kind, b.kind} == {"timestamp", "random_id"}
    assert a.alone == b.alone == 0
    assert a.hits + b.hits == a.hits_after - a.hits_before == 116
    assert a.hits == b.hits == 58
    assert a.saved + b.saved == 116 * 10**10


def test_a_number_that_is_asked_about_spoils_nothing() -> None:
    def order(rng: Random, at: float, q: str) -> dict[str, Any]:
        number = f"ORD{rng.randrange(10**9):09d}XK"
        return {"text": f"Where is {number}?", "answer": f"{number} is in {rng.choice(['Kiel', 'Bonn', 'Ulm'])}."}

    assert of(asked(order)) == []


def test_a_clock_whose_answers_differ_is_suspected_only() -> None:
    calls = asked(
        lambda rng, at, q: {
            "system": f"Now: {stamp(at)}. Be kind.",
            "answer": f"{rng.choice(['Yes', 'No', 'Ask'])} {q}",
        }
    )
    (one,) = of(calls)
    assert (one.kind, one.confidence) == ("timestamp", "suspected")
    assert one.agree is not None and one.agree < 0.9


def test_names_that_the_answers_use_are_not_named() -> None:
    def name(rng: Random, at: float, q: str) -> dict[str, Any]:
        who = rng.choice(NAMES)
        return {"system": f"You help. Customer name: {who}\nBe kind.", "answer": f"Dear {who}, {rng.choice('xyz')}"}

    assert of(asked(name)) == []


def test_keys_without_spoilers() -> None:
    assert of(asked(lambda rng, at, q: {})) == []
    assert of([]) == []
    assert of([ask(n, f"Question {n} {n * n}?", system=f"Now: {stamp(n)}.") for n in range(50)]) == []


def test_data_of_persons_is_no_hit_of_other_spoilers() -> None:
    """A white space that is mended brings nothing to requests that are not to be cached."""
    calls = asked(
        lambda rng, at, q: {
            "system": f"You help. Customer name: {rng.choice(NAMES)}\nBe kind.",
            "answer": f"{rng.random()}",
            "text": q.replace(" ", " " * rng.randint(1, 9), 2),
        }
    )
    assert of(calls) == []


@pytest.mark.parametrize("seed", range(8))
def test_laws_of_spoilers(seed: int) -> None:
    rng = Random(seed)
    builds = [build for _, _, build in rng.sample(SPOILED, 3)]

    def build(_: Random, at: float, q: str) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for one in rng.sample(builds, rng.randrange(4)):
            fields |= one(rng, at, q)
        return fields

    calls = asked(build)
    one = found(calls)
    named = spoilers(one)
    assert named == spoilers(found(calls))
    assert all(s.hits > 0 and s.saved >= 0 and s.affected <= s.requests for s in named)
    if named:
        assert len({(s.hits_before, s.hits_after) for s in named}) == 1
        total = sum(s.hits for s in named)
        assert abs(total - (named[0].hits_after - named[0].hits_before)) <= len(named)
        if not any(s.kind == "user_data" for s in named):
            assert named[0].hits_before == hits(one)
