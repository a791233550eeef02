"""Routes to a tuned model, as the report shows them."""

from __future__ import annotations

from collections.abc import Sequence

from agent.report_tuning import TuningOption, TuningTrial
from analyzers.fine_tuning.facts import Trial
from analyzers.fine_tuning.options import Option


def least(options: Sequence[Option]) -> int | None:
    """The lowest volume from which one that is open pays, calls a month; None where none ever does."""
    volumes = [one.found.calls_month for one in options if not one.closed and one.found.calls_month is not None]
    return int(min(volumes)) if volumes else None


def tried_out(trial: Trial | None) -> TuningTrial | None:
    """The tuned model that answers some of the calls already."""
    if trial is None:
        return None
    return TuningTrial(model=trial.model, calls=trial.n, usd_call=trial.usd, no_worse=trial.no_worse)


def shown(one: Option) -> TuningOption:
    """One route, at the task's volume."""
    volume, route = one.found.calls_month, one.found.route
    return TuningOption(
        route=route.id,
        name=route.name,
        breakeven_calls_month=None if volume is None else int(volume),
        breakeven_calls_month_reason=one.found.why or None,
        fixed_usd_month=one.found.fixed.total,
        tuned_usd_call=one.found.tuned_usd,
        saving_usd_month=one.saving_month,
        payback_months=None if one.payback_months is None else float(round(one.payback_months, 2)),
        life_months=float(round(one.life_months, 2)),
        available_until=route.available_until,
        refused=one.refused or None,
        prices_of=route.date,
        confidence=route.confidence,
    )
