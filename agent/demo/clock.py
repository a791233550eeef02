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


def arrivals(rng: Random, curve: Sequence[float], start: float, seconds: float, count: int) -> Iterator[float]:
    """`count` times in [start, start + seconds) in order, spread by the curve (one weight for each hour of the day).

    One pass in constant memory: order statistics of the uniform distribution, drawn one after the other.
    """
    begin = start % _HOUR_S
    hour = int(start // _HOUR_S)
    edges: list[float] = [0.0]
    weights: list[float] = []
    at = 0.0
    while at < seconds:
        step = min(_HOUR_S - (begin if at == 0.0 else 0.0), seconds - at)
        weights.append(max(curve[hour % _DAY_HOURS], 1e-3) * step)
        at += step
        hour += 1
        edges.append(at)
    sums = [0.0, *accumulate(weights)]
    drawn = 0.0
    for remaining in range(count, 0, -1):
        drawn = 1.0 - (1.0 - drawn) * (1.0 - rng.random()) ** (1.0 / remaining)
        place = min(drawn, 1.0 - 1e-12) * sums[-1]
        index = min(bisect_right(sums, place) - 1, len(weights) - 1)
        share = (place - sums[index]) / weights[index]
        yield start + min(edges[index] + share * (edges[index + 1] - edges[index]), seconds * (1.0 - 1e-9))


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
