"""A report with every section filled, under names and texts that nobody wishes to see drawn."""

from __future__ import annotations

from decimal import Decimal

from agent.report import Event, Report
from agent.report_caching import (
    Actual,
    PromptCaching,
    PromptFault,
    PromptTemplate,
    Regimes,
    Restraint,
    Simulated,
)
from agent.report_plan import Evidence, Interval, PlanStep, Realised, Recommendation
from agent.report_response import (
    AppCache,
    ByTtl,
    Cluster,
    Exact,
    ResponseCaching,
    Semantic,
    Spoiler,
    Threshold,
)
from agent.report_tuning import (
    AxisScores,
    CheaperModel,
    CreditSplit,
    FineTuning,
    SignalCount,
    TaskFigure,
    TaskKind,
    TuningOption,
    TuningTask,
)
from tests.agent.reports import NAMES, day, hostile

BAD = NAMES["html"]
ATTRIBUTE = '" onload="alert(1)" x="'


def full() -> Report:
    """Everything, of one day."""
    return hostile().model_copy(
        update={
            "prompt_caching": _prompt_caching(),
            "response_caching": _response_caching(),
            "fine_tuning": _fine_tuning(),
            "plan": _plan(),
            "recommendations": _recommendations(),
            "restraint": [
                Restraint(
                    lever="semantic_cache",
                    subject=BAD,
                    verdict="no",
                    why="too many answers would be wrong: " + "x" * 400,
                ),
                Restraint(
                    lever="fine_tuning",
                    subject=NAMES["direction"],
                    verdict="not_yet",
                    why="the volume is too small",
                    worth_it_from="877,074 calls a month",
                ),
            ],
            "events": [
                Event(
                    kind="cache_hits_fell",
                    subject=BAD,
                    at=day(3),
                    raised_at=day(4),
                    message=f"hits of {BAD} fell\x1b[2J",
                ),
                Event(
                    kind="spend_jumped",
                    subject="support-bot",
                    at=day(1),
                    raised_at=day(2),
                    resolved_at=day(3),
                    message=f"spend of {ATTRIBUTE} doubled",
                ),
            ],
        }
    )


def _prompt_caching() -> PromptCaching:
    def regime(ratio: float, month: str) -> Simulated:
        return Simulated(
            hit_ratio=ratio, hit_ratio_per_request=ratio, cached_tokens=1_000, saving_usd_month=Decimal(month)
        )

    return PromptCaching(
        calls=10_000,
        compared_calls=9_900,
        actual=Actual(hit_ratio=0.21, hit_ratio_per_request=0.2, cached_tokens=8_434_560, calls_reporting=9_900),
        simulated=Regimes(
            as_is=regime(0.209, "84.94"),
            restructured=regime(0.944, "1873.09"),
            best_marking=regime(0.3, "173.78"),
            infinite=regime(0.344, "330.80"),
        ),
        templates=[
            PromptTemplate(
                id="t1",
                app=BAD,
                model="gpt-5.4",
                calls=9_877,
                static_tokens=2_014,
                variable_tokens=86,
                hit_ratio=0.0,
                hit_ratio_restructured=0.95,
                input_usd=Decimal("50.1"),
                proposed_order=f"--- today\n+++ proposed\n@@ -1,3 +1,3 @@\n {BAD}\n-⟪the time⟫\n rules \x1b[31m\n+⟪the time⟫\n",
                first=day(),
                last=day(23),
            )
        ],
        faults=[
            PromptFault(
                kind="timestamp_before_static",
                template="t1",
                app=BAD,
                model="gpt-5.4",
                segment="system",
                position=0,
                start=14,
                end=38,
                share_of_calls=0.99,
                calls=9_874,
                stranded_tokens=2_041,
                example=("xxxx 99:99", "xxxx 99:98"),
                fix="Move the clock out of the system prompt behind the rules.",
                saving_usd=Decimal("22.45"),
                saving_usd_month=Decimal("688.67"),
                alone_usd_month=Decimal("688.67"),
                confidence="confirmed",
            )
        ],
        rules_date="2026-11-23",
    )


def _response_caching() -> ResponseCaching:
    curve = [
        Threshold(
            threshold=round(0.75 + 0.01 * n, 2),
            hit_rate=0.78 - 0.0006 * n * n,
            hit_rate_low=0.75 - 0.0006 * n * n,
            hit_rate_high=0.81 - 0.0006 * n * n,
            wrong_rate=0.05 * (1 - n / 25),
            wrong_rate_high=0.06 * (1 - n / 26),
            wrong_rate_of_hits=0.1,
            judged_pairs=340 - n,
            saving_usd_month=Decimal(200 - n),
        )
        for n in range(25)
    ]
    return ResponseCaching(
        calls=10_000,
        eligible_calls=8_000,
        ineligible_by_reason={"conversation": 1_500, "tool_call": 500},
        after_prompt_caching=0.4,
        exact=Exact(
            hit_rate=0.114,
            ttl_s=86_400.0,
            by_ttl=[ByTtl(ttl_s=60.0, hit_rate=0.001), ByTtl(ttl_s=86_400.0, hit_rate=0.114)],
            spoilers=[
                Spoiler(
                    kind="timestamp",
                    app=BAD,
                    segment="system",
                    position=0,
                    example=["99:99", "99:98"],
                    calls=6_155,
                    more_hits=1_550,
                    saving_usd_month=Decimal("72.51"),
                    confidence="suspected",
                    fix="Leave the time out of the key.",
                )
            ],
            saving_usd_month=Decimal("32.13"),
        ),
        semantic=Semantic(
            embedder="all-MiniLM-L6-v2-int8",
            verdict="use",
            questions=3_762,
            curve=curve,
            recommended_threshold=0.96,
            hit_rate=curve[21].hit_rate,
            wrong_rate=curve[21].wrong_rate,
            wrong_rate_high=0.0099,
            judged_pairs=345,
            judged_pairs_in_all=3_636,
            saving_usd_month=Decimal(179),
            by_app=[
                AppCache(app=BAD, eligible_calls=5_000, exact_hit_rate=0.1, verdict="use", recommended_threshold=0.96),
                AppCache(app=NAMES["wide"], eligible_calls=3_000, exact_hit_rate=0.1, verdict="no", why="too few"),
            ],
        ),
        clusters=[
            Cluster(
                id="c1",
                label=f"order {BAD}",
                app=BAD,
                calls=1_100,
                share=0.11,
                usd_month=Decimal(214),
                repeat_rate=0.2,
                examples=["xxxxx xx xx xxxxx"],
            )
        ],
    )


def _route(n: int, name: str, breakeven: int | None) -> TuningOption:
    return TuningOption(
        route=f"route-{n}",
        name=name,
        breakeven_calls_month=breakeven,
        fixed_usd_month=Decimal(1_236),
        tuned_usd_call=Decimal("0.000091"),
        saving_usd_month=Decimal(310 - 400 * n),
        life_months=12.0,
        refused="it takes no examples with tools" if n == 2 else None,
        prices_of=day().date(),
        confidence="official",
    )


def _fine_tuning() -> FineTuning:
    task = TuningTask(
        id="5036635221f4",
        label=f"{BAD} · gpt-5.4",
        app=BAD,
        calls_month=1_302_880,
        calls_looked_at=9_877,
        days=30.0,
        verdict="pays",
        rung=5,
        deciding="it pays from 877,074 calls a month and there are 1,302,880",
        flips="fewer than 877,074 calls a month",
        diagnosis=AxisScores(knowledge=0.0, behaviour=0.12, capability=0.01),
        signals=[
            SignalCount(name="schema_missed", axis="behaviour", calls=120, of=1_000, counts=True),
            SignalCount(name="does_not_know", axis="knowledge", calls=0, of=9_877, counts=True),
        ],
        usd_month=Decimal("1790.5"),
        breakeven_calls_month=877_074,
        saving_usd_month=Decimal("310.2"),
        credit=CreditSplit(caching=Decimal(1336), model_swap=Decimal("418.9"), prompt_removal=Decimal("8.1")),
        examples_ready=2_341,
        options=[
            _route(n, name, breakeven)
            for n, (name, breakeven) in enumerate(
                (("Nebius Llama 3.1 8B", 877_074), (BAD, 2_094_650), ("Own H100", None))
            )
        ],
        cheaper_models=[
            CheaperModel(model="gpt-5.4-mini", usd_month=Decimal(400), answered_calls=300, answers_as_well=True)
        ],
        figures=[
            TaskFigure(name="refused", value=0.004, of=9_877),
            TaskFigure(name="first_token_p95_s", value=1.84, of=9_100),
            TaskFigure(name="narrowness", value=0.31, of=9_877),
            TaskFigure(name="share_of_spend", value=0.62, of=9_877),
        ],
        kinds=[
            TaskKind(
                id=f"k{n}-5036635221f4",
                label=label,
                calls_month=int(1_302_880 * share),
                share_of_calls=share,
                verdict=verdict,
                deciding=deciding,
                best=_route(0, "Nebius Llama 3.1 8B", 410_000) if verdict == "trial" else None,
            )
            for n, (label, share, verdict, deciding) in enumerate(
                (
                    (BAD, 0.5, "trial", "break-even at 410,000 calls a month and there are 651,440"),
                    (
                        "opening hours",
                        0.3,
                        "no",
                        "117 of 390 calls (30%) show that knowledge is missing: retrieval first",
                    ),
                )
            )
        ],
    )
    waiting = task.model_copy(
        update={
            "id": "9f36635221aa",
            "label": f"{NAMES['wide']} · gpt-5-mini",
            "verdict": "cannot_tell",
            "calls_month": 1_134,
            "deciding": "1.0 days are logged, fewer than 14",
            "flips": "13 more days of log",
            "breakeven_calls_month": None,
            "breakeven_calls_month_reason": "no route is cheaper at any volume",
        }
    )
    return FineTuning(tasks=[task, waiting], prices_of="2026-11-23", assumptions={"engineer_day_usd": 800.0})


def _plan() -> list[PlanStep]:
    def step(name: str, left: str, off: str | None, *ids: str) -> PlanStep:
        saving = None if off is None else Decimal(off)
        return PlanStep.model_validate(
            {"step": name, "usd_month": Decimal(left), "saving_usd_month": saving, "recommendations": list(ids)}
        )

    return [
        step("today", "1273.48", None),
        step("prompt_caching", "585.48", "688", "r1"),
        step("exact_cache", "553.35", "32.13", "r2"),
        step("semantic_cache", "563.35", "-10"),
        step("model_choice", "263.35", "300"),
        PlanStep(step="fine_tuning", usd_month=None, usd_month_reason="1.0 days are logged, fewer than 14"),
    ]


def _recommendations() -> list[Recommendation]:
    first = Recommendation(
        id="r1a2b3",
        kind="timestamp_before_static",
        lever="prompt_caching",
        subject=f"{BAD} on gpt-5.4",
        action=f"Move the clock of {BAD} behind the rules",
        saving_usd_month=Interval(low=Decimal(600), likely=Decimal(688), high=Decimal(700)),
        alone_usd_month=Decimal("688.67"),
        effort_days=0.5,
        payback_months=0.6,
        risk="none",
        measured=True,
        evidence=[Evidence(fact="the clock changes in 99 % of calls", n=9_874, hours=23.0)],
        how=["Take the line with the time out of the system prompt.", f"Put it last: {ATTRIBUTE}"],
    )
    return [
        first,
        first.model_copy(
            update={
                "id": "r2",
                "kind": "exact_cache",
                "lever": "exact_cache",
                "action": "Cache the answers to equal requests",
                "saving_usd_month": Interval(),
                "saving_usd_month_reason": "fewer than six minutes of calls",
                "measured": False,
            }
        ),
        first.model_copy(
            update={
                "id": "r3",
                "status": "done",
                "action": "Sort the tools",
                "realised": Realised(verdict="confirmed", why="the hit ratio rose", method="before and after"),
            }
        ),
        first.model_copy(update={"id": "r4", "status": "dismissed", "status_reason": f"no time {BAD}"}),
    ]
