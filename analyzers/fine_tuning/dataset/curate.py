"""Which of the examples, and on which side of the split.

1. The newest fifth of the conversations is the test set, frozen first.
2. Repeats go: equal questions, then near ones (MinHash over word 3-grams, Jaccard 0.85), the better rated or newer one stays.
3. What overlaps the test set (13 words in a row in common, or near it) leaves training: no conversation is on both sides.
4. Above the wanted number, kinds of question are thinned: each keeps a share in proportion to the square root of its size.
5. A tenth of the rest, whole conversations, is the validation set.

Everything is decided by content, never by the order in which calls came.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from math import sqrt
from typing import NamedTuple

from datasketch import MinHash, MinHashLSH

from analyzers.fine_tuning.dataset.example import Example

_TEST = 0.2
_VALIDATION = 0.1
_NEAR = 0.85
_GRAM = 3
_OVERLAP = 13
_PERMUTATIONS = 64
_WORD = re.compile(r"\w+")


class Split(NamedTuple):
    """The three sets, and how many examples went for which reason."""

    train: list[Example]
    validation: list[Example]
    test: list[Example]
    repeats: int
    near_repeats: int
    contaminated: int
    thinned: int


def split(examples: Sequence[Example], most: int = 10_000) -> Split:
    """At most `most` examples to train on."""
    unique = list(_unique(sorted(examples, key=lambda one: (-(one.rated or 0.0), -one.at, one.call))))
    apart = list(_far_apart(unique))
    test_conversations = _newest(apart)
    test = [one for one in apart if one.conversation in test_conversations]
    rest = [one for one in apart if one.conversation not in test_conversations]
    clean = list(_clean_of(rest, test))
    thin = list(_thinned(clean, most))
    validation = [one for one in thin if _drawn(one.conversation) < _VALIDATION]
    train = [one for one in thin if _drawn(one.conversation) >= _VALIDATION]
    return Split(
        _in_time(train),
        _in_time(validation),
        _in_time(test),
        repeats=len(examples) - len(unique),
        near_repeats=len(unique) - len(apart),
        contaminated=len(rest) - len(clean),
        thinned=len(clean) - len(thin),
    )


def _in_time(part: Sequence[Example]) -> list[Example]:
    return sorted(part, key=lambda one: (one.at, one.call))


def _words(one: Example) -> list[str]:
    return _WORD.findall(" ".join(turn.text for turn in one.turns[:-1]).casefold())


def _unique(examples: Sequence[Example]) -> Iterator[Example]:
    seen: set[tuple[str, ...]] = set()
    for one in examples:
        key = tuple(" ".join(turn.text.casefold().split()) for turn in one.turns[:-1])
        if key not in seen:
            seen.add(key)
            yield one


def _sketch(words: Sequence[str]) -> MinHash:
    sketch = MinHash(num_perm=_PERMUTATIONS, seed=7)
    grams = {" ".join(words[n : n + _GRAM]) for n in range(max(1, len(words) - _GRAM + 1))}
    sketch.update_batch([gram.encode("utf-8", "surrogatepass") for gram in grams])
    return sketch


def _far_apart(examples: Sequence[Example]) -> Iterator[Example]:
    index = MinHashLSH(threshold=_NEAR, num_perm=_PERMUTATIONS)
    for number, one in enumerate(examples):
        sketch = _sketch(_words(one))
        if index.query(sketch):
            continue
        index.insert(number, sketch)
        yield one


def _newest(examples: Sequence[Example]) -> frozenset[str]:
    last: dict[str, float] = {}
    for one in examples:
        last[one.conversation] = max(last.get(one.conversation, one.at), one.at)
    newest_first = sorted(last, key=lambda name: (-last[name], name))
    return frozenset(newest_first[: round(len(newest_first) * _TEST)])


def _clean_of(rest: Sequence[Example], test: Sequence[Example]) -> Iterator[Example]:
    held = {gram for one in test for gram in _grams(one)}
    index = MinHashLSH(threshold=_NEAR, num_perm=_PERMUTATIONS)
    for number, one in enumerate(test):
        index.insert(number, _sketch(_words(one)))
    for one in rest:
        if held.isdisjoint(_grams(one)) and not index.query(_sketch(_words(one))):
            yield one


def _grams(one: Example) -> Iterator[str]:
    words = _WORD.findall(one.question.casefold())
    for n in range(len(words) - _OVERLAP + 1):
        yield " ".join(words[n : n + _OVERLAP])


def _thinned(examples: Sequence[Example], most: int) -> Iterator[Example]:
    if len(examples) <= most:
        yield from examples
        return
    kinds: defaultdict[str, list[Example]] = defaultdict(list)
    for one in examples:
        # How the answer begins tells kinds apart where nothing better is known: a label, a tool, an opening.
        called = one.answer.calls[0].name if one.answer.calls else ""
        kinds[called or " ".join(one.answer.text.split()[:2]).casefold()].append(one)
    whole = sum(sqrt(len(own)) for own in kinds.values())
    for _, own in sorted(kinds.items()):
        share = max(1, int(most * sqrt(len(own)) / whole))
        yield from sorted(own, key=lambda one: _drawn(one.call))[:share]


def _drawn(name: str) -> float:
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little") / 2**64
