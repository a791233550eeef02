"""Requests made of columns, whatever a test leaves out being equal for all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analyzers.clusters.requests import PICO, UNKNOWN, Requests

START = 1_795_046_400.0
"""A midnight (UTC)."""
DAY = 86_400.0


def requests(
    asked: Sequence[int],
    texts: Sequence[str],
    *,
    at: Sequence[float] | None = None,
    who: Sequence[int] | None = None,
    key: Sequence[int] | None = None,
    template: Sequence[int] | None = None,
    templates: Sequence[str] = ("t",),
    cents: Sequence[int | None] | None = None,
    answer: Sequence[int] | None = None,
    answers: Sequence[str] = (),
    days: float = 10.0,
) -> Requests:
    """`asked` are numbers of `texts`, in order of time and evenly spread over `days` unless `at` says otherwise."""
    count = len(asked)
    prices = cents if cents is not None else [1] * count
    return Requests(
        app="bank",
        at=np.asarray(
            at if at is not None else START + days * DAY * (np.arange(count) + 0.5) / max(count, 1), np.float64
        ),
        text=np.asarray(asked, np.int32),
        key=np.asarray(key if key is not None else asked, np.int32),
        template=np.asarray(template if template is not None else [0] * count, np.int32),
        who=np.asarray(who if who is not None else range(count), np.int32),
        answer=np.asarray(answer if answer is not None else [UNKNOWN] * count, np.int32),
        cost=np.asarray([(price or 0) * PICO // 100 for price in prices], np.int64),
        priced=np.asarray([price is not None for price in prices], np.bool_),
        texts=texts,
        templates=templates,
        answers=answers,
    )


def taken(one: Requests, order: Sequence[int]) -> Requests:
    """The same requests in another order."""
    rows = np.asarray(order)
    columns = {
        name: getattr(one, name)[rows] for name in ("at", "text", "key", "template", "who", "answer", "cost", "priced")
    }
    return one._replace(**columns)
