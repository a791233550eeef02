"""All faults of one machine in random order over one stream: HONE_TEST_CHAOS_SECONDS (45) from each seed in HONE_TEST_CHAOS_SEEDS ("1")."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from agent.store import open_store
from tests.chaos.databases import through
from tests.fixtures.agents import AgentProcess
from tests.fixtures.kafka_broker import KafkaBroker
from tests.fixtures.postgres_server import PostgresServer
from tests.fixtures.proxy import Proxy
from tests.fixtures.recovery import Recovery
from tests.fixtures.streams import Stream, config_file

SECONDS = float(os.environ.get("HONE_TEST_CHAOS_SECONDS", "45"))
SEEDS = [int(seed) for seed in os.environ.get("HONE_TEST_CHAOS_SEEDS", "1").split(",")]
AGENTS, PARTITIONS = 3, 6


class Machine:
    """Three agents between a broker and a database, each behind a network of its own."""

    def __init__(
        self, server: KafkaBroker, database: PostgresServer, broker: Proxy, net: Proxy, configs: list[Path]
    ) -> None:
        self.server, self.database = server, database
        self.networks = (broker, net)
        self.configs = configs
        self.agents = [AgentProcess(config) for config in configs]
        self.done: Counter[str] = Counter()

    def end(self) -> None:
        for agent in self.agents:
            agent.kill()

    def kill(self, rng: random.Random) -> None:
        number = rng.randrange(AGENTS)
        self.agents[number].kill()
        self.agents[number] = AgentProcess(self.configs[number])

    def terminate(self, rng: random.Random) -> None:
        number = rng.randrange(AGENTS)
        # One that has only just been started is ended by the signal itself: it has nothing in hand yet.
        assert self.agents[number].terminate() in (0, -signal.SIGTERM), self.agents[number].log()
        self.agents[number] = AgentProcess(self.configs[number])

    def freeze(self, rng: random.Random) -> None:
        agent = rng.choice(self.agents)
        agent.suspend()
        time.sleep(rng.uniform(0.5, 9.0))
        agent.wake()

    def cut(self, rng: random.Random) -> None:
        network = rng.choice(self.networks)
        rng.choice((network.cut, network.stall, network.mute))()
        time.sleep(rng.uniform(0.1, 4.0))
        network.mend()

    def lose(self, rng: random.Random) -> None:
        self.networks[1].lose(b"COMMIT", arrives=rng.random() < 0.5)

    def restart_database(self, rng: random.Random) -> None:
        rng.choice((self.database.kill, self.database.stop))()
        time.sleep(rng.uniform(0, 2))
        self.database.start()

    def restart_broker(self, rng: random.Random) -> None:
        rng.choice((self.server.kill, self.server.stop))()
        self.server.start()

    def fault(self, rng: random.Random) -> None:
        """One of them."""
        faults = (
            self.kill,
            self.terminate,
            self.freeze,
            self.cut,
            self.lose,
            self.restart_database,
            self.restart_broker,
        )
        chosen = rng.choices(faults, (4, 1, 1, 3, 3, 1, 0.5))[0]
        self.done[chosen.__name__] += 1
        chosen(rng)


@pytest.mark.kafka
@pytest.mark.postgres
@pytest.mark.chaos
@pytest.mark.timeout(SECONDS + 400)
@pytest.mark.parametrize("seed", SEEDS)
def test_everything_at_once(
    stream_of: Callable[..., Stream],
    own_broker: Callable[..., KafkaBroker],
    own_postgres: Callable[..., PostgresServer],
    tmp_path: Path,
    recovery: Recovery,
    seed: int,
) -> None:
    rng = random.Random(seed)
    with ExitStack() as parts:
        database = own_postgres()
        url = database.database()
        store = open_store(url)
        parts.callback(store.close)
        behind_broker, behind_database = parts.enter_context(Proxy()), parts.enter_context(Proxy(database.port))
        server = own_broker(behind=behind_broker.port)
        behind_broker.target = server.ports["behind"]
        topic = server.create_topic("calls", PARTITIONS)
        stream = stream_of(f"127.0.0.1:{behind_broker.port}", topic, PARTITIONS, producers=server.bootstrap)
        configs = [
            config_file(tmp_path / str(n), stream.bootstrap, topic, through(url, behind_database.port))
            for n in range(AGENTS)
        ]
        machine = Machine(server, database, behind_broker, behind_database, configs)
        parts.callback(machine.end)
        until = time.monotonic() + SECONDS
        with stream.flowing(each=150, repeat_every=37, poison_every=61):
            while time.monotonic() < until:
                time.sleep(rng.uniform(0, 2))
                machine.fault(rng)
                assert all(agent.process.poll() is None for agent in machine.agents), [a.log() for a in machine.agents]
        recovery.fault()
        stream.read(store, timeout=180)
        faults = ", ".join(f"{count} {name}" for name, count in machine.done.most_common())
        recovery.whole(f"{len(stream.sent):,} records with {faults}")
        assert stream.miscounted(store, producer_repeats=True) == []
        for agent in machine.agents:
            assert agent.terminate() in (0, -signal.SIGTERM), agent.log()
