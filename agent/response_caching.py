"""Response caching over the calls that are kept, at what they cost once the plan for their prompts is carried out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agent.judging import Bench, Compared, borderline
from agent.kinds_of_request import Gathering, KindsOfApp
from agent.models import Models, packaged
from analyzers import names
from analyzers.clusters.state import State
from analyzers.core import Call
from analyzers.embed.embedder import Embedder, Vectors
from analyzers.price_key import PriceKey, price_key
from analyzers.prices import Prices, Rates, Unpriced, cost
from analyzers.prompt_caching.analyse import Analysis as PromptAnalysis
from analyzers.prompt_caching.prompt import Family
from analyzers.response_caching.analyse import Analysis, Options, analyse

Shares = NDArray[np.float64]


class Found(NamedTuple):
    """The analysis, and what the calls cost once their prompts are mended as planned, for each USD that they cost now."""

    analysis: Analysis
    kinds: tuple[KindsOfApp, ...]
    after_prompt_caching: float | None
    undecided: list[Compared]
    """Pairs that the wrong-hit rate rests on and the owner has not judged, the least certain first."""


def answered(
    calls: Iterable[Call],
    prices: Prices,
    prompts: PromptAnalysis,
    options: Options,
    *,
    family: Family = names.family,
    owner: Mapping[bytes, bool] | None = None,
    kinds: Mapping[str | None, State] | None = None,
    models: Models | None = None,
    mended: Shares | None = None,
) -> Found:
    """`prompts` is the analysis of the same calls, which are given in the same order; `owner` are verdicts by `agent.judging.key`, `kinds`
    the kinds of request that an earlier analysis kept. `models` are those of the package when not given. `mended` says of each call what
    it costs once the prompts are mended as planned, for each USD that it costs now; as it is when not given.
    """
    replayed, words = _remembering(models or packaged())
    costs = After(prices, mended)
    bench = Bench(owner or {}, words)
    gathering = Gathering(prompts)

    def noted() -> Iterator[Call]:
        for number, call in enumerate(calls):
            gathering.add(number, call, costs.billed(call))
            yield call

    found = analyse(noted(), costs, replayed, bench, options, family=lambda *named: names.Family(*family(*named)))
    after = float(costs.after / costs.before) if costs.before else None
    return Found(found, gathering.kinds(words, kinds or {}), after, borderline(bench.seen.values()))


def pairs_to_judge(
    calls: Iterable[Call],
    prices: Prices,
    options: Options,
    *,
    family: Family = names.family,
    owner: Mapping[bytes, bool] | None = None,
    models: Models | None = None,
) -> list[Compared]:
    """The pairs that the wrong-hit rate of these calls rests on and the owner has not judged, the least certain first."""
    replayed, words = _remembering(models or packaged())
    bench = Bench(owner or {}, words)
    analyse(calls, After(prices, None), replayed, bench, options, family=lambda *named: names.Family(*family(*named)))
    return borderline(bench.seen.values())


def _remembering(models: Models) -> tuple[Callable[[], Remembering], Callable[[], Remembering]]:
    """What embeds no text twice: for the replay, and for words. One model is one memory."""
    words = cache(lambda: Remembering(models.words()))
    return words if models.cache is models.words else cache(lambda: Remembering(models.cache())), words


class Remembering:
    """A model that embeds no text twice."""

    def __init__(self, model: Embedder) -> None:
        self._model = model
        self.name, self.dimensions = model.name, model.dimensions
        self._known: dict[str, Vectors] = {}

    def has(self, text: str) -> bool:
        """Whether the text costs nothing more."""
        return text in self._known

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row for each text."""
        fresh = [text for text in dict.fromkeys(texts) if text not in self._known]
        if fresh:
            self._known.update(zip(fresh, self._model.embed(fresh), strict=True))
        rows = [self._known[text] for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self.dimensions), np.float32)


class After:
    """What a call costs once the plan for its prompts is carried out: the base that the plan's walk takes for a cache of answers, too."""

    def __init__(self, prices: Prices, mended: Shares | None = None) -> None:
        """`mended`: by number of the call, USD left of each that it costs now."""
        self._prices = prices
        self._mended = mended
        self._rates: dict[tuple[PriceKey, int], Rates | Unpriced] = {}
        self.before = Decimal(0)
        """USD of the calls asked for, as they are."""
        self.after = Decimal(0)

    def __call__(self, number: int, call: Call) -> Decimal | None:
        """USD of call `number` of those looked at; None where it has no price."""
        whole = self.billed(call)
        if whole is None:
            return None
        after = whole if self._mended is None else whole * Decimal(float(self._mended[number]))
        self.before += whole
        self.after += after
        return after

    def billed(self, call: Call) -> Decimal | None:
        """USD that it cost as it was; None where it has no price."""
        return _whole(*self._priced(call), call)

    def _priced(self, call: Call) -> tuple[PriceKey, Rates | Unpriced]:
        key = price_key(call)
        hour = int(call.started_at // 1_800)
        rates = self._rates.get((key, hour))
        if rates is None:
            rates = self._rates[key, hour] = self._prices.rates(key, call.started_at)
        return key, rates


def _whole(key: PriceKey, rates: Rates | Unpriced, call: Call) -> Decimal | None:
    if isinstance(rates, Unpriced):
        return None
    return cost(rates, call.usage) if key.billing == "tokens" else Decimal(0)
