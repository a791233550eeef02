"""Passwords that are changed while the agent runs."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from kafka.admin import UserScramCredentialUpsertion

from agent.store import open_store
from tests.fixtures.agents import Agent, AgentProcess, wait_until
from tests.fixtures.kafka_broker import KafkaBroker
from tests.fixtures.parts import Kafka
from tests.fixtures.postgres_server import PostgresServer
from tests.fixtures.recovery import Recovery
from tests.fixtures.streams import Stream, config_file

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.chaos]


def test_of_the_broker(
    stream_of: Callable[..., Stream], own_broker: Callable[..., KafkaBroker], postgres: str, recovery: Recovery
) -> None:
    # Whoever is connected has to show again who it is.
    server = own_broker(users={"reader": "first"}, properties={"connections.max.reauth.ms": "2000"})
    topic = server.create_topic("calls", 2)
    stream = stream_of(server.at("sasl"), topic, 2, producers=server.bootstrap)

    def change(password: str) -> None:
        admin = server.admin()
        admin.alter_user_scram_credentials([UserScramCredentialUpsertion("reader", "SCRAM-SHA-256", password)])
        admin.close()

    def reading(password: str) -> Agent:
        shown = {"sasl_mechanism": "SCRAM-SHA-256", "sasl_plain_username": "reader", "sasl_plain_password": password}
        security: dict[str, Any] = {"security_protocol": "SASL_PLAINTEXT", **shown}
        return Agent(postgres, **stream.source, security=security, connect_timeout=3.0)

    stream.put(200)
    with reading("first") as agent:
        stream.read(agent.store, agent)
        change("second")
        stream.put(200)
        wait_until(lambda: "password" in (agent.source.health().error or ""), 60, "the agent to say why")
        assert "first" not in (agent.source.health().error or "")
        assert agent.failure is None
        change("first")
        recovery.fault()
        stream.read(agent.store, agent)
        recovery.whole("a password of the broker that was put right")
        change("second")
        wait_until(lambda: not agent.source.health().connected, 60, "the agent to be refused")
        stream.put(200)
    recovery.fault()
    with reading("second") as agent:
        stream.read(agent.store, agent)
        recovery.whole("a new password of the broker, agent started with it")
        agent.stop()
        assert stream.miscounted(agent.store) == []


def test_of_the_database(
    stream_of: Callable[..., Stream], broker: Kafka, own_postgres: Callable[..., PostgresServer], recovery: Recovery
) -> None:
    server = own_postgres()
    rules = server.home / "data" / "pg_hba.conf"
    rules.write_text(f"host all keeper 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
    url = server.database()
    name = url.rsplit("/", 1)[1]

    def tell(*statements: str) -> None:
        with psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True) as session:
            for statement in statements:
                session.execute(statement)

    def change(password: str) -> None:
        tell(
            f"ALTER ROLE keeper PASSWORD '{password}'",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'keeper'",
        )

    def keeping(password: str) -> Agent:
        return Agent(url.replace("hone@", f"keeper:{password}@"), **stream.source)

    stream = stream_of(broker.bootstrap, broker.topic(partitions=2), 2)
    tell(
        "SELECT pg_reload_conf()",
        "CREATE ROLE keeper LOGIN PASSWORD 'first'",
        f'ALTER DATABASE "{name}" OWNER TO keeper',
    )
    stream.put(200)
    with keeping("first") as agent:
        stream.read(agent.store, agent)
        change("second")
        stream.put(200)
        wait_until(lambda: any("authentication" in said for said in agent.waits), 60, "the agent to say why")
        assert not any("first" in said for said in agent.waits)
        change("first")
        recovery.fault()
        stream.read(agent.store, agent)
        recovery.whole("a password of the database that was put right")
    change("second")
    stream.put(200)
    recovery.fault()
    with keeping("second") as agent:
        stream.read(agent.store, agent)
        recovery.whole("a new password of the database, agent started with it")
        agent.stop()
        assert stream.miscounted(agent.store) == []


def test_in_a_file_is_read_anew_by_the_agent_that_runs(
    stream_of: Callable[..., Stream],
    broker: Kafka,
    own_postgres: Callable[..., PostgresServer],
    recovery: Recovery,
    tmp_path: Path,
) -> None:
    server = own_postgres()
    rules = server.home / "data" / "pg_hba.conf"
    rules.write_text(f"host all keeper 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
    url = server.database()
    with psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True) as session:
        session.execute("SELECT pg_reload_conf()")
        session.execute("CREATE ROLE keeper LOGIN PASSWORD 'first'")
        session.execute(f'ALTER DATABASE "{url.rsplit("/", 1)[1]}" OWNER TO keeper')
        stream = stream_of(broker.bootstrap, broker.topic(partitions=2), 2)
        secret = tmp_path / "password"
        secret.write_text("first\n")
        path = config_file(tmp_path, broker.bootstrap, stream.topic, url.replace("hone@", "keeper@"))
        written = path.read_text().replace("[store]", f'[store]\npassword_file = "{secret}"')
        path.write_text(written)
        agent = AgentProcess(path)
        stream.put(200)
        wait_until(lambda: "reading into" in agent.log(), 30, "the agent to start")
        with closing(open_store(url)) as store:
            try:
                stream.read(store)
                secret.write_text("second\n")
                session.execute("ALTER ROLE keeper PASSWORD 'second'")
                session.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'keeper'")
                recovery.fault()
                stream.put(200)
                stream.read(store)
                recovery.whole("a password file that was rewritten")
                path.write_text(written.replace("[store]", "[store]\ntxet = 'hashes'"))
                agent.process.send_signal(signal.SIGHUP)
                wait_until(lambda: "did you mean" in agent.log(), 30, "the fault of the configuration to be said")
                stream.put(200)
                stream.read(store)
                path.write_text(written)
                agent.process.send_signal(signal.SIGHUP)
                wait_until(lambda: agent.log().count("starting again") >= 4, 30, "the agent to start again")
                stream.put(200)
                stream.read(store)
                assert agent.process.poll() is None
                assert agent.terminate() == 0
                assert stream.miscounted(store) == []
                assert "second" not in agent.log().replace("seconds", "")
            finally:
                agent.kill()
