"""Rows of the public price list (genai-prices), found by the names that logs use."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from analyzers.names import host_of, list_id, maker, placed, spellings, stem
from analyzers.names_table import OPEN_WEIGHT_HOSTS
from analyzers.price_key import PriceKey

DAY_S = 86_400.0
_HALF_HOUR_S = 1_800.0


class Listed(NamedTuple):
    """A row of the price list, and whether its tiers hold at the provider in question."""

    model: Any
    tiers: bool

    @property
    def step(self) -> float | None:
        """Seconds, counted from 1970, within which its prices stay what they are; None when they never change."""
        from genai_prices.types import StartDateConstraint

        rows = self.model.prices if isinstance(self.model.prices, list) else ()
        constraints = [row.constraint for row in (*rows, *(self.model.price_variants or ()))]
        constraints = [constraint for constraint in constraints if constraint is not None]
        if not constraints:
            return None
        return DAY_S if all(isinstance(one, StartDateConstraint) for one in constraints) else _HALF_HOUR_S

    def prices_at(self, key: PriceKey, at: float) -> tuple[Any, bool]:
        """The list's prices for the tier of `key` at `at` (unix seconds), and whether it has any for that tier.

        Where it has none these are the standard prices, as in the list's own arithmetic.
        """
        context: dict[str, str] = {}
        if key.tier:
            context["service_tier"] = key.tier
        if key.batch:
            context["processing"] = "batch"
        if key.fast:
            context["speed"] = "fast"
        when = datetime.fromtimestamp(at, UTC)
        if not context:
            return self.model.get_prices(when), True
        if not self.tiers:
            return self.model.get_prices(when), False
        variants = [
            variant
            for variant in self.model.price_variants or ()
            if variant.constraint is None or variant.constraint.active(when)
        ]
        known = all(any(variant.when.get(name) == value for variant in variants) for name, value in context.items())
        return self.model.get_prices(when, context), known


def find(provider: str, model: str) -> Listed | None:
    """The row of the price list for a model as logs name it, or None.

    Each spelling of the name (`analyzers.names`) is tried at who sells it, then wherever the name alone leads. A
    maker's price holds at resellers of its own models; not for open weights, which each host sells at its own
    price, and not on Bedrock, where a region group is part of the price.
    """
    from genai_prices.data_snapshot import get_snapshot

    snapshot = get_snapshot()
    names = spellings(provider, model)
    logged, host = provider.lower(), placed(provider, model).host
    sellers = dict.fromkeys((logged if host_of(provider) == "" else "", list_id(provider, model)))
    own_prices = host in OPEN_WEIGHT_HOSTS or any(logged == one.id for one in snapshot.providers)
    alone = own_prices and (host == "bedrock" or not maker(names[-1]))
    for seller_id in [*filter(None, sellers), *(() if alone else (None,))]:
        for name in names:
            try:
                seller, found = snapshot.find_provider_model(name, None, seller_id, None)
            except LookupError:
                continue
            # Tiers are prices of the model's own provider; who resells it has only the standard ones listed.
            return Listed(found, any(found is own for own in seller.models))
    return _unspelt(snapshot, host, names[-1])


def _unspelt(snapshot: Any, host: str, name: str) -> Listed | None:
    """What the list has under dated names alone: tuned models by their base, Bedrock's by the maker's own name."""
    if name.startswith("ft:"):
        rows = [one for one in _rows(snapshot, "openai") if one.id == name]
    elif host == "bedrock":
        other_group = "regional." if name.startswith("global.") else "global."
        wanted = stem(name)
        rows = [one for one in _rows(snapshot, "aws") if stem(one.id) == wanted and not one.id.startswith(other_group)]
    else:
        return None
    # Snapshots that differ in price cannot be told apart by a name without a date.
    return Listed(rows[0], True) if len(rows) == 1 else None


def _rows(snapshot: Any, seller_id: str) -> list[Any]:
    return [one for seller in snapshot.providers if seller.id == seller_id for one in seller.models]
