"""Each signal finds what it is for, and not its neighbours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from analyzers.core import Part, Usage
from analyzers.fine_tuning.signals import behaviour, capability, diagnose, knowledge
from tests.analyzers.fine_tuning.exchanges import asked

DAY = 86_400.0
SCHEMA = {
    "type": "json_schema",
    "json_schema": {
        "name": "invoice",
        "strict": False,
        "schema": {"type": "object", "properties": {"total": {"type": "number"}}, "required": ["total"]},
    },
}


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("I don't have any information about that order.", True),
        ("Dazu liegen mir keine Informationen vor.", True),
        ("No tengo información sobre eso.", True),
        ("Je n'ai pas trouvé cette commande.", True),
        ("I cannot share customer data, it is against our policy; I don't have that information for you.", False),
        ("You can find the information in your account settings.", False),
        ("The store opens at 9.", False),
    ],
)
def test_does_not_know(answer: str, shown: bool) -> None:
    assert bool(knowledge.does_not_know([asked("q", answer)]).affected) is shown


def test_nothing_retrieved() -> None:
    found = knowledge.nothing_retrieved(
        [
            asked("When does the warranty for my toaster expire?", "…", context="[]"),
            asked("When does the warranty for my toaster expire?", "…", context="Opening hours of Berlin branch: 9-18"),
            asked(
                "When does the warranty for my toaster expire?",
                "…",
                context="The warranty of a toaster expires after 24 months",
            ),
            asked("When does the warranty for my toaster expire?", "…"),
        ]
    )
    assert (set(found.affected), found.of) == ({0, 1}, 3)


def test_answer_drifts_over_days_only() -> None:
    drift = [asked("Price of plan A?", "It is 9 USD."), asked("price of plan a?", "It is 12 USD.", at=3 * DAY)]
    same = [asked("Price of plan A?", "It is 9 USD."), asked("Price of plan A?", "9 USD it is.", at=3 * DAY)]
    soon = [asked("Price of plan A?", "It is 9 USD."), asked("Price of plan A?", "It is 12 USD.", at=60)]
    assert knowledge.answer_drifts(drift).affected == {1}
    assert not knowledge.answer_drifts(same).affected
    assert knowledge.answer_drifts(soon).of == 0


def test_corrections_are_told_apart() -> None:
    talk = [
        asked("When do you open?", "At 8.", conversation="a"),
        asked("No, that is wrong, it says 9:30 on the door", "Sorry.", at=30, conversation="a"),
        asked("Summarise this for me please", "Long text", conversation="b", at=40),
        asked("No, make it shorter and use bullet points", "- x", at=60, conversation="b"),
        asked("Thanks!", "Welcome", at=70, conversation="b"),
    ]
    assert knowledge.corrected_in_a_fact(talk).affected == {0}
    assert behaviour.corrected_in_style(talk).affected == {2}


def test_reactions_of_other_conversations_and_days_do_not_count() -> None:
    talk = [
        asked("When do you open?", "At 8.", conversation="a"),
        asked("No, it is 9:30", conversation="b", at=30),
        asked("No, it is 9:30", conversation="a", at=DAY),
    ]
    assert knowledge.corrected_in_a_fact(talk).of == 0


def test_schema_missed() -> None:
    parameters = {"response_format": SCHEMA}
    found = behaviour.schema_missed(
        [
            asked("q", '{"total": 3}', parameters=parameters),
            asked("q", '{"total": "3"}', parameters=parameters),
            asked("q", 'Here you are: {"total": 3}', parameters=parameters),
            asked("q", '{"total": ', parameters=parameters, finish_reason="length"),
            asked("q", "free text"),
        ]
    )
    assert (set(found.affected), found.of) == ({1, 2}, 3)


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "https://example.com/schema.json"},
        {"type": "nonsense"},
        {"properties": {"total": {"pattern": "(a+)+$"}}},
        {"$ref": "#"},
    ],
)
def test_hostile_schemas_ask_for_nothing(schema: dict[str, Any]) -> None:
    form = {"type": "json_schema", "json_schema": {"schema": schema}}
    answer = json.dumps({"total": "a" * 40 + "!"})
    assert not behaviour.schema_missed([asked("q", answer, parameters={"response_format": form})]).affected


def test_asked_again_for_format() -> None:
    talk = [
        asked("Extract the invoice: total 3 USD", "total: 3", conversation="a"),
        asked("Return only valid JSON!", '{"total": 3}', conversation="a", at=5),
    ]
    assert behaviour.asked_again_for_format(talk).affected == {0}


def test_inconsistent_only_when_cold_and_soon() -> None:
    cold = {"temperature": 0}
    talk = [
        asked("Classify: broken card", "card_problem", parameters=cold),
        asked("Classify: broken card", "refund_request", parameters=cold, at=60),
        asked("Classify: broken card", "card_problem", parameters=cold, at=120),
        asked("Classify: broken card", "anything", at=130),
        asked("Classify: broken card", "anything", parameters={"temperature": 0.9}, at=130),
    ]
    found = behaviour.inconsistent(talk)
    assert (set(found.affected), found.of) == ({1}, 2)


def test_examples_in_prompt_is_a_hint() -> None:
    shots = (("user", "great film"), ("assistant", "positive"), ("user", "dull"), ("assistant", "negative"))
    talk = [asked(f"film {n}", "positive", system="Classify.", before=shots) for n in range(6)]
    talk += [asked("film", "positive", system="Classify.\nExample 1: great\nExample 2: dull")]
    found = behaviour.examples_in_prompt(talk)
    assert found.affected == set(range(7))
    assert diagnose(talk).behaviour.n == 0


def test_passed_on_to_another_model() -> None:
    talk = [
        asked("Prove it", "?", conversation="a", model="small"),
        asked("Prove it", "QED", conversation="a", model="big", at=5),
        asked("Now sum up", "ok", conversation="a", model="small", at=9),
    ]
    assert capability.passed_on(talk).affected == {0}


def test_tools_misused() -> None:
    tool = Part(
        "tool_definition",
        json.dumps({"type": "function", "function": {"name": "get", "parameters": {"required": ["id"]}}}),
    )

    def call(name: str, arguments: str) -> Part:
        return Part("tool_call", json.dumps({"name": name, "arguments": arguments}))

    outputs = [
        (call("get", '{"id": 1}'),),
        (call("put", "{}"),),
        (call("get", "{"),),
        (call("get", "{}"),),
        (call("get", '{"id": 1}'),) * 2,
    ]
    found = capability.tools_misused([asked("q", tools=(tool,), output=output) for output in outputs])
    assert (set(found.affected), found.of) == ({1, 2, 3, 4}, 5)


def test_much_reasoning_is_a_hint() -> None:
    talk = [
        asked("q", "a", usage=Usage(output=100, reasoning=80)),
        asked("q", "a", usage=Usage(output=100, reasoning=10)),
    ]
    assert capability.much_reasoning(talk).affected == {0}
    assert diagnose(talk).capability.n == 0


def test_scores_count_an_exchange_once() -> None:
    talk = [asked("Where is the toaster warranty text?", "I don't know.", context="[]"), asked("q", "fine")]
    score = diagnose(talk).knowledge
    assert (score.n, score.of, score.share) == (1, 2, 0.5)
