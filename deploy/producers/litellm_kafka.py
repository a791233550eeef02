"""Puts LiteLLM's own log record of every call (StandardLoggingPayload) on a Kafka topic.

Beside the proxy's config.yaml, which says:

    litellm_settings:
      callbacks: litellm_kafka.kafka

KAFKA_BROKERS names the brokers, KAFKA_TOPIC the topic (llm.calls when it says nothing). In Python: `litellm.callbacks = [kafka]`.
`send` puts the record into a queue of the producer: a broker that is away holds up no call for longer than `max_block_ms`.
"""

import json
import os

from kafka import KafkaProducer
from litellm.integrations.custom_logger import CustomLogger


class KafkaLog(CustomLogger):
    def __init__(self):
        super().__init__()
        self.topic = os.environ.get("KAFKA_TOPIC", "llm.calls")
        self.producer = KafkaProducer(
            bootstrap_servers=os.environ["KAFKA_BROKERS"].split(","),
            compression_type="zstd",
            linger_ms=100,
            max_block_ms=1000,
            value_serializer=lambda value: json.dumps(value, default=str).encode(),
        )

    def log_success_event(self, kwargs, response_obj, start_time, end_time):
        self.producer.send(self.topic, kwargs["standard_logging_object"])

    def log_failure_event(self, kwargs, response_obj, start_time, end_time):
        self.log_success_event(kwargs, response_obj, start_time, end_time)

    async def async_log_success_event(self, kwargs, response_obj, start_time, end_time):
        self.log_success_event(kwargs, response_obj, start_time, end_time)

    async def async_log_failure_event(self, kwargs, response_obj, start_time, end_time):
        self.log_success_event(kwargs, response_obj, start_time, end_time)


kafka = KafkaLog()
