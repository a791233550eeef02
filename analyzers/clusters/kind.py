"""What is known of one kind of request."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzers.clusters.state import State
from analyzers.clusters.trend import Trend

OTHER = "other"
"""Id of what is too little of anything to be a kind."""
OTHER_LABEL = "(other)"
NO_TEXT_LABEL = "(no text)"


class Kind(NamedTuple):
    """One kind of request of one app."""

    id: str
    label: str
    """Words of the requests themselves: to be masked where text may not be shown. In parentheses: no words, but a description."""
    template: str | None
    """Of requests without text: what they have in common."""
    calls: int
    texts: int
    """Distinct ones."""
    share_of_calls: float
    """Of the app's."""
    cost: int
    """In 1/PICO USD, of the calls that have a price."""
    priced: int
    share_of_spend: float | None
    """Of the app's; None where nothing has a price."""
    repeat_rate: float | None
    """Of its calls, those that an earlier one of the period was equal to in everything; None where that cannot be said."""
    trend: Trend
    first_seen: float
    last_seen: float
    examples: tuple[int, ...]
    """Numbers in `Requests.texts`: the most typical first, then ones unlike those before."""


class Kinds(NamedTuple):
    """The kinds of one app, most calls first."""

    kinds: tuple[Kind, ...]
    of: NDArray[np.int32]
    """Which of `kinds` each request is."""
    state: State
    """To be given to the next run."""
