"""Kinds of request that one tuned model serves: what is paid whatever the volume is paid once for all of them.

Each kind brings its volume times what a call of it costs less; training, evaluation, people and the first hosted unit are those of one model. So two kinds
of which neither pays by itself may pay together, and one whose calls are dearer once tuned is better left out. Every set of the kinds (they are
few) is held against a model for each of its kinds that pays by itself, on the route that is worth most, over the time that it can be counted on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import combinations

from analyzers.fine_tuning.assumptions import Assumptions
from analyzers.fine_tuning.call_cost import Shape
from analyzers.fine_tuning.facts import Facts, Limits
from analyzers.fine_tuning.options import options
from analyzers.fine_tuning.routes import Routes

_ZERO = Decimal(0)


def best_together(
    kinds: Sequence[Facts], routes: Routes, assumed: Assumptions, today: date, limits: Limits
) -> tuple[int, ...]:
    """Which of the kinds one model should serve, by their number, at least two; none where that is worth no more than a model for each.

    `kinds` are those that nothing but their volume keeps from a tuned model.
    """
    open_ = [one for one in routes.rows if routes.closed(one, today) is None and not routes.stale(one, today)]
    routes = routes._replace(rows=tuple(one for one in open_ if one.open_to == "everyone"))
    alone = [worth(one, routes, assumed, today, limits) for one in kinds]
    best: tuple[int, ...] = ()
    most = _ZERO
    for size in range(2, len(kinds) + 1):
        for some in combinations(range(len(kinds)), size):
            gain = worth(together([kinds[n] for n in some]), routes, assumed, today, limits) - sum(
                (alone[n] for n in some), _ZERO
            )
            if gain > most:
                best, most = some, gain
    return best


def worth(facts: Facts, routes: Routes, assumed: Assumptions, today: date, limits: Limits) -> Decimal:
    """USD over the life of the open route that is worth most; nothing where none pays at its volume."""
    if facts.examples < limits.examples:
        return _ZERO
    found = options(facts, routes, assumed, today, limits)
    return max((one.value for one in found if not one.refused and one.saving_month > 0), default=_ZERO)


def together(kinds: Sequence[Facts]) -> Facts:
    """What an average call of all of them is like; of how unevenly they come, the most uneven: together they are no more so."""
    volume = sum((one.calls_month for one in kinds), _ZERO)
    shares = [one.calls_month / volume if volume else Decimal(1) / len(kinds) for one in kinds]

    def mean(values: Sequence[Decimal | None]) -> Decimal | None:
        known = [one for one in values if one is not None]
        if len(known) < len(kinds):
            return None
        return sum((share * one for share, one in zip(shares, known, strict=True)), _ZERO)

    first = kinds[0]
    return first._replace(
        calls=sum(one.calls for one in kinds),
        calls_month=volume,
        weekly_variation=max((one.weekly_variation for one in kinds if one.weekly_variation is not None), default=None),
        peak_to_mean=max((one.peak_to_mean for one in kinds if one.peak_to_mean is not None), default=None),
        now_usd=mean([one.now_usd for one in kinds]),
        cached_usd=mean([one.cached_usd for one in kinds]),
        shape=Shape(*(mean(column) or _ZERO for column in zip(*(one.shape for one in kinds), strict=True))),
        uses_tools=any(one.uses_tools for one in kinds),
        examples=sum(one.examples for one in kinds),
    )
