"""The broker's side of publishing: what the topics are, making them, and sending until the broker has acknowledged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from kafka import errors as kafka_errors
from kafka.admin import ConfigResource, ConfigResourceType

from analyzers.errors import HoneError
from collectors.kafka_client import open_admin, open_producer
from collectors.kafka_explain import explain
from collectors.kafka_settings import KafkaSettings, check_libraries

_UNKNOWN_TOPIC = 3
_DENIED = 29
_PATIENCE_S = 10.0
"""So much longer than one request may take may a message take, tries and all."""
_CLOSING_S = 2.0


class Made(NamedTuple):
    """How topics that are missing are made; 0 replicas leave their number to the broker."""

    partitions: int = 1
    replicas: int = 0


class Topic(NamedTuple):
    """A topic as it is. `policy` is its cleanup.policy, None where that may not be seen."""

    name: str
    id: str
    partitions: int
    policy: str | None

    @property
    def fault(self) -> str:
        """What is wrong with it for a consumer that wants the newest state of each key, or nothing."""
        policies = {one.strip() for one in (self.policy or "").split(",")}
        if self.policy is None or policies == {"compact"}:
            return ""
        if "compact" in policies:
            return "deletes by age besides compacting (cleanup.policy): what changes seldom is lost"
        return f"is not compacted: set cleanup.policy=compact, or consumers lose what is older than its retention (it is {self.policy!r})"


class Missing(HoneError):
    """A topic is not there."""

    def __init__(self, settings: KafkaSettings, names: Sequence[str]) -> None:
        listed = ", ".join(repr(name) for name in names)
        super().__init__(
            f"no such topic on {settings.where}: {listed}",
            "make it with cleanup.policy=compact, or set publish.create = true",
        )
        self.names = tuple(names)


def look(settings: KafkaSettings, make: Made | None, *, only_try: bool = False) -> list[Topic]:
    """The topics of `settings`; those that are missing are made as `make` says, or (`only_try`) only asked whether they could be, and left
    out. Raises HoneError: no broker, no permission, or Missing where nothing is to be made.
    """
    check_libraries()
    try:
        admin = open_admin(settings)
        try:
            return _look(admin, settings, make, only_try=only_try)
        finally:
            admin.close()
    except (kafka_errors.KafkaError, OSError) as error:
        raise told(error, settings) from error


def _look(admin: Any, settings: KafkaSettings, make: Made | None, *, only_try: bool) -> list[Topic]:
    described = {one["name"]: one for one in admin.describe_topics(list(settings.topics))}
    missing = [name for name in settings.topics if described[name]["error_code"] == _UNKNOWN_TOPIC]
    if missing and make is None:
        raise Missing(settings, missing)
    if missing and make is not None:
        _make(admin, missing, make, only_try=only_try)
        if not only_try:
            described.update((one["name"], one) for one in admin.describe_topics(missing))
    there = [one for one in described.values() if one["error_code"] == 0]
    if any(one["error_code"] == _DENIED for one in described.values()):
        raise kafka_errors.TopicAuthorizationFailedError()
    if len(there) < len(described) and not (only_try and missing):
        raise HoneError(f"Kafka at {settings.where} cannot describe the topics now")
    policies = _policies(admin, [one["name"] for one in there])
    return [
        Topic(one["name"], str(one.get("topic_id") or ""), len(one["partitions"]), policies.get(one["name"]))
        for one in there
    ]


def _make(admin: Any, names: Sequence[str], make: Made, *, only_try: bool) -> None:
    wanted = {
        "num_partitions": make.partitions,
        "replication_factor": make.replicas or -1,
        "configs": {"cleanup.policy": "compact"},
    }
    # Another agent may have made it in the same second.
    with suppress(kafka_errors.TopicAlreadyExistsError):
        admin.create_topics(
            {name: wanted for name in names},
            validate_only=only_try,
            **({} if only_try else {"wait_for_metadata": True}),
        )


def _policies(admin: Any, names: Iterable[str]) -> dict[str, str]:
    asked = [ConfigResource(ConfigResourceType.TOPIC, name, ["cleanup.policy"]) for name in names]
    if not asked:
        return {}
    try:
        found = admin.describe_configs(asked, config_filter="all").get("topic", {})
    except kafka_errors.AuthorizationError:
        return {}
    said = {name: configs.get("cleanup.policy", {}).get("value") for name, configs in found.items()}
    return {name: str(policy) for name, policy in said.items() if policy is not None}


class Sender:
    """A producer for the topics of `settings`. Raises HoneError when there is no broker."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._send_s = settings.request_timeout_ms / 1_000 + _PATIENCE_S
        try:
            self._producer = open_producer(
                settings,
                allow_auto_create_topics=False,
                linger_ms=20,
                max_block_ms=int(_PATIENCE_S * 1_000),
                delivery_timeout_ms=int(self._send_s * 1_000),
            )
        except (kafka_errors.KafkaError, OSError) as error:
            raise told(error, settings) from error

    def send(self, topic: str, values: Mapping[str, bytes | None]) -> dict[str, HoneError | None]:
        """Send each value (None deletes) under its key, and wait: by key what was wrong, None where it was acknowledged."""
        futures: dict[str, Any] = {}
        failed: dict[str, HoneError | None] = {}
        try:
            for key, value in values.items():
                futures[key] = self._producer.send(topic, value, key=key.encode())
            self._producer.flush(self._send_s)
        except (kafka_errors.KafkaError, OSError) as error:
            failed = dict.fromkeys(values, told(error, self._settings))
        for key, future in futures.items():
            if future.succeeded():
                failed[key] = None
            elif future.exception is not None:
                failed[key] = told(future.exception, self._settings)
            else:
                failed[key] = HoneError(f"Kafka at {self._settings.where} did not acknowledge in time")
        return failed

    def close(self) -> None:
        """Let go of the broker; what was not acknowledged is sent again another time."""
        with suppress(kafka_errors.KafkaError):
            self._producer.close(timeout=_CLOSING_S)


def told(error: BaseException, settings: KafkaSettings) -> HoneError:
    """A failure in words."""
    named = " and ".join(repr(topic) for topic in settings.topics)
    if isinstance(error, kafka_errors.TopicAuthorizationFailedError):
        return HoneError(
            f"no permission to write {named} on {settings.where}",
            "grant Describe and Write on the topics, and Create where they are to be made",
        )
    if isinstance(error, kafka_errors.UnknownTopicOrPartitionError):
        return Missing(settings, settings.topics)
    return explain(error, settings)
