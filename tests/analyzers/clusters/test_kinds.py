"""Kinds of request: what they are found to be, under which id, and what is counted of them."""

from __future__ import annotations

from collections import Counter

import msgspec
import numpy as np
import pytest

from analyzers.clusters.analyse import MOST_KINDS, kinds
from analyzers.clusters.communities import nearest
from analyzers.clusters.kind import NO_TEXT_LABEL, OTHER, Kinds
from analyzers.clusters.requests import UNKNOWN, Requests
from analyzers.clusters.state import State
from tests.analyzers.clusters.columns import DAY, START, requests, taken
from tests.fixtures.banking import questions, vectors

MODEL = "minilm-int8"
SOME = 3_000
ALL = SOME + SOME // 5


@pytest.fixture(scope="module")
def order() -> list[int]:
    return list(range(ALL))


@pytest.fixture(scope="module")
def window(order: list[int]) -> Requests:
    return requests(order[:SOME], questions(ALL)[0])


@pytest.fixture(scope="module")
def found(window: Requests) -> Kinds:
    return kinds(window, vectors(ALL), MODEL)


def ids_by_text(asked: Requests, found: Kinds) -> dict[int, str]:
    return {int(text): found.kinds[kind].id for text, kind in zip(asked.text, found.of, strict=True)}


def test_a_kind_is_mostly_one_intent(window: Requests, found: Kinds) -> None:
    intents = questions(ALL)[1]
    by_kind: dict[int, Counter[str]] = {}
    for text, kind in zip(window.text.tolist(), found.of.tolist(), strict=True):
        by_kind.setdefault(kind, Counter())[intents[text]] += 1
    purity = sum(counts.most_common(1)[0][1] for counts in by_kind.values()) / len(window.at)
    assert purity > 0.6
    assert 40 <= len(found.kinds) <= MOST_KINDS


def test_every_request_is_of_one_kind_and_the_shares_add_up(window: Requests, found: Kinds) -> None:
    assert np.bincount(found.of, minlength=len(found.kinds)).tolist() == [kind.calls for kind in found.kinds]
    assert sum(kind.share_of_calls for kind in found.kinds) == pytest.approx(1.0)
    assert sum(kind.share_of_spend or 0 for kind in found.kinds) == pytest.approx(1.0)
    assert sum(kind.cost for kind in found.kinds) == window.cost.sum()


def test_the_order_of_requests_makes_no_difference(window: Requests, found: Kinds) -> None:
    other = np.random.default_rng(1).permutation(len(window.at))
    again = kinds(taken(window, other.tolist()), vectors(ALL), MODEL)
    assert again.kinds == found.kinds
    assert (again.of == found.of[other]).all()
    assert again.state == found.state


def test_the_numbers_of_texts_make_no_difference(window: Requests, found: Kinds) -> None:
    other = np.random.default_rng(2).permutation(len(window.texts))
    place = np.argsort(other)
    renumbered = window._replace(
        texts=[window.texts[n] for n in other],
        text=place[window.text].astype(np.int32),
        key=place[window.key].astype(np.int32),
    )
    again = kinds(renumbered, vectors(ALL)[other], MODEL)
    assert [kind._replace(examples=()) for kind in again.kinds] == [kind._replace(examples=()) for kind in found.kinds]
    assert [[renumbered.texts[n] for n in kind.examples] for kind in again.kinds] == [
        [window.texts[n] for n in kind.examples] for kind in found.kinds
    ]


def test_ids_survive_a_window_that_drifts(order: list[int], window: Requests, found: Kinds) -> None:
    later = requests([*order[SOME // 5 : SOME], *order[SOME : SOME + SOME // 5]], questions(ALL)[0])
    state = msgspec.json.decode(msgspec.json.encode(found.state), type=State)
    again = kinds(later, vectors(ALL), MODEL, state)
    before, after = ids_by_text(window, found), ids_by_text(later, again)
    both = before.keys() & after.keys()
    assert len(both) == SOME - SOME // 5
    assert sum(before[text] == after[text] for text in both) / len(both) > 0.75
    old = {kind.id for kind in found.kinds}
    assert sum(kind.calls for kind in again.kinds if kind.id in old) / SOME > 0.9


def test_the_same_window_again_changes_no_id(window: Requests, found: Kinds) -> None:
    again = kinds(window, vectors(ALL), MODEL, found.state)
    assert [kind.id for kind in again.kinds] == [kind.id for kind in found.kinds]
    assert again.state == found.state


def test_with_vectors_of_another_model_the_texts_themselves_tell(window: Requests, found: Kinds) -> None:
    other = np.ascontiguousarray(vectors(ALL)[:, ::-1][:, 8:])
    other /= np.maximum(np.linalg.norm(other, axis=1, keepdims=True), 1e-9)
    again = kinds(window, other, "another model", found.state)
    old = {kind.id for kind in found.kinds}
    assert sum(kind.id in old for kind in again.kinds) / len(again.kinds) > 0.6


def test_a_graph_that_is_there_already_gives_the_same_kinds() -> None:
    once = list({text: number for number, text in enumerate(questions(ALL)[0])}.values())
    texts, rows = [questions(ALL)[0][n] for n in once], vectors(ALL)[once]
    everything = requests(range(len(texts)), texts)
    assert kinds(everything, rows, MODEL, graph=nearest(rows)).kinds == kinds(everything, rows, MODEL).kinds


@pytest.mark.parametrize(
    ("intent", "words"),
    [
        ("activate_my_card", {"activate"}),
        ("change_pin", {"pin"}),
        ("lost_or_stolen_phone", {"phone"}),
        ("exchange_rate", {"exchange"}),
        ("direct_debit_payment_not_recognised", {"direct", "debit"}),
        ("getting_virtual_card", {"virtual"}),
        ("verify_source_of_funds", {"funds"}),
        ("terminate_account", {"account"}),
        ("age_limit", {"age"}),
    ],
)
def test_a_label_has_the_words_of_its_intent(window: Requests, found: Kinds, intent: str, words: set[str]) -> None:
    intents = questions(ALL)[1]
    held = Counter(
        kind for text, kind in zip(window.text.tolist(), found.of.tolist(), strict=True) if intents[text] == intent
    )
    labels = {word for kind, calls in held.items() if calls >= 8 for word in found.kinds[kind].label.split()}
    assert words <= labels


def test_labels_are_short_and_tell_kinds_apart(found: Kinds) -> None:
    labels = [kind.label for kind in found.kinds if kind.id != OTHER]
    assert all(1 <= len(label.split()) <= 6 for label in labels)
    assert len(set(labels)) == len(labels)


def test_examples_are_texts_of_the_kind_and_not_one_text_five_times(window: Requests, found: Kinds) -> None:
    of_text = dict(zip(window.text.tolist(), found.of.tolist(), strict=True))
    for number, kind in enumerate(found.kinds):
        assert {of_text[text] for text in kind.examples} <= {number}
        assert len(set(kind.examples)) == len(kind.examples) == min(5, len(kind.examples))
        if kind.texts > 20:
            assert len(kind.examples) == 5


def test_requests_without_text_are_a_kind_for_each_template(order: list[int]) -> None:
    asked = [*order[:300], *[UNKNOWN] * 50]
    mixed = requests(asked, questions(ALL)[0], template=[0] * 300 + [1] * 20 + [2] * 30, templates=("a", "b", "c"))
    found = kinds(mixed, vectors(ALL), MODEL)
    without = {kind.template: kind.calls for kind in found.kinds if kind.label == NO_TEXT_LABEL}
    assert without == {"b": 20, "c": 30}
    again = kinds(mixed, vectors(ALL), MODEL, found.state)
    assert [kind.id for kind in again.kinds] == [kind.id for kind in found.kinds]


def test_repeats_are_counted_and_unknown_where_nothing_is_known(order: list[int]) -> None:
    asked = order[:200] * 3
    found = kinds(requests(asked, questions(ALL)[0]), vectors(ALL), MODEL)
    assert all(kind.repeat_rate == pytest.approx(2 / 3) for kind in found.kinds if kind.id != OTHER)
    unknown = kinds(requests(asked, questions(ALL)[0], key=[UNKNOWN] * 600), vectors(ALL), MODEL)
    assert all(kind.repeat_rate is None for kind in unknown.kinds)


def test_spend_is_of_what_has_a_price(order: list[int]) -> None:
    asked = order[:400]
    nothing = kinds(requests(asked, questions(ALL)[0], cents=[None] * 400), vectors(ALL), MODEL)
    assert all(kind.share_of_spend is None and kind.priced == 0 for kind in nothing.kinds)


def test_first_seen_is_remembered_and_what_is_long_gone_is_forgotten(order: list[int]) -> None:
    first = kinds(requests(order[:1_000], questions(ALL)[0]), vectors(ALL), MODEL)
    later = requests(order[:1_000], questions(ALL)[0], at=[START + 30 * DAY + n for n in range(1_000)])
    second = kinds(later, vectors(ALL), MODEL, first.state)
    assert all(
        kind.first_seen < START + 11 * DAY and kind.last_seen > START + 30 * DAY
        for kind in second.kinds
        if kind.id != OTHER
    )
    other = requests([order[-1]] * 10, questions(ALL)[0], at=[START + 300 * DAY + n for n in range(10)])
    third = kinds(other, vectors(ALL), MODEL, second.state)
    assert len(third.state.kinds) == 1


def test_nothing_gives_nothing() -> None:
    found = kinds(requests([], questions(ALL)[0]), vectors(ALL), MODEL)
    assert found.kinds == ()
    assert len(found.of) == 0


@pytest.mark.parametrize("count", [1, 2, 3, 9])
def test_a_handful_of_requests_is_no_fault(order: list[int], count: int) -> None:
    found = kinds(requests(order[:count], questions(ALL)[0]), vectors(ALL), MODEL)
    assert sum(kind.calls for kind in found.kinds) == count
