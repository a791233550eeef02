"""From an analysis of prompt caching to the report's section on it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from difflib import unified_diff
from typing import NamedTuple

from agent import caching_changes as changes
from agent.mask import masked
from agent.report_caching import (
    Actual,
    ByLifetime,
    Lifetime,
    PromptCaching,
    PromptFault,
    PromptTemplate,
    ProviderReason,
    Regimes,
    Restraint,
    Simulated,
    StaticCost,
)
from agent.report_values import LEAST_HOURS, a_month
from analyzers.prompt_caching.analyse import Analysis, Template
from analyzers.prompt_caching.engine import Priced
from analyzers.prompt_caching.money import Total
from analyzers.prompt_caching.proposed import proposed
from analyzers.prompt_caching.simulate import LIFETIMES

_WHOLE = 0.02
"""So near to 1 the calls looked at are all there are; what is missing reports no usage."""
_NOTHING = "no call could be compared: the log has neither text nor block hashes of prompts whose rules are known"
_NOT_REPORTED = "no call reports what was read from the cache"
_PRICELESS = "the input of these calls has no price"


class _Pace(NamedTuple):
    """Hours of the period, and what the money of the calls looked at is multiplied by to be that of all."""

    hours: float | None
    scale: Decimal

    def month(self, usd: Decimal) -> tuple[Decimal | None, str | None]:
        """Money of the calls looked at as that of all calls in a month, or None and why."""
        return a_month(usd * self.scale, self.hours)


def section(
    found: Analysis, hours: float | None, *, input_tokens: int | None = None, show_text: bool = False
) -> PromptCaching:
    """The section; months are 730 hours at the pace of `hours`.

    `input_tokens` are those of all calls of the period: where only a share of them is kept and was looked at, money is brought up to
    the whole by them.
    """
    pace = _Pace(hours, _scale(found, input_tokens))
    newest = _newest(found)
    of_templates = _Pace(hours, pace.scale * newest)
    savings = newest * sum((p.saving for t in found.templates for p in t.outcome.faults), Decimal(0))
    return PromptCaching(
        calls=found.calls,
        compared_calls=found.compared,
        told_apart_calls=sum(one.requests for one in found.templates),
        scaled_by=float(round(pace.scale, 6)),
        calls_without_text=found.without_text,
        calls_without_rule=found.without_rule,
        sized_by_usage=found.sized_by_usage,
        actual=_actual(found.actual, pace),
        simulated=Regimes(
            as_is=_simulated(found.as_is, pace),
            restructured=_simulated(found.restructured, pace, found.as_is.usd_uncached - found.as_is.usd + savings),
            best_marking=_simulated(found.best, pace),
            infinite=_simulated(found.infinite, pace),
            by_lifetime=[
                ByLifetime(
                    lifetime_s=life,
                    hit_ratio=_rounded(total.hit_ratio),
                    hit_ratio_per_request=_rounded(total.hit_ratio_per_request),
                )
                for life, total in zip(LIFETIMES, found.by_lifetime, strict=True)
            ],
        ),
        availability=list(_availability(found)),
        templates=[_template(one, of_templates, show_text=show_text) for one in _by_money(found.templates)],
        faults=[
            _fault(one, priced, of_templates, show_text=show_text)
            for one in _by_money(found.templates)
            for priced in one.outcome.faults
        ],
        drifts=[changes.drift(one, drift, show_text=show_text) for one in found.templates for drift in one.drifts],
        regressions=changes.regressions(found, show_text=show_text),
        provider_reasons=[
            ProviderReason(
                reason=one.reason, calls=one.requests, without_call_before=one.alone, seen=one.seen, named=one.named
            )
            for one in found.diagnosed.by_reason
        ],
        rules_date=found.rules_date,
    )


def _scale(found: Analysis, input_tokens: int | None) -> Decimal:
    """Input tokens of all calls for each one that was looked at."""
    if not input_tokens or not found.input_tokens or abs(input_tokens / found.input_tokens - 1) < _WHOLE:
        return Decimal(1)
    return Decimal(input_tokens) / found.input_tokens


def _newest(found: Analysis) -> Decimal:
    """Input of the compared calls for each token of those that are told apart by template: of many calls these are the newest."""
    held = sum(one.outcome.before.total for one in found.templates)
    if not held or sum(one.requests for one in found.templates) >= found.compared:
        return Decimal(1)
    return Decimal(found.as_is.total) / held


def restraints(found: Analysis) -> list[Restraint]:
    """Templates for which nothing is proposed, and why."""
    return [
        Restraint(
            lever="prompt_caching",
            subject=f"{one.app or '(no app)'} · {one.model}",
            verdict=one.restraint.verdict,
            why=one.restraint.why,
            worth_it_from=one.restraint.worth_it_from,
        )
        for one in _by_money(found.templates)
        if one.restraint is not None
    ]


def _by_money(templates: Iterable[Template]) -> list[Template]:
    return sorted(templates, key=lambda one: (-one.outcome.before.usd, -one.requests, one.id))


def _actual(total: Total, pace: _Pace) -> Actual:
    if not total.requests:
        return Actual(hit_ratio_reason=_NOT_REPORTED, cached_tokens_reason=_NOT_REPORTED)
    saving, month, reason = _saving(total, pace)
    return Actual(
        hit_ratio=_rounded(total.hit_ratio),
        hit_ratio_per_request=_rounded(total.hit_ratio_per_request),
        cached_tokens=total.read,
        calls_reporting=total.requests,
        saving_usd=saving,
        saving_usd_month=month,
        saving_usd_month_reason=reason,
    )


def _simulated(total: Total, pace: _Pace, saving: Decimal | None = None) -> Simulated:
    if not total.requests:
        return Simulated(hit_ratio_reason=_NOTHING, saving_usd_month_reason=_NOTHING)
    own, month, reason = _saving(total, pace, saving)
    return Simulated(
        hit_ratio=_rounded(total.hit_ratio),
        hit_ratio_per_request=_rounded(total.hit_ratio_per_request),
        cached_tokens=total.read,
        written_tokens=total.write_short + total.write_long,
        saving_usd=own,
        saving_usd_month=month,
        saving_usd_month_reason=reason,
    )


def _saving(
    total: Total, pace: _Pace, saving: Decimal | None = None
) -> tuple[Decimal | None, Decimal | None, str | None]:
    if total.unpriced == total.requests:
        return None, None, _PRICELESS
    own = total.usd_uncached - total.usd if saving is None else saving
    month, reason = pace.month(own)
    return own * pace.scale, month, reason


def _availability(found: Analysis) -> Iterable[Lifetime]:
    for (provider, model, keyed), learnt in sorted(found.learnt.items()):
        share = learnt.share
        yield Lifetime(
            provider=provider,
            model=model,
            with_cache_key=keyed,
            key_routes=learnt.key_routes,
            calls=learnt.requests,
            simulated_tokens=learnt.simulated,
            reported_tokens=learnt.reported,
            share=_rounded(share),
            share_reason=None if share is not None else "too few reads to compare; forecasts take it to be 1",
            lifetime_s=learnt.lifetime_s,
            lifetime_learnt=learnt.lifetime_learnt,
        )


def _template(one: Template, pace: _Pace, *, show_text: bool) -> PromptTemplate:
    before, after = one.outcome.before, one.outcome.after
    return PromptTemplate(
        id=one.id,
        app=one.app,
        model=one.model,
        calls=one.requests,
        static_tokens=one.static_tokens,
        variable_tokens=one.variable_tokens,
        hit_ratio=_rounded(before.hit_ratio),
        hit_ratio_restructured=_rounded(after.hit_ratio),
        input_usd=before.usd * pace.scale if before.unpriced < before.requests else None,
        static_usd_day=_static_cost(one, pace),
        proposed_order=_proposed(one, show_text=show_text),
        first=datetime.fromtimestamp(one.start, UTC),
        last=datetime.fromtimestamp(one.end, UTC),
        follows=one.follows,
    )


def _proposed(one: Template, *, show_text: bool) -> str:
    found = proposed(one.outcome)
    if found is None:
        return ""
    today, then = ([line.said or _words(line.text, show_text=show_text) for line in side] for side in found)
    return "\n".join(unified_diff(today, then, "today", "proposed", lineterm="", n=1))


def _words(text: str, *, show_text: bool) -> str:
    return text if show_text else masked(text)


def _static_cost(one: Template, pace: _Pace) -> StaticCost | None:
    if one.worked is None or pace.hours is None or pace.hours < LEAST_HOURS:
        return None
    day = pace.scale * 24 / Decimal(str(pace.hours))
    return StaticCost(
        uncached=one.worked.uncached * day,
        as_is=one.worked.as_is * day,
        mended=one.worked.mended * day,
        mended_half_the_calls=one.worked.mended_half * day,
    )


def _fault(one: Template, priced: Priced, pace: _Pace, *, show_text: bool) -> PromptFault:
    fault = priced.fault
    share = len(fault.affected) / fault.of if fault.of else 0.0
    month, reason = pace.month(priced.saving)
    alone, _ = pace.month(priced.alone)
    return PromptFault(
        kind=fault.kind,
        template=one.id,
        app=one.app,
        model=one.model,
        segment=fault.place.segment,
        position=fault.place.position,
        part=fault.place.part,
        start=fault.place.start,
        end=fault.place.end,
        share_of_calls=round(share, 4),
        calls=round(share * one.requests),
        stranded_tokens=fault.stranded,
        example=changes.shown(fault.was, fault.now, show_text=show_text),
        fix=fault.fix,
        saving_usd=priced.saving * pace.scale,
        saving_usd_month=month,
        saving_usd_month_reason=reason,
        alone_usd_month=alone,
        together_with=list(priced.together),
        confidence=fault.confidence,
    )


def _rounded(ratio: float | None) -> float | None:
    return None if ratio is None else round(ratio, 6)
