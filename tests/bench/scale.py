"""One, two and four agents in one group on eight partitions, into one PostgreSQL: calls a second, and what each costs.

    python -m tests.bench.scale [--records 400000] [--size 400] [--agents 1,2,4]

A topic is filled first and read by `hone run` as often as there are numbers of agents, each time into an empty database. Measured
is the time between a tenth and nine tenths of the records, so that starting and joining are no part of it. Calls a second depend on how many
cores agents, database and broker share here; the CPU time of each a call is what says whether more agents get in each other's way.

| column     | what it is                                                                   |
|------------|------------------------------------------------------------------------------|
| efficiency | calls a second against so many times those of one agent                      |
| us ...     | CPU time a call: of all agents, of the database's processes, of the broker   |
| MiB        | of the largest agent, at a tenth and at nine tenths                          |
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import text

from agent.store import Store, open_store
from tests.bench.processes import family, together, use
from tests.bench.records import records
from tests.fixtures.agents import AgentProcess
from tests.fixtures.kafka_broker import KafkaBroker
from tests.fixtures.ledger import produce
from tests.fixtures.postgres_server import PostgresServer
from tests.fixtures.streams import config_file

PARTITIONS = 8
_AT_ONCE = 50_000
_PATIENCE_S = 900.0


class Moment(NamedTuple):
    """Seconds on the clock, records read, CPU seconds of agents, database and broker, MiB of the largest agent."""

    at: float
    read: int
    agents: float
    database: float
    broker: float
    mib: float


def fill(broker: KafkaBroker, topic: str, count: int, size: int) -> None:
    """Distinct records, in pieces that fit into memory."""
    source: Iterator[bytes] = (
        row
        for seed, start in enumerate(range(0, count, _AT_ONCE))
        for row in records(min(_AT_ONCE, count - start), size, seed=seed)
    )
    while rows := list(islice(source, _AT_ONCE)):
        produce(broker.bootstrap, topic, rows, PARTITIONS)


def read_by(
    number: int, broker: KafkaBroker, server: PostgresServer, topic: str, count: int, folder: Path
) -> tuple[Moment, Moment]:
    """What there was at a tenth and at nine tenths."""
    url = server.database()
    store = open_store(url)
    ids = [
        config_file(folder / f"{number}-{n}", broker.bootstrap, topic, url, more=("[analysis]", "enabled = false"))
        for n in range(number)
    ]
    for path in ids:
        # A group of its own for each number of agents, and batches as they are by default.
        path.write_text(
            path.read_text()
            .replace(f'group_id = "{topic}"', f'group_id = "{topic}-{number}"')
            .replace("batch_records = 400\ninterval_s = 0.1\n", "")
        )
    agents = [AgentProcess(path) for path in ids]
    try:
        pids = [one.process.pid for one in agents]
        backends = server.process.pid if server.process else 0
        jvm = broker.process.pid if broker.process else 0

        def moment(read: int) -> Moment:
            database, used = together(family(backends)).cpu, together(pids)
            return Moment(time.monotonic(), read, used.cpu, database, use(jvm).cpu, max(use(pid).mib for pid in pids))

        first = _until(store, count // 10, agents, moment)
        last = _until(store, count * 9 // 10, agents, moment)
        _until(store, count, agents, moment)
        return first, last
    finally:
        for one in agents:
            one.kill()
        store.close()


def _until(store: Store, wanted: int, agents: Sequence[AgentProcess], moment: Callable[[int], Moment]) -> Moment:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        with store.engine.connect() as connection:
            read = connection.execute(text("SELECT coalesce(sum(next), 0) FROM source_offset")).scalar_one()
        if read >= wanted:
            return moment(int(read))
        for one in agents:
            if one.process.poll() is not None:
                raise SystemExit(f"an agent has ended: {one.log()[-2000:]}")
        if time.monotonic() > deadline:
            raise SystemExit(f"{read} of {wanted} records after {_PATIENCE_S:.0f} s")
        time.sleep(0.05)


def main() -> None:
    """Fill, read, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=400_000)
    parser.add_argument("--size", type=int, default=400)
    parser.add_argument("--agents", default="1,2,4")
    chosen = parser.parse_args()
    broker = KafkaBroker().start()
    server = PostgresServer(durable=True).start()
    out = sys.stdout.write
    try:
        topic = broker.create_topic("scale", PARTITIONS)
        fill(broker, topic, chosen.records, chosen.size)
        out(f"{chosen.records:,} records of {chosen.size} bytes, {PARTITIONS} partitions, {os.cpu_count()} cores\n")
        out(
            f"{'agents':>6} {'calls/s':>9} {'efficiency':>11} {'us agents':>10} {'us database':>12} {'us broker':>10} {'MiB':>10}\n"
        )
        alone = 0.0
        with tempfile.TemporaryDirectory() as folder:
            for number in map(int, chosen.agents.split(",")):
                first, last = read_by(number, broker, server, topic, chosen.records, Path(folder))
                calls = last.read - first.read
                rate = calls / (last.at - first.at)
                alone = alone or rate / number
                each = [1e6 * (b - a) / calls for a, b in zip(first[2:5], last[2:5], strict=True)]
                out(
                    f"{number:>6} {rate:>9,.0f} {rate / (alone * number):>11.0%} {each[0]:>10.0f} {each[1]:>12.0f}"
                    f" {each[2]:>10.0f} {first.mib:>5.0f}-{last.mib:.0f}\n"
                )
                sys.stdout.flush()
    finally:
        broker.remove()
        server.remove()


if __name__ == "__main__":
    main()
