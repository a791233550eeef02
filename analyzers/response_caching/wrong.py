"""How often a cache would have answered wrongly: the answer it would have served beside the one the later call really got.

The hits are those of a replay that inserts on a miss. Pairs that make up much of the hits are all judged, and their share of the hits
is counted, not estimated; of the rest requests are drawn by hash, so a pair is as likely to be judged as it is often asked, and every
threshold is judged on the same draws. A pair that is judged once stands for all its requests: to take these for independent draws
would make the bound too low wherever one question is popular.

Hits of the very same request are not charged: that the model answers one prompt in two ways is no fault of a cache (`noise`). Where
the judge cannot tell, the pair is left out of the rate and counts as wrong in the bound: what cannot be told is more often wrong
than what can.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analyzers.response_caching.bound import LEVEL, effective, upper
from analyzers.response_caching.pairs import Longs, Pairs, Verdicts

OFTEN = 10
"""A pair that occurs so often in the log is taken for one that will occur again as often; of rarer ones every request is a draw."""
MAY_BE_UNKNOWN = 0.1
"""Share of the drawn pairs without a verdict above which it is for want of verdicts that the bound is high."""
_ALL_JUDGED = 0.75
"""Of the budget: for the pairs that are all judged."""


class Wrong(NamedTuple):
    """Wrong answers among the would-be hits of one replay."""

    requests: int
    hits: int
    repeats: int
    """Hits of the very same request, which are not judged."""
    judged_pairs: int
    """Different pairs with a verdict."""
    unknown_pairs: int
    """Different pairs that were looked at without one."""
    unknown: float
    """Share of the judged hits that they are."""
    wrong: float | None
    """Wrong hits; None when no pair could be judged though there are some."""
    wrong_high: float
    """Upper bound of them."""

    @property
    def rate(self) -> float | None:
        """Wrong answers for each request, hit or not."""
        return self.wrong / self.requests if self.wrong is not None and self.requests else None

    @property
    def rate_high(self) -> float:
        """Upper bound of `rate`."""
        return self.wrong_high / self.requests if self.requests else 1.0

    @property
    def of_hits(self) -> float | None:
        """Wrong answers for each hit."""
        return self.wrong / self.hits if self.wrong is not None and self.hits else None

    @property
    def of_hits_high(self) -> float | None:
        """Upper bound of `of_hits`; None without a hit."""
        return self.wrong_high / self.hits if self.hits else None

    @property
    def too_many_unknown(self) -> bool:
        """Whether the bound is high because of what could not be judged."""
        return self.unknown > MAY_BE_UNKNOWN


class _Looked(NamedTuple):
    """Hits of a group of pairs: how many there are, what became of those looked at, and how many draws they are worth."""

    hits: int
    wrong: int
    unknown: int
    looked: int
    draws: float


def wrong(found: Pairs, verdicts: Verdicts, budget: int, level: float = LEVEL) -> Wrong:
    """Judge up to `budget` different pairs of a replay; its wrong hits with an upper bound that holds with probability `level`."""
    often = _often(found, budget)
    counted = _verdicts(found, often, verdicts)
    known = _looked(found.times[often], counted, int(found.times[often].sum()))
    rare = np.ones(len(found.times), bool)
    rare[often] = False
    drawn, times = _drawn(found.pair[rare[found.pair]], budget - len(often))
    sampled = _verdicts(found, drawn, verdicts)
    tail = _looked(times, sampled, int(found.times[rare].sum()))
    unknown = counted.count(None) + sampled.count(None)
    return Wrong(
        requests=found.requests,
        hits=found.hits,
        repeats=found.repeats,
        judged_pairs=len(counted) + len(sampled) - unknown,
        unknown_pairs=unknown,
        unknown=_share_unknown(known, tail),
        wrong=_point(known, tail),
        wrong_high=_high(known, tail, level),
    )


def _often(found: Pairs, budget: int) -> Longs:
    """The pairs that are all judged: those a draw could hardly miss."""
    total = int(found.times.sum())
    least = max(OFTEN, total / budget if budget else np.inf)
    often = np.flatnonzero(found.times >= least)
    most = int(budget * _ALL_JUDGED)
    if len(often) > most:
        often = often[np.argsort(-found.times[often], kind="stable")[:most]]
    return often.astype(np.int64)


def _verdicts(found: Pairs, pairs: Longs, verdicts: Verdicts) -> list[bool | None]:
    places = found.first[pairs]
    return verdicts.same(found.hit[places], found.source[places])


def _drawn(pair: Longs, budget: int) -> tuple[Longs, Longs]:
    """Pairs drawn until there are `budget` different ones, and how often each was."""
    if budget <= 0 or not len(pair):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    _, first = np.unique(pair, return_index=True)
    until = len(pair) if len(first) <= budget else int(np.sort(first)[budget])
    drawn, times = np.unique(pair[:until], return_counts=True)
    return drawn.astype(np.int64), times.astype(np.int64)


def _looked(times: Longs, same: list[bool | None], hits: int) -> _Looked:
    weights = [int(each) for each in times]
    known = [weight for weight, verdict in zip(weights, same, strict=True) if verdict is not None]
    return _Looked(
        hits=hits,
        wrong=sum(weight for weight, verdict in zip(weights, same, strict=True) if verdict is False),
        unknown=sum(weights) - sum(known),
        looked=sum(weights),
        draws=effective(known),
    )


def _share_unknown(known: _Looked, tail: _Looked) -> float:
    hits = known.hits + tail.hits
    missing = known.unknown + (tail.hits * tail.unknown / tail.looked if tail.looked else 0.0)
    return missing / hits if hits else 0.0


def _point(known: _Looked, tail: _Looked) -> float | None:
    """Wrong hits of those that could be judged, brought up to all."""
    hits = known.hits + tail.hits
    if not hits:
        return 0.0
    rest = tail.hits * tail.wrong / (tail.looked - tail.unknown) if tail.looked > tail.unknown else 0.0
    sure = known.hits - known.unknown + (tail.hits if tail.looked > tail.unknown else 0)
    return (known.wrong + rest) * hits / sure if sure else None


def _high(known: _Looked, tail: _Looked, level: float) -> float:
    """What was counted, and the bound of what was drawn; those that could not be told as if they were wrong."""
    share = (tail.wrong + tail.unknown) / tail.looked if tail.looked else 1.0
    draws = tail.draws * tail.looked / max(1, tail.looked - tail.unknown) if tail.draws else float(tail.looked)
    return known.wrong + known.unknown + tail.hits * upper(share * draws, draws, level)
