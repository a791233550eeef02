"""The whole analysis: calls in, what caches of answers would hit, what would be wrong, and which setting to take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzers import names
from analyzers.core import Call
from analyzers.embed.embedder import Embedder
from analyzers.response_caching.exact import Chains, Exact, exact
from analyzers.response_caching.own import LEAST_SHARE, MOST_BYTES, OwnVectors
from analyzers.response_caching.pairs import Judge, Pair
from analyzers.response_caching.requests import Streams, streams
from analyzers.response_caching.semantic import THRESHOLDS, Judging, Limits, Replayed, Semantic
from analyzers.response_caching.spoiler import Spoiler
from analyzers.response_caching.spoilers import spoilers
from analyzers.response_caching.stream import Stream
from analyzers.response_caching.window import newest, of, vectors
from analyzers.response_caching.worth import Cache, Costs, Sizes

LIFETIMES = (3_600.0, 21_600.0, 86_400.0, 604_800.0)
ENTRIES = (100, 1_000, 10_000, 100_000)

NEWEST_STAND = 0.25
"""Of the calls, from which share on the newest stand for all: look-ups of the same cost would tell less of each application."""
LOOKUP_SHARE = 4
"""Characters that verified look-ups may have, for each that the newest calls may have."""

HASHED = (
    "texts are kept as digests alone: answers cannot be compared, and calls that ask for the state of the world now or "
    "carry the data of one person are counted among those that an exact cache could serve"
)

Cost = Callable[[int, Call], Decimal | None]
"""What call number so-and-so of those looked at costs once what is planned for prompts is done; None without a price."""


class Options(NamedTuple):
    """What the owner sets."""

    limits: Limits = Limits()
    lifetime: float = 86_400.0
    """Seconds that an entry of the semantic cache lives."""
    entries: int = 100_000
    costs: Costs = Costs()
    characters: int = 250_000
    """Of different questions that are embedded; of more, those of each application's newest calls."""
    lookups: int = 2_000
    """Verified where the newest calls are too few (NEWEST_STAND); their texts are at most LOOKUP_SHARE times `characters` long in all."""
    own_vectors: bool = True
    """Vectors that the log brings take the model's place, where LEAST_SHARE of the requests or more have one."""


class Sampling(NamedTuple):
    """How the curve was found where there was more to embed than the budget allows."""

    lookups: int
    """Verified with the good model."""
    embedded: int
    """Different questions that it embedded for them."""
    exact_requests: int
    """Each application's newest, replayed exactly to confirm what is recommended."""


class Curve(NamedTuple):
    """The semantic cache, with intervals of its hit rates by threshold and what other settings would give."""

    embedder: str
    texts: int
    requests: int
    """That were replayed: all, or the newest."""
    found: Semantic
    low: tuple[float, ...]
    """Hit rate, lower end of the 95 % interval, by threshold."""
    high: tuple[float, ...]
    by_lifetime: tuple[tuple[float, float], ...]
    """Lifetime and hit rate at the recommended threshold; empty without one."""
    by_entries: tuple[tuple[int, float], ...]
    answered: Mapping[str | None, NDArray[np.int64]] = {}
    """By application with a threshold of its own: numbers of the calls (`Stream.call`) that its cache would have answered."""
    sampling: Sampling | None = None
    """None: every question of the calls that were replayed was embedded with the model."""
    without_vector: int | None = None
    """Requests that were left out because the log brings vectors, but none for them; None where the vectors are the model's."""


class Noise(NamedTuple):
    """Requests that were sent again letter for letter: how the two answers compare. Not charged to a cache."""

    pairs: int
    """With a verdict; of one request there is one pair."""
    differ: int


class Analysis(NamedTuple):
    """Everything that is known of response caching in these calls."""

    streams: Streams
    exact: Exact
    exact_running: Decimal
    """USD of the period that the recommended exact cache costs."""
    spoilers: tuple[Spoiler, ...]
    """What makes equal requests unequal, the dearest first."""
    noise: Noise
    curve: Curve | None
    curve_reason: str | None
    options: Options


def analyse(
    calls: Iterable[Call],
    cost: Cost,
    embedder: Callable[[], Embedder],
    judge: Judge,
    options: Options | None = None,
    *,
    family: Callable[[str | None, str | None], names.Family] = names.family,
) -> Analysis:
    """Look at calls in the order of their start. `embedder` is asked for only when there is something to embed."""
    options = options or Options()
    found, hashed = _streams(calls, cost, family)
    plain = exact(found.merged)
    running = Decimal(0)
    if plain.recommended is not None:
        hits = plain.recommended
        cache = Cache(hits.lifetime, hits.entries, 0)
        rows = np.arange(len(found.merged))
        running = Sizes(found.merged).running(rows, plain.requests - hits.hits, plain.period, cache, options.costs)
    if hashed:
        # Digests stand for texts: what repeats can be counted, but what is alike or a clock in it cannot be seen.
        return Analysis(found, plain, running, (), Noise(0, 0), None, HASHED, options)
    curve, reason = _curve(found, embedder, judge, options)
    return Analysis(
        found, plain, running, tuple(spoilers(found, options.lifetime)), _noise(found, judge), curve, reason, options
    )


def _streams(
    calls: Iterable[Call], cost: Cost, family: Callable[[str | None, str | None], names.Family]
) -> tuple[Streams, bool]:
    """The streams, and whether texts of some calls were kept as digests alone."""
    number = -1
    hashed = False

    def counted() -> Iterable[Call]:
        nonlocal number, hashed
        for call in calls:
            number += 1
            hashed = hashed or (call.text_state == "hashes" and bool(call.messages))
            yield call

    found = streams(counted(), lambda call: cost(number, call), family=family)
    return found, hashed


def _noise(found: Streams, judge: Judge) -> Noise:
    from analyzers.response_caching.judge.noise import repeated

    if not found.eligible:
        return Noise(0, 0)
    again = [
        Pair(one.question, one.answer or "", one.cached_question, one.cached_answer or "")
        for one in repeated([found.merged])
    ]
    verdicts = [same for same in (judge(again) if again else ()) if same is not None]
    return Noise(len(verdicts), verdicts.count(False))


def _curve(
    found: Streams, embedder: Callable[[], Embedder], judge: Judge, options: Options
) -> tuple[Curve | None, str | None]:
    if not found.eligible:
        return None, "no call could be answered from a cache"
    if not (np.bincount(found.scope_of_text) > 1).any():
        return None, "no two different questions could share an answer"
    from analyzers.response_caching.graph import neighbours
    from analyzers.response_caching.replay import Point, Replay

    app_of = [found.scopes[number].app for number in found.scope.tolist()]
    brought = _brought(found, app_of) if options.own_vectors else None
    if brought is None:
        model, rows = embedder(), newest(found.merged, app_of, options.characters)
    else:
        model, rows = brought
    window = of(found.merged, rows)
    own = vectors(model, window)
    exactly = Replay(window, neighbours(own, _scopes(window, found.scope[rows]), least=THRESHOLDS[0]))
    stream, point = window, Point(0.0, options.lifetime, options.entries)
    sampling, checks, grids = None, None, exactly.grid

    def replayed(threshold: float) -> NDArray[np.int64]:
        return exactly.served(point._replace(threshold=threshold)).source

    if brought is None and len(window) < NEWEST_STAND * len(found.merged):
        from analyzers.response_caching.beyond import Checked, estimated
        from analyzers.response_caching.sampled import Budget

        stream = found.merged
        budget = Budget(options.lookups, LOOKUP_SHARE * options.characters)
        known = (list(window.texts), own)
        sampled = estimated(stream, found.scope_of_text, model, known, options.lifetime, options.entries, budget)
        checks = Checked(sampled, rows, window, exactly, point, judge)
        sampling, grids = Sampling(sampled.lookups, sampled.embedded, len(window)), sampled.grid

        def replayed(threshold: float) -> NDArray[np.int64]:
            return sampled.source(threshold, options.lifetime, options.entries)

    grid = grids(THRESHOLDS, (options.lifetime,), (options.entries,))
    cache = Cache(options.lifetime, options.entries, model.dimensions)
    judging = Judging(stream, judge, cache, options.costs, options.limits, checks)
    app_of = app_of if sampling else [app_of[row] for row in rows.tolist()]
    semantic = judging.semantic(app_of, Chains(stream).served(options.lifetime, options.entries), replayed)
    by_lifetime: tuple[tuple[float, float], ...] = ()
    by_entries: tuple[tuple[int, float], ...] = ()
    at = semantic.whole.choice.threshold
    if at is not None:
        lives = grids((at,), LIFETIMES, (options.entries,)).hits[0, :, 0] / len(stream)
        sizes = grids((at,), (options.lifetime,), ENTRIES).hits[0, 0, :] / len(stream)
        by_lifetime = tuple(zip(LIFETIMES, lives.tolist(), strict=True))
        by_entries = tuple(zip(ENTRIES, sizes.tolist(), strict=True))
    curve = Curve(
        model.name,
        len(stream.texts),
        len(stream),
        semantic,
        tuple(grid.low[:, 0, 0].tolist()),
        tuple(grid.high[:, 0, 0].tolist()),
        by_lifetime,
        by_entries,
        _answered(stream, app_of, semantic, replayed),
        sampling,
        None if brought is None else _without_vector(found, brought[0]),
    )
    return curve, None


def _brought(found: Streams, app_of: Sequence[str | None]) -> tuple[OwnVectors, NDArray[np.int64]] | None:
    """The log's own vectors and the requests that have one, as far as there is room; None where too few of them have."""
    own, stream = found.own, found.merged
    if own is None:
        return None
    covered = own.requests(stream.texts, stream.text)
    if len(covered) < LEAST_SHARE * len(stream):
        return None
    some = of(stream, covered)
    sizes = np.full(len(some.texts), 4 * own.dimensions, np.int64)
    return own, covered[newest(some, [app_of[row] for row in covered.tolist()], MOST_BYTES, sizes)]


def _without_vector(found: Streams, own: OwnVectors) -> int:
    return len(found.merged) - len(own.requests(found.merged.texts, found.merged.text))


def _scopes(stream: Stream, scope: NDArray[np.int32]) -> NDArray[np.int32]:
    scope_of_text = np.zeros(len(stream.texts), np.int32)
    scope_of_text[stream.text] = scope
    return scope_of_text


def _answered(
    stream: Stream, app_of: Sequence[str | None], found: Semantic, replayed: Replayed
) -> Mapping[str | None, NDArray[np.int64]]:
    answered = {}
    for part in found.apps:
        if part.choice.threshold is not None:
            own = np.array([app == part.app for app in app_of], np.bool_)
            answered[part.app] = stream.call[own & (replayed(part.choice.threshold) >= 0)]
    return answered
