"""The report of the demo's day is the truth of the demo's day: calls, tokens, money to the last digit, what its generator knows of prompt caches,
and the example of the introduction."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest

from agent import loop, views
from agent.demo import Truth, traffic
from agent.demo.source import DemoSource
from agent.ingest import Ingest
from agent.report import Report
from agent.report_caching import PromptCaching, PromptFault
from agent.report_text import text
from agent.store import open_store
from analyzers import ALL
from analyzers.prices import Prices
from collectors.parse import Parser
from tests.agent.mended import FAULTS, left_month

pytestmark = pytest.mark.quality

START = 1_795_392_000.0
SUPPORT = "support-bot"
COUNTERS = ("uncached_input", "cache_read", "cache_write_short", "cache_write_long", "output")
REASONS = {
    "cut_json": "not_json",
    "null_bytes": "not_json",
    "plain_text": "not_json",
    "other_json": "unknown_format",
    "broken_utf8": "not_utf8",
}


@pytest.fixture(scope="module")
def day() -> tuple[Report, dict[str, Any]]:
    truth = Truth()
    store = open_store("sqlite://")
    now = START + 24 * 3_600
    ingest = Ingest(store, Parser(clock=lambda: now), ALL)
    source = DemoSource(traffic(seed=7, start=START, hours=24.0, truth=truth))
    loop.run(source, ingest, stop=threading.Event(), clock=lambda: now)
    report = views.report(store, Prices(), show_text=True)
    store.close()
    return report, truth.as_dict()


def caching(report: Report) -> PromptCaching:
    assert report.prompt_caching is not None
    return report.prompt_caching


def faults(report: Report, app: str) -> list[PromptFault]:
    return [fault for fault in caching(report).faults if fault.app == app]


def test_fifty_dollars_become_seven_and_with_half_of_the_calls_a_tenth(day: tuple[Report, dict[str, Any]]) -> None:
    report, _ = day
    (template,) = (one for one in caching(report).templates if one.app == SUPPORT)
    cost = template.static_usd_day
    assert cost is not None
    assert template.static_tokens == pytest.approx(2_000, abs=25)
    assert float(cost.as_is) == pytest.approx(50, abs=1.5)
    assert float(cost.mended) == pytest.approx(7, abs=1)
    assert cost.mended_half_the_calls <= cost.as_is / 10
    first_screen = "\n".join(text(report, width=100).splitlines()[:12])
    assert SUPPORT in first_screen
    assert "USD a day" in first_screen


def test_the_clock_is_found_where_it_stands(day: tuple[Report, dict[str, Any]]) -> None:
    report, truth = day
    line = truth["apps"][SUPPORT]["waste"]["clock_line"]
    clock, session = faults(report, SUPPORT)
    assert (clock.kind, session.kind) == ("timestamp_before_static", "random_id_before_static")
    assert line["start"] <= clock.start < clock.end <= line["end"]
    assert line["end"] <= session.start < truth["apps"][SUPPORT]["waste"]["head_characters"]
    assert clock.share_of_calls > 0.99
    assert clock.example[0] != clock.example[1]


@pytest.mark.parametrize("app", ["support-bot", "faq-bot", "invoice-extractor", "agent-coder", "hr-helper"])
def test_every_application_has_the_fault_that_it_was_given(day: tuple[Report, dict[str, Any]], app: str) -> None:
    report, truth = day
    given = truth["apps"][app]["waste"]["fault"]
    dear = [f.kind for f in faults(report, app) if f.saving_usd > Decimal("0.05")]
    assert dear[:1] == ([given] if given else [])


def test_mended_the_cache_serves_what_the_generator_says_that_it_could(day: tuple[Report, dict[str, Any]]) -> None:
    report, truth = day
    waste = {app: found["waste"] for app, found in truth["apps"].items()}
    for app in (SUPPORT, "agent-coder"):
        tokens = truth["apps"][app]["tokens"]["input_total"]
        (template,) = (one for one in caching(report).templates if one.app == app)
        assert template.hit_ratio_restructured == pytest.approx(waste[app]["possible_cache_read"] / tokens, abs=0.03)


def test_what_is_not_worth_it_is_left_alone(day: tuple[Report, dict[str, Any]]) -> None:
    report, _ = day
    left = {one.subject.split(" · ")[0]: one for one in report.restraint if one.lever == "prompt_caching"}
    assert "hr-helper" in left
    assert left["hr-helper"].verdict == "no"
    assert "1,024" in left["hr-helper"].why


def usd(amount: Decimal | None) -> Decimal:
    assert amount is not None
    return amount


def test_every_record_is_accounted_for(day: tuple[Report, dict[str, Any]]) -> None:
    report, truth = day
    found = report.input
    assert found.records == truth["records"]
    assert found.calls == truth["total"]["calls"]
    assert found.duplicates == truth["duplicates"]
    assert found.skipped == truth["skipped"]
    expected: dict[str, int] = {}
    for reason, count in truth["rejected_by_reason"].items():
        expected[REASONS[reason]] = expected.get(REASONS[reason], 0) + count
    assert found.rejected_by_reason == expected
    assert found.formats == {name: tally["calls"] for name, tally in truth["formats"].items()}


def test_tokens_are_the_providers(day: tuple[Report, dict[str, Any]]) -> None:
    report, truth = day
    tokens, known = report.spend.tokens, truth["total"]["tokens"]
    assert {name: getattr(tokens, name) for name in COUNTERS} == {name: known[name] for name in COUNTERS}
    assert tokens.input == known["input_total"]


def test_money_is_exact(day: tuple[Report, dict[str, Any]]) -> None:
    report, truth = day
    spend, total = report.spend, truth["total"]
    assert usd(spend.total_usd) == Decimal(total["usd"])
    assert spend.priced_calls == total["priced_calls"]
    assert spend.unpriced_calls == total["no_usage_calls"] + total["no_price_calls"]
    assert spend.errors.calls == total["errors"]


def test_money_is_exact_by_model_and_by_app(day: tuple[Report, dict[str, Any]]) -> None:
    report, truth = day
    for row in report.spend.by_model:
        tallies = [truth["models"][name] for name in row.logged_as or [row.model or ""]]
        known = sum(tally["calls"] for tally in tallies), sum(Decimal(tally["usd"]) for tally in tallies)
        assert (row.calls, row.usd or 0) == known, row.model
    assert {name for row in report.spend.by_model for name in row.logged_as or [row.model or ""]} == set(
        truth["models"]
    )
    assert len(report.spend.by_model) < len(truth["models"])
    for app in report.spend.by_app:
        assert app.app is not None
        tally = truth["apps"][app.app]
        assert (app.calls, app.usd or 0) == (tally["calls"], Decimal(tally["usd"])), app.app
    assert {app.app for app in report.spend.by_app} == set(truth["apps"])


def test_a_model_without_a_price_is_named_and_never_free(day: tuple[Report, dict[str, Any]]) -> None:
    report, truth = day
    unpriced = {(model.model, model.reason): model.calls for model in report.spend.unpriced_models}
    assert sum(unpriced.values()) == report.spend.unpriced_calls
    private = {name for name, tally in truth["models"].items() if tally["no_price_calls"]}
    assert private
    assert {model for model, reason in unpriced if reason != "usage not reported"} == private
    for row in report.spend.by_model:
        if row.model in private and truth["models"][row.model]["priced_calls"] == 0:
            assert row.usd is None or truth["models"][row.model]["errors"]


def test_the_months_figure_is_the_periods_at_its_pace(day: tuple[Report, dict[str, Any]]) -> None:
    report, _ = day
    hours = report.period.hours
    assert hours is not None and 23 < hours < 25
    assert usd(report.spend.month_usd) == usd(report.spend.total_usd) * 730 / Decimal(str(hours))


def test_the_plan_ends_at_what_the_stream_costs_with_everything_in_it_really_done(
    day: tuple[Report, dict[str, Any]],
) -> None:
    """The generator runs its providers' caches over the mended prompts beside those that it sends."""
    report, truth = day
    (step,) = (one for one in report.plan if one.step == "prompt_caching")
    by_id = {one.id: one for one in report.recommendations}
    assert {(by_id[name].app, by_id[name].kind) for one in report.plan for name in one.recommendations} == FAULTS
    left = left_month(truth, Decimal(str(report.period.hours)))
    assert step.usd_month == report.plan[-1].usd_month == pytest.approx(left, rel=Decimal("0.05"))


def test_the_json_keeps_the_cents(day: tuple[Report, dict[str, Any]]) -> None:
    report, truth = day
    again = Report.model_validate_json(report.to_json())
    assert round(usd(again.spend.total_usd), 2) == round(Decimal(truth["total"]["usd"]), 2)
