"""Figures about the agent itself for Prometheus, and whether it is well, over HTTP on the loopback."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from analyzers.errors import HoneError
from collectors.source import Partition

if TYPE_CHECKING:
    from agent.analyst.process import Outcome
    from agent.loop import Progress

STALLED_S = 120.0
"""With records waiting, this long without a commit is ill health."""

Lag = Callable[[], Mapping[Partition, int | None]]


class Health(NamedTuple):
    """Whether the agent does its work; `commit_age_s` counts from its start until the first commit."""

    ok: bool
    commit_age_s: float
    source_connected: bool | None
    """None where the source has no connection to lose."""
    waiting: str | None
    """What the agent waits for (the database), while it does."""


class Metrics:
    """Counts what the loop reports. `lag` and `connected` are asked whenever somebody looks."""

    def __init__(
        self,
        lag: Lag = dict,
        connected: Callable[[], bool | None] = lambda: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.registry = CollectorRegistry()
        self._lag = lag
        self._connected = connected
        self._now = monotonic
        self._committed_at = monotonic()
        self._waiting: str | None = None
        self._records = Counter("hone_records", "Records read.", registry=self.registry)
        self._calls = Counter("hone_calls", "Distinct calls counted.", registry=self.registry)
        self._duplicates = Counter("hone_duplicates", "Further reports of a counted call.", registry=self.registry)
        self._rejects = Counter("hone_rejects", "Records refused.", ["reason"], registry=self.registry)
        self._incidents = Counter("hone_incidents", "Events of the stream itself.", ["kind"], registry=self.registry)
        self._events = Counter("hone_events", "Events raised.", ["kind"], registry=self.registry)
        self._deliveries = Counter(
            "hone_deliveries",
            "Messages to people: sent, failed, given_up.",
            ["channel", "outcome"],
            registry=self.registry,
        )
        self._batch = Histogram(
            "hone_batch_seconds",
            "Parsing and committing one batch.",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
            registry=self.registry,
        )
        self._analyst = Gauge("hone_analyst", "1 where this agent is the one that analyses.", registry=self.registry)
        self._analyses = Counter("hone_analyses", "Analyses, by how they ended.", ["ended"], registry=self.registry)
        self._analysis_at = Gauge(
            "hone_analysis_timestamp_seconds", "When this agent's last analysis was done.", registry=self.registry
        )
        self._analysis_s = Gauge("hone_analysis_seconds", "How long its last analysis took.", registry=self.registry)
        self.registry.register(_Live(self))

    def committed(self, progress: Progress) -> None:
        """Count one commit."""
        received = progress.committed.received
        self._records.inc(received.records)
        self._calls.inc(received.calls)
        self._duplicates.inc(received.duplicates)
        for reason, count in received.rejected.items():
            self._rejects.labels(reason).inc(count)
        for incident in progress.incidents:
            self._incidents.labels(incident.kind).inc()
        self._batch.observe(progress.busy)
        self._committed_at = self._now()
        self._waiting = None

    def event(self, kind: str) -> None:
        """Count an event that was raised."""
        self._events.labels(kind).inc()

    def analyst(self, is_analyst: bool) -> None:
        """Note whether this agent analyses."""
        self._analyst.set(is_analyst)

    def analysed(self, outcome: Outcome, now: float) -> None:
        """Count an analysis that ended at `now` (unix seconds)."""
        self._analyses.labels(outcome.ended).inc()
        self._analysis_s.set(outcome.seconds)
        for kind in outcome.events:
            self.event(kind)
        if outcome.ended == "done":
            self._analysis_at.set(now)

    def delivered(self, channel: str, outcome: str) -> None:
        """Count what came of sending one message: sent, failed (it is tried again), given_up."""
        self._deliveries.labels(channel, outcome).inc()

    def waiting(self, error: HoneError) -> None:
        """Note that the loop waits; the next commit ends it."""
        self._waiting = error.message

    def commit_age(self) -> float:
        """Seconds since the last commit, or since the start."""
        return self._now() - self._committed_at

    def lag(self) -> Mapping[Partition, int | None]:
        """Records behind, by partition."""
        return self._lag()

    def health(self) -> Health:
        """Not well: the source is not connected, the database is awaited, or records wait and nothing is committed."""
        age = self.commit_age()
        connected = self._connected()
        behind = any(self._lag().values())
        ok = connected is not False and self._waiting is None and not (behind and age > STALLED_S)
        return Health(ok, round(age, 3), connected, self._waiting)


class _Live(Collector):
    """What is asked for at the moment of looking."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def describe(self) -> Iterable[Metric]:
        """Nothing to say beforehand."""
        return []

    def collect(self) -> Iterable[Metric]:
        """Age of the last commit, and the lag where it is known."""
        yield GaugeMetricFamily(
            "hone_commit_age_seconds", "Since the last commit, or the start.", value=self._metrics.commit_age()
        )
        lag = GaugeMetricFamily("hone_lag_records", "Records not read yet.", labels=["topic", "partition"])
        for partition, records in self._metrics.lag().items():
            if records is not None:
                lag.add_metric([partition.topic, str(partition.number)], records)
        yield lag


class MetricsServer:
    """Serves `/metrics` and `/healthz` in a background thread until closed."""

    def __init__(self, metrics: Metrics, host: str, port: int) -> None:
        """Port 0 takes a free one. Raises HoneError when the address cannot be had."""

        class Handler(_Handler):
            watched = metrics

        try:
            self._server = ThreadingHTTPServer((host, port), Handler)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise HoneError(
                f"{host}:{port}: metrics cannot be served here ({reason})",
                "set http.port to a free one (0: any), or http.enabled = false",
            ) from None
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, name="hone-metrics", daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    watched: Metrics
    server_version = "hone"
    sys_version = ""
    timeout = 10

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            encode, kind = choose_encoder(self.headers.get("Accept", ""))
            self._answer(200, kind, encode(self.watched.registry))
        elif path == "/healthz":
            health = self.watched.health()
            body = json.dumps({"status": "ok" if health.ok else "unavailable", **health._asdict()})
            self._answer(200 if health.ok else 503, "application/json", f"{body}\n".encode())
        else:
            self._answer(404, "text/plain; charset=utf-8", b"/metrics and /healthz are here\n")

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name is the library's)
        """Say nothing: a line for every scrape helps nobody."""
