"""An hour of production: 2,000 calls a second, the dashboard open, a digest every five minutes; does anything grow?

    python -m tests.bench.soak [--minutes 60] [--rate 2000] [--size 700] [--every 30]

A real broker, a real PostgreSQL, `hone run` with its analysis by the clock, `hone watch` in a terminal. A line for every `--every` seconds;
at the end the means of the second quarter and of the last one, side by side.

| column    | what it is                                                                                       |
|-----------|--------------------------------------------------------------------------------------------------|
| agent     | MiB, open files and threads of `hone run`; `analysis` is the MiB of the process that it analyses in |
| dashboard | MiB and open files of `hone watch`                                                               |
| lag, age  | records that wait (hone_lag_records), seconds since the last commit (hone_commit_age_seconds)    |
| CPU       | of the agent, in cores, since the line before; without its analysis                              |
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import orjson
import requests
from kafka import KafkaProducer

from tests.bench.processes import family, together, use
from tests.bench.records import records
from tests.bench.terminal import Terminal
from tests.fixtures.agents import ROOT, AgentProcess
from tests.fixtures.kafka_broker import KafkaBroker
from tests.fixtures.ports import free_ports
from tests.fixtures.postgres_server import PostgresServer

PARTITIONS = 4
DIGEST_EVERY_S = 300.0
_TURN_S = 0.1


class Line(NamedTuple):
    """What was seen at one moment."""

    minute: float
    agent_mib: float
    files: int
    threads: int
    analysis_mib: float
    watch_mib: float
    watch_files: int
    lag: float
    age: float
    cpu: float
    calls: float


def flowing(bootstrap: str, topic: str, rate: int, size: int, stop: threading.Event) -> None:
    """`rate` calls a second, each dated now, until told to stop. Falls behind only where the machine does."""
    producer = KafkaProducer(bootstrap_servers=bootstrap, linger_ms=50)
    rows = _endless(size)
    began, sent = time.monotonic(), 0
    while not stop.wait(_TURN_S):
        due = int((time.monotonic() - began) * rate)
        for n in range(sent, due):
            value = orjson.loads(next(rows))
            value["timestamp"] = time.time()
            producer.send(topic, orjson.dumps(value), partition=n % PARTITIONS)
        sent = max(sent, due)
    producer.flush(60)
    producer.close(timeout=10)


def _endless(size: int) -> Iterator[bytes]:
    seed = 0
    while True:
        seed += 1
        yield from records(50_000, size, seed=seed)


def config(folder: Path, broker: KafkaBroker, topic: str, url: str, port: int) -> Path:
    """As a user would write it."""
    path = folder / "hone.toml"
    path.write_text(
        f"""
[source.kafka]
bootstrap_servers = ["{broker.bootstrap}"]
topics = ["{topic}"]

[store]
url = "{url}"

[analysis]
every_s = 300

[channels.folder]
folder = "{folder / "digests"}"
digests = ["day"]

[http]
port = {port}
"""
    )
    return path


def seen(minute: float, agent: int, watch: int, port: int, before: float, seconds: float) -> tuple[Line, float]:
    """One look at everything, and the CPU seconds of the agent so far."""
    own, theirs = use(agent), together(pid for pid in family(agent) if pid != agent)
    dashboard = use(watch)
    told = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    lag = sum(float(value) for value in re.findall(r"^hone_lag_records\{.*\} (\S+)$", told, re.M))
    age = float((re.findall(r"^hone_commit_age_seconds (\S+)$", told, re.M) or ["nan"])[0])
    calls = sum(float(value) for value in re.findall(r"^hone_calls_total(?:\{.*\})? (\S+)$", told, re.M))
    line = Line(
        minute, own.mib, own.files, own.threads, theirs.mib, dashboard.mib, dashboard.files, lag, age,
        (own.cpu - before) / seconds, calls,
    )  # fmt: skip
    return line, own.cpu


def drawn(line: Line) -> str:
    """One row."""
    return (
        f"{line.minute:>6.1f} {line.agent_mib:>9.0f} {line.files:>6} {line.threads:>8} {line.analysis_mib:>9.0f}"
        f" {line.watch_mib:>10.0f} {line.watch_files:>6} {line.lag:>8,.0f} {line.age:>5.1f} {line.cpu:>5.2f} {line.calls:>11,.0f}\n"
    )


def quarters(lines: list[Line]) -> str:
    """Means of the second quarter (the first is starting) and of the last."""
    part = max(len(lines) // 4, 1)
    early, late = lines[part : 2 * part] or lines, lines[-part:]
    rows = []
    for name in Line._fields[1:-1]:
        means = [sum(getattr(one, name) for one in some) / len(some) for some in (early, late)]
        rows.append(f"{name:<14} {means[0]:>10.1f} {means[1]:>10.1f}\n")
    return "".join([f"{'mean of':<14} {'2nd quarter':>10} {'last':>10}\n", *rows])


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rate", type=int, default=2_000)
    parser.add_argument("--size", type=int, default=700)
    parser.add_argument("--every", type=float, default=30.0)
    chosen = parser.parse_args()
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory()))
        broker, server = KafkaBroker().start(), PostgresServer(durable=True).start()
        parts.callback(server.remove)
        parts.callback(broker.remove)
        topic, url, port = broker.create_topic("calls", PARTITIONS), server.database(), free_ports(1)[0]
        path = config(folder, broker, topic, url, port)
        agent = AgentProcess(path)
        parts.callback(agent.kill)
        stop = threading.Event()
        producer = threading.Thread(target=flowing, args=(broker.bootstrap, topic, chosen.rate, chosen.size, stop))
        producer.start()
        parts.callback(producer.join)
        parts.callback(stop.set)
        time.sleep(10)
        hone = [sys.executable, "-m", "agent"]
        terminal = Terminal([*hone, "watch"], {**os.environ, "HONE_STORE__URL": url})
        parts.callback(terminal.close)
        sys.stdout.write(
            f"{'minute':>6} {'agent MiB':>9} {'files':>6} {'threads':>8} {'analysis':>9} {'dashboard':>10} {'files':>6}"
            f" {'lag':>8} {'age':>5} {'CPU':>5} {'calls':>11}\n"
        )
        lines: list[Line] = []
        began = time.monotonic()
        digest_due, before = DIGEST_EVERY_S, use(agent.process.pid).cpu
        while (passed := time.monotonic() - began) < chosen.minutes * 60:
            terminal.look(chosen.every)
            if agent.process.poll() is not None:
                raise SystemExit(agent.log()[-3000:])
            line, before = seen(
                (time.monotonic() - began) / 60,
                agent.process.pid,
                terminal.pid,
                port,
                before,
                time.monotonic() - began - passed,
            )
            lines.append(line)
            sys.stdout.write(drawn(line))
            sys.stdout.flush()
            if passed > digest_due:
                digest_due += DIGEST_EVERY_S
                subprocess.run(
                    [*hone, "digest", "--config", str(path), "--period", "day"],
                    cwd=ROOT,
                    check=True,
                    capture_output=True,
                )
        sys.stdout.write(quarters(lines))
        said = agent.log()
        sys.stdout.write("".join(f"{one}\n" for one in said.splitlines() if " warning " in one or " error " in one))


if __name__ == "__main__":
    main()
