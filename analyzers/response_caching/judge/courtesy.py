"""What politeness adds before and after an answer is no part of what it says, but may be all that it says."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from analyzers.response_caching.judge.lexicon import lexicon
from analyzers.response_caching.judge.normal import unaccented
from analyzers.response_caching.judge.words import EASTERN, words

_OPENS = re.compile(
    r"[\s¡¿]*([^.!?,:;\n…—–。、！？，：]{2,80}?)\s*(?:\s-\s|[.!,:;…—–。、！，：]+|\n)[\s.!☀-➿️\U0001F300-\U0001FAFF]*"
)
_CLOSES = re.compile(r"(?<=[.!?\n…。！？])\s*[¡¿]*([^.!?\n…。！？]{2,160})[.!?…。！？]*[\s☀-➿️\U0001F300-\U0001FAFF]*$")
_NO_LETTERS = re.compile(r"[^\w\s,']+")
_MOST = 3
"""Courtesies at one end."""
_LEAST = 3
"""Words that have to be left: of a shorter answer nothing is taken off."""
_ENOUGH = 4
"""Words with meaning and numbers of an answer that says the same with and without a "Sure." before it."""
_EVERYWHERE = frozenset({"help", "hear", "happy", "glad"})
_KEPT = 8_192


class Said(NamedTuple):
    """An answer without its courtesies. `willing`: one of those taken off may be a yes, which a "No." elsewhere contradicts."""

    text: str
    willing: bool


class _Polite(NamedTuple):
    text: str
    willing: bool
    words: frozenset[str]
    """With meaning, of the courtesies that may be a yes."""
    rest: str
    """Without those that are never an answer, but with these."""


def without_courtesies(question: str, answer: str, cached_question: str, cached_answer: str) -> tuple[Said, Said]:
    """Both answers as they are to be compared: with what is asked about, or said by one of them otherwise, left where it is."""
    later, cached = _polite(answer), _polite(cached_answer)
    if later.text == answer and cached.text == cached_answer:
        return Said(answer, willing=False), Said(cached_answer, willing=False)
    asked = _forms(question) | _forms(cached_question)
    if asked & lexicon().as_it_is or any(piece in question + cached_question for piece in _eastern_as_it_is()):
        return Said(answer, willing=False), Said(cached_answer, willing=False)
    return _kept(later, asked, cached), _kept(cached, asked, later)


def says_enough(text: str) -> bool:
    """Whether so much is said that a yes before it adds nothing."""
    return (
        sum(word.content or word.form[:1].isdigit() for word in words(text, lexicon())) >= _ENOUGH
        or EASTERN.search(text) is not None
    )


def _kept(own: _Polite, asked: frozenset[str], other: _Polite) -> Said:
    if (
        own.willing
        and own.words
        and own.words & (asked | (_forms(other.text) if other.text != own.text else frozenset()))
    ):
        return Said(own.rest, willing=False)
    return Said(own.text, own.willing)


@lru_cache(maxsize=_KEPT)
def _polite(text: str) -> _Polite:
    table = _patterns()
    body, willing, said = text, False, set[str]()
    rest = text
    for _ in range(_MOST):
        found = _OPENS.match(body)
        if found is None:
            break
        phrase = _phrase(found.group(1))
        agrees = table.willing.fullmatch(phrase) is not None
        if not agrees and table.polite.fullmatch(phrase) is None:
            break
        after = body[found.end() :]
        if not _long_enough(after):
            break
        if agrees:
            willing = True
            said |= _forms(phrase) - _nothing()
        elif rest == body:
            rest = after
        body = after
    for _ in range(_MOST):
        found = _CLOSES.search(body)
        if found is None or table.closing.fullmatch(_phrase(found.group(1))) is None:
            break
        before = body[: found.start()].rstrip()
        if not _long_enough(before):
            break
        rest = rest[: len(rest) - len(body) + len(before)] if rest.endswith(body) else rest
        body = before
    return _Polite(body, willing, frozenset(said), rest)


def _long_enough(text: str) -> bool:
    return len(text.split(None, _LEAST)) >= _LEAST or (len(text) > _LEAST and EASTERN.search(text) is not None)


def _phrase(text: str) -> str:
    return " ".join(_NO_LETTERS.sub(" ", unaccented(text.replace("’", "'"))).split())


@lru_cache(maxsize=_KEPT)
def _forms(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W\d_]+", unaccented(text)))


class _Patterns(NamedTuple):
    willing: re.Pattern[str]
    polite: re.Pattern[str]
    closing: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    table = lexicon()
    return _Patterns(*(re.compile("|".join(given)) for given in (table.willing, table.polite, table.closing)))


@cache
def _nothing() -> frozenset[str]:
    """Words of courtesies that a question may have without being about them."""
    table = lexicon()
    return table.stop | table.negators | _EVERYWHERE


@cache
def _eastern_as_it_is() -> tuple[str, ...]:
    return tuple(word for word in lexicon().as_it_is if EASTERN.search(word))
