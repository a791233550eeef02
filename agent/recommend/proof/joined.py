"""Equal calls that are joined: when they went out of the log, and what that saves.

A call that is joined is not made, so the log shows it only by what is missing: of calls that were made while the answer to the same request
was on its way, at most a quarter as many are left, by a step that is no chance. Each call that is made since is held to have spared as much as
such a call brought along before, for each USD; what is still made twice counts against it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agent.recommend.bills import Floats
from agent.recommend.proof.answered import Begun, Rows, own_cost
from agent.recommend.proof.measured import Measured
from agent.recommend.world import World

LEAST = 10
"""Calls of that kind before."""
_LEFT = 0.25
_LEAST_RATIO = 25.0
"""Twice the logarithm of how much likelier a step is than none (five standard deviations)."""
METHOD = (
    "each call since, as billed, times what calls made while the same answer was on its way cost before for each USD of the others, less those that "
    "are still made; that as many would come is modelled; bounds of 95 % by drawing whole conversations, before and since, again"
)


def ended(rows: Rows) -> Begun | None:
    """From where on hardly any equal call is made while another is on its way."""
    same = np.array(rows.so, np.float64)
    count, many = len(same), np.cumsum(same)
    if count < 2 or many[-1] < LEAST:
        return None
    before = np.arange(1, count, dtype=np.float64)
    first, second = many[:-1] / before, (many[-1] - many[:-1]) / (count - before)
    ratio = 2 * (
        before * _likely(first) + (count - before) * _likely(second) - count * _likely(np.array([many[-1] / count]))[0]
    )
    fits = (many[:-1] >= LEAST) & (second <= _LEFT * first) & (ratio >= _LEAST_RATIO)
    if not fits.any():
        return None
    position = int(np.argmax(np.where(fits, ratio, -np.inf))) + 1
    return Begun(position, float(first[position - 1]))


def measured(before: Rows, since: Rows, others: Sequence[int], world: World, share_before: float) -> Measured:
    """Of the calls since; `others` are the application's that no cache could answer. With no call kept from before, `share_before` stands in."""
    was, now = _costs(before, world), _costs(since, world)
    twice, once = _sum(was, before, same=True), _sum(was, before, same=False)
    kept = sum(before.so) >= LEAST and once > 0
    rate = twice / once if kept else share_before / max(1 - share_before, 0.01)
    values, groups = [], []
    for number, same, usd in zip(since.numbers, since.so, now, strict=True):
        if usd is not None:
            values.append(-usd if same else rate * usd)
            groups.append(int(world.talks[number]))
    conversations, saved = len(set(groups)), float(sum(values))
    spent = sum(usd or 0.0 for usd in now) + sum(
        own_cost(world.bills[number], world.prices) or 0.0 for number in others
    )
    made_once = _sum(now, since, same=False)
    for number, same, usd in zip(before.numbers, before.so, was, strict=True) if kept else ():
        if usd is not None:
            # They sum up to nothing, and tell how sure the rate is.
            values.append((usd if same else -rate * usd) * made_once / once)
            groups.append(-1 - int(world.talks[number]))
    return Measured(
        np.array(values, np.float64),
        np.array(groups, np.int64),
        conversations,
        len(since.numbers),
        sum(usd is None for usd in now),
        spent + saved,
        f"{_share(since):.1f} % of the calls are made while the same answer is on its way since then, {100 * share_before:.1f} % before",
        METHOD,
        "" if conversations or not since.numbers else "what these calls cost has no price",
    )


def _likely(share: Floats) -> Floats:
    """Mean logarithm of the likelihood of flags of which so many are set."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.nan_to_num(share * np.log(share), nan=0.0) + np.nan_to_num(
            (1 - share) * np.log(1 - share), nan=0.0
        )
    return found


def _costs(rows: Rows, world: World) -> list[float | None]:
    return [own_cost(world.bills[number], world.prices) for number in rows.numbers]


def _sum(costs: Sequence[float | None], rows: Rows, *, same: bool) -> float:
    return sum(usd or 0.0 for usd, so in zip(costs, rows.so, strict=True) if so == same)


def _share(rows: Rows) -> float:
    return 100 * sum(rows.so) / len(rows.so) if rows.so else 0.0
