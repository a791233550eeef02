"""Labels: no word that points at a person, none that says nothing."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analyzers.clusters.labels import NO_WORDS, labels
from analyzers.clusters.words import words


def test_a_name_that_one_person_says_is_no_label() -> None:
    texts = [f"Refund for Wilhelmina order {n}" for n in range(50)] + [f"Refund order number {n}" for n in range(50)]
    kinds = np.array([0] * 50 + [1] * 50)
    one_person = [{7}] * 50 + [{n} for n in range(50)]
    assert "wilhelmina" not in " ".join(labels(texts, kinds, one_person))
    many = [{n} for n in range(100)]
    assert "wilhelmina" in labels(texts, kinds, many)[0]


def test_numbers_and_addresses_are_no_words() -> None:
    text = "Mail jane.doe@example.com or see https://example.com/u/jane about order A1234 and IBAN DE02120300000000202051, @janedoe"
    assert words(text) == ["mail", "order", "iban"]


def test_words_that_say_nothing_are_left_out_in_several_languages() -> None:
    assert words("Könnten Sie mir bitte die Rechnung schicken?") == ["rechnung", "schicken"]
    assert words("Pourquoi est-ce que ma facture n'est pas là ?") == ["facture"]
    assert words("¿Dónde está mi pedido, por favor?") == ["pedido"]


def test_scripts_without_spaces_are_read_in_pairs() -> None:
    assert "退款" in words("我想要退款")


def test_a_kind_without_words_says_so() -> None:
    assert labels(["12345", "67890", "00000"], np.array([0, 0, 0]), [{1}, {2}, {3}]) == [NO_WORDS]


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    assert all(not any(c.isdigit() for c in word) and "@" not in word for word in words(text))
