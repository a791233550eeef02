"""Who is let in: TLS, certificates of clients, passwords and rights, on a broker that guards itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from agent.commands.publishing import publisher_of, say_topics
from agent.config import load
from agent.events import Event, raise_new
from agent.store import open_store
from analyzers.errors import HoneError
from collectors.kafka import KafkaSource
from collectors.kafka_probe import connect, sample
from collectors.kafka_settings import KafkaSettings, security_options
from tests.fixtures.certificates import Authority
from tests.fixtures.kafka_broker import KafkaBroker
from tests.fixtures.kafka_reading import Written, read_until, settings, step
from tests.fixtures.parts import Kafka

pytestmark = pytest.mark.kafka


def over(broker: KafkaBroker, listener: str, **security: Any) -> KafkaSettings:
    """Settings for one listener; `ssl_*` and `sasl_*` as given, the authority of the broker trusted."""
    protocol = "SASL_" * listener.startswith("sasl") + ("PLAINTEXT" if listener == "sasl" else "SSL")
    given = {"security_protocol": protocol, **security}
    if listener != "sasl" and broker.authority is not None:
        given = {"ssl_cafile": str(broker.authority.ca), **given}
    return settings(broker.at(listener), "calls", group_id="hone", security=given, connect_timeout=1.5)


def sasl(broker: KafkaBroker, user: str, password: str, mechanism: str, listener: str = "sasl") -> KafkaSettings:
    named = {"sasl_mechanism": mechanism, "sasl_plain_username": user, "sasl_plain_password": password}
    return over(broker, listener, **named)


def refusal(chosen: KafkaSettings) -> HoneError:
    """What `hone check` says of settings that are wrong: one line that names the broker, and what to look at."""
    with pytest.raises(HoneError) as caught:
        connect(chosen)
    error = caught.value
    assert chosen.where in error.message
    assert error.hint
    assert "\n" not in error.message + error.hint
    return error


def everything(chosen: KafkaSettings) -> None:
    """Checked, looked at and read, as `hone check` and `hone run` do it."""
    assert connect(chosen) == {"calls": 1}
    assert len(sample(chosen, 5)) == 5
    written = Written()
    source = KafkaSource(chosen, written)
    read_until(source, written, lambda: len(written.values) == 10)
    source.close()


@pytest.mark.parametrize(
    ("mechanism", "listener"),
    [("PLAIN", "sasl"), ("PLAIN", "sasl_tls"), ("SCRAM-SHA-256", "sasl"), ("SCRAM-SHA-512", "sasl_tls")],
)
def test_passwords(guarded: KafkaBroker, mechanism: str, listener: str) -> None:
    everything(sasl(guarded, "reader", "right", mechanism, listener))
    wrong = sasl(guarded, "reader", "very wrong", mechanism, listener)
    error = refusal(wrong)
    assert "refused the user name or password" in error.message
    assert "very wrong" not in error.message + error.hint + repr(wrong)


def test_tls_and_certificates_of_clients(guarded: KafkaBroker) -> None:
    assert guarded.authority is not None
    everything(over(guarded, "tls"))
    certificate, key, _ = guarded.authority.certificate("reader", password="opens the key")
    shown = {"ssl_certfile": str(certificate), "ssl_keyfile": str(key), "ssl_password": "opens the key"}
    everything(over(guarded, "mutual", **shown))
    # Who a certificate names has the rights of that name alone.
    certificate, key, _ = guarded.authority.certificate("stranger")
    with pytest.raises(HoneError, match="'calls'"):
        connect(over(guarded, "mutual", ssl_certfile=str(certificate), ssl_keyfile=str(key)))


def test_certificates_that_are_wrong_are_said_in_one_line(guarded: KafkaBroker, tmp_path: Path) -> None:
    assert guarded.authority is not None
    other = Authority(tmp_path / "other", "somebody else")
    error = refusal(over(guarded, "tls", ssl_cafile=str(other.ca)))
    assert "not signed by an authority" in error.message and "ssl_cafile" in error.hint
    error = refusal(over(guarded, "expired"))
    assert "certificate has expired" in error.message and "renew" in error.hint
    error = refusal(over(guarded, "mutual"))
    # What the broker says is lost where its end of the connection is closed before it has been read.
    assert "asks for a certificate" in error.message or "hangs up" in error.message
    assert "ssl_certfile" in error.hint
    certificate, key, _ = guarded.authority.certificate("reader", expired=True)
    error = refusal(over(guarded, "mutual", ssl_certfile=str(certificate), ssl_keyfile=str(key)))
    assert "ssl_certfile" in error.hint
    certificate, key, _ = other.certificate("reader")
    error = refusal(over(guarded, "mutual", ssl_certfile=str(certificate), ssl_keyfile=str(key)))
    assert "ssl_certfile" in error.hint
    # The broker's certificate is for 127.0.0.1 alone.
    named = over(guarded, "tls").model_copy(update={"bootstrap_servers": (f"localhost:{guarded.ports['tls']}",)})
    error = refusal(named)
    assert "another name" in error.message and "bootstrap_servers" in error.hint
    error = refusal(over(guarded, "tls", security_protocol="PLAINTEXT"))
    assert "probably TLS" in error.message and "security_protocol" in error.hint


def test_a_key_that_does_not_open_is_said_without_its_password(guarded: KafkaBroker) -> None:
    assert guarded.authority is not None
    certificate, key, _ = guarded.authority.certificate("reader", password="opens the key")
    chosen = over(
        guarded, "mutual", ssl_certfile=str(certificate), ssl_keyfile=str(key), ssl_password="does not open it"
    )
    with pytest.raises(HoneError) as caught:
        connect(chosen)
    assert "ssl_keyfile" in caught.value.message + caught.value.hint
    assert "does not open it" not in f"{caught.value.message}{caught.value.hint}{chosen!r}"


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


@pytest.mark.parametrize("way", ["password", "certificate"])
def test_what_is_published_goes_in_by_the_same_doors_and_only_where_it_may(
    guarded: KafkaBroker, tmp_path: Path, capsys: pytest.CaptureFixture[str], way: str
) -> None:
    assert guarded.authority is not None
    topic = f"events-{way}"
    security = {"ssl_cafile": str(guarded.authority.ca)}
    if way == "password":
        listener = "sasl_tls"
        security |= {"security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-512"}
        security |= {"sasl_plain_username": "reader"}
    else:
        listener = "mutual"
        certificate, key, _ = guarded.authority.certificate("reader")
        security |= {"security_protocol": "SSL", "ssl_certfile": str(certificate), "ssl_keyfile": str(key)}
    config = tmp_path / "hone.toml"
    config.write_text(
        f'[store]\nurl = "sqlite:///{tmp_path / "hone.db"}"\n[publish]\nevents = "{topic}"\ncreate = true\n'
        f'[publish.kafka]\nbootstrap_servers = ["{guarded.at(listener)}"]\n[publish.kafka.security]\n'
        + "".join(f'{name} = "{value}"\n' for name, value in security.items())
    )
    given = load(config, {"HONE_PUBLISH__KAFKA__SECURITY__SASL_PLAIN_PASSWORD": "right"} if way == "password" else {})
    store = open_store(given.store.database_url)
    raise_new(store, [Event("cache_regression", "one", 1.0, "one fell", {})], 1.0)
    assert not say_topics(given)
    assert f"no permission to write '{topic}'" in capsys.readouterr().err
    guarded.allow_writing("reader", topic)
    assert say_topics(given) and "does not exist yet" in capsys.readouterr().err
    worker = publisher_of(store, given, lambda channel, outcome: None)
    assert worker is not None and worker.turn() == 1
    worker.close()
    store.close()
    # To see how a topic is configured is another right.
    assert say_topics(given) and "1 partition; whether it is compacted may not be seen" in capsys.readouterr().err
    ((_, sent),) = sample(settings(guarded.bootstrap, topic), 5)
    assert orjson.loads(sent.value or b"")["subject"] == "one"


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
