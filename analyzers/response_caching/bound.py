"""Shares from few draws: the end of the interval that has to hold before anybody acts on it.

Clopper and Pearson's interval is used: it covers at least as often as it says, also where nothing wrong was seen, which is where Wilson's
is too narrow. Draws that repeat one another say less than their number: they are counted as Kish's effective number.
"""

from __future__ import annotations

from collections.abc import Sequence

LEVEL = 0.95
"""A share lies below its upper bound with at least this probability."""


def upper(wrong: float, draws: float, level: float = LEVEL) -> float:
    """Upper bound of a share of which `wrong` of `draws` were seen (effective numbers need not be whole); 1 without a draw."""
    from scipy.special import betaincinv

    if draws <= 0 or wrong >= draws:
        return 1.0
    return float(betaincinv(wrong + 1, draws - wrong, level))


def lower(wrong: float, draws: float, level: float = LEVEL) -> float:
    """Lower bound likewise; 0 without a draw."""
    from scipy.special import betaincinv

    if draws <= 0 or wrong <= 0:
        return 0.0
    return float(betaincinv(wrong, draws - wrong + 1, 1 - level)) if wrong < draws else (1 - level) ** (1 / draws)


def effective(weights: Sequence[int]) -> float:
    """How many independent draws are worth as much as draws of which so many fell on one thing each (Kish, 1965)."""
    squares = sum(weight * weight for weight in weights)
    return sum(weights) ** 2 / squares if squares else 0.0
