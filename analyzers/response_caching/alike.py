"""Whether two answers plainly say the same: a strict look at their words and numbers, without a model."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"\w+")
_LEAST_SHARE = 0.75
_NEGATIONS = frozenset(
    [
        "no",
        "not",
        "never",
        "none",
        "cannot",
        "cant",
        "dont",
        "doesnt",
        "isnt",
        "wont",
        "nicht",
        "kein",
        "keine",
        "nie",
        "ne",
        "pas",
        "jamais",
        "nunca",
    ]
)


def alike(a: str, b: str) -> bool:
    """Equal numbers, no negation in one alone, and three quarters of all words in common."""
    first, second = _words(a), _words(b)
    if first == second:
        return True
    other = first ^ second
    if any(word[0].isdigit() for word in other) or not _NEGATIONS.isdisjoint(other):
        return False
    return len(first & second) >= _LEAST_SHARE * len(first | second)


@lru_cache(maxsize=20_000)
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower().replace("'", "")))
