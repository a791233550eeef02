"""What mended prompts save: the input of each call since, as billed, against the shares read and written before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from agent.recommend.proof.baseline import Line, input_of, kind_for, read_share, summed
from agent.recommend.proof.measured import Measured
from agent.recommend.proof.state import Cells
from analyzers.prompt_caching.money import InputRates, Money
from analyzers.prompt_caching.served import Served

METHOD = (
    "the input of each call since, as billed, against what it would have cost had of its tokens been read from and written to the "
    "cache what was of such calls before (a first or a further turn, after as long a pause), at the prices of its day; bounds of 95 % by "
    "drawing whole conversations again"
)


def measured(since: Sequence[Line], before: Mapping[str, Cells], money: Money) -> Measured:
    """Of the calls `since`."""
    names = {kind: kind_for(before, kind) for kind in {line.kind for line in since}}
    counted = {name: input_of(summed(before[name])) for name in names.values() if name is not None}
    values: list[float] = []
    groups: list[int] = []
    weights: dict[str, float] = {}
    rates_seen: InputRates | None = None
    without, unknown, read, total = 0.0, 0, 0, 0
    for line in since:
        rates, kind = money.rates(line.prompt), names[line.kind]
        if line.tokens is None or rates is None or kind is None:
            unknown += 1
            continue
        rates_seen = rates
        size = line.tokens.total
        then = float(rates.usd(counted[kind])) * size / counted[kind].total
        values.append(then - float(rates.usd(line.tokens)))
        groups.append(line.talk)
        weights[kind] = weights.get(kind, 0.0) + size
        without += then
        read, total = read + line.tokens.read, total + size
    conversations = len(set(groups))
    if rates_seen is not None:
        free = max(groups) + 1
        for kind, weight in weights.items():
            for number, value in enumerate(_left_open(before[kind], counted[kind], weight, rates_seen)):
                values.append(value)
                groups.append(free + number)
    return Measured(
        np.array(values, np.float64),
        np.array(groups, np.int64),
        conversations,
        len(since),
        unknown,
        without,
        _told(before, read, total),
        METHOD,
        "" if rates_seen is not None or not since else _lacks(since, before),
    )


def _told(before: Mapping[str, Cells], read: int, total: int) -> str:
    share = read_share(before)
    if not total:
        return ""
    was = "" if share is None else f", {100 * share:.0f} % before"
    return f"{100 * read / total:.0f} % of the input is read from the cache since then{was}"


def _lacks(since: Sequence[Line], before: Mapping[str, Cells]) -> str:
    if not before:
        return "no call before the change is kept that reports what was read from the cache"
    if all(line.tokens is None for line in since):
        return "the calls since do not report what was read from the cache"
    return "the input of these calls has no price"


def _left_open(cells: Cells, whole: Served, weight: float, rates: InputRates) -> list[float]:
    """How far each cell of the calls before is from their mean, for so many tokens of calls since (USD)."""
    mean = float(rates.usd(whole)) / whole.total
    own = [input_of(cell) for cell in cells]
    return [(float(rates.usd(each)) - mean * each.total) * weight / whole.total for each in own]
