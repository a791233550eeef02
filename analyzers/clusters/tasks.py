"""Tasks: requests of one template, all together and kind by kind, and what makes one worth tuning a model for.

| figure          | definition                                                                                                  |
|-----------------|-------------------------------------------------------------------------------------------------------------|
| narrowness      | mean cosine of all pairs of its distinct texts: 1 is one text over and over; None below two texts             |
| output_entropy  | Shannon entropy, in bits, of its answers brought into one form (case, white space, numbers)                    |
| output_variety  | that entropy as a share of what it would be if no two answers were equal: 0 a constant, 1 free text            |
| top_output      | share of the most frequent answer                                                                            |
| output_gzip     | compressed size of a sample of distinct answers as a share of their size: low where they follow one pattern     |
| share_of_calls, share_of_spend | of the app's                                                                                  |
| calls_month     | its calls at 730 hours, from the whole period                                                                 |
| calls_day       | mean of the period's whole days (UTC)                                                                        |
| variation_day, variation_week | standard deviation over mean of whole days, and of whole weeks back from the end; None below 3    |
| kinds_shift     | population stability index of the shares of its kinds, second half of the period against the first: the sum over kinds of (b - a) ln(b / a), with half a call more for each; above 0.25 what was learnt grows old. None below 100 calls in either half |
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzers.clusters.kind import Kind, Kinds
from analyzers.clusters.leader import Floats, Numbers
from analyzers.clusters.requests import UNKNOWN, Requests
from analyzers.clusters.trend import Trend, trend

MOST_TASKS = 200
"""Of one app, by calls."""
_DAY_S = 86_400.0
_WEEK_S = 7 * _DAY_S
_MONTH_S = 730 * 3_600.0
_LEAST_PERIODS = 3
_LEAST_HALF = 100
_COMPRESSED_ANSWERS = 200
_COMPRESSED_CHARACTERS = 2_000
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class Task(NamedTuple):
    """One task of one app; the module says how each figure is defined. None is not known."""

    id: str
    """Of its kind and its template: stable from run to run as these are."""
    label: str
    """Of its kind; empty for all kinds together."""
    app: str | None
    kind: str | None
    """None: all kinds together."""
    template: str
    calls: int
    calls_month: float | None
    share_of_calls: float
    share_of_spend: float | None
    cost: int
    """In 1/PICO USD, of `priced` calls."""
    priced: int
    narrowness: float | None
    answered: int
    """Calls whose answer is known: what the figures of output are of."""
    output_entropy: float | None
    output_variety: float | None
    top_output: float | None
    output_gzip: float | None
    calls_day: float | None
    variation_day: float | None
    variation_week: float | None
    trend: Trend
    kinds_shift: float | None
    rows: NDArray[np.int64]
    """Which requests it is of."""


def tasks(
    requests: Requests, found: Kinds, vectors: Floats, *, period: tuple[float, float] | None = None
) -> tuple[Task, ...]:
    """Each kind of each template of an app, most calls first; `found` are its kinds, `vectors` those of its texts, `period` as for the kinds."""
    return _tasks(requests, found, found.of.astype(np.int64), found.kinds, vectors, period)


def templates(
    requests: Requests, found: Kinds, vectors: Floats, *, period: tuple[float, float] | None = None
) -> tuple[Task, ...]:
    """Each template of an app with all of its kinds together, most calls first; given as to `tasks`."""
    return _tasks(requests, found, np.zeros(len(requests.at), np.int64), (None,), vectors, period)


def _tasks(
    requests: Requests,
    found: Kinds,
    of: NDArray[np.int64],
    kinds: Sequence[Kind | None],
    vectors: Floats,
    period: tuple[float, float] | None,
) -> tuple[Task, ...]:
    if not len(requests.at):
        return ()
    start, end = period or (float(requests.at.min()), float(requests.at.max()))
    pair = of * len(requests.templates) + requests.template
    numbers, inverse = np.unique(pair, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    bounds = np.searchsorted(inverse[order], np.arange(len(numbers) + 1))
    forms = _forms(requests.answers)
    spend = int(requests.cost[requests.priced].sum())
    every = []
    for place, number in enumerate(numbers.tolist()):
        rows = order[bounds[place] : bounds[place + 1]]
        kind, template = kinds[number // len(requests.templates)], requests.templates[number % len(requests.templates)]
        every.append((rows, kind, template))
    every.sort(key=lambda one: (-len(one[0]), one[1].id if one[1] else "", one[2]))
    return tuple(
        _task(requests, found, rows, kind, template, vectors, forms, spend, start, end)
        for rows, kind, template in every[:MOST_TASKS]
    )


def _task(
    requests: Requests,
    found: Kinds,
    rows: Numbers,
    kind: Kind | None,
    template: str,
    vectors: Floats,
    forms: tuple[Numbers, Sequence[str]],
    spend: int,
    start: float,
    end: float,
) -> Task:
    at, priced, texts = requests.at[rows], requests.priced[rows], requests.text[rows]
    cost = int(requests.cost[rows][priced].sum())
    answers = requests.answer[rows]
    entropy, variety, top, gzip, answered = _outputs(answers[answers != UNKNOWN], *forms)
    daily, weekly = _volume(at, start, end, _DAY_S, whole=True), _volume(at, start, end, _WEEK_S, whole=False)
    return Task(
        id=f"{kind.id}-{template}" if kind else template,
        label=kind.label if kind else "",
        app=requests.app,
        kind=kind.id if kind else None,
        template=template,
        calls=len(rows),
        calls_month=len(rows) * _MONTH_S / (end - start) if end > start else None,
        share_of_calls=len(rows) / len(requests.at),
        share_of_spend=cost / spend if spend else None,
        cost=cost,
        priced=int(priced.sum()),
        narrowness=narrowness(vectors[np.unique(texts[texts != UNKNOWN])]),
        answered=answered,
        output_entropy=entropy,
        output_variety=variety,
        top_output=top,
        output_gzip=gzip,
        calls_day=float(daily.mean()) if len(daily) else None,
        variation_day=_variation(daily),
        variation_week=_variation(weekly),
        trend=trend(at, requests.at, start, end),
        kinds_shift=_shift(found.of[rows], at, (start + end) / 2),
        rows=rows,
    )


def narrowness(vectors: Floats) -> float | None:
    """Mean cosine of all pairs of different rows (unit vectors)."""
    count = len(vectors)
    if count < 2:
        return None
    total = vectors.sum(0, dtype=np.float64)
    own = float((vectors.astype(np.float64) ** 2).sum())
    return float((total @ total - own) / (count * (count - 1)))


def _forms(answers: Sequence[str]) -> tuple[Numbers, Sequence[str]]:
    """For each answer the number of its form."""
    numbers: dict[str, int] = {}
    of = [numbers.setdefault(_NUMBER.sub("0", " ".join(text.casefold().split())), len(numbers)) for text in answers]
    return np.asarray(of, np.int64), list(numbers)


def _outputs(
    answers: NDArray[np.int32], of: Numbers, forms: Sequence[str]
) -> tuple[float | None, float | None, float | None, float | None, int]:
    """Entropy, variety, top share and compressed share of answers, and how many they are."""
    if not len(answers):
        return None, None, None, None, 0
    kinds, counts = np.unique(of[answers], return_counts=True)
    share = counts / counts.sum()
    entropy = max(float(-(share * np.log2(share)).sum()), 0.0)
    variety = entropy / float(np.log2(len(answers))) if len(answers) > 1 else None
    # What is frequent first, equal counts by the text itself: the same sample whatever the order of calls.
    ranked = sorted(zip(counts.tolist(), kinds.tolist(), strict=True), key=lambda one: (-one[0], forms[one[1]]))
    sample = [
        forms[kind][:_COMPRESSED_CHARACTERS].encode("utf-8", "surrogatepass")
        for _, kind in ranked[:_COMPRESSED_ANSWERS]
    ]
    data = b"\n".join(sample)
    gzip = len(zlib.compress(data)) / len(data) if len(sample) > 1 else None
    return entropy, variety, float(share.max()), gzip, len(answers)


def _shift(kinds: NDArray[np.int32], at: NDArray[np.float64], half: float) -> float | None:
    late = at >= half
    if min(int(late.sum()), int((~late).sum())) < _LEAST_HALF:
        return None
    _, of = np.unique(kinds, return_inverse=True)
    before, after = (np.bincount(of[some], minlength=int(of.max()) + 1) + 0.5 for some in (~late, late))
    a, b = before / before.sum(), after / after.sum()
    return float(((b - a) * np.log(b / a)).sum())


def _volume(at: NDArray[np.float64], start: float, end: float, size: float, *, whole: bool) -> NDArray[np.float64]:
    """Calls in each span of `size` within the period: whole UTC days, or spans counted back from the end."""
    if whole:
        first, last = int(np.ceil(start / size)), int(np.floor(end / size))
        edges = size * np.arange(first, last + 1, dtype=np.float64)
    else:
        edges = end - size * np.arange(int((end - start) // size), -1, -1, dtype=np.float64)
    return np.histogram(at, edges)[0].astype(np.float64) if len(edges) > 1 else np.zeros(0)


def _variation(volume: NDArray[np.float64]) -> float | None:
    if len(volume) < _LEAST_PERIODS or not volume.any():
        return None
    return float(volume.std(ddof=1) / volume.mean())
