"""A report with everything in it, and names that nobody wishes to print."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from agent.report import (
    AppSpend,
    Errors,
    IncidentKind,
    Input,
    Lack,
    ModelSpend,
    Period,
    Quantiles,
    Report,
    Spend,
    TagSpend,
    TeamSpend,
    Tokens,
    UnpricedModel,
)

NAMES = {
    "markup": "[/foo][red]app[link=http://x]",
    "escape": "\x1b[2Jgone\x07\r\nsecond",
    "pipe": "a|b`c``d",
    "html": "<script>alert(1)</script>",
    "mention": "@here https://evil.example",
    "direction": "abc\u202egnp.exe\u200b",
    "wide": "客服机器人",
    "long": "x" * 5_000,
    "blank": " \t\x00",
}


def day(hour: int = 0) -> datetime:
    return datetime(2026, 9, 1, hour, tzinfo=UTC)


def hostile() -> Report:
    """One day of calls under hostile names."""
    tokens = Tokens(
        uncached_input=1_000_000, cache_read=250_000, cache_write_short=4_000, output=90_000, input_split_unknown=70_000
    )
    apps = [
        AppSpend(app=name, calls=1_000 - n, usd=Decimal("12.3456789") / (n + 1), tokens=tokens)
        for n, name in enumerate(NAMES.values())
    ]
    return Report(
        period=Period(start=day(), end=day(23), hours=23.0),
        input=Input(
            records=10_250,
            calls=10_000,
            duplicates=200,
            skipped=30,
            rejected=20,
            rejected_by_reason={"not_json": 12, "unknown_format": 8},
            formats={"openai": 9_000, "hone": 1_000},
            text_states={"full": 9_500, "absent": 500},
            time_sources={"record": 9_990, "unknown": 10},
            lacks=[
                Lack(what="text", state="absent", format="openai", calls=500, switch="log the whole request_body"),
                Lack(
                    what="cache_split",
                    format="otel",
                    observer="opentelemetry.instrumentation.",
                    calls=70,
                    switch_reason="no setting of this producer is known",
                ),
            ],
            examined_calls=10_000,
            incidents=[
                IncidentKind(
                    kind="offsets_lost", count=2, last=day(7), message="<b>logs*1*</b>[0]: 100 to 200 at https://x.y"
                )
            ],
        ),
        spend=Spend(
            total_usd=Decimal("40.1234565"),
            month_usd=Decimal("1273.4836"),
            priced_calls=9_900,
            unpriced_calls=100,
            upper_bound_calls=70,
            price_source="genai-prices 0.2.3",
            by_model=[
                ModelSpend(model="gpt-4o", calls=9_900, usd=Decimal("40.1234565"), tokens=tokens),
                ModelSpend(model=NAMES["escape"], calls=100, usd=None, usd_reason="no price"),
            ],
            by_app=[*apps, AppSpend(app=None, calls=3, usd=Decimal("0.0000123"))],
            by_team=[TeamSpend(team=None, calls=10_000, usd=Decimal("40.1234565"))],
            by_tag=[TagSpend(tag=f"tag-{n:02}", calls=n, usd=Decimal(n)) for n in range(15, 0, -1)],
            unpriced_models=[UnpricedModel(model=NAMES["markup"], calls=100, reason="not in the price list")],
            tokens=tokens,
            logged_cost_usd=Decimal("39.5"),
            logged_cost_calls=9_000,
            response_cache_hits=50,
            errors=Errors(calls=12, by_type={"rate_limit": 12}),
            latency=Quantiles(n=9_000, p50=1.25, p95=4.5, p99=None),
            time_to_first_token=Quantiles(),
        ),
    )


def empty() -> Report:
    return Report(
        period=Period(hours_reason="no call was read yet"),
        input=Input(records=3, rejected=3, rejected_by_reason={"not_json": 3}),
        spend=Spend(
            total_usd=None,
            total_usd_reason="there are no calls",
            month_usd_reason="there are no calls",
            price_source="genai-prices 0.2.3",
        ),
    )
