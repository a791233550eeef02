"""The example of the introduction comes out of the demo's day, and so does everything its generator knows of prompt caches."""

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

pytestmark = pytest.mark.quality

START = 1_795_392_000.0
SUPPORT = "support-bot"


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
