"""What a varying value is, from its values alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import pytest

from analyzers.prompt_caching.faults.values import Seen, What, is_long, is_random, judge, lasting, variants

START = 1_790_000_000.0
TALKS, TURNS = 14, 5


def seen(write: Callable[[int, int, Random, Random], str], label: str = "", turns: int = TURNS) -> Seen:
    """`write` gets conversation, turn, and chance of the request and of the conversation."""
    rows = sorted((START + talk * 100 + turn * 130, talk, turn) for talk in range(TALKS) for turn in range(turns))
    values = [write(t, n, Random(f"{t}/{n}"), Random(t)) for _, t, n in rows]
    return Seen(values, [at for at, _, _ in rows], [t for _, t, _ in rows], [n + 1 for _, _, n in rows], label)


def what(some: Seen) -> What | None:
    verdict = judge(some)
    return None if verdict is None else verdict.what


TEXTS = (
    "Sie reist gern früh am Morgen und allein durch die Stadt",
    "Er wollte zuletzt einen Wagen mit vier Türen haben",
)


@pytest.mark.parametrize(
    ("write", "label", "expected"),
    [
        (lambda t, n, r, c: f"{r.getrandbits(64):016x}", "", "id"),
        (lambda t, n, r, c: f"{c.getrandbits(64):016x}", "session: ", "id"),
        (lambda t, n, r, c: f"{c.getrandbits(64):016x}", "customer id: ", "user"),
        (lambda t, n, r, c: c.choice(("Ola", "Mia", "Tom")), "", "user"),
        (lambda t, n, r, c: c.choice(("de-DE", "en-GB")), "locale: ", "user"),
        (
            lambda t, n, r, c: " ".join(
                r.choices(["Tee", "Bad", "Weg", "Hut", "Rad", "See", "Uhr", "Ast", "Ohr"], k=20)
            ),
            "",
            "memory",
        ),
        (lambda t, n, r, c: r.choice(("offen", "zu", "wartet")), "", "state"),
        (lambda t, n, r, c: f"Zweig {Random(f'{t}:{n // 3}').choice('abcdefgh')} neu", "", "rebuilt"),
        (lambda t, n, r, c: ", ".join(r.sample(("rot", "blau", "grün", "gelb"), 4)), "", "order"),
        (lambda t, n, r, c: "immer", "", None),
        (lambda t, n, r, c: TEXTS[t % 2], "", None),
    ],
)
def test_what_it_is(write: Callable[[int, int, Random, Random], str], label: str, expected: What | None) -> None:
    assert what(seen(write, label)) == expected


def test_a_clock_is_a_time_though_it_is_always_new() -> None:
    some = seen(lambda t, n, r, c: "")
    verdict = judge(some._replace(values=[str(int(at)) for at in some.at]))
    assert verdict is not None
    assert (verdict.what, verdict.stays) == ("time", False)


def test_the_start_of_a_conversation_is_a_time_that_stays() -> None:
    some = seen(lambda t, n, r, c: str(int(START + t * 100)))
    verdict = judge(some)
    assert verdict is not None
    assert (verdict.what, verdict.stays) == ("time", True)


def test_single_requests_with_long_text_are_memory() -> None:
    assert what(seen(lambda t, n, r, c: " ".join(r.choices(TEXTS[0].split(), k=30)), turns=1)) == "memory"


@pytest.mark.parametrize(
    ("values", "talks", "expected"),
    [
        ("aaaabbbb", [0, 1, 0, 1, 0, 1, 0, 1], True),
        ("aaaabaaa", [0, 1, 0, 1, 0, 1, 0, 1], True),
        ("abababab", [0, 1, 0, 1, 0, 1, 0, 1], False),
        ("aabbccddee", [0, 0, 1, 1, 2, 2, 3, 3, 4, 4], False),
    ],
)
def test_what_was_changed_for_good(values: str, talks: Sequence[int], expected: bool) -> None:
    assert lasting(values, talks) is expected


def test_names_and_words_are_not_random() -> None:
    assert not is_random(["Anna", "Berta", "Carla", "Dora"])
    assert not is_random(["ab12cd34"] * 5)
    assert is_random(["ab12cd34", "9f8e7d6c", "00aa11bb", "77fe0c21"])


def test_a_text_is_long_by_its_words() -> None:
    assert is_long(TEXTS)
    assert not is_long(["x" * 200])


def test_what_is_renewed_for_all_at_once_is_a_state_and_nobodys_data() -> None:
    rates = [f"USD {1 + n / 7:.4f}, GBP {2 + n / 9:.4f}" for n in range(7)]
    some = seen(lambda t, n, r, c: rates[t // 2], turns=1)
    held = some._replace(values=[rates[i // 10] for i in range(70)], at=range(70), talk=range(70), asked=[1] * 70)
    assert what(held) == "state"
    assert what(held._replace(values=[rates[i % 7] for i in range(70)])) == "user"


def test_a_long_text_that_everybody_has_one_of_is_data_of_the_user() -> None:
    texts = [" ".join(Random(n).choices(TEXTS[0].split(), k=30)) for n in range(6)]
    some = seen(lambda t, n, r, c: "", turns=1)
    of_users = some._replace(
        values=[texts[i * 5 % 6] for i in range(TALKS)], who=[f"user {i * 5 % 6}" for i in range(TALKS)]
    )
    assert what(of_users) == "user"
    assert what(of_users._replace(who=[f"user {i % 3}" for i in range(TALKS)])) == "memory"
    assert what(of_users._replace(who=())) == "memory"


@pytest.mark.parametrize(
    ("values", "talks", "expected"),
    [
        ("abababab", range(8), True),
        ("abababab", [0, 0, 1, 1, 2, 2, 3, 3], False),
        ("abcdabcdabcd", range(12), False),
        ("aaaaaaab", range(8), False),
    ],
)
def test_a_few_values_for_kinds_of_users(values: str, talks: Sequence[int], expected: bool) -> None:
    assert variants(values, talks) is expected
