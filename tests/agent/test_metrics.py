"""Metrics and health, asked over HTTP as Prometheus and a load balancer ask."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from prometheus_client.parser import text_string_to_metric_families

from agent.analyst.process import Outcome
from agent.ingest import Committed
from agent.intake import Intake
from agent.loop import Progress
from agent.metrics import STALLED_S, Metrics, MetricsServer
from analyzers.errors import HoneError
from collectors.source import Incident, Partition

HOSTILE = 'a"b\\\n{x="1"} 1'


@dataclass
class World:
    """What the metrics ask about."""

    lag: dict[Partition, int | None] = field(default_factory=dict)
    connected: bool | None = True
    now: float = 1_000.0


@contextmanager
def served(world: World) -> Iterator[tuple[Metrics, int]]:
    metrics = Metrics(lambda: world.lag, lambda: world.connected, lambda: world.now)
    server = MetricsServer(metrics, "127.0.0.1", 0)
    try:
        yield metrics, server.port
    finally:
        server.close()


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def samples(port: int) -> dict[tuple[str, tuple[str, ...]], float]:
    status, body = get(port, "/metrics")
    assert status == 200
    return {
        (sample.name, tuple(label for _, label in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(body)
        for sample in family.samples
    }


def commit(**intake: object) -> Progress:
    received = Intake(**intake)  # type: ignore[arg-type]
    lost = Incident("offsets_lost", Partition("t", 0), "gone")
    return Progress(Committed(received, {Partition("t", 0): 10}), (lost,), 0.02)


def test_the_analyst_is_told_of() -> None:
    with served(World()) as (metrics, port):
        assert samples(port)["hone_analyst", ()] == 0
        metrics.analyst(True)
        metrics.analysed(Outcome("done", 12.5), 1_795_000_000.0)
        metrics.analysed(Outcome("failed", 3.0, "MemoryError"), 1_795_000_600.0)
        found = samples(port)
    assert found["hone_analyst", ()] == 1
    assert (found["hone_analyses_total", ("done",)], found["hone_analyses_total", ("failed",)]) == (1, 1)
    assert (found["hone_analysis_timestamp_seconds", ()], found["hone_analysis_seconds", ()]) == (1_795_000_000.0, 3.0)


def test_what_was_committed_is_counted() -> None:
    world = World(lag={Partition("t", 0): 7, Partition(HOSTILE, 1): 3, Partition("new", 0): None})
    with served(world) as (metrics, port):
        metrics.committed(commit(records=10, calls=6, duplicates=1, rejected={"not_json": 3}))
        metrics.committed(commit(records=5, calls=5, rejected={"not_json": 1, "too_large": 1}))
        world.now += 4
        found = samples(port)
    assert found["hone_records_total", ()] == 15
    assert found["hone_calls_total", ()] == 11
    assert found["hone_duplicates_total", ()] == 1
    assert found["hone_rejects_total", ("not_json",)] == 4
    assert found["hone_rejects_total", ("too_large",)] == 1
    assert found["hone_incidents_total", ("offsets_lost",)] == 2
    assert found["hone_batch_seconds_count", ()] == 2
    assert found["hone_commit_age_seconds", ()] == 4
    assert found["hone_lag_records", ("0", "t")] == 7
    assert found["hone_lag_records", ("1", HOSTILE)] == 3
    assert ("hone_lag_records", ("0", "new")) not in found


@pytest.mark.parametrize(
    ("connected", "lag", "age", "status"),
    [
        (True, 0, 1.0, 200),
        (None, 0, 1.0, 200),
        (False, 0, 1.0, 503),
        (True, 0, STALLED_S * 10, 200),
        (True, 5, STALLED_S + 1, 503),
        (True, 5, STALLED_S - 1, 200),
    ],
)
def test_health(connected: bool | None, lag: int, age: float, status: int) -> None:
    world = World(lag={Partition("t", 0): lag}, connected=connected)
    with served(world) as (metrics, port):
        metrics.committed(commit())
        world.now += age
        code, body = get(port, "/healthz")
    told = json.loads(body)
    assert code == status
    assert told["status"] == ("ok" if status == 200 else "unavailable")
    assert told["commit_age_s"] == age
    assert told["source_connected"] == connected


def test_waiting_for_the_database_is_ill_health_until_the_next_commit() -> None:
    with served(World()) as (metrics, port):
        assert get(port, "/healthz")[0] == 200
        metrics.waiting(HoneError("the database is not available"))
        code, body = get(port, "/healthz")
        assert (code, json.loads(body)["waiting"]) == (503, "the database is not available")
        metrics.committed(commit())
        assert get(port, "/healthz")[0] == 200


def test_other_paths_are_not_there() -> None:
    with served(World()) as (_, port):
        assert get(port, "/")[0] == 404
        assert get(port, "/metrics?name=x")[0] == 200


def test_a_taken_port_is_said_clearly() -> None:
    with served(World()) as (_, port), pytest.raises(HoneError) as refused:
        MetricsServer(Metrics(), "127.0.0.1", port)
    assert refused.value.message.startswith(f"127.0.0.1:{port}: metrics cannot be served here")
    assert "http.port" in refused.value.hint
