from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

import numpy as np
import pytest

from analyzers.core import Message, Part
from analyzers.response_caching.eligible import REASONS
from analyzers.response_caching.requests import merged, together
from analyzers.response_caching.stream import NO_ANSWER, PICO
from tests.analyzers.response_caching.asked import ask, found, turn

INELIGIBLE: list[tuple[str, dict[str, Any]]] = [
    ("other_operation", {"operation": "embeddings"}),
    ("failed", {"status": "error", "answer": None}),
    ("failed", {"error_type": "overloaded", "answer": None}),
    ("no_text", {"text_state": "redacted"}),
    ("no_text", {"text_state": "truncated"}),
    ("no_text", {"messages": ()}),
    ("no_text", {"messages": (turn("assistant", "Hello!"),)}),
    ("no_text", {"text": "  "}),
    ("media", {"messages": (turn("user", "What is it?", Part("image", "https://x.example/a.png")),)}),
    ("media", {"output": (Part("audio", "<3000 bytes>"),)}),
    ("media", {"parameters": {"modalities": ["text", "audio"]}}),
    ("several_answers", {"parameters": {"n": 3}}),
    ("tool_result", {"before": (turn("user", "Where is it?"),), "messages": (turn("tool", "Berlin"),)}),
    ("tool_result", {"messages": (turn("user", Part("tool_result", "Berlin")),)}),
    ("tool_call", {"output": (Part("tool_call", "{}"),)}),
    ("tool_call", {"output": (Part("text", "Let me look."), Part("tool_call", "{}"))}),
    ("cut_answer", {"finish_reason": "length"}),
    ("cut_answer", {"finish_reason": "max_tokens"}),
    ("refused", {"finish_reason": "content_filter"}),
    ("creative", {"parameters": {"temperature": 1.4}}),
    ("time_dependent", {"text": "What is the weather in Kiel?"}),
    ("time_dependent", {"text": "What's the current exchange rate?"}),
    ("time_dependent", {"text": "Are you open today?"}),
    ("time_dependent", {"text": "What did the board decide last week?"}),
    ("time_dependent", {"text": "Wie ist das Wetter heute?"}),
    ("time_dependent", {"tools": ['{"type":"web_search"}']}),
    ("time_dependent", {"parameters": {"web_search_options": {"search_context_size": "low"}}}),
    ("personal_context", {"text": "My address is ana@mail.example, reset my PIN"}),
    ("personal_context", {"text": "Call me at +49 151 2345 6789 about my PIN"}),
    ("personal_context", {"text": "Account number 00123456: reset the PIN"}),
    ("personal_context", {"text": "My name is Ana Lopez, how do I reset my PIN?"}),
    ("conversation", {"before": (turn("user", "My card is gone"), turn("assistant", "Freeze it."))}),
    ("conversation", {"parameters": {"previous_response_id": "resp_1"}}),
]


@pytest.mark.parametrize(("reason", "fields"), INELIGIBLE)
def test_is_left_out_for_its_reason_and_never_hits(reason: str, fields: dict[str, Any]) -> None:
    one = found([ask(number, **{"conversation": "c", **fields}) for number in range(2)])
    assert dict(one.ineligible) == {reason: 2}
    assert one.eligible == len(one) == len(merged(one)) == 0


def test_every_reason_has_an_example_and_a_definition() -> None:
    assert {reason for reason, _ in INELIGIBLE} == set(REASONS)
    assert all(text and "\n" not in text for text in REASONS.values())


@pytest.mark.parametrize(
    "text",
    [
        "How do I reset my PIN?",
        "What do I do now that my card is gone?",
        "How do I open a current account?",
        "Why was my transfer of 250 declined?",
        "Is order 4821 insured?",
        "The compost bin came damaged, what now?",
        "I already did that last week.",
        "How can I change the date of delivery?",
    ],
)
def test_plain_questions_are_eligible(text: str) -> None:
    assert found([ask(0, text)]).eligible == 1


SAME: list[dict[str, Any]] = [
    {"stream": True},
    {"parameters": {"stream": True, "user": "u7", "metadata": {"a": 1}}},
    {"user": "someone"},
    {"team": "other"},
    {"system": "You  help the\ncustomers of Halden. "},
    {"model": "gpt-5.4-2026-03-05"},
]
APART: list[dict[str, Any]] = [
    {"app": "other"},
    {"environment": "staging"},
    {"system": "You help the customers of Meridian."},
    {"tools": ['{"name":"look_up"}']},
    {"model": "gpt-5.4-mini"},
    {"parameters": {"temperature": 0.7}},
    {"parameters": {"max_tokens": 20}},
    {"parameters": {"response_format": {"type": "json_object"}}},
    {"parameters": {"stop": ["\n"]}},
    {"tags": ("tenant:acme",)},
    {"before": (turn("user", "It is about my other card."),)},
    {"before": (turn("system", "Answer in French."),)},
]


@pytest.mark.parametrize("fields", SAME)
def test_shares_a_scope(fields: dict[str, Any]) -> None:
    assert len(found([ask(0), ask(5, **fields)])) == 1


@pytest.mark.parametrize("fields", APART)
def test_has_a_scope_of_its_own(fields: dict[str, Any]) -> None:
    one = found([ask(0), ask(5, **fields)])
    assert one.eligible == 2
    assert len({scope.digest for scope in one.scopes}) == len(one) == 2
    whole = merged(one)
    assert len(set(whole.text.tolist())) == len(set(whole.key.tolist())) == len(set(whole.answer.tolist())) == 2


def test_a_scope_keeps_its_name_from_run_to_run() -> None:
    one = found([ask(0, "A?"), ask(1, "B?", app="x")])
    other = found([ask(0, "C?", app="y"), ask(1, "D?", app="x"), ask(2, "E?")])
    names = {scope.app: scope.digest for scope in one.scopes}
    assert names == {scope.app: scope.digest for scope in other.scopes if scope.app in names}


def test_worked_examples_in_front_are_part_of_the_scope() -> None:
    shots = (turn("user", "2+2?"), turn("assistant", "4"))
    one = found([ask(0, "A?", before=shots), ask(9, "A?", before=shots)])
    assert (one.eligible, len(one)) == (2, 1)


def test_one_conversation_asked_again_is_not_shared() -> None:
    earlier = (turn("user", "My card is gone"), turn("assistant", "Freeze it."))
    again = [ask(number, before=earlier, conversation="c1") for number in range(2)]
    assert dict(found(again).ineligible) == {"conversation": 2}
    assert found([*again, ask(3, before=earlier, conversation="c2")]).eligible == 3


def test_same_question_in_another_conversation_is_another_scope() -> None:
    def told(what: str) -> tuple[Message, ...]:
        return (turn("user", what), turn("assistant", "I see."))

    calls = [
        ask(number, "And how long does it take?", before=told(what), conversation=str(number))
        for number, what in enumerate(["A transfer.", "A refund.", "A transfer.", "A refund."])
    ]
    one = found(calls)
    assert (one.eligible, len(one)) == (4, 2)


def test_a_clock_only_spoils_the_key() -> None:
    calls = [
        ask(60.0 * n, system=f"You help. It is 2026-11-18T{12 + n // 60:02d}:{n % 60:02d}:03Z now.") for n in range(40)
    ]
    one = found(calls)
    assert (one.eligible, len(one)) == (40, 1)
    assert len(set(merged(one).key.tolist())) == 40
    assert set(merged(one).text.tolist()) == {0}


def test_a_clock_that_the_answer_speaks_of_is_a_reason() -> None:
    calls = [
        ask(60.0 * n, "Is anyone there?", "Yes, until 6 tonight.", system=f"It is 2026-11-18T12:{n:02d}:03Z now.")
        for n in range(40)
    ]
    assert dict(found(calls).ineligible) == {"time_dependent": 40}


@pytest.mark.parametrize(
    "line", ["You are talking to {name}.", "Customer: {name}", "Mail of the user: {mail}", "Account number: {account}"]
)
def test_data_of_a_person_in_system(line: str) -> None:
    names = ["Ana Lopez", "Bob Stone", "Cem Kaya", "Dora Weiss", "Eva Blum"]
    calls = [
        ask(
            n,
            system="You help. "
            + "\n"
            + line.format(name=names[n % 5], mail=f"{names[n % 5][0]}@mail.example", account=f"00{n % 5}31337"),
        )
        for n in range(20)
    ]
    assert dict(found(calls).ineligible) == {"personal_context": 20}


def test_what_never_varies_is_nobodys() -> None:
    calls = [
        ask(n, system="You talk for Halden. Send doubts to help@halden.example, +49 30 1234 5678.") for n in range(9)
    ]
    assert found(calls).eligible == 9


def test_the_firms_address_in_questions_is_nobodys() -> None:
    calls = [ask(n, f"Who reads help@halden.example on day {n % 3}?", user=f"u{n % 5}") for n in range(15)]
    assert found(calls).eligible == 15


def lines(own: str) -> str:
    return "\n".join(["You help the customers of Halden.", "Answer in two sentences.", "Be kind and exact.", own])


def test_text_that_goes_with_the_user_is_personal() -> None:
    rng = Random(3)
    likes = ["tea and rain", "trains and maps", "dogs and hills", "chess and jam", "mud and boats", "salt and wool"]
    calls = []
    for n in range(60):
        user = rng.randrange(6)
        calls.append(ask(n, system=lines(f"This one likes {likes[user]} most of all"), user=f"u{user}"))
    assert dict(found(calls).ineligible) == {"personal_context": 60}


def test_text_of_a_tenant_is_a_scope() -> None:
    rng = Random(3)
    firms = ["Acme Steel", "Blue Mills", "Corn and Sons", "Dock Works", "Elm Farms"]
    calls = []
    for n in range(100):
        user = rng.randrange(20)
        calls.append(ask(n, system=lines(f"The company here goes by {firms[user % 5]} and is old"), user=f"u{user}"))
    one = found(calls)
    assert (one.eligible, len(one)) == (100, 5)


def test_variants_on_trial_are_scopes() -> None:
    calls = [ask(n, system=lines(f"Write in manner {'AB'[n % 2]} of the two."), user=f"u{n % 10}") for n in range(60)]
    one = found(calls)
    assert (one.eligible, len(one)) == (60, 2)


def test_a_gateways_hit_is_a_request_that_cost_nothing() -> None:
    one = merged(found([ask(0), ask(9, response_cache_hit=True)]))
    assert one.cost.tolist() == [PICO // 100, 0]
    assert one.priced.tolist() == [True, True]
    assert one.answer.tolist() == [0, NO_ANSWER]
    assert one.key[0] == one.key[1]


def test_what_is_not_known_stays_so() -> None:
    one = merged(found([ask(0, answer=None, duration=None)], None))
    assert one.priced.tolist() == [False]
    assert one.ready.tolist() == one.at.tolist()
    assert one.answer.tolist() == [NO_ANSWER]


def test_what_a_request_cannot_have_cost_is_not_known_and_stops_nothing() -> None:
    one = merged(found([ask(0), ask(9)], Decimal(10) ** 9))
    assert one.priced.tolist() == [False, False]
    assert one.cost.tolist() == [0, 0]


def any_calls(rng: Random, count: int) -> list[Any]:
    make: list[Callable[[int], Any]] = [
        lambda n: ask(n // 3, f"Question {rng.randrange(9)}?", id=str(n), app=rng.choice("ab")),
        lambda n: ask(n // 3, f" Question  {rng.randrange(9)}?", id=str(n), user=f"u{rng.randrange(4)}"),
        lambda n: ask(n // 3, id=str(n), system=f"You help. Ticket {rng.randrange(3)}", answer=rng.choice("xyz")),
        lambda n: ask(n // 3, id=str(n), status="error"),
        lambda n: ask(n // 3, id=str(n), text="Any news?"),
        lambda n: ask(n // 3, "Why?", id=str(n), before=(turn("user", "a"), turn("assistant", rng.choice("bcd")))),
    ]
    return [rng.choice(make)(n) for n in range(count)]


@pytest.mark.parametrize("seed", range(12))
def test_laws_of_streams(seed: int) -> None:
    calls = any_calls(Random(seed), 150)
    one = found(calls)
    whole = merged(one)
    assert one.calls == 150 == one.eligible + sum(one.ineligible.values())
    assert (np.diff(whole.at) >= 0).all()
    assert (whole.ready >= whole.at).all()
    assert sorted(whole.call.tolist()) == sorted(int(i) for stream in one for i in stream.call)
    for key in set(whole.key.tolist()):
        same = whole.key == key
        assert len(set(whole.text[same].tolist())) == 1
        assert len(set(one.scope[same].tolist())) == 1
    for text in set(whole.text.tolist()):
        assert len(set(one.scope[whole.text == text].tolist())) == 1
    for scope, stream in zip(one.scopes, one, strict=True):
        assert len(stream) == scope.requests > 0
        assert stream.scope == scope.digest
        assert sorted(set(stream.text.tolist())) == list(range(len(stream.texts)))
        for place, call in enumerate(stream.call.tolist()):
            assert calls[call].messages[-1].parts[0].text.split() == stream.texts[stream.text[place]].split()
            answer = stream.answer[place]
            assert answer != NO_ANSWER
            assert stream.answers[answer] == calls[call].output[0].text
    again = together(list(one)).merged
    for name in ("at", "ready", "cost", "priced", "call"):
        assert np.array_equal(np.sort(getattr(again, name)), np.sort(getattr(whole, name)))
    assert len(again.texts) == len(whole.texts)
    assert len(set(again.key.tolist())) == len(set(whole.key.tolist()))


@pytest.mark.parametrize("seed", range(6))
def test_the_order_within_an_instant_does_not_matter(seed: int) -> None:
    calls = any_calls(Random(seed), 120)
    rng = Random(seed)
    other = sorted(calls, key=lambda call: (call.started_at, rng.random()))
    a, b = found(calls), found(other)
    assert dict(a.ineligible) == dict(b.ineligible)
    assert sorted(scope.digest for scope in a.scopes) == sorted(scope.digest for scope in b.scopes)
    first = [(calls[i].id, a.merged.texts[t]) for i, t in zip(a.merged.call, a.merged.text, strict=True)]
    second = [(other[i].id, b.merged.texts[t]) for i, t in zip(b.merged.call, b.merged.text, strict=True)]
    assert first == second
