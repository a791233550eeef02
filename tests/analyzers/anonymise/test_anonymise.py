"""Identifiers are found, code is left alone, and what was replaced is gone from the whole conversation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.anonymise import Conversation, Span, detect, residue
from tests.analyzers.anonymise.labelled import labelled
from tests.analyzers.anonymise.measured import flagged, recall, snippets


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_recall_of_structured_identifiers(seed: int) -> None:
    found = recall(seed)
    assert all(share >= 0.9 for share in found.values()), found


def test_clean_code_is_left_alone() -> None:
    clean = snippets()
    wrong = flagged(clean)
    assert len(clean) > 1_000
    assert len(wrong) <= 0.02 * len(clean), [[text[s.start : s.end] for s in spans] for text, spans in wrong]


@pytest.mark.parametrize(
    "text",
    [
        "Order 12345678 of 2026-11-24 for 1,299.00 USD, invoice 2026/000123",
        "Upgrade to version 10.2.13.4 before 12:30:45",
        "def f(x): return x[0:3] + 12345678901234 * 3.14159",
        "The ratio is 1234567890.12 and the id 550e8400-e29b-41d4-a716-446655440000",
        "password = get_password()  # from the vault",
        "Tokens: 3001 in, 20 out; temperature 0.7",
        "Call me when it is done.",
        "4111 1111 1111 1112",
        "DE89 3704 0044 0532 0130 01",
    ],
)
def test_what_identifies_nobody_stays(text: str) -> None:
    assert detect(text) == []


def test_one_value_one_placeholder_in_the_whole_conversation() -> None:
    talk = Conversation(known=[("NAME", "Kim Novak")])
    first = talk.replace(
        ["I, Kim Novak, wrote from kim@example.org", "ok, I mail to kim@example.org and to bo@example.org"]
    )
    assert first.texts == ("I, [NAME_1], wrote from [EMAIL_1]", "ok, I mail to [EMAIL_1] and to [EMAIL_2]")
    assert talk.replace(["KIM@EXAMPLE.ORG?"]).texts == ("[EMAIL_1]?",)


def test_a_value_announced_late_is_gone_from_earlier_texts() -> None:
    talk = Conversation()
    made = talk.replace(["Brigitte Okafor wants her money", "My name is Brigitte Okafor"])
    assert made.texts == ("[NAME_1] wants her money", "My name is [NAME_1]")


def test_a_recogniser_of_ones_own_is_used() -> None:
    class Cities:
        name = "cities"
        finds = frozenset({"PLACE"})

        def __call__(self, texts: Sequence[str]) -> list[list[Span]]:
            return [[Span(at, at + 6, "PLACE")] if (at := text.find("Berlin")) >= 0 else [] for text in texts]

    assert Conversation([Cities()]).replace(["to Berlin", "none"]).texts == ("to [PLACE_1]", "none")


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.lists(st.text(max_size=40), min_size=1, max_size=4))
def test_planted_identifiers_never_leak(seed: int, around: list[str]) -> None:
    for one in labelled(1, seed):
        if not detect(one.text):
            continue
        value = one.text[one.start : one.end]
        texts = [*around, one.text, f"as I said: {one.text}"]
        made = Conversation().replace(texts)
        assert all(value not in text for text in made.texts[len(around) :])
        assert not [span for text in made.texts[len(around) :] for span in residue(text)]


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    spans = detect(text)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))


@pytest.mark.parametrize(
    "hostile",
    [
        "a@" * 20_000,
        "1-" * 30_000,
        "+1 " * 20_000,
        "AA00 " * 20_000,
        "password " * 8_000,
        "a:" * 30_000,
        "my name is A" + "a" * 60_000,
        "1 A" * 20_000,
        "-----BEGIN PRIVATE KEY-----" * 2_000,
    ],
)
def test_hostile_texts_take_linear_time(hostile: str) -> None:
    import time

    began = time.process_time()
    detect(hostile)
    assert time.process_time() - began < 5
