"""Streams made of columns, for simulations that look at no text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from analyzers.response_caching.stream import Stream


def stream(
    text: ArrayLike,
    at: ArrayLike | None = None,
    ready: ArrayLike | None = None,
    cost: ArrayLike | None = None,
    texts: Sequence[str] | None = None,
) -> Stream:
    """Every text is its own key and answer; a request a second that is answered at once and costs 1, unless said."""
    which = np.asarray(text, np.int32)
    length = len(which)
    start = np.arange(length, dtype=np.float64) if at is None else np.asarray(at, np.float64)
    distinct = texts if texts is not None else [f"text {i}" for i in range(int(which.max(initial=-1)) + 1)]
    return Stream(
        scope="scope",
        app=None,
        model="model",
        at=start,
        ready=start if ready is None else np.asarray(ready, np.float64),
        text=which,
        key=which,
        answer=which,
        cost=np.ones(length, np.int64) if cost is None else np.asarray(cost, np.int64),
        priced=np.ones(length, np.bool_),
        call=np.arange(length, dtype=np.int64),
        texts=distinct,
        answers=distinct,
    )
