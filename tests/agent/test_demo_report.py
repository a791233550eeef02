"""The report of the demo's stream is the truth of the demo's stream: calls, tokens, and money to the last digit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agent import loop, views
from agent.demo import Truth, traffic
from agent.demo.produce import produce
from agent.demo.source import DemoSource
from agent.ingest import Ingest
from agent.report import Report
from agent.store import open_store
from analyzers import ALL
from analyzers.prices import Prices
from collectors.parse import Parser
from tests.agent.mended import FAULTS, left_month
from tests.fixtures.agents import Agent, wait_until
from tests.fixtures.kafka_broker import KafkaBroker

START = 1_795_392_000.0
COUNTERS = ("uncached_input", "cache_read", "cache_write_short", "cache_write_long", "output")
REASONS = {
    "cut_json": "not_json",
    "null_bytes": "not_json",
    "plain_text": "not_json",
    "other_json": "unknown_format",
    "broken_utf8": "not_utf8",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, dict[str, Any]]:
    """Twelve hours of the stream through the whole pipeline, and what its generator knows of it."""
    truth = Truth()
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('demo') / 'hone.db'}")
    source = DemoSource(traffic(seed=7, start=START, hours=12.0, truth=truth))
    now = START + 12 * 3_600
    ingest = Ingest(store, Parser(clock=lambda: now), ALL)
    loop.run(source, ingest, stop=threading.Event(), clock=lambda: now)
    report = views.report(store, Prices())
    store.close()
    return report, truth.as_dict()


def usd(amount: Decimal | None) -> Decimal:
    assert amount is not None
    return amount


def test_every_record_is_accounted_for(run: tuple[Report, dict[str, Any]]) -> None:
    report, truth = run
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


def test_tokens_are_the_providers(run: tuple[Report, dict[str, Any]]) -> None:
    report, truth = run
    tokens, known = report.spend.tokens, truth["total"]["tokens"]
    assert {name: getattr(tokens, name) for name in COUNTERS} == {name: known[name] for name in COUNTERS}
    assert tokens.input == known["input_total"]


def test_money_is_exact(run: tuple[Report, dict[str, Any]]) -> None:
    report, truth = run
    spend, total = report.spend, truth["total"]
    assert usd(spend.total_usd) == Decimal(total["usd"])
    assert spend.priced_calls == total["priced_calls"]
    assert spend.unpriced_calls == total["no_usage_calls"] + total["no_price_calls"]
    assert spend.errors.calls == total["errors"]


def test_money_is_exact_by_model_and_by_app(run: tuple[Report, dict[str, Any]]) -> None:
    report, truth = run
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


def test_a_model_without_a_price_is_named_and_never_free(run: tuple[Report, dict[str, Any]]) -> None:
    report, truth = run
    unpriced = {(model.model, model.reason): model.calls for model in report.spend.unpriced_models}
    assert sum(unpriced.values()) == report.spend.unpriced_calls
    private = {name for name, tally in truth["models"].items() if tally["no_price_calls"]}
    assert private
    assert {model for model, reason in unpriced if reason != "usage not reported"} == private
    for row in report.spend.by_model:
        if row.model in private and truth["models"][row.model]["priced_calls"] == 0:
            assert row.usd is None or truth["models"][row.model]["errors"]


def test_the_months_figure_is_the_periods_at_its_pace(run: tuple[Report, dict[str, Any]]) -> None:
    report, _ = run
    hours = report.period.hours
    assert hours is not None and 11 < hours < 13
    assert usd(report.spend.month_usd) == usd(report.spend.total_usd) * 730 / Decimal(str(hours))


def test_the_plan_ends_at_what_the_stream_costs_with_everything_in_it_really_done(
    run: tuple[Report, dict[str, Any]],
) -> None:
    """The generator runs its providers' caches over the mended prompts beside those that it sends."""
    report, truth = run
    (step,) = (one for one in report.plan if one.step == "prompt_caching")
    by_id = {one.id: one for one in report.recommendations}
    assert {(by_id[name].app, by_id[name].kind) for one in report.plan for name in one.recommendations} == FAULTS
    left = left_month(truth, Decimal(str(report.period.hours)))
    assert step.usd_month == report.plan[-1].usd_month == pytest.approx(left, rel=Decimal("0.05"))


def test_the_json_keeps_the_cents(run: tuple[Report, dict[str, Any]], tmp_path: Path) -> None:
    report, truth = run
    again = Report.model_validate_json(report.to_json())
    assert round(usd(again.spend.total_usd), 2) == round(Decimal(truth["total"]["usd"]), 2)


@pytest.mark.kafka
def test_the_same_stream_through_a_broker_gives_the_same_truth(
    own_broker: Callable[..., KafkaBroker], tmp_path: Path
) -> None:
    server = own_broker()
    known = Truth()
    sent = produce(traffic(seed=3, start=START, hours=2.0, truth=known), server.bootstrap)
    truth = known.as_dict()
    assert sent == truth["records"]
    url = f"sqlite:///{tmp_path / 'hone.db'}"
    with Agent(url, bootstrap_servers=server.bootstrap, pattern="^(llm|otlp)") as agent:
        store = agent.store
        wait_until(lambda: views.received(store).records >= sent, 90, "everything to be read")
        agent.stop()
        report = views.report(store, Prices())
    assert (report.input.records, report.input.calls) == (sent, truth["total"]["calls"])
    assert report.input.duplicates == truth["duplicates"]
    assert usd(report.spend.total_usd) == Decimal(truth["total"]["usd"])
