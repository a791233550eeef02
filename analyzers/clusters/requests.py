"""The requests of one application as columns: what kinds and tasks are found in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

UNKNOWN = -1
"""In `text`, `key` and `answer`: the log does not say."""

MOST_USD = 1_000
"""No request costs so much: the counts of one that would are wrong, and what it cost is not known."""
PICO = 10**12
"""Parts of a USD that `cost` counts in."""


class Requests(NamedTuple):
    """One application's requests; all columns have one length. Their order does not matter to what is found."""

    app: str | None
    at: NDArray[np.float64]
    """When the request started (unix seconds)."""
    text: NDArray[np.int32]
    """Which of `texts` was asked, UNKNOWN without text."""
    key: NDArray[np.int32]
    """Equal for requests that an exact cache cannot tell apart; UNKNOWN where that cannot be said."""
    template: NDArray[np.int32]
    """Which of `templates` the prompt was made from."""
    who: NDArray[np.int32]
    """Equal for requests of one person as far as the log tells: user, else conversation, else the call alone."""
    answer: NDArray[np.int32]
    """Which of `answers` was given, UNKNOWN where the log does not say."""
    cost: NDArray[np.int64]
    """What the provider charged, in 1/PICO USD; 0 where it has no price, or one above MOST_USD (`priced` says which)."""
    priced: NDArray[np.bool_]
    texts: Sequence[str]
    templates: Sequence[str]
    """Ids that are stable from run to run."""
    answers: Sequence[str]
