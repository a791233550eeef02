"""The requests of one scope as columns: what every simulation of a response cache runs on.

A hit is possible only inside one scope (same app, template, tools, model, parameters that matter, tenant, conversation
context), so every simulation is of one stream at a time and adds its counts up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

NO_ANSWER = -1
"""In `answer`: the log does not say what was answered."""

PICO = 10**12
"""Parts of a USD that `cost` counts in: sums are exact in integers."""
MOST_USD = 1_000
"""No request costs so much: the counts of one that would are wrong, and what it cost is not known. Sums of costs stay what 64 bits hold."""


class Stream(NamedTuple):
    """The eligible requests of one scope in order of time; all columns have one length."""

    scope: str
    """Stable from run to run: digest (hex) of what has to be equal."""
    app: str | None
    model: str
    at: NDArray[np.float64]
    """When the request started (unix seconds), ascending."""
    ready: NDArray[np.float64]
    """When its answer was there: a cache can serve it only from then on."""
    text: NDArray[np.int32]
    """Which of `texts` the request asks: what a semantic cache embeds."""
    key: NDArray[np.int32]
    """Number of the canonical request: equal for requests that an exact cache cannot tell apart. Equal keys have equal texts."""
    answer: NDArray[np.int32]
    """Which of `answers` the request got, or NO_ANSWER."""
    cost: NDArray[np.int64]
    """What the provider charged for the request, in 1/PICO USD; 0 where it has no price, or one above MOST_USD (`priced` says which)."""
    priced: NDArray[np.bool_]
    call: NDArray[np.int64]
    """Number of the call among all that were looked at, in order of time: to find its record again."""
    texts: Sequence[str]
    answers: Sequence[str]

    def __len__(self) -> int:
        return len(self.at)
