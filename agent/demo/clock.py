"""When things happen: arrivals that follow a curve of the day, waits, latencies. All of it from a given Random."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from random import Random

_HOUR_S = 3_600.0
_DAY_HOURS = 24

OFFICE = (0, 0, 0, 0, 0, 0, 1, 4, 9, 12, 12, 11, 8, 10, 12, 11, 9, 6, 3, 1, 0, 0, 0, 0)
"""A tool for people at work (UTC hours)."""
SHOP = (5, 3, 2, 2, 2, 3, 6, 12, 20, 26, 28, 27, 25, 24, 25, 26, 27, 29, 32, 34, 33, 27, 17, 9)
"""Customers of a shop: a plateau by day, the peak in the evening."""
PHONE = (6, 4, 3, 2, 3, 5, 10, 17, 22, 23, 22, 23, 26, 25, 22, 21, 22, 25, 27, 26, 23, 19, 14, 9)
"""People with a phone in their hand."""
NIGHT = (10, 96, 120, 104, 40, 4, 2, 2, 4, 6, 6, 5, 5, 6, 6, 5, 4, 2, 1, 1, 1, 1, 2, 4)
"""Batches at night, single documents by day."""


def arrivals(
    rng: Random, curve: Sequence[float], start: float, seconds: float, count: int, doubled: float | None = None
) -> Iterator[float]:
    """`count` times in [start, start + seconds) in order, spread by the curve (one weight for each hour of the day).

    From `doubled` seconds on the curve is twice as high. One pass in constant memory: order statistics of the uniform distribution,
    drawn one after the other.
    """
    edges, weights = _steps(curve, start, seconds, doubled)
    sums = [0.0, *accumulate(weights)]
    drawn = 0.0
    for remaining in range(count, 0, -1):
        drawn = 1.0 - (1.0 - drawn) * (1.0 - rng.random()) ** (1.0 / remaining)
        place = min(drawn, 1.0 - 1e-12) * sums[-1]
        index = min(bisect_right(sums, place) - 1, len(weights) - 1)
        share = (place - sums[index]) / weights[index]
        yield start + min(edges[index] + share * (edges[index + 1] - edges[index]), seconds * (1.0 - 1e-9))


def more(curve: Sequence[float], start: float, seconds: float, doubled: float) -> float:
    """Times as many arrivals when the curve is doubled from `doubled` seconds on."""
    return sum(_steps(curve, start, seconds, doubled)[1]) / sum(_steps(curve, start, seconds, None)[1])


def _steps(
    curve: Sequence[float], start: float, seconds: float, doubled: float | None
) -> tuple[list[float], list[float]]:
    """Edges of stretches of equal traffic, in seconds after `start`, and the weight of each stretch."""
    hour = int(start // _HOUR_S)
    edges: list[float] = [0.0]
    weights: list[float] = []
    while edges[-1] < seconds:
        begin, end = edges[-1], min((hour + 1) * _HOUR_S - start, seconds)
        # An hour in which the traffic doubles is two stretches.
        for stop in (end,) if doubled is None or not begin < doubled < end else (doubled, end):
            height = max(curve[hour % _DAY_HOURS], 1e-3) * (2.0 if doubled is not None and begin >= doubled else 1.0)
            weights.append(height * (stop - begin))
            edges.append(stop)
            begin = stop
        hour += 1
    return edges, weights


def next_turn(rng: Random, ended: float, median: float, end: float) -> float:
    """When the other side answers: log-normal around the median, drawn in when the traffic is about to end."""
    at = ended + rng.lognormvariate(0.0, 0.7) * median
    return at if at < end else ended + max(end - ended, 0.0) * rng.random()


def first_token(rng: Random, uncached: int, base: float) -> float:
    """Seconds to the first token: a base, and about 1 s for each 20,000 tokens that are not cached."""
    return base * rng.lognormvariate(0.0, 0.35) + uncached / 20_000.0


def writing(rng: Random, tokens: int, speed: float) -> float:
    """Seconds to write an answer at about `speed` tokens a second."""
    return tokens / (speed * rng.uniform(0.75, 1.25))


def zipf(count: int, exponent: float) -> list[float]:
    """Cumulative weights for Random.choices: the k-th of `count` things has weight 1 / k ** exponent."""
    return list(accumulate(1.0 / (rank**exponent) for rank in range(1, count + 1)))
