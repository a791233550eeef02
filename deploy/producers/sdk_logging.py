"""Puts every call of an OpenAI or Anthropic client on a Kafka topic, request and answer as they are. Copy it into your code.

    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers="kafka:9092", compression_type="zstd", linger_ms=100)
    client.chat.completions.create = logged(client.chat.completions.create, producer, app="support-bot")
    client.responses.create = logged(client.responses.create, producer, app="support-bot")      # OpenAI's Responses
    anthropic.messages.create = logged(anthropic.messages.create, producer, app="support-bot")

Hone reads the topic as it is. A streamed Chat Completion tells its usage only with `stream_options={"include_usage": True}`.
`send` puts the record into a queue of the producer: a broker that is away holds up no call for longer than `max_block_ms`.
Not for `AsyncOpenAI` and `AsyncAnthropic`.
"""

import json
import logging
import time


def logged(create, producer, topic="llm.calls", **labels):
    """`create`, and one record of each of its calls. labels: app, environment, team, ..."""

    def call(**request):
        record = {**labels, "timestamp": time.time(), "request": request}
        try:
            answer = create(**request)
        except Exception as error:
            send(record, error=type(error).__name__, status_code=getattr(error, "status_code", None))
            raise
        if not request.get("stream"):
            send(record, response=answer)
            return answer
        return streamed(answer, record)

    def streamed(stream, record):
        events = []
        try:
            for event in stream:
                if not events:
                    record["ttft_s"] = time.time() - record["timestamp"]
                events.append(event)
                yield event
        finally:
            stream.close()
            send(record, response=events)

    def send(record, **outcome):
        record = {**record, **outcome, "duration_s": time.time() - record["timestamp"]}
        try:
            producer.send(topic, json.dumps(record, default=plain).encode())
        except Exception as error:  # a log that cannot be written must not cost an answer
            logging.getLogger(__name__).warning("a call was not logged: %s", type(error).__name__)

    return call


def plain(value):
    """What the SDKs have instead of JSON: models of answers and events, and values that were not given."""
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else None
