"""Every call counted once and none lost, while agents, broker and database fail: real broker, exact totals."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition

from agent.store import open_store
from agent.store import read as reading
from collectors.source import Partition
from tests.fixtures.agents import Agent, AgentProcess, read_to_end, wait_until
from tests.fixtures.kafka_broker import KafkaBroker
from tests.fixtures.ledger import produce, stored, sums_of, values
from tests.fixtures.parts import Kafka
from tests.fixtures.postgres_server import PostgresServer
from tests.fixtures.streams import config_file, ends

pytestmark = pytest.mark.kafka


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'hone.db'}"


def everything(agent: Agent, bootstrap: str, topic: str, partitions: int = 1, timeout: float = 90.0) -> None:
    reached = read_to_end(agent.store, ends(bootstrap, topic, partitions), topic)
    wait_until(lambda: reached() or agent.failure is not None, timeout, f"{topic} read to its end")
    if agent.failure is not None:
        raise agent.failure


def test_a_stream_with_poison_and_repeats_comes_out_exactly(broker: Kafka, tmp_path: Path) -> None:
    topic = broker.topic()
    sent = values(3_000, poison_every=97, repeat_every=41)
    produce(broker.bootstrap, topic, sent)
    with Agent(sqlite_url(tmp_path), bootstrap_servers=broker.bootstrap, topics=topic) as agent:
        everything(agent, broker.bootstrap, topic)
        agent.stop()
        assert stored(agent.store) == sums_of(sent)
        rejects = reading.rejects(agent.store.engine, limit=100)
        assert len(rejects) == sums_of(sent).refused
        assert all(sent[reject.record].startswith(b'{"request": {"model": "gpt\x00') for reject in rejects)
        assert all(b"gpt" not in reject.excerpt for reject in rejects)


def test_sigkill_at_twenty_random_moments(broker: Kafka, tmp_path: Path) -> None:
    topic = broker.topic(partitions=2)
    sent = values(24_000, size=500, poison_every=500, repeat_every=100)
    url = sqlite_url(tmp_path)
    store = open_store(url)
    # Twenty analyses that are never finished would take longer than everything else; test_analyst kills those.
    config = config_file(tmp_path, broker.bootstrap, topic, url, more=["[analysis]", "enabled = false"])
    rng = random.Random(5)
    kills_with_progress = 0
    share = len(sent) // 21
    for kill in range(20):
        produce(broker.bootstrap, topic, sent[kill * share : (kill + 1) * share], partitions=2)
        before = reading.revision(store.engine).number
        agent = AgentProcess(config)
        if kill % 4:
            # Most kills fall into the middle of the work: just after some commit, at a random distance from it.
            wait_until(lambda b=before: reading.revision(store.engine).number > b, 60, "a commit")  # type: ignore[misc]
            kills_with_progress += 1
        threading.Event().wait(rng.uniform(0.0, 0.4))
        agent.kill()
    produce(broker.bootstrap, topic, sent[20 * share :], partitions=2)
    agent = AgentProcess(config)
    wait_until(read_to_end(store, ends(broker.bootstrap, topic, 2), topic), 120, "the rest")
    assert agent.terminate() == 0, agent.log()
    assert kills_with_progress == 15
    assert stored(store) == sums_of(sent)
    store.close()


def test_two_agents_share_a_topic_while_members_come_and_go(broker: Kafka, postgres: str) -> None:
    partitions = 4
    topic = broker.topic(partitions=partitions)
    sent = values(12_000, size=500, repeat_every=60)
    common: dict[str, Any] = {"bootstrap_servers": broker.bootstrap, "topics": topic, "group_id": topic}
    producer = threading.Thread(target=produce, args=(broker.bootstrap, topic, sent, partitions))
    with Agent(postgres, **common) as first:
        producer.start()
        for _ in range(3):
            with Agent(postgres, **common) as second:
                wait_until(
                    lambda agent=second: bool(agent.progress) or agent.source.health().assigned > 0,  # type: ignore[misc]
                    60,
                    "the second agent to be given partitions",
                )
        producer.join()
        everything(first, broker.bootstrap, topic, partitions)
        first.stop()
        assert stored(first.store) == sums_of(sent)


def test_the_broker_dies_in_mid_stream_and_comes_back(own_broker: Callable[..., KafkaBroker], tmp_path: Path) -> None:
    server = own_broker()
    topic = server.create_topic("restart")
    sent = values(4_000, size=500)
    produce(server.bootstrap, topic, sent[:2_000])
    with Agent(sqlite_url(tmp_path), bootstrap_servers=server.bootstrap, topics=topic) as agent:
        wait_until(lambda: bool(agent.progress), 60, "a commit")
        server.kill()
        wait_until(lambda: not agent.source.health().connected, 60, "the agent to notice")
        server.start()
        produce(server.bootstrap, topic, sent[2_000:])
        everything(agent, server.bootstrap, topic)
        agent.stop()
        assert stored(agent.store) == sums_of(sent)


def test_a_database_locked_for_a_while_holds_the_stream_and_loses_nothing(
    broker: Kafka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.store.engine.BUSY_TIMEOUT_S", 0.2)
    topic = broker.topic()
    sent = values(3_000, size=500)
    produce(broker.bootstrap, topic, sent)
    url = sqlite_url(tmp_path)
    open_store(url).close()
    lock = sqlite3.connect(tmp_path / "hone.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    with Agent(url, bootstrap_servers=broker.bootstrap, topics=topic) as agent:
        wait_until(lambda: len(agent.waits) >= 2, 60, "the agent to wait")
        assert "locked" in agent.waits[0]
        assert agent.progress == []
        lock.execute("ROLLBACK")
        lock.close()
        everything(agent, broker.bootstrap, topic)
        agent.stop()
        assert stored(agent.store) == sums_of(sent)


def test_postgresql_killed_under_load_comes_back(broker: Kafka, own_postgres: Callable[..., PostgresServer]) -> None:
    server = own_postgres()
    topic = broker.topic(partitions=2)
    sent = values(8_000, size=500, repeat_every=50)
    produce(broker.bootstrap, topic, sent[:4_000], partitions=2)
    with Agent(server.database(), bootstrap_servers=broker.bootstrap, topics=topic) as agent:
        for _ in range(3):
            seen = len(agent.progress)
            wait_until(lambda s=seen: len(agent.progress) > s or s > 5, 60, "a commit")  # type: ignore[misc]
            server.kill()
            produce(broker.bootstrap, topic, sent[4_000:4_001])
            sent.insert(4_001, sent[4_000])
            wait_until(lambda: bool(agent.waits), 60, "the agent to wait")
            agent.waits.clear()
            server.start()
            produce(broker.bootstrap, topic, sent[4_000:4_001])
            sent.insert(4_001, sent[4_000])
        produce(broker.bootstrap, topic, sent[4_007:], partitions=2)
        everything(agent, broker.bootstrap, topic, 2)
        agent.stop()
        assert stored(agent.store)[:3] == sums_of(sent)[:3]


def test_a_stopped_agent_that_wakes_up_late_is_fenced(broker: Kafka, tmp_path: Path) -> None:
    topic = broker.topic()
    sent = values(1_000, size=500)
    produce(broker.bootstrap, topic, sent)
    url = sqlite_url(tmp_path)
    # Two agents in different groups both read everything: each takes the other for a zombie.
    one: dict[str, Any] = {"bootstrap_servers": broker.bootstrap, "topics": topic, "group_id": f"{topic}-1"}
    two = one | {"group_id": f"{topic}-2"}
    with Agent(url, **one) as first, Agent(url, **two) as second:
        everything(first, broker.bootstrap, topic)
        produce(broker.bootstrap, topic, more := values(1_000, size=500, seed=2))
        everything(second, broker.bootstrap, topic)
        first.stop()
        second.stop()
        assert stored(first.store) == sums_of(sent + more)


def test_a_compacted_topic_with_gaps(broker: Kafka, tmp_path: Path) -> None:
    from kafka import KafkaProducer

    topic = broker.topic(
        configs={
            "cleanup.policy": "compact",
            "segment.bytes": "1048576",
            "segment.ms": "100",
            "min.cleanable.dirty.ratio": "0.01",
            "max.compaction.lag.ms": "100",
        }
    )
    sent = values(600, size=500)
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap)
    for n, value in enumerate(sent):
        producer.send(topic, key=b"%d" % (n % 50), value=value)
        if n % 100 == 99:
            producer.flush()
            threading.Event().wait(0.2)
    producer.send(topic, key=b"gone", value=None)
    producer.flush()
    producer.close()

    def survivors() -> list[bytes | None]:
        consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap, enable_auto_commit=False)
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        consumer.seek(partition, 0)
        end, found = consumer.end_offsets([partition])[partition], []
        while consumer.position(partition) < end:
            found += [record.value for some in consumer.poll(500).values() for record in some]
        consumer.close()
        return found

    wait_until(lambda: len(survivors()) < 500, 90, "compaction")
    before = survivors()
    with Agent(sqlite_url(tmp_path), bootstrap_servers=broker.bootstrap, topics=topic) as agent:
        everything(agent, broker.bootstrap, topic)
        agent.stop()
        after = survivors()
        least = sums_of(value for value in after if value)
        most = sums_of(value for value in before if value)
        found = stored(agent.store)
        assert least.calls <= found.calls <= most.calls
        assert found.repeats == 0


def test_an_offset_out_of_range_stops_the_agent_loudly(broker: Kafka, tmp_path: Path) -> None:
    topic = broker.topic()
    sent = values(400, size=500)
    produce(broker.bootstrap, topic, sent[:200])
    url = sqlite_url(tmp_path)
    with Agent(url, bootstrap_servers=broker.bootstrap, topics=topic) as agent:
        everything(agent, broker.bootstrap, topic)
    produce(broker.bootstrap, topic, sent[200:])
    from kafka.admin import KafkaAdminClient

    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    admin.delete_records({TopicPartition(topic, 0): 300})
    admin.close()

    stopped = Agent(url, bootstrap_servers=broker.bootstrap, topics=topic).start()
    wait_until(lambda: stopped.failure is not None, 60, "the agent to refuse")
    assert topic in str(stopped.failure)
    assert "200" in str(stopped.failure)
    stopped.stop()

    with Agent(url, bootstrap_servers=broker.bootstrap, topics=topic, on_out_of_range="beginning") as agent:
        everything(agent, broker.bootstrap, topic)
        agent.stop()
        found = stored(agent.store)
        assert found == sums_of(sent[:200] + sent[300:])
        ((_, incident),) = agent.store.incidents()
        assert (incident.partition, incident.start, incident.end) == (Partition(topic, 0), 200, 300)


@pytest.mark.parametrize("codec", [None, "gzip", "snappy", "lz4", "zstd"])
def test_every_codec(broker: Kafka, tmp_path: Path, codec: str | None) -> None:
    topic = broker.topic()
    sent = values(500)
    produce(broker.bootstrap, topic, sent, compression_type=codec)
    with Agent(sqlite_url(tmp_path), bootstrap_servers=broker.bootstrap, topics=topic) as agent:
        everything(agent, broker.bootstrap, topic)
        agent.stop()
        assert stored(agent.store) == sums_of(sent)


def test_a_record_of_five_megabytes_among_small_ones(broker: Kafka, tmp_path: Path) -> None:
    topic = broker.topic(configs={"max.message.bytes": "16777216"})
    sent = [*values(50), *values(1, size=5_000_000, seed=9), *values(50, seed=3)]
    produce(broker.bootstrap, topic, sent)
    with Agent(sqlite_url(tmp_path), bootstrap_servers=broker.bootstrap, topics=topic) as agent:
        everything(agent, broker.bootstrap, topic)
        agent.stop()
        assert stored(agent.store) == sums_of(sent)
        texts = [[*c.system, *c.output, *(p for m in c.messages for p in m.parts)] for c in agent.store.calls()]
        assert max(sum(len(part.text) for part in parts) for parts in texts) > 4_000_000


def test_one_call_reported_again_after_a_restart_counts_once(broker: Kafka, tmp_path: Path) -> None:
    topic = broker.topic(partitions=2)
    sent = values(200)
    url = sqlite_url(tmp_path)
    for _ in range(3):
        produce(broker.bootstrap, topic, sent, partitions=2)
        with Agent(url, bootstrap_servers=broker.bootstrap, topics=topic) as agent:
            everything(agent, broker.bootstrap, topic, 2)
    store = open_store(url)
    found, truth = stored(store), sums_of(sent * 3)
    assert found == truth
    assert found.repeats == 400
    store.close()


def test_sigterm_finishes_the_batch_and_exits_with_zero(broker: Kafka, tmp_path: Path) -> None:
    topic = broker.topic()
    sent = values(2_000)
    produce(broker.bootstrap, topic, sent)
    url = sqlite_url(tmp_path)
    store = open_store(url)
    agent = AgentProcess(config_file(tmp_path, broker.bootstrap, topic, url))
    wait_until(lambda: store.position(Partition(topic, 0)) is not None, 60, "a commit")
    assert agent.terminate() == 0, agent.log()
    position = store.position(Partition(topic, 0))
    assert position is not None
    assert stored(store) == sums_of(sent[: position.next])
    store.close()
