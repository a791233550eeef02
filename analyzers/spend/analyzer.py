"""The spend analyzer: one pass over a batch, one small table out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analyzers.core import Call, Evidence, Finding
from analyzers.price_key import moment
from analyzers.prices import NOT_LISTED, Prices, Unpriced
from analyzers.spend.count import counted
from analyzers.spend.state import Limits, merged, read_model_cell
from analyzers.spend.state import State as SpendState


class Spend:
    """Counts every call; see the package's docstring for method and assumptions."""

    name = "spend"
    version = 1
    State = SpendState

    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008  (frozen)
        self._limits = limits

    def empty(self) -> SpendState:
        """Nothing counted."""
        return SpendState()

    def merge(self, a: SpendState, b: SpendState) -> SpendState:
        """Both together."""
        return merged(a, b, self._limits)

    def fold(self, state: SpendState, calls: Sequence[Call]) -> SpendState:
        """`state` and `calls` together."""
        return merged(state, counted(calls, self._limits), self._limits) if calls else state

    def findings(self, state: SpendState, sample: Sequence[Call], prices: Prices) -> Iterable[Finding]:
        """One finding for every model that has no price: without one, nothing can be said about its money."""
        unpriced: dict[str, int] = {}
        hour = int((state.start or 0.0) // 3_600)
        for cell, counts in state.by_model.items():
            key = read_model_cell(cell)
            if key is None or key.billing != "tokens":
                continue
            found = prices.rates(key, moment(hour, key))
            if isinstance(found, Unpriced) and found == NOT_LISTED:
                unpriced[key.model] = unpriced.get(key.model, 0) + counts[0]
        for model, calls in sorted(unpriced.items(), key=lambda row: (-row[1], row[0])):
            yield Finding(
                analyzer=self.name,
                subject=model,
                action=f"Give a price for {model} in [prices.overrides]",
                savings=None,
                evidence=(Evidence("calls without a price", calls, calls, state.start, state.end),),
                measured=True,
                not_yet="the model is not in the price list",
            )
