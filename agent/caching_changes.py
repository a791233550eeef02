"""Changes over time of prompts and of their hits, as the report's section on prompt caching tells them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from agent.mask import masked
from agent.report_caching import CacheRegression, PromptDrift
from analyzers.prompt_caching.analyse import Analysis, Template
from analyzers.prompt_caching.drift import Drift
from analyzers.prompt_caching.regression import Regression


def regressions(found: Analysis, *, show_text: bool) -> list[CacheRegression]:
    """Templates whose hits fell, the dearest first."""
    fallen = [
        _regression(one, one.regression, show_text=show_text) for one in found.templates if one.regression is not None
    ]
    return sorted(fallen, key=lambda one: -(one.usd_day or Decimal(0)))


def shown(was: str, now: str, *, show_text: bool) -> tuple[str, str]:
    """Words of prompts, masked unless they may be shown."""
    return (was, now) if show_text else (masked(was), masked(now))


def drift(one: Template, found: Drift, *, show_text: bool) -> PromptDrift:
    """A lasting change of a template."""
    return PromptDrift(
        template=one.id,
        app=one.app,
        model=one.model,
        at=datetime.fromtimestamp(found.at, UTC),
        segment=found.place.segment,
        position=found.place.position,
        start=found.place.start,
        end=found.place.end,
        example=shown(found.was, found.now, show_text=show_text),
    )


def _regression(one: Template, fall: Regression, *, show_text: bool) -> CacheRegression:
    fault = fall.fault
    return CacheRegression(
        template=one.id,
        app=one.app,
        model=one.model,
        at=datetime.fromtimestamp(fall.at, UTC),
        cause=fall.cause,
        kind=fault and fault.kind,
        segment=fault and fault.place.segment,
        position=fault and fault.place.position,
        start=fault and fault.place.start,
        end=fault and fault.place.end,
        example=fault and shown(fault.was, fault.now, show_text=show_text),
        fix="" if fault is None else fault.fix,
        hit_ratio_before=round(fall.before, 6),
        hit_ratio_after=round(fall.after, 6),
        calls_before=fall.calls_before,
        calls_after=fall.calls_after,
        reported=fall.reported,
        usd_day=fall.usd_day,
    )
