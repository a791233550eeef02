"""Which kinds of now are which of before: by the texts that the earlier ones would take."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analyzers.clusters.leader import Floats, Leaders, Numbers
from analyzers.clusters.state import Known, centroids, text_digest

_LEAST_SHARE = 0.5
"""Of the smaller of the two, that has to be shared."""


def matched(
    texts: Sequence[str], vectors: Floats, numbers: Numbers, previous: Sequence[Known], *, same_vectors: bool
) -> dict[int, Known]:
    """For numbers of kinds (one for each text, below 0: none) the earlier kind that each goes on with, one to one.

    `same_vectors`: the centroids of `previous` are of the model that `vectors` are of; else only texts seen before tell.
    """
    old = [kind for kind in previous if kind.template is None]
    count = int(numbers.max(initial=-1)) + 1
    if not old or not count:
        return {}
    before = _taken(texts, vectors, old, same_vectors=same_vectors)
    both = (before >= 0) & (numbers >= 0)
    shared = np.zeros((len(old), count))
    np.add.at(shared, (before[both], numbers[both]), 1.0)
    smaller = np.minimum.outer(shared.sum(1), np.bincount(numbers[numbers >= 0], minlength=count))
    from scipy.optimize import linear_sum_assignment

    pairs = zip(*linear_sum_assignment(-shared), strict=True)
    return {int(new): old[o] for o, new in pairs if shared[o, new] and shared[o, new] >= _LEAST_SHARE * smaller[o, new]}


def _taken(texts: Sequence[str], vectors: Floats, old: Sequence[Known], *, same_vectors: bool) -> Numbers:
    """Which earlier kind takes each text: the one that had it, else the nearest whose floor it reaches; -1 for none."""
    if same_vectors:
        rows = centroids(old, vectors.shape[1])
        floors = np.array([kind.floor if kind.centroid else np.inf for kind in old], np.float32)
        taken = Leaders(rows, np.ones(len(old), np.float32), floors).nearest(vectors)
    else:
        taken = np.full(len(texts), -1, np.int64)
    had = {name: number for number, kind in enumerate(old) for name in kind.texts}
    for number, text in enumerate(texts):
        found = had.get(text_digest(text))
        if found is not None:
            taken[number] = found
    return taken
