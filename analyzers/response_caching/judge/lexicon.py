"""The words that decide whether two texts say the same (`lexicon.toml`), read once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

Place = tuple[str, int]
"""A group of words that exclude each other, and which of its members it is."""


class Lexicon(NamedTuple):
    """Words are lower case without accents; `places` are by word, `same` leads to the word that stands for all alike."""

    negators: frozenset[str]
    boundaries: frozenset[str]
    yes: frozenset[str]
    no: frozenset[str]
    places: Mapping[str, tuple[Place, ...]]
    binary: frozenset[str]
    same: Mapping[str, str]
    stop: frozenset[str]
    negative: tuple[str, ...]
    affirmative: tuple[str, ...]
    fragments: tuple[tuple[str, Place], ...]
    sources: frozenset[str]
    targets: frozenset[str]
    relations: frozenset[str]
    generic: tuple[str, ...]
    willing: tuple[str, ...]
    polite: tuple[str, ...]
    closing: tuple[str, ...]
    as_it_is: frozenset[str]


@cache
def lexicon() -> Lexicon:
    """The words of this version."""
    table = tomllib.loads((Path(__file__).parent / "lexicon.toml").read_text(encoding="utf-8"))
    polarity, fragments, roles, courtesy = (table[name] for name in ("polarity", "fragments", "roles", "courtesy"))
    places: dict[str, list[Place]] = {}
    for group, members in table["groups"].items():
        for number, words in enumerate(members):
            for word in words.split():
                places.setdefault(word, []).append((group, number))
    same: dict[str, str] = {}
    for line in table["same"]["words"].strip().splitlines():
        first, *others = line.split()
        for word in (first, *others):
            same.setdefault(word, same.get(first, first))
    found = [
        (piece, (group, number))
        for group, members in fragments["groups"].items()
        for number, pieces in enumerate(members)
        for piece in pieces
    ]
    return Lexicon(
        negators=_set(polarity["negators"]),
        boundaries=_set(polarity["boundaries"]),
        yes=_set(polarity["yes"]),
        no=_set(polarity["no"]),
        # A word of both sides of a group (French `plus`) says neither.
        places={word: kept for word, given in places.items() if (kept := _plain(given))},
        binary=frozenset(group for group, members in table["groups"].items() if len(members) == 2),
        same=same,
        stop=_set(table["stop"]["words"]),
        negative=tuple(fragments["negative"]),
        affirmative=tuple(fragments["affirmative"]),
        fragments=tuple(sorted(found, key=lambda one: -len(one[0]))),
        sources=_set(roles["source"]),
        targets=_set(roles["target"]),
        relations=_set(roles["relation"]),
        generic=tuple(start.strip() for start in table["generic"]["starts"].strip().split("|")),
        willing=tuple(courtesy["willing"]),
        polite=tuple(courtesy["polite"]),
        closing=tuple(courtesy["closing"]),
        as_it_is=_set(courtesy["as_it_is"]),
    )


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _plain(given: list[Place]) -> tuple[Place, ...]:
    groups = [group for group, _ in given]
    return tuple(place for place in given if groups.count(place[0]) == 1)
