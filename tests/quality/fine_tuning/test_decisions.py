"""Streams with a known right verdict: it is reached, on the right rung, and the number that decided is named."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from analyzers.fine_tuning import routes
from analyzers.fine_tuning.assumptions import PUBLISHED
from analyzers.fine_tuning.ladder import judge
from analyzers.prices import Prices
from tests.quality.fine_tuning import streams as s

pytestmark = pytest.mark.quality

TODAY = date(2026, 11, 24)
SONNET = {"model": "claude-sonnet-5-5", "provider": "anthropic"}
LUNA = {"model": "gpt-6-luna", "provider": "openai"}

CASES: list[tuple[str, dict[str, Any], str, int, str]] = [
    # Too little to tell.
    ("nine-days", {"days": 9}, "cannot_tell", 0, r"9\.0 days"),
    ("thirteen-days", {"days": 13.5}, "cannot_tell", 0, r"13\.\d days"),
    ("four-hundred-calls", {"calls": 400}, "cannot_tell", 0, r"400 calls"),
    ("nine-hundred-calls-huge-volume", {"calls": 900, "month": 90_000_000}, "cannot_tell", 0, r"900 calls"),
    ("no-price", {"model": "in-house-7", "provider": "openai"}, "cannot_tell", 0, r"no known price"),
    # Knowledge.
    ("does-not-know", {"faults": ((0.2, s.unknown),)}, "no", 1, r"\d+ of [\d,]+ calls \(\d+%\).*retrieval"),
    ("does-not-know-though-it-would-pay", {"month": 40_000_000, "faults": ((0.1, s.unknown),)}, "no", 1, "retrieval"),
    ("nothing-retrieved", {"faults": ((0.15, s.empty_context),)}, "no", 1, "retrieval"),
    ("facts-corrected", {"faults": ((0.1, s.fact_corrected),)}, "no", 1, "retrieval"),
    ("knowledge-above-behaviour", {"faults": ((0.2, s.unknown), (0.08, s.style_corrected))}, "no", 1, "retrieval"),
    (
        "knowledge-and-caching-open",
        {"cached": 0.1, "achievable": 0.9, "faults": ((0.2, s.unknown),)},
        "no",
        1,
        "retrieval",
    ),
    # Caching comes first.
    ("uncached", {"cached": 0.0, "achievable": 0.9}, "not_yet", 2, r"prompt caching still saves \d+%.*USD a month"),
    ("half-cached", {"cached": 0.4, "achievable": 0.95}, "not_yet", 2, r"\d+%"),
    ("uncached-huge", {"cached": 0.0, "achievable": 0.9, "month": 50_000_000}, "not_yet", 2, r"\d+%"),
    (
        "caching-and-strict-off",
        {"cached": 0.0, "achievable": 0.9, "faults": ((1.0, s.loose), (0.1, s.not_json))},
        "not_yet",
        2,
        "caching",
    ),
    # The prompt comes next.
    (
        "strict-schema-off",
        {"faults": ((1.0, s.loose), (0.08, s.not_json))},
        "not_yet",
        3,
        r"\d+ of [\d,]+ answers miss",
    ),
    (
        "strict-schema-off-often",
        {"faults": ((1.0, s.loose), (0.5, s.not_json)), "month": 9_000_000},
        "not_yet",
        3,
        "enforce",
    ),
    # A cheaper model.
    ("cheaper-model-does-it", {"mix": (("gpt-6-luna", 0.4, 0.0),)}, "no", 4, r"gpt-6-luna answered [\d,]+"),
    ("cheaper-model-does-it-huge", {"month": 80_000_000, "mix": (("gpt-6-luna", 0.3, 0.005),)}, "no", 4, "gpt-6-luna"),
    (
        "cheaper-model-fails",
        {"month": 900_000, "mix": (("gpt-6-luna", 0.4, 0.3),)},
        "trial",
        6,
        r"break-even at [\d,]+",
    ),
    ("sonnet-to-haiku", {**SONNET, "mix": (("claude-haiku-5-5", 0.3, 0.0),)}, "no", 4, "claude-haiku-5-5"),
    # Capability.
    ("escalated", {"faults": ((0.2, s.escalated),)}, "no", 5, r"\d+ of [\d,]+ calls.*beyond"),
    ("tools-misused", {"tools": True, "faults": ((0.3, s.tool_misused),)}, "no", 5, "beyond"),
    (
        "capability-below-behaviour",
        {"month": 900_000, "faults": ((0.05, s.escalated), (0.3, s.format_retried))},
        "trial",
        6,
        "break-even",
    ),
    # The arithmetic.
    ("small-volume", {"month": 20_000}, "not_yet", 6, r"20,000 calls a month, break-even at [\d,]+"),
    ("middling-volume", {"month": 120_000}, "not_yet", 6, r"break-even at [\d,]+"),
    ("pays", {"month": 2_000_000}, "trial", 6, r"2,000,000 calls a month.*[\d,]+ USD a month"),
    ("pays-with-style-trouble", {"month": 2_000_000, "faults": ((0.2, s.style_corrected),)}, "trial", 6, "break-even"),
    (
        "pays-with-strict-schema-missed",
        {"month": 2_000_000, "faults": ((1.0, s.strict), (0.1, s.not_json))},
        "trial",
        6,
        "break-even",
    ),
    ("pays-with-good-context", {"month": 2_000_000, "faults": ((1.0, s.good_context),)}, "trial", 6, "break-even"),
    ("sonnet-pays", {**SONNET, "month": 2_500_000}, "trial", 6, "break-even"),
    ("luna-small", {**LUNA, "month": 3_000_000}, "not_yet", 6, r"break-even at [\d,]+"),
    ("luna-pays-only-uncached", {**LUNA, "month": 5_000_000, "cached": 0.9}, "not_yet", 6, r"break-even at [\d,]+"),
    (
        "tiny-calls-of-a-cheap-model",
        {**LUNA, "static": 200, "dynamic": 50, "output": 5, "month": 1_000_000},
        "not_yet",
        6,
        "break-even",
    ),
    (
        "few-examples",
        {"month": 2_000_000, "faults": ((1.0, s.few_questions),)},
        "not_yet",
        6,
        r"\d+ clean examples, 100",
    ),
    ("answers-fail", {"month": 2_000_000, "faults": ((0.97, s.errored),)}, "not_yet", 6, r"\d+ clean examples"),
    ("unstable-still-by-token", {"month": 2_000_000, "burst": 0.7}, "trial", 6, "break-even"),
    ("tools", {"month": 3_000_000, "tools": True}, "trial", 6, "break-even"),
    # A trial was made.
    (
        "trial-pays",
        {"month": 2_000_000, "mix": (("ft:gpt-4o-mini-2024-07-18:acme::1", 0.3, 0.0),)},
        "pays",
        7,
        r"answered [\d,]+ calls no worse at \d+% less",
    ),
    (
        "trial-dearer",
        {"month": 2_000_000, "mix": (("ft:gpt-4o-2024-08-06:acme::1", 0.3, 0.0),)},
        "no",
        7,
        r"costs 0\.\d+ USD a call",
    ),
    (
        "trial-worse",
        {"month": 2_000_000, "mix": (("ft:gpt-4o-mini-2024-07-18:acme::1", 0.3, 0.3),)},
        "trial",
        6,
        "break-even",
    ),
    (
        "trial-too-few-calls",
        {"month": 2_000_000, "mix": (("ft:gpt-4o-mini-2024-07-18:acme::1", 0.02, 0.0),)},
        "trial",
        6,
        "break-even",
    ),
]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    ("given", "verdict", "rung", "deciding"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_verdict(given: dict[str, Any], verdict: str, rung: int, deciding: str, seed: int) -> None:
    found = judge(s.facts(s.stream(**given, seed=seed), Prices()), routes.load(), PUBLISHED, TODAY)
    assert (found.verdict, found.rung) == (verdict, rung), found.deciding
    assert re.search(deciding, found.deciding), found.deciding
    assert found.flips


@pytest.mark.parametrize(
    ("today", "verdict", "deciding"),
    [
        (date(2026, 11, 24), "trial", "break-even"),
        (date(2027, 2, 1), "cannot_tell", r"older than 60 days \(of 2026-11-23\)"),
    ],
)
def test_stale_prices_refuse_to_answer(today: date, verdict: str, deciding: str) -> None:
    found = judge(s.facts(s.stream(month=2_000_000), Prices()), routes.load(), PUBLISHED, today)
    assert found.verdict == verdict
    assert re.search(deciding, found.deciding)


def test_a_provider_that_closes_before_payback_is_out() -> None:
    only = routes.load()
    openai = only._replace(rows=tuple(route for route in only.rows if route.provider == "openai"))
    found = judge(s.facts(s.stream(month=2_000_000), Prices()), openai, PUBLISHED, TODAY)
    assert found.verdict == "no"
    assert "no route is open" in found.deciding


def test_unsteady_volume_hosts_nothing() -> None:
    only = routes.load()
    hosted = only._replace(rows=tuple(route for route in only.rows if route.id == "together-h100"))
    steady = judge(s.facts(s.stream(month=3_000_000), Prices()), hosted, PUBLISHED, TODAY)
    bursty = judge(s.facts(s.stream(month=3_000_000, burst=0.8), Prices()), hosted, PUBLISHED, TODAY)
    assert steady.verdict == "trial"
    assert bursty.verdict == "no"
    assert "unsteady" in bursty.deciding


def test_knowledge_above_behaviour_is_never_tuned_whatever_the_volume() -> None:
    for month in (10_000, 1_000_000, 100_000_000):
        found = judge(
            s.facts(s.stream(month=month, faults=((0.2, s.unknown),)), Prices()), routes.load(), PUBLISHED, TODAY
        )
        assert (found.verdict, found.rung) == ("no", 1)


def test_more_volume_never_turns_a_verdict_back_and_never_moves_the_break_even() -> None:
    """From far below to far above: also where a route pays, and would be paid back too late."""
    made = s.facts(s.stream(month=1), Prices())
    volumes = [20_000 * 1.15**n for n in range(45)]
    found = [
        judge(made._replace(calls_month=Decimal(str(month))), routes.load(), PUBLISHED, TODAY) for month in volumes
    ]
    verdicts = [one.verdict for one in found]
    first = verdicts.index("trial")
    assert set(verdicts[:first]) == {"not_yet"} and set(verdicts[first:]) == {"trial"}
    least = {min(o.found.calls_month for o in one.options if not o.closed and o.found.calls_month) for one in found}
    assert len(least) == 1
    late = [one.deciding for one in found[:first] if "comes back within half" in one.deciding]
    assert late
    assert float(re.sub(r"^.*only from ([\d,]+)$", r"\1", late[-1]).replace(",", "")) <= volumes[first] * 1.001


def test_dearer_people_never_lower_the_volume_that_is_asked_for() -> None:
    made = s.facts(s.stream(month=300_000), Prices())
    asked = []
    for usd in range(0, 2_000, 100):
        found = judge(made, routes.load(), msgspec.structs.replace(PUBLISHED, engineer_day_usd=Decimal(usd)), TODAY)
        asked.append(min(one.pays_from for one in found.options if not one.closed and one.pays_from))
    assert asked == sorted(asked)
