"""Which names in the log are one model: a failed call names the model asked for, an answered one its dated snapshot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from analyzers.names import Aliases, stem
from analyzers.price_key import PriceKey


def lines_of(keys: Iterable[tuple[PriceKey, int]], aliases: Aliases) -> Mapping[str, str]:
    """Logged model -> the logged model in whose line it counts; names that stand by themselves are left out.

    `keys` come with their calls. A name that was asked for moves to the model that answered under it: to the one of
    its own stem, else (a deployment, a router) to the only one there is. Of several snapshots the most called counts.
    """
    answered: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for key, calls in keys:
        if key.asked and key.model != key.asked:
            answered[key.asked][key.model] += calls
    found: dict[str, str] = {}
    for asked, models in answered.items():
        by_stem: defaultdict[str, list[str]] = defaultdict(list)
        for model in models:
            by_stem[stem(model)].append(model)
        own = by_stem.get(stem(aliases.of(None, asked)))
        if own is None and len(by_stem) == 1:
            own = next(iter(by_stem.values()))
        if own is not None:
            found[asked] = max(own, key=lambda model: (models[model], model))
    ends = ((asked, _end(asked, found)) for asked in found)
    return {asked: model for asked, model in ends if model is not None}


def _end(name: str, found: Mapping[str, str]) -> str | None:
    """Where a name leads through names that were asked for themselves; None when in a circle."""
    passed = {name}
    while name in found:
        name = found[name]
        if name in passed:
            return None
        passed.add(name)
    return name
