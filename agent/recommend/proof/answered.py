"""Calls that are answered in the proposed way: another model, a tuned one, a batch, a cache of answers. When that began, and what it saves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from agent.recommend.bills import Bill
from agent.recommend.proof.baseline import count, empty, input_of, summed
from agent.recommend.proof.measured import Measured
from agent.recommend.proof.state import COUNTERS, Cells
from agent.recommend.world import World
from analyzers.core import Usage
from analyzers.price_key import PriceKey
from analyzers.prices import Prices, Unpriced, cost, priced
from analyzers.prompt_caching.fall import Read, rise
from analyzers.prompt_caching.served import Served

LEAST = 10
"""Calls that are answered so before it is said."""

ANSWERED = (
    "each call that is answered so, as billed, against what it would have cost answered as before: its own input in the shares read and "
    "written before, the output of an average call before, at the prices of its day; bounds of 95 % by drawing whole conversations again"
)
BATCH = "each call sent as a batch, as billed, against its own tokens at the price of a call that somebody waits for; bounds of 95 % by drawing whole conversations again"
CACHED = (
    "each call that the cache answered against what such a call costs at the provider (its own tokens where the log has them, else those "
    "of an average call, in the shares that the provider's cache serves), less what running the cache is taken to cost; bounds of 95 % "
    "by drawing whole conversations again"
)


class Rows(NamedTuple):
    """Calls in the order of time, by their number among those looked at; `so[i]`: call i is answered in the proposed way."""

    numbers: list[int]
    so: list[bool]


class Begun(NamedTuple):
    """From the call at `position` of the rows on; `share_before` of the calls before it were answered so already."""

    position: int
    share_before: float


def begun(rows: Rows, world: World) -> Begun | None:
    """When more of the calls began to be answered so, for good; None where they did not."""
    first = next((number for number, so in enumerate(rows.so) if so), None)
    if first is None:
        return None
    start = _rise(rows, world)
    if start is None and first > 0 and sum(rows.so) >= LEAST and first >= LEAST:
        # Too few of all calls for a step to stand out: where none was before, the first one tells.
        return Begun(first, 0.0)
    if start is None:
        return None
    earlier = rows.so[:start]
    if not any(earlier):
        return Begun(first, 0.0)
    return Begun(start + rows.so[start:].index(True), sum(earlier) / len(earlier))


def _rise(rows: Rows, world: World) -> int | None:
    return rise([Read(i, world.bills[n].at, int(so), 1) for i, (n, so) in enumerate(zip(*rows, strict=True))])


class Before(NamedTuple):
    """How calls were answered before: by whom, and their tokens."""

    key: PriceKey
    cells: Cells


def before_of(rows: Rows, world: World) -> Before | None:
    """Of those of the rows that were not answered so; None where none says its tokens."""
    keys: Counter[PriceKey] = Counter()
    cells = empty()
    for number, so in zip(*rows, strict=True):
        bill = world.bills[number]
        tokens = None if so or bill.key.billing != "tokens" else split(bill.usage)
        if tokens is not None:
            keys[bill.key._replace(band=0, second_half=False)] += 1
            count(cells, int(world.talks[number]), tokens, bill.usage.output or 0)
    return Before(keys.most_common(1)[0][0], cells) if keys else None


def split(usage: Usage) -> Served | None:
    """Input as logged; where the log does not say how much was cached, as if nothing was."""
    total = usage.input_total
    if total is None:
        return None
    read, short, long = usage.cache_read or 0, usage.cache_write_short or 0, usage.cache_write_long or 0
    return Served(max(total - read - short - long, 0), read, short, long)


def measured(
    since: Rows, before: Before | None, world: World, prices: Prices, *, share_before: float, method: str, told: str
) -> Measured:
    """Of the calls from the first one on; of those answered so, what was so before is taken off.

    What a cache was promised to save is a share of all calls, that of another model one of those that it answers.
    """
    values: list[float] = []
    groups: list[int] = []
    unknown, without = 0, 0.0
    answered = [number for number, so in zip(*since, strict=True) if so]
    share = len(answered) / len(since.numbers) if since.numbers else 0.0
    new = (share - share_before) / share if share > share_before else 0.0
    for number in answered:
        bill = world.bills[number]
        then = _as_waited_for(bill, prices) if method is BATCH else _as_before(bill, before, prices)
        own = own_cost(bill, prices)
        if then is None or own is None:
            unknown += 1
            continue
        values.append((then - own) * new)
        groups.append(int(world.talks[number]))
        without += then * new
    if method is CACHED:
        others = (number for number, so in zip(*since, strict=True) if not so)
        without += sum(own_cost(world.bills[number], prices) or 0.0 for number in others)
    lacks = ""
    if answered and not values:
        lacks = "what these calls cost, or would have cost, has no price"
    return Measured(
        np.array(values, np.float64),
        np.array(groups, np.int64),
        len(set(groups)),
        len(answered),
        unknown,
        without,
        f"{100 * share:.0f} % of the calls are {told} since then, {100 * share_before:.0f} % before",
        method,
        lacks,
    )


def own_cost(bill: Bill, prices: Prices) -> float | None:
    """USD that a call was billed; None where it has no price."""
    rates = prices.rates(bill.key, bill.at)
    if isinstance(rates, Unpriced):
        return None
    if bill.key.billing != "tokens":
        return 0.0
    found = cost(rates, bill.usage)
    return None if found is None else float(found)


def _as_waited_for(bill: Bill, prices: Prices) -> float | None:
    rates = prices.rates(bill.key._replace(batch=False), bill.at)
    found = None if isinstance(rates, Unpriced) else cost(rates, bill.usage)
    return None if found is None else float(found)


def _as_before(bill: Bill, before: Before | None, prices: Prices) -> float | None:
    if before is None:
        return None
    sums = summed(before.cells)
    tokens, calls = input_of(sums), sums[COUNTERS - 1]
    hit = bill.key.billing == "answered_from_cache"
    key = before.key._replace(band=bill.key.band, second_half=bill.key.second_half)
    rates = prices.rates(key, bill.at)
    if isinstance(rates, Unpriced) or not tokens.total:
        return None
    size = bill.usage.input_total or tokens.total / calls
    output = bill.usage.output if hit and bill.usage.output is not None else sums[COUNTERS - 2] / calls
    input_ = priced(rates, (*tokens, 0, 0), 0)
    written = priced(rates, (0, 0, 0, 0, 1_000_000, 0), 0)
    if input_ is None or written is None:
        return None
    return float(input_) * size / tokens.total + float(written) * output / 1_000_000 + float(rates.call)


def named(rows: Sequence[int], world: World) -> str:
    """The model that most of the calls are answered by."""
    models = Counter(world.bills[number].key.model for number in rows)
    return models.most_common(1)[0][0] if models else ""
