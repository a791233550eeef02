"""Events and recommendations on Kafka topics: on a real broker that goes away, with agents that die and agents that race."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer
from jsonschema import Draft202012Validator
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from agent.commands.publishing import say_topics
from agent.commands.schema import schema
from agent.config import ConfigError, load
from agent.events import Event, raise_new, resolve
from agent.publish.documents import (
    EventDocument,
    RecommendationDocument,
    event_document,
    recommendation_document,
    schema_of,
    written,
)
from agent.publish.publisher import LOOK_EVERY_S, Publisher
from agent.publish.topics import Made, look
from agent.recommend.record import decide, record
from agent.report import Report
from agent.report_plan import Interval, Recommendation
from agent.store import Store, deliveries, open_store, read
from agent.store.analyses import Analysis, keep
from agent.store.published import channel_of
from agent.store.retention import Keep, forget
from analyzers.errors import HoneError
from collectors.kafka_settings import KafkaSettings
from tests.agent.recommendations import NOW, one, report
from tests.agent.reports import NAMES
from tests.fixtures.kafka_broker import KafkaBroker
from tests.fixtures.parts import Kafka
from tests.fixtures.ports import free_ports, wait_until

GOLDEN = Path(__file__).parent / "golden"
DAY = 86_400.0


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'hone.db'}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url, owner="this:1")
    yield opened
    opened.close()


class Clock:
    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Topics(NamedTuple):
    kafka: KafkaSettings
    events: str
    recommendations: str


def connection(bootstrap: str, *topics: str) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=(bootstrap,), topics=topics, connect_timeout=3.0, request_timeout_ms=5_000)


@pytest.fixture
def topics(broker: Kafka) -> Topics:
    """Two compacted topics of two partitions."""
    made = [broker.topic(2, {"cleanup.policy": "compact"}) for _ in range(2)]
    return Topics(connection(broker.bootstrap, *made), *made)


def publisher(store: Store, topics: Topics, clock: Clock, **options: Any) -> Publisher:
    return Publisher(
        store,
        topics.kafka,
        events=topics.events,
        recommendations=topics.recommendations,
        clock=clock,
        jitter=lambda: 0.5,
        **options,
    )


def messages(kafka: KafkaSettings, topic: str) -> list[tuple[str, Any]]:
    """Keys and values in the order in which they were written, as a consumer of the topic sees them."""
    consumer = KafkaConsumer(bootstrap_servers=list(kafka.bootstrap_servers), enable_auto_commit=False)
    try:
        parts = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
        consumer.assign(parts)
        consumer.seek_to_beginning(*parts)
        ends = consumer.end_offsets(parts)
        found: list[Any] = []
        while any(consumer.position(part) < ends[part] for part in parts):
            found += [one for some in consumer.poll(timeout_ms=500).values() for one in some]
    finally:
        consumer.close()
    found.sort(key=lambda one: (one.timestamp, one.offset))
    return [(one.key.decode(), None if one.value is None else json.loads(one.value)) for one in found]


def happen(store: Store, subject: str, at: float = NOW) -> None:
    assert raise_new(store, [Event("cache_regression", subject, at, f"{subject} fell", {"usd_day": "1.5"})], at)


def over(store: Store, subject: str, at: float) -> None:
    resolve(store, [row for row in read.events(store.engine) if row.subject == subject], at)


def analysed(store: Store, at: float, *found: Recommendation) -> Report:
    """As the analyst does it."""
    made = record(store, report(*found), at)
    keep(store.engine, Analysis(at, None, None, 0, 0.1, made.to_json(indent=None).encode()))
    return made


@pytest.mark.parametrize(
    ("name", "model"), [("schema-event.json", EventDocument), ("schema-recommendation.json", RecommendationDocument)]
)
def test_the_published_schemas_are_as_they_were(name: str, model: Any) -> None:
    Draft202012Validator.check_schema(schema_of(model))
    assert json.dumps(schema_of(model), indent=2) + "\n" == (GOLDEN / name).read_text(encoding="utf-8")


def test_the_schemas_are_printed_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    def printed(name: str | None) -> str:
        schema(name)
        return capsys.readouterr().out

    listed = [line.split()[0] for line in printed(None).splitlines()]
    assert listed == ["hone.report/1", "hone.digest/1", "hone.events/1", "hone.event/1", "hone.recommendation/1"]
    for name in listed:
        Draft202012Validator.check_schema(json.loads(printed(name)))
    assert json.loads(printed("hone.recommendation/1")) == schema_of(RecommendationDocument)
    assert printed("event") == printed("hone.event/1")
    with pytest.raises(typer.BadParameter, match="there are: hone"):
        schema("nothing")


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_no_name_is_more_than_text_in_a_document(name: str) -> None:
    data = {name: [name, {"deep": name}], "nan": float("nan"), "nest": [[[[[[[[[["x"]]]]]]]]]]}
    row = read.StoredEventRow("k", name, NOW, NOW, None, name, data, 1)
    hostile = one().model_copy(
        update={"subject": name, "action": name, "app": name, "status_reason": name, "how": [name]}
    )
    for document in (event_document(row), recommendation_document(hostile, found=True, as_of=NOW)):
        value = written(document)
        assert len(value) < 20_000
        Draft202012Validator(schema_of(type(document))).validate(json.loads(value))
        for text in _texts(json.loads(value)):
            assert text.isprintable()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from (key, *_texts(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


@pytest.mark.kafka
def test_a_consumer_sees_every_state_once_and_in_the_schema_that_is_published(store: Store, topics: Topics) -> None:
    clock = Clock()
    worker = publisher(store, topics, clock)
    happen(store, "one")
    happen(store, "two")
    analysed(store, NOW, one("pc-aaaaaa", 100), one("pc-bbbbbb", 50))
    assert worker.turn() == 4
    assert worker.turn() == 0

    clock.now += 60
    over(store, "one", clock.now)
    decide(store, "pc-bbbbbb", "dismissed", "ada", clock.now, why="not \x1bours")
    assert worker.turn() == 2

    # Estimates that hardly move are no news; nor is a look at all.
    clock.now += 600
    analysed(store, clock.now, one("pc-aaaaaa", 101), one("pc-bbbbbb", 50))
    assert worker.turn() == 0
    clock.now += LOOK_EVERY_S
    assert worker.turn() == 0
    clock.now = NOW + 7_200
    analysed(store, clock.now, one("pc-aaaaaa", 150), one("pc-bbbbbb", 50))
    assert worker.turn() == 1

    # Found no more, it is said so for a day, and then it is gone; what is dismissed and found stays.
    clock.now += 600
    analysed(store, clock.now, one("pc-bbbbbb", 50))
    assert worker.turn() == 1
    clock.now += DAY + 600
    analysed(store, clock.now, one("pc-bbbbbb", 50))
    assert worker.turn() == 1
    worker.close()

    told = messages(topics.kafka, topics.events)
    event = Draft202012Validator(schema_of(EventDocument))
    for key, value in told:
        event.validate(value)
        assert key == value["id"]
    assert sorted((value["subject"], value["state"], value["lasted_s"]) for _, value in told) == [
        ("one", "open", None),
        ("one", "over", 60.0),
        ("two", "open", None),
    ]
    assert told[0][1]["data"] == {"usd_day": "1.5"}

    advice = messages(topics.kafka, topics.recommendations)
    validator = Draft202012Validator(schema_of(RecommendationDocument))
    for key, value in advice:
        if value is not None:
            validator.validate(value)
            assert (key, value["schema"]) == (value["id"], "hone.recommendation/1")
    dismissed = [value for key, value in advice if key == "pc-bbbbbb"]
    assert [(one["status"], one["status_reason"]) for one in dismissed] == [("open", None), ("dismissed", "not ours")]
    states = [
        value and (value["found"], value["saving_usd_month"]["likely"]) for key, value in advice if key == "pc-aaaaaa"
    ]
    assert states == [(True, 100.0), (True, 150.0), (False, None), None]


@pytest.mark.kafka
def test_what_is_forgotten_is_deleted_from_the_topic_and_what_is_kept_is_not_sent_again(
    store: Store, topics: Topics
) -> None:
    clock = Clock()
    worker = publisher(store, topics, clock)
    happen(store, "old")
    happen(store, "open")
    over(store, "old", NOW + 60)
    assert worker.turn() == 2
    clock.now += 35 * DAY
    forget(store.engine, Keep(summaries=400), clock.now)
    assert worker.turn() == 0
    clock.now += 400 * DAY
    forget(store.engine, Keep(summaries=400), clock.now)
    assert worker.turn() == 1
    worker.close()
    told = messages(topics.kafka, topics.events)
    assert [value is None for _, value in told] == [False, False, True]
    assert told[-1][0] == next(key for key, value in told if value and value["subject"] == "old")


KILLED = """
import os, signal, sys
from agent.publish import publisher
from agent.store import open_store, published
from collectors.kafka_settings import KafkaSettings
store = open_store(sys.argv[1], owner="killed:1")
kafka = KafkaSettings(bootstrap_servers=(sys.argv[2],), topics=(sys.argv[3],))
published.acknowledge = lambda *given: os.kill(os.getpid(), signal.SIGKILL)
publisher.Publisher(store, kafka, events=sys.argv[3], clock=lambda: float(sys.argv[4])).turn()
"""


@pytest.mark.kafka
def test_an_agent_that_is_killed_before_it_wrote_down_what_it_sent_repeats_and_loses_nothing(
    store: Store, url: str, topics: Topics
) -> None:
    happen(store, "one")
    happen(store, "two")
    bootstrap = topics.kafka.bootstrap_servers[0]
    killed = subprocess.run([sys.executable, "-c", KILLED, url, bootstrap, topics.events, str(NOW)], timeout=60)
    assert killed.returncode == -9
    assert len(messages(topics.kafka, topics.events)) == 2
    worker = publisher(store, topics, Clock(NOW + 1))
    assert worker.turn() == 0  # its lease still holds
    worker = publisher(store, topics, Clock(NOW + 61))
    assert worker.turn() == 2
    assert worker.turn() == 0
    worker.close()
    told = messages(topics.kafka, topics.events)
    assert len(told) == 4
    assert len({json.dumps(value, sort_keys=True) for _, value in told}) == 2


@pytest.mark.kafka
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_of_several_agents_one_publishes_and_another_takes_over(
    database: str, request: pytest.FixtureRequest, url: str, topics: Topics
) -> None:
    url = url if database == "sqlite" else str(request.getfixturevalue("postgres"))
    stores = [open_store(url, owner=f"agent:{number}") for number in range(2)]
    clock = Clock()
    workers = [publisher(each, topics, clock) for each in stores]
    for number in range(20):
        happen(stores[0], f"event-{number}")
    together = threading.Barrier(2)
    done: list[int] = []

    def turns(worker: Publisher) -> None:
        together.wait()
        done.append(sum(worker.turn() for _ in range(3)))

    threads = [threading.Thread(target=turns, args=[worker]) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [0, 20]
    first, second = workers if workers[0].turn() == 0 and done[0] == 20 else (workers[0], workers[1])
    happen(stores[0], "later")
    assert first.turn() + second.turn() == 1
    for worker in workers:
        happen(stores[0], f"last-{id(worker)}")
        assert sum(each.turn() for each in workers) == 1
        workers[0].close()
    workers[1].close()
    told = messages(topics.kafka, topics.events)
    assert len(told) == len({key for key, _ in told}) == 23
    for each in stores:
        each.close()


@pytest.mark.kafka
def test_a_broker_that_is_away_is_tried_again_and_shown_meanwhile(
    store: Store, own_broker: Callable[..., KafkaBroker]
) -> None:
    server = own_broker()
    topic = server.create_topic("hone.events", 1, {"cleanup.policy": "compact"})
    clock, told = Clock(), []
    worker = Publisher(
        store, connection(server.bootstrap, topic), events=topic, clock=clock, jitter=lambda: 0.5,
        told=lambda channel, outcome: told.append((channel, outcome)),
    )  # fmt: skip
    happen(store, "before")
    assert worker.turn() == 1
    server.kill()
    happen(store, "meanwhile")
    assert worker.turn() == 0
    (left,) = deliveries.waiting(store.engine, NOW - DAY)
    assert (left.channel, left.state, left.messages) == (channel_of(topic), "waiting", 1)
    assert "Kafka" in left.error
    clock.now += 29
    assert worker.turn() == 0  # not before its time
    server.start()
    happen(store, "after", clock.now)
    clock.now += 2
    assert worker.turn() == 2
    assert deliveries.waiting(store.engine, NOW - DAY) == []
    worker.close()
    assert told == [(channel_of(topic), outcome) for outcome in ("sent", "failed", "sent", "sent")]
    subjects = {value["subject"] for _, value in messages(connection(server.bootstrap, topic), topic)}
    assert subjects == {"before", "meanwhile", "after"}


@pytest.mark.kafka
def test_a_topic_that_was_made_anew_is_filled_again(store: Store, broker: Kafka, topics: Topics) -> None:
    clock = Clock()
    worker = publisher(store, topics, clock)
    happen(store, "one")
    assert worker.turn() == 1
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    admin.delete_topics([topics.events])
    wait_until(lambda: topics.events not in admin.list_topics(), 20, "the topic to go")
    admin.close()
    broker.topic(1, {"cleanup.policy": "compact"}, topics.events)
    clock.now += LOOK_EVERY_S + 1
    assert worker.turn() == 1
    worker.close()
    assert [value["subject"] for _, value in messages(topics.kafka, topics.events)] == ["one"]


@pytest.mark.kafka
def test_topics_are_made_compacted_only_where_that_is_allowed(store: Store, broker: Kafka) -> None:
    name = f"{broker.topic()}-events"
    kafka = connection(broker.bootstrap, name)
    with pytest.raises(HoneError, match="no such topic"):
        look(kafka, None)
    assert look(kafka, Made(2), only_try=True) == []
    worker = Publisher(store, kafka, events=name, make=Made(2), clock=Clock())
    happen(store, "one")
    assert worker.turn() == 1
    worker.close()
    (there,) = look(kafka, None)
    assert (there.partitions, there.policy, there.fault) == (2, "compact", "")


@pytest.mark.kafka
def test_a_check_shows_the_topics_and_changes_nothing(
    broker: Kafka, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deleting, absent = broker.topic(), f"{broker.topic()}-absent"
    config = tmp_path / "hone.toml"

    def check(create: bool) -> tuple[bool, str]:
        config.write_text(
            f'[store]\nurl = "sqlite:///{tmp_path / "none.db"}"\n'
            f'[publish]\nevents = "{deleting}"\nrecommendations = "{absent}"\ncreate = {str(create).lower()}\n'
            f'[publish.kafka]\nbootstrap_servers = ["{broker.bootstrap}"]\n'
        )
        return say_topics(load(config, {})), capsys.readouterr().err

    well, said = check(True)
    assert well
    assert f"events to topic {deleting} on {broker.bootstrap}; 1 partition; is not compacted" in said
    assert f"{absent} on {broker.bootstrap}; does not exist yet" in said
    well, said = check(False)
    assert not well
    assert f"no such topic on {broker.bootstrap}: '{absent}'" in said
    with pytest.raises(HoneError, match="no such topic"):
        look(connection(broker.bootstrap, absent), None)


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ('events = "t"', "publish needs brokers"),
        ('events = "t"\nrecommendations = "t"\nkafka.bootstrap_servers = ["h:1"]', "need a topic each"),
        ('events = "a topic"', "should be a name of letters"),
        (
            'events = "t"\nkafka.bootstrap_servers = ["h:1"]\nkafka.security.sasl_plain_password = "x"',
            "does not belong",
        ),
        (
            'events = "t"\nkafka.bootstrap_servers = ["h:1"]\nkafka.security.ssl_cafil = "x"',
            "did you mean 'ssl_cafile'",
        ),
        ('events = "llm.calls"\n[source.kafka]\nbootstrap_servers = ["h:1"]\npattern = "llm"', "reads"),
    ],
)
def test_a_wrong_configuration_is_named(lines: str, fault: str, tmp_path: Path) -> None:
    config = tmp_path / "hone.toml"
    config.write_text(f"[publish]\n{lines}\n")
    with pytest.raises(ConfigError, match=fault):
        load(config, {})


@pytest.mark.kafka
def test_an_agent_publishes_beside_its_stream_and_one_without_a_broker_reads_on(
    url: str, topics: Topics, tmp_path: Path
) -> None:
    opened = open_store(url)
    happen(opened, "one")
    opened.close()
    log = tmp_path / "calls.jsonl"
    log.write_text("{}\n")

    def run(bootstrap: str) -> subprocess.CompletedProcess[str]:
        config = tmp_path / "hone.toml"
        config.write_text(
            f'[store]\nurl = "{url}"\n[http]\nenabled = false\n[analysis]\nenabled = false\n'
            f'[source.files]\npaths = ["{log}"]\n[publish]\nevents = "{topics.events}"\n'
            f'[publish.kafka]\nbootstrap_servers = ["{bootstrap}"]\nconnect_timeout = 1.0\n'
        )
        command = [sys.executable, "-m", "agent", "run", "--config", str(config)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120)

    away = run(f"127.0.0.1:{free_ports(1)[0]}")
    assert away.returncode == 0, away.stderr
    assert "not published: no Kafka broker answers" in away.stderr
    assert "everything read is committed" in away.stderr
    assert run(topics.kafka.bootstrap_servers[0]).returncode == 0
    assert [value["subject"] for _, value in messages(topics.kafka, topics.events)] == ["one"]


def test_estimates_that_cannot_be_told_are_null() -> None:
    document = recommendation_document(
        one().model_copy(update={"saving_usd_month": Interval()}), found=False, as_of=NOW
    )
    assert json.loads(written(document))["saving_usd_month"] == {"low": None, "likely": None, "high": None}
