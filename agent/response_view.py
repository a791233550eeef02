"""From an analysis of response caching to the report's section on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from math import isfinite
from typing import NamedTuple

from agent.kinds_of_request import KindsOfApp
from agent.kinds_view import clusters
from agent.mask import masked
from agent.report_caching import Restraint
from agent.report_response import (
    AppCache,
    ByEntries,
    ByTtl,
    Exact,
    InFlight,
    Noise,
    ResponseCaching,
    Semantic,
    Spoiler,
    Threshold,
)
from agent.report_values import a_month
from analyzers.response_caching.analyse import Analysis, Curve
from analyzers.response_caching.bound import upper
from analyzers.response_caching.choose import Candidate
from analyzers.response_caching.semantic import Part
from analyzers.response_caching.stream import PICO

_NONE_ELIGIBLE = "no call could be answered from a cache"
_NO_PRICE = "no eligible call has a price"
_NOT_JUDGED = "no pair could be judged: answers are missing, or cannot be compared"
_ENOUGH = 2
"""Different requests: below, there is nothing that could be asked in other words."""


class _Pace(NamedTuple):
    """Hours of the period, and what the money of the calls looked at is multiplied by to be that of all."""

    hours: float | None
    scale: Decimal
    priced: bool

    def month(self, usd: Decimal) -> tuple[Decimal | None, str | None]:
        if not self.priced:
            return None, _NO_PRICE
        return a_month(usd * self.scale, self.hours)

    def usd_month(self, usd: Decimal) -> Decimal | None:
        return self.month(usd)[0]


def section(
    found: Analysis,
    hours: float | None,
    *,
    scale: Decimal = Decimal(1),
    after_prompt_caching: float | None = None,
    show_text: bool = False,
    kinds: Sequence[KindsOfApp] = (),
) -> ResponseCaching:
    """The section; months are 730 hours at the pace of `hours`, of all calls, which cost `scale` times those looked at."""
    plain = found.exact
    pace = _Pace(hours, scale, plain.unpriced < plain.requests)
    return ResponseCaching(
        calls=found.streams.calls,
        eligible_calls=found.streams.eligible,
        ineligible_by_reason={str(reason): calls for reason, calls in found.streams.ineligible.items()},
        scopes=len(found.streams),
        after_prompt_caching=None if after_prompt_caching is None else round(after_prompt_caching, 6),
        unpriced_calls=plain.unpriced,
        noise=_noise(found),
        exact=_exact(found, pace, show_text=show_text),
        semantic=_semantic(found, pace),
        clusters=clusters(kinds, hours, scale=scale, show_text=show_text),
    )


def _noise(found: Analysis) -> Noise:
    pairs, differ = found.noise
    if not pairs:
        return Noise(rate_reason="no request was sent and answered twice")
    return Noise(pairs=pairs, differ=differ, rate=round(differ / pairs, 6), rate_high=round(upper(differ, pairs), 6))


def _exact(found: Analysis, pace: _Pace, *, show_text: bool) -> Exact:
    plain = found.exact
    if not plain.requests:
        return Exact(hit_rate_reason=_NONE_ELIGIBLE, saving_usd_month_reason=_NONE_ELIGIBLE)
    best = plain.recommended
    saving = Decimal(0) if best is None else Decimal(best.saved) / PICO - found.exact_running
    month, reason = pace.month(saving)
    waiting = max(plain.by_lifetime, key=lambda one: one.in_flight)
    return Exact(
        hit_rate=round(best.hits / plain.requests, 6) if best is not None else 0.0,
        ttl_s=best.lifetime if best is not None and isfinite(best.lifetime) else None,
        entries=best.entries if best is not None and best.entries <= plain.keys else None,
        by_ttl=[ByTtl(ttl_s=one.lifetime, hit_rate=round(one.hits / plain.requests, 6)) for one in plain.by_lifetime],
        by_entries=[
            ByEntries(entries=one.entries, hit_rate=round(one.hits / plain.requests, 6))
            for one in plain.by_entries[:-1]
        ],
        in_flight=InFlight(
            calls=waiting.in_flight,
            share=round(waiting.in_flight / plain.requests, 6),
            saving_usd_month=pace.usd_month(Decimal(waiting.in_flight_cost) / PICO),
        ),
        spoilers=[
            Spoiler(
                kind=one.kind,
                app=one.app,
                segment=one.segment,
                position=one.position,
                example=[text if show_text else masked(text) for text in (one.was, one.now)],
                calls=one.affected,
                more_hits=one.hits,
                saving_usd_month=pace.usd_month(Decimal(one.saved) / PICO),
                confidence=one.confidence,
                fix=one.fix,
            )
            for one in found.spoilers
        ],
        saving_usd=saving * pace.scale if pace.priced else None,
        saving_usd_month=month,
        saving_usd_month_reason=reason,
        running_usd_month=pace.usd_month(found.exact_running),
    )


def _semantic(found: Analysis, pace: _Pace) -> Semantic:
    curve, options = found.curve, found.options
    limit = options.limits.max_wrong_rate
    if curve is None:
        reason = found.curve_reason
        return Semantic(
            curve_reason=reason,
            max_wrong_rate=limit,
            recommended_threshold_reason=reason,
            hit_rate_reason=reason,
            saving_usd_month_reason=reason,
        )
    whole = curve.found.whole
    choice = whole.choice
    common = Semantic(
        embedder=curve.embedder,
        own_vectors=curve.without_vector is not None,
        calls_without_vector=curve.without_vector or 0,
        complete=curve.sampling is None and curve.requests == found.streams.eligible,
        replayed_calls=curve.requests,
        verified_lookups=curve.sampling.lookups if curve.sampling else 0,
        exactly_replayed_calls=curve.sampling.exact_requests if curve.sampling else 0,
        questions=curve.texts,
        judged_pairs_in_all=curve.found.judged,
        ttl_s=options.lifetime,
        entries=options.entries,
        curve=[
            _threshold(one, low, high, pace) for one, low, high in zip(whole.curve, curve.low, curve.high, strict=True)
        ],
        max_wrong_rate=limit,
        by_app=[_app(part, pace) for part in curve.found.apps],
        by_app_saving_usd_month=pace.usd_month(
            sum(
                (part.at(part.choice.threshold).net for part in curve.found.apps if part.choice.threshold is not None),
                Decimal(0),
            )
        ),
    )
    if choice.threshold is None or choice.confirmed is None:
        return common.model_copy(
            update={
                "verdict": choice.verdict,
                "recommended_threshold_reason": choice.reason,
                "hit_rate_reason": choice.reason,
                "saving_usd_month_reason": choice.reason,
            }
        )
    return common.model_copy(update=_chosen(curve, whole.at(choice.threshold), pace, limit))


def _chosen(curve: Curve, at: Candidate, pace: _Pace, limit: float) -> dict[str, object]:
    whole = curve.found.whole
    again = whole.choice.confirmed
    assert again is not None
    month, reason = pace.month(at.net)
    return {
        "verdict": "use",
        "recommended_threshold": at.threshold,
        "hit_rate": round(at.wrong.hits / at.wrong.requests, 6),
        "wrong_rate": _rounded(again.rate),
        "wrong_rate_high": _rounded(again.rate_high),
        "wrong_rate_of_hits": _rounded(again.of_hits),
        "wrong_rate_of_hits_high": _rounded(again.of_hits_high),
        "judged_pairs": again.judged_pairs,
        "by_ttl": [ByTtl(ttl_s=seconds, hit_rate=round(rate, 6)) for seconds, rate in curve.by_lifetime],
        "by_entries": [ByEntries(entries=entries, hit_rate=round(rate, 6)) for entries, rate in curve.by_entries],
        "saving_usd": at.net * pace.scale if pace.priced else None,
        "saving_usd_month": month,
        "saving_usd_month_reason": reason,
        "beyond_exact_usd_month": pace.usd_month(at.net - max(whole.exact_net, Decimal(0))),
        "running_usd_month": pace.usd_month(at.running),
        "above_limit": [
            part.app or "(no app)"
            for part in curve.found.apps
            if (rate := part.at(at.threshold).wrong.rate) is not None and rate > limit
        ],
    }


def _threshold(one: Candidate, low: float, high: float, pace: _Pace) -> Threshold:
    wrong = one.wrong
    return Threshold(
        threshold=one.threshold,
        hit_rate=round(wrong.hits / wrong.requests, 6),
        hit_rate_low=round(low, 6),
        hit_rate_high=round(high, 6),
        wrong_rate=_rounded(wrong.rate),
        wrong_rate_reason=None if wrong.rate is not None else _NOT_JUDGED,
        wrong_rate_high=round(wrong.rate_high, 6),
        wrong_rate_of_hits=_rounded(wrong.of_hits),
        wrong_rate_of_hits_high=_rounded(wrong.of_hits_high),
        judged_pairs=wrong.judged_pairs,
        unknown_pairs=wrong.unknown_pairs,
        unknown_share=round(wrong.unknown, 6),
        saving_usd_month=pace.usd_month(one.net),
    )


def _app(part: Part, pace: _Pace) -> AppCache:
    choice, again = part.choice, part.choice.confirmed
    chosen = None if choice.threshold is None else part.at(choice.threshold)
    return AppCache(
        app=part.app,
        eligible_calls=part.requests,
        exact_hit_rate=round(part.exact_hits / part.requests, 6),
        verdict=choice.verdict,
        why=choice.reason,
        recommended_threshold=choice.threshold,
        hit_rate=None if chosen is None else round(chosen.wrong.hits / chosen.wrong.requests, 6),
        wrong_rate=None if again is None else _rounded(again.rate),
        wrong_rate_high=None if again is None else _rounded(again.rate_high),
        judged_pairs=again.judged_pairs if again is not None else max(one.wrong.judged_pairs for one in part.curve),
        saving_usd_month=None if chosen is None else pace.usd_month(chosen.net),
    )


def restraints(found: Analysis) -> Iterable[Restraint]:
    """Where no cache of answers is worth having, and why."""
    plain = found.exact
    if not plain.requests:
        return
    if plain.recommended is None:
        yield Restraint(
            lever="exact_cache",
            verdict="no",
            why=f"none of {plain.requests:,} eligible calls repeats an earlier one letter for letter",
        )
    elif Decimal(plain.recommended.saved) / PICO <= found.exact_running and plain.unpriced < plain.requests:
        yield Restraint(
            lever="exact_cache",
            verdict="not_yet",
            why="the repeats cost less than the room to keep their answers",
            worth_it_from="more calls of this kind",
        )
    if found.curve is None:
        yield Restraint(lever="semantic_cache", verdict="no", why=found.curve_reason or _NONE_ELIGIBLE)
        return
    for part in found.curve.found.apps:
        choice = part.choice
        if choice.verdict != "use":
            yield Restraint(
                lever="semantic_cache",
                subject=part.app or "(no app)",
                verdict=choice.verdict,
                why=choice.reason,
                worth_it_from=choice.worth_it_from,
            )


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 6)
