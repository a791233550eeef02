"""From the analysis of response caching to opportunities: for each application an exact cache, joined calls, a cache by similarity."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from math import isfinite

import numpy as np

from agent.recommend.bills import Longs
from agent.recommend.filling import Filling, filling
from agent.recommend.identity import identity
from agent.recommend.opportunity import Opportunity
from agent.recommend.world import State, World
from agent.report_plan import Evidence
from analyzers.response_caching.analyse import Analysis
from analyzers.response_caching.exact import Chains
from analyzers.response_caching.worth import Cache, Sizes

_OTHERS = "Calls with tools, personal data or answers that hold for the moment pass it by."
_DAY_S = 86_400


def opportunities(found: Analysis, calls: int, hours: float | None) -> Iterator[Opportunity]:
    """`calls` is how many are looked at; hits are those of one cache that all applications share."""
    stream = found.streams.merged
    groups = np.full(calls, -1, np.int64)
    groups[stream.call] = stream.key
    # What is asked again is one group with what it was asked as first; all else is a group of its own.
    groups = np.where(groups >= 0, groups, len(stream.key) + np.arange(calls))
    yield from _exact(found, groups, hours)
    yield from _semantic(found, groups, hours)


def _exact(found: Analysis, groups: Longs, hours: float | None) -> Iterator[Opportunity]:
    stream, best = found.streams.merged, found.exact.recommended
    if best is None:
        return
    chains, sizes = Chains(stream), Sizes(stream)
    served = chains.served(best.lifetime, best.entries) >= 0
    flown = chains.in_flight(best.lifetime, best.entries)
    apps = [scope.app for scope in found.streams.scopes]
    of_app: dict[str | None, list[int]] = {}
    for row, scope in enumerate(found.streams.scope.tolist()):
        of_app.setdefault(apps[scope], []).append(row)
    for app, listed in of_app.items():
        rows = np.array(listed, np.int64)
        hits, joined = rows[served[rows]], rows[flown[rows]]
        cache = Cache(best.lifetime, best.entries, 0)
        if len(hits):
            running = sizes.running(rows, len(rows) - len(hits), found.exact.period, cache, found.options.costs)
            room = f"room for {best.entries:,} answers" if best.entries < 1 << 60 else "room for every answer"
            life = f"{_span(best.lifetime)} to live" if isfinite(best.lifetime) else "no expiry"
            full = filling(stream.at[rows], served[rows], best.lifetime) if isfinite(best.lifetime) else None
            yield _cache(
                "exact_cache",
                "exact_cache",
                app,
                stream.call[hits],
                groups,
                f"Answer requests of {app or '(no app)'} that repeat letter for letter from a cache ({life}, {room}).",
                (
                    Evidence(
                        fact=f"{len(hits):,} of {len(rows):,} eligible calls repeat an earlier one that was answered within "
                        f"{_span(best.lifetime)}",
                        n=len(rows),
                        hours=hours,
                    ),
                    *_filling(full),
                    _modelled(running, hours),
                ),
                (
                    "Put a cache by hash of the whole request in front of the provider: `hone report --cache-config DIR` writes its "
                    "configuration for LiteLLM, GPTCache, RedisVL and Portkey.",
                    f"Set {life} and {room}. {_OTHERS}",
                    "Log the hits (`cache_hit` of the gateway): the report then counts them.",
                ),
                running,
                fuller=1.0 if full is None else full.most,
            )
        if len(joined):
            yield _cache(
                "single_flight",
                "exact_cache",
                app,
                stream.call[joined],
                groups,
                f"Join calls of {app or '(no app)'} that ask the same at the same time.",
                (
                    Evidence(
                        fact=f"{len(joined):,} of {len(rows):,} eligible calls were made while the answer to the same request was "
                        "on its way",
                        n=len(rows),
                        hours=hours,
                    ),
                ),
                (
                    "Where requests leave for the provider, keep those under way by the hash of the request, and let an equal one wait.",
                    "Hand the one answer to all that wait; on an error let each ask for itself.",
                ),
                rank=1,
            )


def _semantic(found: Analysis, groups: Longs, hours: float | None) -> Iterator[Opportunity]:
    curve = found.curve
    if curve is None:
        return
    for part in curve.found.apps:
        at = part.choice.threshold
        calls = curve.answered.get(part.app)
        if at is None or calls is None or not len(calls):
            continue
        chosen, again = part.at(at), part.choice.confirmed
        number = next(n for n, one in enumerate(curve.found.whole.curve) if one.threshold == at)
        rate = curve.found.whole.curve[number].wrong.hits / max(curve.requests, 1)
        low, high = (
            (curve.low[number] / rate, curve.high[number] / rate) if rate and len(curve.low) > number else (1.0, 1.0)
        )
        evidence = [
            Evidence(
                fact=f"{chosen.wrong.hits:,} of {part.requests:,} replayed calls are near enough to an earlier one at a threshold of "
                f"{at:g} ({curve.embedder})",
                n=part.requests,
                hours=hours,
            ),
            _modelled(chosen.running, hours),
        ]
        if again is not None:
            evidence.insert(1, _wrong(again.rate_high, again.judged_pairs, found.options.limits.max_wrong_rate))
        full = _similar_filling(found, part.app, calls, part.requests)
        evidence[-1:-1] = _filling(full)
        app = part.app or "(no app)"
        yield _cache(
            "semantic_cache",
            "semantic_cache",
            part.app,
            calls,
            groups,
            f"Answer requests of {app} that ask the same in other words from a cache by similarity, threshold {at:g}.",
            tuple(evidence),
            (
                f"`hone judge --app {app}`: look at the pairs that the wrong-answer rate rests on.",
                "`hone report --cache-config DIR` writes the cache's configuration with this threshold and its embedding model.",
                "Serve it to a share of the users first, and let them say when an answer is wrong.",
            ),
            chosen.running,
            least=min(low, 1.0),
            most=max(high, 1.0),
            fuller=1.0 if full is None else full.most,
        )


def _cache(
    kind: str,
    lever: str,
    app: str | None,
    calls: Longs,
    groups: Longs,
    action: str,
    evidence: tuple[Evidence, ...],
    how: tuple[str, ...],
    running: Decimal = Decimal(0),
    *,
    rank: int = 0,
    least: float = 1.0,
    most: float = 1.0,
    fuller: float = 1.0,
) -> Opportunity:
    def done(world: World, state: State) -> State:
        return world.without(state, calls)

    return Opportunity(
        id=identity(lever, kind, app),
        kind=kind,
        lever="semantic_cache" if lever == "semantic_cache" else "exact_cache",
        app=app,
        model=None,
        template=None,
        action=action,
        evidence=evidence,
        how=how,
        done=done,
        calls=len(calls),
        rank=rank,
        running=running,
        groups=groups,
        least=least,
        most=most * fuller,
        fuller=fuller,
    )


def _filling(full: Filling | None) -> Iterator[Evidence]:
    if full is not None and full.most > 1.05:
        yield Evidence(
            fact=f"the cache begins empty: it answers {100 * full.later:.0f} % in the second half of these hours; the upper bound takes it "
            f"to be {100 * full.full:.0f} % once it has run for as long as its entries live (modelled)"
        )


def _similar_filling(found: Analysis, app: str | None, answered: Longs, requests: int) -> Filling | None:
    """Of an application's cache by similarity, from the newest `requests` of its calls, which were replayed."""
    curve, stream = found.curve, found.streams.merged
    if curve is None or curve.sampling is not None or not isfinite(found.options.lifetime):
        return None
    own = [number for number, scope in enumerate(found.streams.scopes) if scope.app == app]
    rows = np.flatnonzero(np.isin(found.streams.scope, own))[-requests:]
    hit = np.isin(stream.call[rows], answered)
    return filling(stream.at[rows], hit, found.options.lifetime) if int(hit.sum()) == len(answered) else None


def _modelled(running: Decimal, hours: float | None) -> Evidence:
    return Evidence(
        fact=f"running it is taken to cost {running:.4f} USD in these hours (modelled from [response_caching.costs])",
        hours=hours,
    )


def _wrong(high: float, pairs: int, limit: float) -> Evidence:
    return Evidence(
        fact=f"at most {100 * high:.2f} % of requests would be answered wrongly (95 % bound; the limit is {100 * limit:g} %)",
        n=pairs,
    )


def _span(seconds: float) -> str:
    if not isfinite(seconds):
        return "any time"
    for unit, name in ((_DAY_S, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= unit:
            n = seconds / unit
            return f"{n:g} {name}{'' if n == 1 else 's'}"
    return f"{seconds:g} seconds"
