"""Memory of the ingest path over many calls: resident size after every tenth of the way.

    python -m tests.bench.memory [--calls 1000000] [--size 1024] [--postgres]

Records are made on the fly and take the same path as records from Kafka, into SQLite (or a PostgreSQL) with text kept.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from agent.demo.record import Sent
from agent.demo.source import DemoSource
from agent.ingest import Ingest
from agent.loop import Progress, run
from agent.store import open_store
from analyzers import ALL
from collectors.parse import Parser
from tests.bench.records import records
from tests.fixtures.postgres_server import PostgresServer


def resident() -> float:
    """MiB of this process in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / (1 << 20)


def sent(count: int, size: int) -> Iterator[Sent]:
    """`count` distinct records in 100,000s, so that their making needs no more memory than their reading."""
    for seed in range(0, count, 100_000):
        for value in records(min(100_000, count - seed), size, seed=seed // 100_000):
            yield Sent("bench", time.time(), None, value, "bench")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--postgres", action="store_true")
    chosen = parser.parse_args()
    seen, step = 0, max(chosen.calls // 10, 1)
    began = time.monotonic()

    def told(progress: Progress) -> None:
        nonlocal seen
        before, seen = seen, seen + progress.committed.received.calls
        if before // step != seen // step:
            rate = seen / (time.monotonic() - began)
            sys.stdout.write(f"{seen:>10,} calls {resident():>7.0f} MiB {rate:>9,.0f} calls/s (making them included)\n")
            sys.stdout.flush()

    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite:///{folder}/hone.db"
        if chosen.postgres:
            server = PostgresServer(durable=True).start()
            parts.callback(server.remove)
            url, folder = server.database(), server.home
        store = open_store(url)
        source = DemoSource(sent(chosen.calls, chosen.size))
        run(source, Ingest(store, Parser(), ALL), stop=threading.Event(), on_commit=told)
        store.close()
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    sys.stdout.write(f"database: {size / (1 << 20):,.0f} MiB, {size / seen:,.0f} bytes a call\n")


if __name__ == "__main__":
    main()
