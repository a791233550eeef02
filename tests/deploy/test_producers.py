"""The example producers: what they put on a real topic is read as the call that the provider answered."""

from __future__ import annotations

import importlib.util
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from analyzers.core import Call
from collectors.parse import Parser
from collectors.source import Record
from tests.deploy.tools import DEPLOY
from tests.fixtures.parts import Kafka

SAMPLES = Path(__file__).parents[1] / "data" / "formats" / "read"
SDK_SAMPLES = [
    "openai_chat_completions",
    "openai_chat_completions_stream_sse",
    "openai_responses",
    "anthropic_messages",
    "anthropic_messages_stream_sse",
]


def example(name: str) -> ModuleType:
    """A file of deploy/producers, as a copy of it in somebody's code would be imported."""
    spec = importlib.util.spec_from_file_location(name, DEPLOY / "producers" / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def provider() -> Iterator[Callable[[int, Any], str]]:
    """Answers everything with the status and body it was told; the result is its address."""
    told: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            streamed = isinstance(told["body"], str)
            body = (told["body"] if streamed else json.dumps(told["body"])).encode()
            self.send_response(told["status"])
            self.send_header("Content-Type", "text/event-stream" if streamed else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def answering(status: int, body: Any) -> str:
        told.update(status=status, body=body)
        return f"http://127.0.0.1:{server.server_port}"

    yield answering
    server.shutdown()
    server.server_close()


def arrived(broker: Kafka, topic: str, count: int) -> list[bytes]:
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap, consumer_timeout_ms=20_000)
    try:
        consumer.assign([TopicPartition(topic, 0)])
        consumer.seek_to_beginning()
        return [next(consumer).value for _ in range(count)]
    finally:
        consumer.close()


def one_call(value: bytes) -> Call:
    (call,) = Parser().parse(Record(0, value, 1_795_392_000.0), "llm.calls", 0).calls
    return call


def create(name: str, url: str) -> Callable[..., Any]:
    """The method of a real client that a sample's request is for."""
    if name.startswith("anthropic"):
        from anthropic import Anthropic

        method: Callable[..., Any] = Anthropic(api_key="none", base_url=url, max_retries=0).messages.create
        return method
    from openai import OpenAI

    client = OpenAI(api_key="none", base_url=url, max_retries=0)
    return client.responses.create if name == "openai_responses" else client.chat.completions.create


def sent(request: dict[str, Any]) -> dict[str, Any]:
    """The request in the client's words: what it has no argument for goes in as it is."""
    newer = {"prompt_cache_options"}
    known = {key: value for key, value in request.items() if key not in newer}
    return known | {"extra_body": extra} if (extra := {k: request[k] for k in newer & set(request)}) else known


@pytest.mark.kafka
@pytest.mark.parametrize("name", SDK_SAMPLES)
def test_a_call_of_a_real_client_is_read_as_the_provider_counted_it(
    name: str, provider: Callable[[int, Any], str], broker: Kafka
) -> None:
    value = json.loads((SAMPLES / f"{name}.json").read_text())["value"]
    topic = broker.topic()
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap)
    logged = example("sdk_logging").logged(
        create(name, provider(200, value["response"])), producer, topic=topic, app="support-bot"
    )
    answer = logged(**sent(value["request"]))
    if value["request"].get("stream"):
        assert list(answer)
    producer.flush()
    producer.close()
    call = one_call(arrived(broker, topic, 1)[0])
    expected = one_call(json.dumps(value).encode())
    assert call.usage == expected.usage and call.usage.input_total
    assert (call.id, call.response_model, call.app) == (expected.id, expected.response_model, "support-bot")
    assert call.status == "ok" and call.messages == expected.messages and call.output == expected.output


@pytest.mark.kafka
def test_a_call_that_failed_is_logged_and_raised(provider: Callable[[int, Any], str], broker: Kafka) -> None:
    from openai import RateLimitError

    topic = broker.topic()
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap)
    call = create("openai_chat_completions", provider(429, {"error": {"message": "slow down", "type": "rate"}}))
    with pytest.raises(RateLimitError):
        example("sdk_logging").logged(call, producer, topic=topic)(model="gpt-4o", messages=[])
    producer.flush()
    producer.close()
    (value,) = arrived(broker, topic, 1)
    record = json.loads(value)
    assert (record["error"], record["status_code"]) == ("RateLimitError", 429)
    assert one_call(value).status == "error"


def test_an_answer_does_not_wait_for_a_log_that_cannot_be_written(caplog: pytest.LogCaptureFixture) -> None:
    class Gone:
        def send(self, topic: str, value: bytes) -> None:
            raise TimeoutError("no broker, and the secret of the prompt")

    logged = example("sdk_logging").logged(lambda **request: {"id": "a"}, Gone())
    assert logged(model="m", messages=[{"role": "user", "content": "secret"}]) == {"id": "a"}
    assert "TimeoutError" in caplog.text and "secret" not in caplog.text


@pytest.mark.kafka
def test_litellms_own_record_arrives(broker: Kafka, monkeypatch: pytest.MonkeyPatch) -> None:
    litellm = pytest.importorskip(
        "litellm", reason="litellm is not installed (PyPI): deploy/producers/litellm_kafka.py is not tried here"
    )
    topic = broker.topic()
    monkeypatch.setenv("KAFKA_BROKERS", broker.bootstrap)
    monkeypatch.setenv("KAFKA_TOPIC", topic)
    log = example("litellm_kafka").kafka
    monkeypatch.setattr(litellm, "callbacks", [log])
    litellm.completion(
        model="gpt-4o", messages=[{"role": "user", "content": "Capital of France?"}], mock_response="Paris."
    )
    value = arrived(broker, topic, 1)[0]
    call = one_call(value)
    assert call.request_model == "gpt-4o" and call.usage.output
