"""From what was spent to the report's section on it."""

from __future__ import annotations

from agent.report import (
    AppSpend,
    EnvironmentSpend,
    Errors,
    ModelSpend,
    Quantiles,
    Spend,
    TagSpend,
    TeamSpend,
    Tokens,
    UnpricedModel,
)
from agent.report_values import a_month
from analyzers.prices import Prices
from analyzers.spend.view import Row, SpendView, Times
from analyzers.spend.view import Tokens as TokenCounts

_NO_CALLS = "there are no calls"
_UNPRICED = "no call has a price"


def section(spent: SpendView, prices: Prices, hours: float | None) -> Spend:
    """The section; months are 730 hours at the pace of `hours`."""
    known = spent.priced_calls + spent.free_failures + spent.response_cache_hits > 0
    total = spent.total_usd if known else None
    month, month_reason = a_month(total, hours)
    return Spend(
        total_usd=total,
        total_usd_reason=None if known else _UNPRICED if spent.calls else _NO_CALLS,
        month_usd=month,
        month_usd_reason=month_reason,
        priced_calls=spent.priced_calls,
        unpriced_calls=spent.unpriced_calls,
        upper_bound_calls=spent.upper_bound_calls,
        price_source=prices.source,
        by_model=[ModelSpend(model=row.name, logged_as=_names(row), **_row(row)) for row in spent.by_model],
        by_app=[AppSpend(app=row.name, **_row(row)) for row in spent.by_app],
        by_environment=[EnvironmentSpend(environment=row.name, **_row(row)) for row in spent.by_environment],
        by_team=[TeamSpend(team=row.name, **_row(row)) for row in spent.by_team],
        by_tag=[TagSpend(tag=row.name or "", **_row(row)) for row in spent.by_tag],
        unpriced_models=[
            UnpricedModel(model=one.model or None, calls=one.calls, reason=one.reason) for one in spent.unpriced
        ],
        tokens=_tokens(spent.tokens),
        logged_cost_usd=spent.logged_cost_usd,
        logged_cost_calls=spent.logged_cost_calls,
        response_cache_hits=spent.response_cache_hits,
        errors=Errors(calls=spent.errors, by_type=spent.errors_by_type),
        latency=_quantiles(spent.duration.get("")),
        time_to_first_token=_quantiles(spent.time_to_first_token.get("")),
    )


def _names(row: Row) -> list[str]:
    return list(row.logged_as) if len(row.logged_as) > 1 else []


def _row(row: Row) -> dict[str, object]:
    return {
        "calls": row.calls,
        "usd": row.usd,
        "usd_reason": row.reason if row.usd is None else None,
        "unpriced_calls": row.unpriced_calls,
        "errors": row.errors,
        "tokens": _tokens(row.tokens),
    }


def _tokens(counts: TokenCounts) -> Tokens:
    return Tokens(
        uncached_input=counts.uncached_input,
        cache_read=counts.cache_read,
        cache_write_short=counts.cache_write_short,
        cache_write_long=counts.cache_write_long,
        output=counts.output,
        reasoning=counts.reasoning,
        input_split_unknown=counts.input_split_unknown,
    )


def _quantiles(times: Times | None) -> Quantiles:
    return Quantiles() if times is None else Quantiles(n=times.n, p50=times.p50, p95=times.p95, p99=times.p99)
