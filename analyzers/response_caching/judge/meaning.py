"""What a text says as far as it can be compared: its words, amounts, names, what is denied, from where to where."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from analyzers.response_caching.judge.lexicon import Lexicon, Place, lexicon
from analyzers.response_caching.judge.normal import plain, unaccented
from analyzers.response_caching.judge.quantities import Quantity, known_unit, quantities
from analyzers.response_caching.judge.words import EASTERN, Word, words

_CODE = re.compile(
    r"https?://[^\s)>\]]+|[\w.+-]+@[\w-]+\.[\w.]+|\b(?=[A-Za-z-]*\d)(?=[\d-]*[A-Za-z])[A-Za-z0-9]+(?:[-_/][A-Za-z0-9]+)*\b"
    r"|\b[A-Za-z]+(?:_[A-Za-z0-9]+)+\b|\b[A-Za-z_][\w.]*\(\)?|(?<!\S)--?[A-Za-z][a-z-]*|\b[A-Z]{2,}\b|\B#\w+|\b[A-Za-z]\+\+|\b[A-Z]#"
)
_PROPER = re.compile(r"\b[A-ZÀ-Þ][\w'&-]*(?:\s+(?:de|of|the|&|von|van|du)?\s?[A-ZÀ-Þ][\w'&-]*)*")
_AMOUNT = re.compile(r"[\d.,:/-]+[a-zµ°%]{0,4}")
_SENTENCE = re.compile(r"(?:^|[.!?:;\n>\"(]\s*)$")
_BLOCK = re.compile(r"```[^\n]*\n(.*?)```", re.DOTALL)
_SPAN = re.compile(r"(?<!`)`([^`\n]{1,200})`(?!`)")
_CODE_TOKEN = re.compile(r"\w+|[^\w\s]")
_COMMENT = re.compile(r"(?:#|//|--\s).*$", re.MULTILINE)
_REACH = 3
_KEPT = 4_096
LONGEST = 20_000
"""Characters of a text that are looked at; of a longer one nothing but equality is told."""


class Meaning(NamedTuple):
    """`stems` are the words with meaning in order, `lead` those of the first sentence that has any.

    `places` are members of groups of words that exclude each other, `denied` and `stated` the stems with and without a
    negation before them. `answer` is True or False where the text begins with yes or no.
    """

    stems: tuple[str, ...]
    lead: frozenset[str]
    places: frozenset[Place]
    denied: frozenset[str]
    stated: frozenset[str]
    negations: int
    amounts: tuple[Quantity, ...]
    names: frozenset[str]
    sources: frozenset[str]
    targets: frozenset[str]
    relations: frozenset[tuple[str, str]]
    answer: bool | None
    code: tuple[str, ...]
    eastern: bool
    generic: bool
    forms: frozenset[str]
    sequence: tuple[str, ...]
    """Names, currencies and numbers in order."""


@lru_cache(maxsize=_KEPT)
def meaning(text: str) -> Meaning:
    """Read one text. What it is in cannot be told for every language: unknown words are words all the same."""
    table = lexicon()
    blocks = _BLOCK.findall(text)
    bare = plain(_BLOCK.sub(" ", text) if blocks else text)
    found = words(bare, table)
    eastern = not bare.isascii() and EASTERN.search(bare) is not None
    denied, stated, negations, places = _polarity(found, table)
    answer = _answer(found, table)
    if eastern:
        fragments, extra, east = _fragments(bare, table)
        places |= fragments
        negations += extra
        answer = east if answer is None else answer
    stems = tuple(word.stem for word in found if word.content and word.form not in table.negators)
    sources, targets, relations = _roles(found, table)
    spans = _SPAN.findall(text)
    names = _names(bare, found, table) | {piece.casefold() for span in spans for piece in span.split()}
    return Meaning(
        stems=stems,
        lead=_lead(found),
        places=frozenset(places),
        denied=frozenset(denied),
        stated=frozenset(stated),
        negations=negations,
        amounts=quantities(bare),
        names=names,
        sources=sources,
        targets=targets,
        relations=relations,
        answer=answer,
        code=tuple(token for block in blocks for token in _CODE_TOKEN.findall(_COMMENT.sub("", block))),
        eastern=eastern,
        generic=bare.strip().casefold().startswith(table.generic),
        forms=frozenset(word.form for word in found if word.form),
        sequence=tuple(w.form for w in found if w.form in names or w.form[:1].isdigit() or known_unit(w.form)),
    )


def _polarity(found: Sequence[Word], table: Lexicon) -> tuple[set[str], set[str], int, set[Place]]:
    denied: set[str] = set()
    stated: set[str] = set()
    places: set[Place] = set()
    reach = negations = 0
    fresh = True
    for n, word in enumerate(found):
        form = word.form
        if not form or form in table.boundaries:
            reach = 0
            fresh = fresh or word.ends_sentence
            continue
        # "No," at the beginning answers; it denies nothing by itself.
        leading = fresh and form in table.no and (n + 1 == len(found) or not found[n + 1].form)
        fresh = False
        if form in table.negators and not leading:
            # "ne ... pas", "not ... nor": one denial.
            negations += reach < _REACH
            reach = _REACH
            # German and French deny after the verb.
            if n and found[n - 1].content and form in ("nicht", "pas", "jamais"):
                _deny(found[n - 1], table, denied, stated, places)
            continue
        groups = table.places.get(form, ())
        if form == "on" and not (n and found[n - 1].form in _TURNED):
            groups = ()
        for group, member in groups:
            places.add((group, 1 - member) if reach and group in table.binary else (group, member))
        if word.content or groups:
            # What follows the denied word is where or when, and neither denied nor stated.
            if reach == _REACH:
                denied.add(word.stem)
            elif not reach:
                stated.add(word.stem)
            reach = max(0, reach - 1)
    return denied, stated, negations, places


def _deny(word: Word, table: Lexicon, denied: set[str], stated: set[str], places: set[Place]) -> None:
    stated.discard(word.stem)
    denied.add(word.stem)
    for group, member in table.places.get(word.form, ()):
        if group in table.binary:
            places.discard((group, member))
            places.add((group, 1 - member))


def _answer(found: Sequence[Word], table: Lexicon) -> bool | None:
    for word in found[:1]:
        if word.form in table.yes:
            return True
        if word.form in table.no:
            return False
    return None


def _fragments(text: str, table: Lexicon) -> tuple[set[Place], int, bool | None]:
    """What Japanese says without spaces: groups, denials, and a yes or no at the beginning."""
    answer = True if text.startswith("はい") else False if text.startswith("いいえ") else None
    denials = 0
    for piece in table.negative:
        count = text.count(piece)
        denials += count
        text = text.replace(piece, " ") if count else text
    places: set[Place] = set()
    for piece, place in table.fragments:
        if piece in text:
            places.add(place)
            text = text.replace(piece, " ")
    return places, denials, answer


def _lead(found: Sequence[Word]) -> frozenset[str]:
    lead: set[str] = set()
    for word in found:
        if word.ends_sentence and len(lead) > 1:
            break
        if word.content:
            lead.add(word.stem)
    return frozenset(lead)


def _roles(found: Sequence[Word], table: Lexicon) -> tuple[frozenset[str], frozenset[str], frozenset[tuple[str, str]]]:
    """What follows "from" and "to", and which words stand on the two sides of a word that sets them apart."""
    sources: set[str] = set()
    targets: set[str] = set()
    relations: set[tuple[str, str]] = set()
    before: str | None = None
    for n, word in enumerate(found):
        if word.form in table.sources or word.form in table.targets or word.form in table.relations:
            after = next((w for w in found[n + 1 : n + 4] if w.content or known_unit(w.form)), None)
            if after is not None:
                if word.form in table.sources:
                    sources.add(after.stem)
                elif word.form in table.targets:
                    targets.add(after.stem)
                if word.form in table.relations and before is not None:
                    relations.add((before, after.stem))
        if (word.content or known_unit(word.form)) and not (
            word.form in table.places and table.places[word.form][0][0] in _COMPARED
        ):
            before = word.stem
    return frozenset(sources), frozenset(targets), frozenset(relations)


_TURNED = frozenset(
    {"turn", "turns", "turned", "turning", "switch", "switches", "switched", "is", "it", "stays", "remains"}
)
_COMPARED = frozenset({"size", "amount", "speed", "price", "age", "length", "temperature", "change"})


def _names(text: str, found: Sequence[Word], table: Lexicon) -> frozenset[str]:
    """Codes, addresses, abbreviations, and words with a capital letter that do not begin a sentence."""
    names = {match.group().rstrip(".,()").casefold() for match in _CODE.finditer(text)}
    names = {
        name for name in names if not _AMOUNT.fullmatch(name) and name not in table.places and not known_unit(name)
    }
    if sum(word.form in _GERMAN for word in found) * 12 >= len(found) > 0:
        return frozenset(names)
    for match in _PROPER.finditer(text):
        for n, piece in enumerate(match.group().split()):
            low = unaccented(piece).removesuffix("'s")
            opens = n == 0 and _SENTENCE.search(text[max(0, match.start() - 3) : match.start()] or "")
            if (
                piece[0].isupper()
                and not opens
                and low not in table.stop
                and low not in table.places
                and len(low) > 1
                and not known_unit(low)
            ):
                names.add(low)
    return frozenset(names)


_GERMAN = frozenset(
    [
        "der",
        "die",
        "das",
        "und",
        "ist",
        "nicht",
        "sie",
        "ich",
        "ihre",
        "ihr",
        "ein",
        "eine",
        "einen",
        "wir",
        "auf",
        "mit",
        "fur",
        "zu",
        "von",
        "bei",
        "im",
        "den",
        "dem",
        "kann",
        "konnen",
        "sind",
    ]
)
