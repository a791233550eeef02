"""A broker that dies, bytes that rot, users that are not let in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ResourcePattern, ResourceType

from analyzers.errors import HoneError
from collectors.kafka import KafkaSource
from collectors.kafka_bisect import unreadable_range
from collectors.kafka_probe import connect, sample
from collectors.kafka_settings import KafkaSettings, security_options
from collectors.source import Partition
from tests.fixtures.kafka_broker import KafkaBroker
from tests.fixtures.kafka_reading import Written, produce, read_until, settings, step
from tests.fixtures.parts import Kafka

pytestmark = pytest.mark.kafka


def lines(count: int, start: int = 0) -> list[bytes]:
    return [b"record %d" % number for number in range(start, start + count)]


def test_reading_goes_on_by_itself_after_the_broker_was_killed(own_broker: Callable[..., KafkaBroker]) -> None:
    broker = own_broker()
    broker.create_topic("calls", 2)
    written = Written()
    produce(broker.bootstrap, "calls", lines(100), 0)
    source = KafkaSource(settings(broker.bootstrap, "calls"), written)
    read_until(source, written, lambda: len(written.values) == 100)
    assert source.health().connected
    broker.kill()
    read_until(source, written, lambda: not source.health().connected)
    assert "127.0.0.1" in (source.health().error or "")
    broker.start()
    produce(broker.bootstrap, "calls", lines(100, 100), 1)
    read_until(source, written, lambda: len(written.values) == 200, timeout=60)
    assert source.health().connected
    source.close()
    assert {*written.values} == {*lines(200)}


def test_a_damaged_batch_is_stepped_over_and_the_others_flow(own_broker: Callable[..., KafkaBroker]) -> None:
    broker = own_broker()
    broker.create_topic("calls", 2)
    produce(broker.bootstrap, "calls", lines(100), 0)
    produce(broker.bootstrap, "calls", [b"the batch to damage"] * 50, 0, linger_ms=200)
    produce(broker.bootstrap, "calls", lines(100, 150), 0)
    produce(broker.bootstrap, "calls", lines(80, 1000), 1)
    broker.stop()
    segment = broker.log_folder("calls") / f"{0:020}.log"
    data = bytearray(segment.read_bytes())
    spots = [at for at in range(len(data)) if data.startswith(b"the batch to damage", at)]
    assert len(spots) == 50
    for at in spots[10:12]:
        data[at : at + 5] = b"XXXXX"
    segment.write_bytes(data)
    broker.start()

    written = Written()
    source = KafkaSource(settings(broker.bootstrap, "calls"), written)
    read_until(source, written, lambda: len(written.values) == 280, timeout=60)
    source.close()
    (found,) = written.unreadable
    assert found[0] == Partition("calls", 0)
    assert (found[1].start, found[1].end) == (100, 150)
    assert "checksum" in found[1].reason
    assert written.offsets(Partition("calls", 0)) == [*range(100), *range(150, 250)]
    assert len(written.records[Partition("calls", 1)]) == 80
    assert not written.refused


@given(st.data())
def test_the_range_is_exactly_the_damaged_run(data: st.DataObject) -> None:
    end = data.draw(st.integers(1, 5000))
    start = data.draw(st.integers(0, end - 1))
    good = data.draw(st.integers(start, end))
    tried: list[int] = []

    def fault(offset: int) -> str | None:
        assert start <= offset < end
        tried.append(offset)
        return "broken" if offset < good else None

    found = unreadable_range(start, end, fault)
    assert (found is None) == (good == start)
    if found is not None:
        assert (found.start, found.end, found.reason) == (start, good, "broken")
    assert len(tried) <= 2 * (end - start).bit_length() + 2


@pytest.fixture(scope="module")
def guarded() -> Iterator[KafkaBroker]:
    from tests.fixtures.parts import local_broker

    broker = local_broker(users={"reader": "right", "stranger": "right"}, acls=True)
    broker.create_topic("calls")
    produce(broker.bootstrap, "calls", lines(10))
    admin = broker.admin()
    everything = [(ResourceType.TOPIC, "calls"), (ResourceType.GROUP, "hone")]
    admin.create_acls(
        [
            ACL("User:reader", "*", ACLOperation.READ, ACLPermissionType.ALLOW, ResourcePattern(kind, name))
            for kind, name in everything
        ]
        + [ACL("User:describer", "*", ACLOperation.DESCRIBE, ACLPermissionType.ALLOW, ResourcePattern(*everything[0]))]
    )
    admin.close()
    yield broker
    broker.remove()


def sasl(broker: KafkaBroker, user: str, password: str, mechanism: str, **more: object) -> KafkaSettings:
    security = {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": mechanism,
        "sasl_plain_username": user,
        "sasl_plain_password": password,
    }
    return settings(broker.sasl_bootstrap, "calls", group_id="hone", security=security, **more)


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
def test_passwords(guarded: KafkaBroker, mechanism: str) -> None:
    written = Written()
    right = sasl(guarded, "reader", "right", mechanism)
    assert connect(right) == {"calls": 1}
    assert len(sample(right, 5)) == 5
    source = KafkaSource(right, written)
    read_until(source, written, lambda: len(written.values) == 10)
    source.close()
    wrong = sasl(guarded, "reader", "very wrong", mechanism)
    with pytest.raises(HoneError, match="password") as caught:
        connect(wrong)
    assert "very wrong" not in caught.value.message + caught.value.hint + repr(wrong)
    assert guarded.sasl_bootstrap in caught.value.message


def test_no_permission_names_the_topic_or_the_group(guarded: KafkaBroker) -> None:
    with pytest.raises(HoneError, match="'calls'"):
        connect(sasl(guarded, "stranger", "right", "PLAIN"))
    other = sasl(guarded, "reader", "right", "PLAIN").model_copy(update={"group_id": "not-mine"})
    with pytest.raises(HoneError, match="'not-mine'"):
        connect(other)


def test_a_password_that_is_wrong_while_running_is_said_and_retried(guarded: KafkaBroker) -> None:
    source, written = KafkaSource(sasl(guarded, "reader", "wrong", "PLAIN"), Written()), Written()
    read_until(source, written, lambda: source.health().error)
    assert "password" in (source.health().error or "")
    step(source, written)
    source.close()


def test_a_tls_client_on_a_plain_port_hears_so(broker: Kafka) -> None:
    with pytest.raises(HoneError, match="TLS with Kafka"):
        connect(settings(broker.bootstrap, "t", connect_timeout=1.0, security={"security_protocol": "SSL"}))


def test_security_settings_are_checked_by_name() -> None:
    with pytest.raises(HoneError) as caught:
        KafkaSource(settings("k:1", "t", security={"sasl_mechanisms": "secret"}), Written())
    assert "sasl_mechanism" in caught.value.hint and "secret" not in str(caught.value)
    with pytest.raises(HoneError, match=r"/nowhere/ca\.pem"):
        KafkaSource(settings("k:1", "t", security={"ssl_cafile": "/nowhere/ca.pem"}), Written())
    with pytest.raises(HoneError, match="no_such_module:token"):
        KafkaSource(settings("k:1", "t", security={"sasl_oauth_token_provider": "no_such_module:token"}), Written())


def given_token() -> str:
    return "from a function"


def test_a_token_comes_from_a_file_that_may_be_rotated_or_from_a_function(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    provider = security_options({"sasl_oauth_token_file": str(file)})["sasl_oauth_token_provider"]
    assert provider.token() == "first"
    file.write_text("second")
    assert provider.token() == "second"
    named = security_options({"sasl_oauth_token_provider": f"{__name__}:given_token"})
    assert named["sasl_oauth_token_provider"].token() == "from a function"
