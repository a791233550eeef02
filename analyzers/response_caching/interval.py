"""How far a hit rate could lie from what another period of the same traffic would show.

A replay of the whole log has no error of sampling; what it has is one period. Requests in a row are not independent
(bursts, a popular question, a cache that fills up), so the variance is taken from batch means: the stream is cut into
consecutive batches of equal size, and the spread of their rates gives the error of the mean (Law, "Simulation Modeling
and Analysis", chapter 9). The filling of the cache counts as spread too, which errs on the wide side. The interval is
never narrower than Wilson's for independent requests, which also stands alone where the stream is too short for batches.
It speaks about more of the same traffic, not about traffic that changes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analyzers.wilson import interval

BATCHES = 32
_T95 = 2.0395
"""Two-sided 95 % quantile of Student's t with BATCHES - 1 degrees of freedom."""
_SHORTEST = 8
"""Requests a batch must have for its rate to mean anything."""

Rates = NDArray[np.float64]


def batch_of(length: int) -> int:
    """Requests in a batch (the last one may have fewer)."""
    return max(1, -(-length // BATCHES))


def wilson(hits: NDArray[np.int64], of: int) -> tuple[Rates, Rates]:
    """95 % interval of a share of independent requests; 0 to 1 without any."""
    ends = np.array([interval(int(n), of) for n in hits.ravel()], np.float64).reshape(-1, 2)
    return ends[:, 0].reshape(hits.shape), ends[:, 1].reshape(hits.shape)


def by_batches(hits: NDArray[np.int64], of: int) -> tuple[Rates, Rates]:
    """95 % interval of the hit rate from hits by batch (last axis) over a stream of `of` requests."""
    total = hits.sum(axis=-1)
    low, high = wilson(total, of)
    size = batch_of(of)
    full = of // size
    if size < _SHORTEST or full < BATCHES - 1:
        return low, high
    rates = hits[..., :full] / size
    mean = total / of
    half = _T95 * rates.std(axis=-1, ddof=1) / np.sqrt(full)
    return np.clip(np.minimum(low, mean - half), 0.0, 1.0), np.clip(np.maximum(high, mean + half), 0.0, 1.0)
