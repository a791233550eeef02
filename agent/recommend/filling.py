"""How much fuller a cache will be than in a log in which it began empty.

Nothing was in it when the log began, so it answers less in these hours than it will once it has run for as long as its entries live. The
share that it answers grows with about the logarithm of its age: by how much at most from the second quarter of the log to its second half
(bound of 95 %) is measured, and taken to go on (modelled) until the age is the lifetime. It is no part of what is likely; it is how far the
upper bound reaches.
"""

from __future__ import annotations

from math import log2, sqrt
from typing import NamedTuple

import numpy as np

from agent.recommend.bills import Flags, Floats

_Z = 1.644854
_MIDDLE = 0.75
"""Age of the cache in the second half of a log, as a share of its length."""


class Filling(NamedTuple):
    """Shares of the requests that are answered: in the whole log, in its second half, once the cache is as old as its entries live."""

    whole: float
    later: float
    full: float

    @property
    def most(self) -> float:
        """Times what was answered in the log; at least 1."""
        return max(1.0, self.full / self.whole) if self.whole else 1.0


def filling(at: Floats, hit: Flags, lifetime: float) -> Filling | None:
    """From the times (s, in their order) of the requests, whether each is answered, and the lifetime (s).

    None where the log is too short in requests to tell.
    """
    length = float(at[-1] - at[0]) if len(at) else 0.0
    if length <= 0:
        return None
    age = at - at[0]
    before, after = hit[(age >= length / 4) & (age < length / 2)], hit[age >= length / 2]
    if not len(before) or not len(after):
        return None
    earlier, later = float(before.mean()), float(after.mean())
    doubt = sqrt(earlier * (1 - earlier) / len(before) + later * (1 - later) / len(after))
    growth = max(0.0, later - earlier + _Z * doubt)
    older = max(0.0, log2(lifetime / (_MIDDLE * length)))
    return Filling(float(np.mean(hit)), later, min(1.0, later + growth * older))
