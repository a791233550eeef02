from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.values.form import form
from analyzers.values.marked import LONGEST, marked, values_in


def found(text: str) -> list[tuple[str, str]]:
    return [(value.kind, text[value.start : value.end]) for value in values_in(text)]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("It is 2026-11-24T19:03:22.123Z now", [("time", "2026-11-24T19:03:22.123Z")]),
        ("Tuesday, November 24, 2026 at 7:03 PM", [("time", "Tuesday, November 24, 2026 at 7:03 PM")]),
        ("am 24.11.2026 um 19:03 Uhr", [("time", "24.11.2026 um 19:03 Uhr")]),
        ("ts=1795003200", [("time", "1795003200")]),
        ("Today is Tuesday. Be kind.", [("time", "Tuesday")]),
        ("Session: 8f3a2b1c9d\nHello", [("run", "8f3a2b1c9d")]),
        ("request_id=req_01AbCdEf234567", [("run", "req_01AbCdEf234567")]),
        ("see 6f9619ff-8b86-d011-b42d-00c04fc964ff", [("id", "6f9619ff-8b86-d011-b42d-00c04fc964ff")]),
        ("Where is order 48213377?", [("number", "48213377")]),
        ("Write to ana.lopez@mail.example please", [("email", "ana.lopez@mail.example")]),
        ("Call +49 151 2345 6789.", [("phone", "+49 151 2345 6789")]),
        ("Card 4111 1111 1111 1111", [("account", "4111 1111 1111 1111")]),
        ("IBAN DE89 3704 0044 0532 0130 00", [("account", "DE89 3704 0044 0532 0130 00")]),
        ("Account number: 00123456", [("account", "00123456")]),
        ("You are talking to Maria Lopez.", [("name", "Maria Lopez")]),
        ("Customer: John Smith, gold", [("name", "John Smith")]),
        ('{"customer_name": "Maria"}', [("name", "Maria")]),
        ("Pay 30 pounds within 14 days at 2 per cent", []),
        ("It went out 30 days ago, at most 3 of them", []),
        ("You are talking to customers of a bank. User: hello", []),
        ("", []),
    ],
)
def test_values_and_their_kinds(text: str, values: list[tuple[str, str]]) -> None:
    assert found(text) == values


PIECES = (
    "It is ",
    "2026-11-24",
    " 19:03 ",
    "a@b.example ",
    "Session: ab12cd34 ",
    "+49 151 2345 6789",
    " 123456789 ",
    "\n",
    "ä⟨x⟩ ",
    "Name: Ana ",
)


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=200))
def test_pieces_and_values_are_the_text(text: str) -> None:
    one = marked(text)
    assert len(one.pieces) == len(one.values) + 1 == len(one.kinds) + 1
    whole = [one.pieces[0]]
    for value, piece in zip(one.values, one.pieces[1:], strict=True):
        whole += (value, piece)
    assert "".join(whole) == text


def test_a_long_text_is_read_at_its_ends() -> None:
    text = "Session: ab12cd34 " + "word " * LONGEST + " Request id: ef56ab78"
    assert found(text) == [("run", "ab12cd34"), ("run", "ef56ab78")]


def test_order_of_keys_and_white_space_are_form() -> None:
    value = {"b": [1, {"d": 2, "c": 3}], "a": "x  y"}
    turned = {"a": "x  y", "b": [1, {"c": 3, "d": 2}]}
    plain, other = form(json.dumps(value, separators=(",", ":"))), form(json.dumps(turned, separators=(",", ":")))
    assert plain.content == other.content == other.written != plain.written
    assert plain.space == other.space == 0
    wide = form(json.dumps(value, indent=2))
    assert (wide.content, wide.written) == (plain.content, plain.written)
    assert wide.space not in (0, form(json.dumps(value)).space)


@given(st.text(" \n\tab", max_size=30), st.text(" \n\tab", max_size=30))
def test_texts_of_one_form_and_content_are_equal(a: str, b: str) -> None:
    assert (form(a) == form(b)) == (a == b)


def test_long_and_deep_texts_are_read_in_good_time() -> None:
    rng = Random(1)
    hostile = ["[" * 50_000, "1-" * 20_000, "a@" * 20_000, "Name: " * 8_000, "12:" * 15_000, " " * 90_000]
    hostile.append("".join(rng.choice("0123456789abc-:./@ \n") for _ in range(60_000)))
    for text in hostile:
        assert len(values_in(text)) < 10_000
        form(text)
