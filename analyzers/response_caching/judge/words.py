"""A text as words: which carry meaning, what they come down to, and where sentences end."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from analyzers.response_caching.judge.lexicon import Lexicon, lexicon
from analyzers.response_caching.judge.normal import unaccented
from analyzers.response_caching.judge.quantities import known_number, known_unit

_TOKEN = re.compile(r"[a-z]+\d[a-z\d]*|[^\W\d_]+(?:'[^\W\d_]+)*[+#]*|\d+(?:[.,:/-]\d+)*|[.!?;:,\n]+|[。！？、]+")
EASTERN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_EASTERN_WORD = re.compile(r"[\u30a0-\u30ff\uff66-\uff9f]+|[\u3400-\u9fff\uac00-\ud7af]+")
_ENDINGS = (
    "ations", "ements", "ciones", "ation", "ement", "ments", "ungen", "ingly", "cion", "ment", "tion", "ness", "ings", "edly",
    "als", "al", "ing", "ung", "ies", "ied", "ent", "est", "ed", "es", "en", "er", "em", "ly", "et", "os", "as", "s", "e", "y", "n", "o", "a",
)  # fmt: skip
_AGENT = ("er", "ee", "or", "ers", "ees", "ors")
_LEAST = 4


class Word(NamedTuple):
    """`form` is lower case without accents, `stem` what it comes down to; both "" where a sentence or clause ends."""

    form: str
    stem: str
    content: bool
    ends_sentence: bool = False


def words(text: str, table: Lexicon) -> tuple[Word, ...]:
    """The words of a text (as `plain` gives it) in order."""
    found: list[Word] = []
    for token in _TOKEN.findall(unaccented(text)):
        first = token[0]
        if not (first.isalpha() or first.isdigit()):
            found.append(Word("", "", content=False, ends_sentence=any(c in ".!?\n。！？" for c in token)))
        elif first.isdigit():
            found.append(Word(token, token, content=False))
        elif not token.isascii() and EASTERN.search(token):
            found.extend(Word(piece, piece, content=True) for piece in _eastern(token))
        else:
            found.extend(_western(token))
    return tuple(found)


@lru_cache(maxsize=50_000)
def _western(written: str) -> tuple[Word, ...]:
    table = lexicon()
    form = written
    if "'" in form:
        if form.endswith("n't"):
            return (Word("not", "not", content=False),)
        if form.startswith("n'"):
            return (Word("ne", "ne", content=False), *_western(form[2:]))
        # It's, the bank's; l'hotel.
        before, _, after = form.partition("'")
        form = before if len(before) > 1 else after
    content = form not in table.stop and len(form) > 1 and not known_unit(form) and not known_number(form)
    return (Word(form, stem(form, table), content=content),)


def _eastern(token: str) -> list[str]:
    """Pairs of ideographs and whole foreign words; what is only grammar is left out."""
    pieces: list[str] = []
    for run in _EASTERN_WORD.findall(token):
        if len(run) <= 2 or "\u30a0" <= run[0] <= "\u30ff":
            pieces.append(run)
        else:
            pieces.extend(run[n : n + 2] for n in range(len(run) - 1))
    return pieces


def stem(word: str, table: Lexicon) -> str:
    """What forms of one word have in common, and one word for all that say the same; lender and borrower stay apart."""
    known = table.same.get(word)
    if known is not None:
        return known
    root = _root(word)
    if root == word:
        return word
    known = _roots().get(root)
    return root if known is None else known


def _root(word: str) -> str:
    root = word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST and not word.endswith(_AGENT):
            root = word[: -len(ending)]
            break
    else:
        if word.endswith(("s", "e", "y")) and len(word) > 3 and not word.endswith("ss"):
            root = word[:-1]
    # Shipping, ship; but not dress, call.
    if root != word and len(root) > 3 and root[-1] == root[-2] and root[-1] not in "ls":
        return root[:-1]
    return root


@cache
def _roots() -> dict[str, str]:
    """The word that stands for all alike, by what their forms come down to."""
    found: dict[str, str] = {}
    for word, first in lexicon().same.items():
        found.setdefault(_root(word), first)
    return found
