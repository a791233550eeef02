"""What each comparison decides, on the shortest texts that show it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.response_caching.judge import Exchange, judge, judge_all


@pytest.mark.parametrize(
    ("answer", "cached"), [(None, "Yes"), ("Yes", None), ("", "Yes"), (" \n", "Yes"), (None, None)]
)
def test_an_answer_that_is_not_known_cannot_be_judged(answer: str | None, cached: str | None) -> None:
    assert judge("Is it open?", answer, "Is it open?", cached).same is None


@pytest.mark.parametrize(
    ("answer", "cached", "by"),
    [
        ("It is 5 km.", "It is 5 km.", "exact"),
        ("**It** is\n5 km", "it is 5 km.", "normalised"),
        ("- one\n- two", "1. one\n2. two", "normalised"),
        ("caf\u00e9", "cafe\u0301", "normalised"),
        ("don\u2019t", "don't", "normalised"),
        ("It takes 90 minutes.", "It takes 1.5 hours.", "words"),
        ("It costs 1,250.00 EUR.", "It costs 1.250,00 €.", "words"),
        ("Due on 12 March 2026.", "Due on 2026-03-12.", "words"),
        ("Open at 9 am", "Open at 9:00", "words"),
        ("It takes three days", "It takes 3 days", "words"),
        ('{"a": 1, "b": ["x", "y"]}', '{"b": ["y", "x"], "a": 1.0}', "fields"),
    ],
)
def test_another_form_of_the_same(answer: str, cached: str, by: str) -> None:
    verdict = judge("What is it?", answer, "What is it?", cached)
    assert (verdict.same, verdict.by) == (True, by)


@pytest.mark.parametrize(
    ("answer", "cached"),
    [
        ("Power is 5 mW.", "Power is 5 MW."),
        ("It is -5 °C.", "It is 5 °C."),
        ("It costs $9.", "It costs €9."),
        ("It is 3.10 percent.", "It is 3.01 percent."),
        ("Version 3.10 is needed.", "Version 3.1 is needed."),
        ("You may cancel it.", "You may not cancel it."),
        ("It's allowed.", "It's forbidden."),
        ("Take it before meals.", "Take it after meals."),
        ("Yes.", "No."),
        ("Transfer from A1 to B2.", "Transfer from B2 to A1."),
        ("Call Maria on Monday.", "Call Maria on Tuesday."),
        ("Use C++ here.", "Use C# here."),
        ('{"total": 12.5}', '{"total": 12.05}'),
        ('{"a": true}', '{"a": false}'),
        ('{"a": "x", "b": "y"}', '{"a": "x"}'),
        ("Das ist erlaubt.", "Das ist nicht erlaubt."),
        ("C'est possible.", "Ce n'est pas possible."),
        ("Se puede devolver.", "No se puede devolver."),
        ("返品できます。", "返品できません。"),
    ],
)
def test_a_contradiction_is_never_right(answer: str, cached: str) -> None:
    assert judge("What is it?", answer, "What is it?", cached).same is not True


def test_not_allowed_is_forbidden() -> None:
    assert judge("May I smoke?", "Smoking is forbidden.", "May I smoke?", "Smoking is not allowed.").same is not False


def test_equal_answers_are_right_whatever_was_asked_unless_they_say_nothing() -> None:
    assert judge("Is 7 prime?", "Yes", "Is 11 prime?", "Yes").same is True
    refusal = "I'm sorry, I can't help with that."
    assert judge("Is 7 prime?", refusal, "Is 8 prime?", refusal).same is None
    assert judge("Is 7 prime?", refusal, "Is 7 prime?", refusal).same is True


def test_new_ids_and_times_mean_nothing_unless_they_were_asked_about() -> None:
    a = '{"request_id": "0b9cb8a0-5a24-4b0e-9c55-0d3f6a3f2b11", "label": "spam"}'
    b = '{"request_id": "5f1f3c55-90c1-4d37-8a0e-6f2f6f3a9d20", "label": "spam"}'
    assert judge("Classify", a, "Classify", b).same is True
    assert judge("Find 0b9cb8a0-5a24-4b0e-9c55-0d3f6a3f2b11", a, "Find it", b).same is False


def test_order_counts_where_it_was_asked_for() -> None:
    a, b = '["x", "y"]', '["y", "x"]'
    assert judge("List the tags", a, "List the tags", b).same is True
    assert judge("Rank the tags", a, "Rank the tags", b).same is False


def test_part_of_the_answer_is_not_the_answer() -> None:
    asked = "Which documents do I need?"
    assert judge(asked, "A passport and a visa.", asked, "A passport.").same is not True
    assert judge(asked, "A passport.", asked, "A passport and a visa.").same is not False


@given(st.lists(st.tuples(*[st.text(max_size=60)] * 4), max_size=4))
def test_no_text_breaks_it_and_nothing_depends_on_company(texts: list[tuple[str, str, str, str]]) -> None:
    exchanges = [Exchange(*four) for four in texts]
    together = judge_all(exchanges)
    assert together == [judge(*one) for one in exchanges]
    assert all(0 <= verdict.score <= 1 for verdict in together)


@given(st.text(min_size=1, max_size=200).filter(str.strip))
def test_a_text_equals_itself(text: str) -> None:
    assert judge("q", text, "q", text).same is True


@pytest.mark.parametrize(
    ("answer", "cached"),
    [
        ("Sure! 😊 Open the app and tap Freeze.", "No problem - open the app and tap Freeze."),
        ("Great question! Of course, open the app and tap Freeze.", "Open the app and tap Freeze. Have a nice day!"),
        ("Open the app and tap Freeze. Happy to help!", "Thanks for your message!\n\nOpen the app and tap Freeze."),
    ],
)
def test_courtesies_say_nothing(answer: str, cached: str) -> None:
    assert judge("How do I freeze it?", answer, "How can I freeze it?", cached).same is True


@pytest.mark.parametrize(
    ("question", "answer", "cached"),
    [
        ("May I go?", "Sure.", "No."),
        ("May I go?", "Sure. Take the stairs.", "No. Take the stairs."),
        ("May I go?", "Of course.", "Of course not."),
        ("Is there a problem?", "No problem. The line works.", "The line works."),
        ("Write a reply", "Sure! I will be there at nine.", "I will be there at nine."),
    ],
)
def test_a_courtesy_that_answers_is_kept(question: str, answer: str, cached: str) -> None:
    assert judge(question, answer, question, cached).same is not True
