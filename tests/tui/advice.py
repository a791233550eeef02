"""A plan and recommendations in every state, under names and texts of which some are hostile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from agent.report import Report
from agent.report_caching import Restraint
from agent.report_plan import Evidence, Interval, PlanStep, Realised, Recommendation, StatusChange, TrackRecord
from agent.store import analyses, open_store
from tests.tui.conftest import NOW

AT = datetime.fromtimestamp(NOW, UTC)
PLAN = [
    PlanStep(step="today", usd_month=Decimal(2_420)),
    PlanStep(step="prompt_caching", usd_month=Decimal(1_320), saving_usd_month=Decimal(1_100)),
    PlanStep(step="exact_cache", usd_month=Decimal(1_250), saving_usd_month=Decimal(70)),
    PlanStep(step="semantic_cache", usd_month=Decimal(1_220), saving_usd_month=Decimal(30)),
    PlanStep(step="model_choice", usd_month=Decimal(1_220), saving_usd_month_reason="needs 14 days of calls"),
    PlanStep(step="fine_tuning", usd_month=Decimal(1_220), saving_usd_month=Decimal(0)),
]


def _interval(low: int, likely: int, high: int) -> Interval:
    return Interval(low=Decimal(low), likely=Decimal(likely), high=Decimal(high))


RECOMMENDATIONS = [
    Recommendation(
        id="3f2a91",
        kind="timestamp_before_static",
        lever="prompt_caching",
        subject="support-bot · gpt-5.4",
        app="support-bot",
        action="Move the clock and the session below the policy",
        saving_usd_month=_interval(1_010, 1_100, 1_150),
        alone_usd_month=Decimal(1_100),
        effort_days=1,
        payback_months=0.7,
        risk="none",
        measured=True,
        first_seen=AT - timedelta(days=2),
        evidence=[
            Evidence(fact="the clock changes in every call and breaks the prefix at character 71", n=350, hours=3)
        ],
        how=["Move the first line of the system prompt into the last message", "Deploy, and watch the cached share"],
    ),
    Recommendation(
        id="77ab01",
        kind="exact_cache",
        lever="exact_cache",
        subject="[/red]faq\x1b[2J · claude",
        app="[/red]faq\x1b[2J",
        action="Cache answers by the hash of the request, for 6 hours",
        saving_usd_month=_interval(60, 70, 80),
        alone_usd_month=Decimal(90),
        effort_days=3,
        risk="low",
        measured=True,
        first_seen=AT,
    ),
    Recommendation(
        id="a1b2c3",
        kind="model_choice",
        lever="model_choice",
        subject="agent-coder · gpt-5.6-terra",
        app="agent-coder",
        action="Try a smaller model on the easy steps",
        saving_usd_month=Interval(),
        saving_usd_month_reason="needs 14 days of calls, 13 more",
        effort_days=5,
        risk="review",
        measured=False,
    ),
    Recommendation(
        id="ddee00",
        kind="tool_order",
        lever="prompt_caching",
        subject="agent-coder · gpt-5.6-terra",
        app="agent-coder",
        action="Send the tools in one order",
        saving_usd_month=_interval(300, 341, 390),
        effort_days=1,
        risk="none",
        measured=True,
        status="done",
        realised=Realised(
            verdict="confirmed",
            why="the hit ratio rose from 8 % to 74 %",
            method="the same calls without it",
            calls=90,
            saving_usd_month=_interval(280, 330, 380),
            forecast_usd_month=Decimal(341),
        ),
        history=[StatusChange(at=AT - timedelta(days=3), status="accepted", who="ada", why="worth a day")],
    ),
]
RESTRAINT = [
    Restraint(
        lever="fine_tuning",
        subject="hr-helper",
        verdict="not_yet",
        why="40 calls a day",
        worth_it_from="9,000 calls a day",
    )
]


def advise(path: Path) -> None:
    """Put all of it into the newest analysis of a database."""
    store = open_store(f"sqlite:///{path}")
    found = analyses.newest(store.engine)
    assert found is not None
    report = Report.model_validate_json(found.report).model_copy(
        update={
            "plan": PLAN,
            "recommendations": RECOMMENDATIONS,
            "restraint": RESTRAINT,
            "track_record": TrackRecord(proven=1, confirmed=1),
        }
    )
    analyses.keep(store.engine, found._replace(at=NOW - 60, report=report.to_json(None).encode()))
    store.close()
