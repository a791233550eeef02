"""Facts of a week with something in every section, and names that nobody wishes to print."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from agent.digest.facts import Analysed, DayFacts, Facts, Stuck
from agent.digest.period import Due, days, finished
from agent.report import (
    AppSpend,
    Event,
    IncidentKind,
    Input,
    Lack,
    Period,
    Report,
    Spend,
    Tokens,
    UnpricedModel,
)
from agent.report_caching import Restraint
from agent.report_plan import Evidence, Interval, PlanStep, Realised, Recommendation, TrackRecord

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 7, 0, 30, tzinfo=UTC).timestamp()
"""Monday 08:00:30 in Berlin."""
WEEK = finished("week", Due(time(8)), BERLIN, NOW)

HOSTILE = (
    "<script>alert(1)</script><img src=https://evil.example/x.png onerror=alert(2)>"
    " [click](https://evil.example) `code` **bold** | cell @here <!channel> <@U123> @everyone"
    " =cmd|'/c calc'!A0 \x1b[31mred\x1b[0m\x07 \u202eevil\u200b www.evil.example"
)


def usd(amount: str) -> Decimal:
    return Decimal(amount)


def interval(low: str, likely: str, high: str) -> Interval:
    return Interval(low=usd(low), likely=usd(likely), high=usd(high))


def recommendation(number: int, **fields: object) -> Recommendation:
    known: dict[str, object] = {
        "id": f"3f2a{number:04x}",
        "kind": "timestamp_before_static",
        "lever": "prompt_caching",
        "subject": f"app-{number} on gpt-4o",
        "action": "Move the timestamp behind the rules",
        "saving_usd_month": interval("90", "120.50", "150"),
        "alone_usd_month": usd("140"),
        "effort_days": 0.5,
        "risk": "low",
        "measured": True,
        "evidence": [Evidence(fact="12 of 14 reads are lost", n=14_210, hours=168.0)],
        "how": ["Put the line with the time after the tools.", "Deploy.", "Watch the cached share."],
    }
    return Recommendation.model_validate(known | fields)


def spend(total: str | None, name: str = "shop", *, unpriced: int = 0, calls: int = 1_000) -> Spend:
    amount = None if total is None else usd(total)
    return Spend(
        total_usd=amount,
        total_usd_reason=None if amount is not None else "no call has a price",
        priced_calls=calls - unpriced,
        unpriced_calls=unpriced,
        price_source="genai-prices 0.2.3",
        by_app=[AppSpend(app=name, calls=calls, usd=amount), AppSpend(app="search", calls=10, usd=usd("3"))],
        unpriced_models=[UnpricedModel(model=name, calls=unpriced, reason="not in the price list")] if unpriced else [],
        tokens=Tokens(uncached_input=600_000_000, cache_read=430_000_000, output=90_000_000),
    )


def report(recommendations: list[Recommendation], *, restraint: list[Restraint] | None = None) -> Report:
    start = datetime.fromtimestamp(WEEK.start, UTC)
    return Report(
        period=Period(start=start, end=datetime.fromtimestamp(NOW - 900, UTC), hours=175.0),
        input=Input(records=130_000, calls=120_345),
        spend=spend("1234.56"),
        plan=[
            PlanStep(step="today", usd_month=usd("5360.10")),
            PlanStep(step="prompt_caching", usd_month=usd("4719.30"), saving_usd_month=usd("640.80")),
        ],
        recommendations=recommendations,
        track_record=TrackRecord(proven=7, confirmed=6, not_confirmed=1, cannot_tell=2, within=7, largest_error=0.124),
        restraint=restraint or [],
    )


def proof(verdict: str = "confirmed") -> Realised:
    return Realised.model_validate(
        {
            "verdict": verdict,
            "why": "adopted on Tue 17 Nov, by the change of the template",
            "method": "the same calls with the old order, priced",
            "calls": 8_120,
            "saving_usd_month": interval("95", "110", "130"),
            "forecast_usd_month": usd("120.50"),
        }
    )


def event(number: int, message: str, *, resolved: bool = False) -> Event:
    at = datetime.fromtimestamp(WEEK.start, UTC) + timedelta(hours=30 * (number + 1))
    return Event(
        kind="cache_regression",
        subject=f"t{number}",
        at=at,
        raised_at=at,
        resolved_at=at + timedelta(hours=3) if resolved else None,
        message=message,
    )


def full(name: str = "shop") -> Facts:
    """Every section full to overflowing; `name` is put wherever a log's name may stand."""
    before = [recommendation(n) for n in range(4)] + [recommendation(9), recommendation(8, subject=name)]
    after = [
        recommendation(0, subject=name, action=f"Move {name} behind the rules", how=[f"Put {name} last."]),
        recommendation(1, saving_usd_month=interval("190", "220", "250")),
        recommendation(2, saving_usd_month=Interval(), saving_usd_month_reason="too few calls: by Thu 26 Nov"),
        recommendation(3, status="accepted", realised=proof()),
        recommendation(8, status="done", subject=name, realised=proof("not_confirmed")),
        *(recommendation(n, subject=f"{name} {n}") for n in range(20, 26)),
    ]
    shown = days(WEEK, BERLIN, 7)
    return Facts(
        period=WEEK,
        zone=BERLIN,
        spend=spend("1234.56", name, unpriced=1_230, calls=120_345),
        received=Input(
            records=130_000,
            calls=120_345,
            rejected=1_204,
            rejected_by_reason={"not_json": 1_200, "unknown_format": 4},
            text_states={"full": 110_000, "absent": 10_345},
            lacks=[
                Lack(what="text", state="absent", format="openai", calls=10_345, switch="log the whole request_body")
            ],
            examined_calls=120_345,
            incidents=[
                IncidentKind(
                    kind="offsets_lost",
                    count=1,
                    last=datetime.fromtimestamp(WEEK.start + 5_000, UTC),
                    message=f"{name}[0]: 100 to 200 are gone",
                )
            ],
        ),
        spend_before=spend("1102.10", name, calls=110_020),
        calls_before=110_020,
        days=tuple(
            DayFacts(day, spend(None if n == 5 else str(210 - 30 * n)), 17_000 - n) for n, day in enumerate(shown)
        ),
        known_from=WEEK.start - 30 * 86_400,
        read_until=NOW - 30,
        analysis=Analysed(NOW - 900, report(after)),
        earlier=Analysed(WEEK.start, report(before)),
        events=tuple(event(n, f"{name} reads 3 % in place of 80 %", resolved=n % 2 == 0) for n in range(5)),
        stuck=(Stuck("ops", True, 3, f"HTTP 500 from {name}"),),
    )


def quiet() -> Facts:
    """A week in which nothing happened, and nothing is worth doing."""
    kept = report(
        [],
        restraint=[
            Restraint(
                lever="exact_cache",
                subject="faq",
                verdict="not_yet",
                why="41 equal questions a day",
                worth_it_from="300 equal questions a day",
            )
        ],
    ).model_copy(update={"plan": [], "track_record": TrackRecord()})
    return full()._replace(
        spend=spend("41.20", calls=9_800),
        received=Input(records=9_800, calls=9_800, text_states={"full": 9_800}, examined_calls=9_800),
        spend_before=spend("41.25", calls=9_790),
        calls_before=9_790,
        days=tuple(DayFacts(day, spend("5.90"), 1_400) for day in days(WEEK, BERLIN, 7)),
        analysis=Analysed(NOW - 900, kept),
        earlier=Analysed(WEEK.start, kept),
        events=(),
        stuck=(),
    )
