"""The demo's stream through a broker: its report is the truth of the stream, as it is straight from the generator (`tests/quality/test_demo_day.py`)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from agent import views
from agent.demo import Truth, traffic
from agent.demo.produce import produce
from analyzers.prices import Prices
from tests.fixtures.agents import Agent, wait_until
from tests.fixtures.kafka_broker import KafkaBroker

START = 1_795_392_000.0


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
    assert report.spend.total_usd == Decimal(truth["total"]["usd"])
