"""Figures of the calls since a change, before anything is concluded from them."""

from __future__ import annotations

from typing import NamedTuple

from agent.recommend.bills import Floats, Longs


class Measured(NamedTuple):
    """Money is USD of the calls that were looked at.

    `values` is what each call cost less than it would have without the change, and behind them what the calls before leave open: those
    sum up to nothing and only widen the bounds. Equal `groups` belong together.
    """

    values: Floats
    groups: Longs
    conversations: int
    """That the calls since are of."""
    calls: int
    unknown: int
    """Calls since of which the log does not say what is needed; they count nothing."""
    without: float
    """What the calls that were promised less would have cost without the change."""
    told: str
    """What was seen before and since, in words."""
    method: str
    lacks: str = ""
    """Why nothing could be measured, whatever comes."""
