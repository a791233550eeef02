"""Calls a second from a real broker to committed rows, beside the least a reader could do and beside naive code.

    python -m tests.bench.ingest [--records 40000] [--sizes 1024,4096,16384] [--postgres]

Each way runs in a process of its own over the same topic, three times; the table shows the median of CPU time a call
(all threads) and of wall time. Ratios compare within one size, so a busy machine matters less.

| way   | what it does                                                                             |
|-------|------------------------------------------------------------------------------------------|
| bare  | kafka-python poll + orjson.loads, nothing else                                            |
| hone  | KafkaSource, Parser, spend, identities, summaries, text kept, offsets: all in one database |
| naive | poll, orjson.loads, one SQLModel object and one commit a call                             |
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path
from typing import NamedTuple

import orjson

SIZES = (1024, 4096, 16384)
NAIVE_RECORDS = 1_500
"""The naive way is slow enough that fewer records measure it."""


class Run(NamedTuple):
    """One process: calls, CPU seconds of all its threads, wall seconds (both after the first record), RSS in MiB."""

    calls: int
    cpu: float
    wall: float
    rss: float


def bare(bootstrap: str, topic: str, count: int) -> Run:
    """Poll and decode."""
    from kafka import KafkaConsumer, TopicPartition

    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, max_poll_records=5000)
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    consumer.seek(partition, 0)
    seen = 0
    cpu, wall = time.process_time(), time.monotonic()
    while seen < count:
        for found in consumer.poll(timeout_ms=1000).values():
            for record in found:
                orjson.loads(record.value)
            seen += len(found)
    return Run(seen, time.process_time() - cpu, time.monotonic() - wall, _rss())


def naive(bootstrap: str, topic: str, count: int) -> Run:
    """One object, one commit a call."""
    from kafka import KafkaConsumer, TopicPartition
    from sqlmodel import Field, Session, SQLModel, create_engine

    class LoggedCall(SQLModel, table=True):
        id: str = Field(primary_key=True)
        at: float
        model: str
        input_tokens: int
        output_tokens: int
        messages: str
        answer: str

    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, max_poll_records=5000)
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    consumer.seek(partition, 0)
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{folder}/naive.db")
        SQLModel.metadata.create_all(engine)
        seen = 0
        cpu, wall = time.process_time(), time.monotonic()
        while seen < count:
            for found in consumer.poll(timeout_ms=1000).values():
                for record in found[: count - seen]:
                    value = orjson.loads(record.value)
                    request, response = value["request"], value["response"]
                    with Session(engine) as session:
                        session.add(
                            LoggedCall(
                                id=response["id"],
                                at=value["timestamp"],
                                model=response["model"],
                                input_tokens=response["usage"]["prompt_tokens"],
                                output_tokens=response["usage"]["completion_tokens"],
                                messages=orjson.dumps(request["messages"]).decode(),
                                answer=response["choices"][0]["message"]["content"],
                            )
                        )
                        session.commit()
                    seen += 1
        return Run(seen, time.process_time() - cpu, time.monotonic() - wall, _rss())


def hone(bootstrap: str, topic: str, count: int, url: str | None = None) -> Run:
    """The product's own path, as `hone run` wires it."""
    from agent.ingest import Ingest
    from agent.loop import Progress, run
    from agent.store import open_store
    from analyzers import ALL
    from collectors.kafka import KafkaSource
    from collectors.kafka_settings import KafkaSettings
    from collectors.parse import Parser

    with tempfile.TemporaryDirectory() as folder:
        store = open_store(url or f"sqlite:///{folder}/hone.db")
        settings = KafkaSettings(bootstrap_servers=(bootstrap,), topics=(topic,), group_id=uuid.uuid4().hex)
        source = KafkaSource(settings, store.position)
        while not source.lag():  # joining the group is not what is measured
            source.poll(0.2, 1)
        stop = threading.Event()
        seen = 0

        def counted(progress: Progress) -> None:
            nonlocal seen
            seen += progress.committed.received.calls
            if seen >= count:
                stop.set()

        ingest = Ingest(store, Parser(), ALL)
        cpu, wall = time.process_time(), time.monotonic()
        run(source, ingest, stop=stop, on_commit=counted)
        result = Run(seen, time.process_time() - cpu, time.monotonic() - wall, _rss())
        source.close()
        store.close()
        return result


WAYS = {"bare": bare, "hone": hone, "naive": naive}


def _rss() -> float:
    """Peak resident memory of this process (Linux; elsewhere of it and its parent before the start), MiB."""
    status = Path("/proc/self/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _in_process(way: str, bootstrap: str, topic: str, count: int, url: str | None) -> Run:
    command = [sys.executable, "-m", "tests.bench.ingest", "--way", way, bootstrap, topic, str(count)]
    done = subprocess.run([*command, *([url] if url else [])], capture_output=True, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stderr.decode()[-3000:])
    return Run(*orjson.loads(done.stdout.splitlines()[-1]))


def _median(runs: list[Run]) -> Run:
    return Run(*(statistics.median(column) for column in zip(*runs, strict=True)))


def main() -> None:
    """Start a broker, fill one topic per size, run every way, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=40_000)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--postgres", action="store_true", help="also into a PostgreSQL server")
    parser.add_argument("--way", nargs="+")
    chosen = parser.parse_args()
    if chosen.way:
        way, bootstrap, topic, count, *url = chosen.way
        arguments = (bootstrap, topic, int(count), *url)
        sys.stdout.write(orjson.dumps(list(WAYS[way](*arguments))).decode() + "\n")
        return

    from tests.bench.records import records
    from tests.fixtures.kafka_broker import KafkaBroker, create_topic
    from tests.fixtures.ledger import produce
    from tests.fixtures.postgres_server import PostgresServer

    broker = KafkaBroker().start()
    server = PostgresServer(durable=True).start() if chosen.postgres else None
    out = sys.stdout.write
    out(
        f"{'size':>6} {'way':>8} {'calls':>8} {'us CPU/call':>12} {'calls/CPU s':>12} {'calls/s':>9} {'MiB':>6}  ratio\n"
    )
    try:
        for size in map(int, chosen.sizes.split(",")):
            topic = f"bench-{size}"
            create_topic(broker.bootstrap, topic, 1)
            count = chosen.records if size <= 4096 else chosen.records // 3
            produce(broker.bootstrap, topic, list(records(count, size)))
            figures: dict[str, Run] = {}
            for way in ("bare", "hone", "naive"):
                amount = min(count, NAIVE_RECORDS) if way == "naive" else count
                runs = [_in_process(way, broker.bootstrap, topic, amount, None) for _ in range(chosen.repeats)]
                figures[way] = _median(runs)
            if server is not None:
                runs = [
                    _in_process("hone", broker.bootstrap, topic, count, server.database())
                    for _ in range(chosen.repeats)
                ]
                figures["hone+pg"] = _median(runs)
            hone_cpu = figures["hone"].cpu / figures["hone"].calls
            for way, run in figures.items():
                each = run.cpu / run.calls
                out(
                    f"{size:>6} {way:>8} {int(run.calls):>8} {each * 1e6:>12.1f} {1 / each:>12,.0f}"
                    f" {run.calls / run.wall:>9,.0f} {run.rss:>6.0f}  hone has {each / hone_cpu:.2f}x its speed\n"
                )
    finally:
        broker.remove()
        if server is not None:
            server.remove()


if __name__ == "__main__":
    main()
