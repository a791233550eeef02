"""Settings of the Kafka topics that events and recommendations are published to."""

from __future__ import annotations

import re
from typing import Any

from pydantic import Field, field_validator, model_validator

from agent.config.table import Names, Table
from collectors.kafka_settings import KafkaSettings

_TOPIC = re.compile(r"[a-zA-Z0-9._-]{1,249}")


class PublishKafka(Table):
    """A broker to publish to."""

    bootstrap_servers: Names = Field(min_length=1)
    client_id: str = "hone"
    connect_timeout: float = Field(10.0, gt=0)
    """Seconds that one attempt to reach a broker may take."""
    security: dict[str, Any] = Field({}, repr=False)
    """As the client kafka-python takes it: security_protocol, ssl_*, sasl_*."""


class PublishSettings(Table):
    """Topics that others consume: compacted, keyed by id, JSON. Without a name nothing is published."""

    events: str = ""
    """Topic of `hone.event/1`."""
    recommendations: str = ""
    """Topic of `hone.recommendation/1`."""
    create: bool = False
    """Whether topics that are missing are made, compacted."""
    partitions: int = Field(1, ge=1)
    """Of a topic that is made."""
    replicas: int = Field(0, ge=0)
    """Of a topic that is made; 0 leaves it to the broker."""
    kafka: PublishKafka | None = None
    """Without it, the brokers of `[source.kafka]`."""

    @field_validator("events", "recommendations")
    @classmethod
    def _name(cls, value: str) -> str:
        if value and (not _TOPIC.fullmatch(value) or value in (".", "..")):
            raise ValueError("should be a name of letters, digits, ., _ and -")
        return value

    @model_validator(mode="after")
    def _apart(self) -> PublishSettings:
        if self.events and self.events == self.recommendations:
            raise ValueError("events and recommendations need a topic each")
        return self

    @property
    def topics(self) -> tuple[str, ...]:
        """Those that are published to."""
        return tuple(topic for topic in (self.events, self.recommendations) if topic)

    def brokers(self, source: KafkaSettings | None) -> KafkaSettings | None:
        """The connection to publish through; None where nothing is published. Raises ValueError where none is configured, or
        where `source` reads what is published.
        """
        if not self.topics:
            return None
        own = self.kafka or source
        if own is None:
            raise ValueError("publish needs brokers: [publish.kafka], or [source.kafka]")
        if source is not None and set(own.bootstrap_servers) & set(source.bootstrap_servers):
            read = [one for one in self.topics if one in source.topics or _matches(source.pattern, one)]
            if read:
                raise ValueError(f"publish: {read[0]} is a topic that [source.kafka] reads")
        return KafkaSettings(
            bootstrap_servers=own.bootstrap_servers,
            topics=self.topics,
            client_id=own.client_id,
            connect_timeout=own.connect_timeout,
            request_timeout_ms=10_000,
            security=own.security,
        )


def _matches(pattern: str | None, topic: str) -> bool:
    return pattern is not None and re.match(pattern, topic) is not None
