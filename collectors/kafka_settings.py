"""What the Kafka source can be told, and how that becomes options of the client."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from analyzers.errors import HoneError

FROM_FILE = "sasl_oauth_token_file"
PROVIDER = "sasl_oauth_token_provider"
FILES = ("ssl_cafile", "ssl_certfile", "ssl_keyfile", "ssl_crlfile", FROM_FILE)

LIBRARIES = {
    "crc32c": "checksums in C; without it uncompressed topics are read 15 to 35 times slower",
    "lz4": "batches compressed with lz4",
    "snappy": "batches compressed with snappy",
    "zstandard": "batches compressed with zstd",
}


class KafkaSettings(BaseModel):
    """A broker, the topics on it, and the answers to what can go wrong with a position.

    `start` is where a topic that was never read begins: its beginning, its end, or a unix time.
    Partitions added to a topic later always begin at their beginning. `security` goes to kafka-python as it is
    (security_protocol, ssl_*, sasl_*, proxy_url); its values are never logged or shown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bootstrap_servers: tuple[str, ...]
    topics: tuple[str, ...] = ()
    pattern: str | None = None
    """Regular expression, matched from the start of a topic's name; topics created later are joined."""
    group_id: str = "hone"
    group_instance_id: str | None = None
    """Static membership: a restart within the session timeout moves no partitions."""
    client_id: str = "hone"
    start: Literal["beginning", "end"] | float = "beginning"
    on_out_of_range: Literal["stop", "beginning", "end"] = "stop"
    on_topic_recreated: Literal["stop", "beginning"] = "stop"
    max_poll_records: int = Field(5000, ge=1)
    fetch_max_bytes: int = Field(64 << 20, ge=1)
    max_partition_fetch_bytes: int = Field(8 << 20, ge=1)
    fetch_max_wait_ms: int = Field(500, ge=1)
    session_timeout_ms: int = Field(45_000, ge=1000)
    heartbeat_interval_ms: int = Field(3000, ge=100)
    max_poll_interval_ms: int = Field(300_000, ge=1000)
    request_timeout_ms: int = Field(30_000, ge=1000)
    connect_timeout: float = Field(10.0, gt=0)
    """Seconds that one attempt to reach a broker may take."""
    metadata_max_age_ms: int = Field(60_000, ge=100)
    """How soon new topics (of a pattern) and new partitions are seen."""
    check_interval: float = Field(10.0, gt=0)
    """Seconds between looks at topic ids and end offsets."""
    security: Mapping[str, Any] = Field(default_factory=dict, repr=False)

    @field_validator("bootstrap_servers", "topics", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _whole(self) -> KafkaSettings:
        if not self.bootstrap_servers:
            raise ValueError("bootstrap_servers is empty")
        if not self.topics and self.pattern is None:
            raise ValueError("give topics, a pattern, or both")
        if self.pattern is not None:
            try:
                re.compile(self.pattern)
            except re.error as error:
                raise ValueError(f"pattern is no regular expression: {error}") from None
        if self.heartbeat_interval_ms >= self.session_timeout_ms:
            raise ValueError("heartbeat_interval_ms must be below session_timeout_ms, best a third of it")
        if self.fetch_max_wait_ms >= self.request_timeout_ms:
            raise ValueError("fetch_max_wait_ms must be below request_timeout_ms")
        return self

    @property
    def where(self) -> str:
        """The brokers' addresses, for messages."""
        return ",".join(self.bootstrap_servers)

    @property
    def subscription(self) -> str | None:
        """One regular expression for the pattern and the named topics; None when topics are only named."""
        if self.pattern is None:
            return None
        return "|".join([f"(?:{self.pattern})", *(f"{re.escape(topic)}$" for topic in self.topics)])


def check_libraries() -> None:
    """HoneError naming every missing package without which some topics are unreadable or unbearably slow."""
    missing = {}
    for name, purpose in LIBRARIES.items():
        try:
            import_module(name)
        except ImportError:
            missing[name] = purpose
    if missing:
        listed = "; ".join(f"{name} ({purpose})" for name, purpose in missing.items())
        raise HoneError(
            f"packages for reading Kafka are missing: {listed}",
            "pip install 'kafka-python[crc32c,lz4,snappy,zstd]'",
        )


def connection_options(settings: KafkaSettings) -> dict[str, Any]:
    """What every client of the broker needs; HoneError names a wrong security key or an absent file."""
    timeout = int(settings.connect_timeout * 1000)
    return {
        "bootstrap_servers": list(settings.bootstrap_servers),
        "client_id": settings.client_id,
        "bootstrap_timeout_ms": timeout,
        "request_timeout_ms": settings.request_timeout_ms,
        "metadata_max_age_ms": settings.metadata_max_age_ms,
        "reconnect_backoff_max_ms": 5000,
        **security_options(settings.security),
    }


def consumer_options(settings: KafkaSettings) -> dict[str, Any]:
    """Options of a consumer that keeps no offsets of its own and never jumps by itself."""
    return {
        **connection_options(settings),
        "enable_auto_commit": False,
        "auto_offset_reset": "none",
        "allow_auto_create_topics": False,
        "isolation_level": "read_committed",
        "max_poll_records": settings.max_poll_records,
        "fetch_max_bytes": settings.fetch_max_bytes,
        "max_partition_fetch_bytes": settings.max_partition_fetch_bytes,
        "fetch_max_wait_ms": settings.fetch_max_wait_ms,
    }


def security_options(security: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping as kafka-python takes it: keys checked, files present, the token provider built."""
    from kafka import KafkaConsumer

    known = [key for key in KafkaConsumer.DEFAULT_CONFIG if key.startswith(("ssl_", "sasl_"))]
    known += ["security_protocol", "proxy_url", "socks5_proxy", FROM_FILE]
    for key in security:
        if key not in known:
            near = get_close_matches(key, known, 1)
            raise HoneError(f"unknown Kafka security setting {key!r}", f"did you mean {near[0]!r}?" if near else "")
    for key in FILES:
        path = security.get(key)
        if path is not None and not Path(path).is_file():
            raise HoneError(f"{key}: no such file: {path}")
    options = {key: value for key, value in security.items() if key != FROM_FILE}
    if FROM_FILE in security:
        options[PROVIDER] = _provider(lambda: Path(security[FROM_FILE]).read_text().strip())
    elif isinstance(options.get(PROVIDER), str):
        options[PROVIDER] = _named_provider(options[PROVIDER])
    return options


def _named_provider(name: str) -> Any:
    """The object that `module:attribute` names: a provider, a class of one, or a function that returns a token."""
    from kafka.net.sasl.oauth import AbstractTokenProvider

    module, _, attribute = name.partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise HoneError(f"{PROVIDER}: {name!r} cannot be imported: {error}", "write it as module:attribute") from None
    if isinstance(found, type) and issubclass(found, AbstractTokenProvider):
        return found()
    return found if isinstance(found, AbstractTokenProvider) else _provider(found)


def _provider(token: Any) -> Any:
    from kafka.net.sasl.oauth import AbstractTokenProvider

    class Token(AbstractTokenProvider):  # type: ignore[misc]
        """Asked at every (re)authentication, so that a rotated token is used at once."""

        def token(self) -> str:
            return str(token())

    return Token()
