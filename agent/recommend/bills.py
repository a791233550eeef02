"""What every call that is looked at costs today, as it was billed: what the walk of the plan begins from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzers.core import Call, Usage
from analyzers.model_choice import nobody_waits
from analyzers.price_key import PriceKey, price_key
from analyzers.prices import Prices, Unpriced, cost, priced

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Bill(NamedTuple):
    """One call: for repricing it."""

    key: PriceKey
    at: float
    usage: Usage


class Columns(NamedTuple):
    """One row for each call, by its number among those looked at. Money is USD; calls that nothing is known of cost nothing here.

    `priced`: the spend of the period holds it. `waits`: somebody may wait for the answer.
    """

    input: Floats
    output: Floats
    priced: Flags
    waits: Flags
    app: Longs
    """Number in `apps`."""
    talk: Longs
    """Number of the conversation, where the log names it; a number of its own elsewhere."""
    apps: tuple[str | None, ...]


class Bills:
    """Passes calls on, and notes what each costs."""

    def __init__(self, calls: Iterable[Call], prices: Prices) -> None:
        self._calls = calls
        self._prices = prices
        self._apps: dict[str | None, int] = {}
        self._talks: dict[tuple[str | None, str], int] = {}
        self._app: list[int] = []
        self._talk: list[int] = []
        self._waits: list[bool] = []
        self.bills: list[Bill] = []

    def __iter__(self) -> Iterator[Call]:
        for call in self._calls:
            key = price_key(call)
            number = len(self.bills)
            self.bills.append(Bill(key, call.started_at, call.usage))
            self._app.append(self._apps.setdefault(call.app, len(self._apps)))
            name = call.conversation
            self._talk.append(number if name is None else self._talks.setdefault((call.app, name), number))
            self._waits.append(not nobody_waits(call, key))
            yield call

    def columns(self) -> Columns:
        """Everything noted so far."""
        money = [self._cost(bill) for bill in self.bills]
        known = [one if one is not None else (0.0, 0.0) for one in money]
        both = np.array(known, np.float64).reshape(-1, 2)
        return Columns(
            both[:, 0].copy(),
            both[:, 1].copy(),
            np.array([one is not None for one in money], np.bool_),
            np.array(self._waits, np.bool_),
            np.array(self._app, np.int64),
            np.array(self._talk, np.int64),
            tuple(self._apps),
        )

    def _cost(self, bill: Bill) -> tuple[float, float] | None:
        """USD of input and of the rest, or None where the call is not in the spend."""
        rates = self._prices.rates(bill.key, bill.at)
        if isinstance(rates, Unpriced):
            return None
        if bill.key.billing != "tokens":
            return 0.0, 0.0
        whole = cost(rates, bill.usage)
        if whole is None:
            return None
        output = priced(rates, (0, 0, 0, 0, bill.usage.output or 0, bill.usage.reasoning or 0), 1)
        if output is None:
            return None
        return float(whole - output), float(output)
