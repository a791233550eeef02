"""Texts that stand for a kind: the most typical, then typical ones that are unlike those before."""

from __future__ import annotations

import numpy as np

from analyzers.clusters.leader import Floats, Numbers

_MOST_LOOKED_AT = 2_000


def examples(vectors: Floats, centroid: Floats, floor: float, count: int) -> Numbers:
    """Up to `count` rows of `vectors`: first the one nearest to `centroid`, then each time the one whose likeness to the centroid exceeds
    that to the nearest example most. Texts on the edge of the kind (below `floor`) are shown only where there is nothing else.
    """
    typical = vectors @ centroid
    order = np.argsort(-typical, kind="stable")[:_MOST_LOOKED_AT]
    order = order[: max(int((typical[order] >= floor).sum()), 1)]
    rows, near = vectors[order], typical[order]
    chosen = [0]
    likeness = rows @ rows[0]
    while len(chosen) < min(count, len(order)):
        gain = near - likeness
        gain[chosen] = -np.inf
        best = int(gain.argmax())
        chosen.append(best)
        likeness = np.maximum(likeness, rows @ rows[best])
    return np.asarray(order[chosen], np.int64)
