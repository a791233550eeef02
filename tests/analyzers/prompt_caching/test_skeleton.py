"""What versions of a text have in common, and the gaps between."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from analyzers.prompt_caching.skeleton import skeleton
from analyzers.prompt_caching.units import content, permuted, units

LETTERS = "ABCDEFGHIJKLMNOP"
LINES = [
    f"Regel {name}: immer {name} beachten und danach handeln.\n" for name in ("Mut", "Ruhe", "Ordnung", "Zeit", "Maß")
]
word = st.text("abcdefghijklmnop", min_size=3, max_size=9)


@given(st.text(max_size=400))
def test_units_joined_are_the_text(text: str) -> None:
    assert "".join(units(text)) == text


@given(st.lists(st.tuples(word, word), min_size=2, max_size=9))
def test_static_pieces_and_gaps_make_every_version_again(values: list[tuple[str, str]]) -> None:
    versions = [f"Gast: {a}\n{''.join(LINES)}\nSitzung: {b}.\nEnde des Textes." for a, b in values]
    found = skeleton(versions)
    for version in versions:
        gaps = found.gaps(version)
        assert gaps is not None
        made, done = "", 0
        for piece, (start, end) in zip(found.pieces, gaps, strict=False):
            made += piece + version[start:end]
            assert done <= start <= end
            done = end
        assert made + found.pieces[-1] == version


def test_two_values_on_one_line_are_two_gaps() -> None:
    versions = [f"Time: 10:0{i} Session: {c * 8}\n{LINES[0]}" for i, c in enumerate("abcdef")]
    found = skeleton(versions)
    assert [versions[0][start:end] for start, end in found.gaps(versions[0]) or []] == ["10:00", "aaaaaaaa"]


def test_a_gap_is_found_when_another_one_was_emptied() -> None:
    versions = [f"Time: 10:0{i}\n{LINES[1]}Session: {c * 8}\n{LINES[0]}" for i, c in enumerate("abcdef")]
    found = skeleton(versions)
    emptied = versions[2].replace("10:02", "")
    start, end = found.gap(emptied, 1, 1) or (0, 0)
    assert emptied[start:end] == "c" * 8


@given(st.permutations(range(5)))
def test_a_permutation_is_one_stretch_of_the_same_content(order: list[int]) -> None:
    text = "Kopf der Anweisung\n" + "".join(LINES) + "Fuß der Anweisung\n"
    other = "Kopf der Anweisung\n" + "".join(LINES[i] for i in order) + "Fuß der Anweisung\n"
    region = permuted(text, other)
    if order == sorted(order):
        assert region is None
    else:
        assert region is not None
        one = "".join(units(text)[region[0] : region[1]])
        assert one in text
        assert content(text) == content(other)


def test_numbers_of_a_list_are_no_part_of_its_items() -> None:
    some = ["erstens kommt das Essen", "zweitens die Moral davon", "drittens gar nichts mehr"]
    a = "".join(f"[{i}] {item}\n" for i, item in enumerate(some, 1))
    b = "".join(f"[{i}] {item}\n" for i, item in enumerate(reversed(some), 1))
    assert permuted(a, b) == (0, 3)


def test_what_repeats_a_rule_in_front_of_the_rules_is_no_other_order() -> None:
    rules = "".join(LINES)
    asked = [f"Zur Frage passt:\n{line}{rules}" for line in LINES[:3]]
    assert permuted(asked[0], asked[1]) is None
    gaps = skeleton(asked).gaps(asked[2]) or []
    assert {asked[2][start:end] for start, end in gaps} == {"Ordnung"}
    assert gaps[-1][1] < len(asked[2]) - len(rules)


def test_what_two_texts_repeat_of_different_rules_has_not_moved() -> None:
    rules = [f"Regel {name} gilt immer, auch wenn keine andere Regel daneben steht.\n" for name in LETTERS]
    asked = [
        f"Zur Frage von {name} passt:\n{rules[again]}{''.join(rules)}Was will {name}?"
        for name, again in zip(("Anna", "Bert", "Carla"), (1, 11, 6), strict=True)
    ]
    assert all(permuted(one, other) is None for one, other in permutations(asked, 2))
    assert skeleton(asked).static > len("".join(rules))
