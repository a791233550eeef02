"""What sets a kind apart, in its own words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from analyzers.clusters.leader import Numbers
from analyzers.clusters.words import words

NO_WORDS = "(no common words)"
_LEAST_HOLDERS = 3
_LEAST_HOLDERS_INSIDE = 2
_MOST_WORDS = 4
_FEWEST = 2
_LEAST_SHARE = 0.04
"""Of a kind's texts, that a word of its label is in."""
_STANDS_OUT = 0.35
"""Of the first word's score, that the others reach."""
_PRIOR = 50.0
_SAME_STEM = 4

Score = NDArray[np.float64]


def labels(texts: Sequence[str], kinds: Numbers, holders: Sequence[Iterable[int]]) -> list[str]:
    """A label of one to four words for each number of `kinds` (one for each text, below 0: none); no two alike where words can tell.

    `holders` are who asked each text. A word is used only when three of them used it, two of them in the kind.
    """
    count = int(kinds.max(initial=-1)) + 1
    inside, allowed, order = _counts(texts, kinds, holders, count)
    everywhere = inside.sum(1)
    sizes = np.bincount(kinds[kinds >= 0], minlength=count)
    ranked = [_ranked(inside[:, kind], allowed[:, kind], everywhere, sizes[kind], sizes.sum()) for kind in range(count)]
    taken: set[str] = set()
    found: list[str] = []
    for candidates in ranked:
        label = _label([order[i] for i in candidates], taken)
        taken.add(label)
        found.append(label)
    return found


def _counts(
    texts: Sequence[str], kinds: Numbers, holders: Sequence[Iterable[int]], count: int
) -> tuple[Score, NDArray[np.bool_], list[str]]:
    """In how many texts of each kind (columns) each word is (rows), whether it may be shown there, and the words."""
    rows: defaultdict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    heard: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
    for text, kind, who in zip(texts, kinds.tolist(), holders, strict=True):
        if kind < 0:
            continue
        some = set(who)
        for word in words(text):
            rows[word][kind] += 1
            known = heard[word, kind]
            if len(known) < _LEAST_HOLDERS:
                known |= some
    shown = sorted(
        word for word, of in rows.items() if len(set().union(*(heard[word, kind] for kind in of))) >= _LEAST_HOLDERS
    )
    table = np.zeros((len(shown), count))
    allowed = np.zeros((len(shown), count), np.bool_)
    for row, word in enumerate(shown):
        for kind, times in rows[word].items():
            table[row, kind] = times
            allowed[row, kind] = len(heard[word, kind]) >= _LEAST_HOLDERS_INSIDE
    return table, allowed, shown


def _ranked(inside: Score, allowed: NDArray[np.bool_], everywhere: Score, size: int, total: int) -> list[int]:
    """Numbers of words, what sets the kind apart most first: log odds against the rest, in standard errors."""
    enough = allowed & (inside >= _LEAST_SHARE * size)
    if not enough.any():
        return []
    outside, rest = everywhere - inside, total - size
    prior = _PRIOR * everywhere / max(everywhere.sum(), 1.0) + 0.01
    if rest:
        own = np.log((inside + prior) / (size + _PRIOR - inside))
        other = np.log((outside + prior) / (rest + _PRIOR - outside))
        score = (own - other) / np.sqrt(1 / (inside + prior) + 1 / (outside + prior))
    else:
        score = inside.copy()
    score[~enough] = -np.inf
    order = np.lexsort((np.arange(len(score)), -score))
    fair = [int(i) for i in order if np.isfinite(score[i]) and score[i] > 0]
    good = [i for i in fair if score[i] >= _STANDS_OUT * score[fair[0]]]
    # Where one word outshines all others, the next ones still say what it is about.
    good = good if len(good) >= _FEWEST else fair[:_FEWEST]
    return good or [int(i) for i in np.lexsort((np.arange(len(score)), -inside)) if enough[i]][:_MOST_WORDS]


def _label(candidates: Sequence[str], taken: set[str]) -> str:
    chosen: list[str] = []
    for word in candidates:
        if any(_same_stem(word, other) for other in chosen):
            continue
        if len(chosen) >= _MOST_WORDS and " ".join(chosen) not in taken:
            break
        chosen.append(word)
        if len(chosen) > _MOST_WORDS + 1:
            break
    return " ".join(chosen) or NO_WORDS


def _same_stem(a: str, b: str) -> bool:
    shared = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        shared += 1
    return shared >= _SAME_STEM and shared >= 0.7 * min(len(a), len(b))
