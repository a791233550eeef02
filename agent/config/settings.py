"""Every setting with its default. The text below a field is its documentation.

A field `a.b` of these models is `b` in the table `[a]` of the file and `HONE_A__B` in the environment.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from agent.config.analysis_settings import AnalysisSettings
from agent.config.dashboard_settings import DashboardSettings
from agent.config.digest_settings import ChannelName, ChannelSettings, DigestSettings
from agent.config.event_settings import EventSettings
from agent.config.publish_settings import PublishSettings
from agent.config.recommend_settings import RecommendSettings
from agent.config.response_settings import ResponseCachingSettings
from agent.config.table import Names, Table
from agent.config.tuning_settings import FineTuningSettings
from collectors.kafka_settings import KafkaSettings
from collectors.mapping_settings import NAME, MappingSettings

PerMillion = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


class FileSettings(Table):
    """Files of log records, read in the given order; `.gz` and `.zst` are unpacked."""

    paths: Names = Field(min_length=1)
    format: str | None = None
    """The one format to read them as; without it every record's own is found."""


class SourceSettings(Table):
    """Where records come from: one of the two."""

    kafka: KafkaSettings | None = None
    files: FileSettings | None = None

    @model_validator(mode="after")
    def _one(self) -> SourceSettings:
        if self.kafka is not None and self.files is not None:
            raise ValueError("give [source.kafka] or [source.files], not both")
        return self


class RetentionDays(Table):
    """Days after which rows are forgotten."""

    calls: int = Field(30, ge=1)
    """Calls with their text."""
    seen: int = Field(7, ge=1)
    """Identities of calls: how far apart two reports of one call may be and still count as one."""
    rejects: int = Field(30, ge=1)
    summaries: int = Field(400, ge=1)
    """Hourly totals, which every figure of spend comes from."""


class StoreSettings(Table):
    """The database."""

    url: str
    """`sqlite:///path/to/hone.db` or `postgresql://user@host/database`; by default a file in the user's data folder."""
    password: SecretStr | None = None
    """For PostgreSQL: `HONE_STORE__PASSWORD`, or `password_file` in the file."""
    text: Literal["full", "redacted", "hashes"] = "full"
    """`redacted` puts placeholders in the place of identifiers before a text is stored; `hashes` keeps digests in place of all text."""
    max_bytes: int | None = Field(None, ge=1_000_000)
    """Of all rows together: the oldest days of calls with their texts go first, then vectors; sums and identities stay."""
    hours_days: int = Field(62, ge=32)
    """Totals are kept by the hour for so many days, then by the day."""
    retention_days: RetentionDays = RetentionDays()

    @field_validator("url")
    @classmethod
    def _readable(cls, value: str) -> str:
        if "://" in value and not value.startswith(
            ("sqlite://", "postgresql://", "postgres://", "postgresql+psycopg://")
        ):
            raise ValueError("should be sqlite:///path/to/hone.db or postgresql://user@host/database")
        return value

    @property
    def database_url(self) -> str:
        """The URL with the password in it: for the connection, never for a message."""
        if self.password is None or "://" not in self.url:
            return self.url
        from sqlalchemy.engine import make_url

        return make_url(self.url).set(password=self.password.get_secret_value()).render_as_string(hide_password=False)


class IngestSettings(Table):
    """When a commit is due: whichever comes first."""

    batch_records: int = Field(5_000, ge=1)
    batch_bytes: int = Field(32 << 20, ge=1)
    interval_s: float = Field(1.0, gt=0)


class SampleSettings(Table):
    """Which calls are kept with their structure, to be looked at closely; totals always count every call."""

    share: float = Field(1.0, ge=0, le=1)
    """Share of conversations; calls of one conversation stay together."""
    rows: int = Field(20_000_000, ge=1)
    """At most so many calls: the oldest days go first."""
    bytes: int = Field(20 << 30, ge=1)
    """At most so much text, as compressed."""


class Price(Table):
    """USD per million tokens. What is left out is not known, and calls that need it are not priced."""

    input: PerMillion
    output: PerMillion
    cache_read: PerMillion | None = None
    cache_write_short: PerMillion | None = None
    cache_write_long: PerMillion | None = None


class PriceSettings(Table):
    """What differs from the public price list."""

    overrides: dict[str, Price] = Field({})
    """By model, as the log names it: a contract's prices, or a model that the list does not have."""
    aliases: dict[str, str] = Field({})
    """Names in the log (a deployment, a fine-tuned model) and the model of the list that each is priced as."""


class PromptCachingSettings(Table):
    """What differs from the published rules of the providers' prompt caches."""

    look_every_s: float = Field(60.0, gt=0)
    """Seconds between two looks at the newest calls for caches that got worse."""
    rules: tuple[dict[str, Any], ...] = ()
    """Rules of your own, tried before the package's: `[[prompt_caching.rules]]` with the fields of its rules.toml; `like`
    takes over what a rule does not say, e.g. `like = "anthropic-1024"`, `provider`, `model`, `minimum`."""


def _name_of_ones_own(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError("should be a name of small letters, digits, - and _, beginning with a letter")
    from collectors.formats import NAMES

    if name in NAMES:
        raise ValueError("is the name of a format that is read already")
    return name


FormatName = Annotated[str, AfterValidator(_name_of_ones_own)]


class EmbeddingSettings(Table):
    """What turns texts into vectors, for requests that ask the same in other words."""

    model: str = Field("minilm-int8", min_length=1)
    """`minilm-int8` comes with the package; `static` too, and is tens of times as fast and less exact; anything else is
    a name or a folder that sentence-transformers knows (extra `models`)."""
    device: str | None = None
    """For sentence-transformers: `cpu`, `cuda`, `cuda:1`, `mps`; without it a GPU is used when there is one."""
    batch: int = Field(16, ge=1, le=4_096)
    """Texts that are computed at once."""
    own_vectors: bool = True
    """Vectors that calls bring (`embedding`) stand in for the model's, where at least half of the requests that a cache could answer have one."""


class EnvoySettings(Table):
    """Names that the operator of an Envoy AI Gateway chose for its access log; tried before those of its examples."""

    request_model: Names = ()
    sent_model: Names = ()
    response_model: Names = ()
    provider: Names = ()
    input: Names = ()
    output: Names = ()
    total: Names = ()
    cache_read: Names = ()
    cache_write: Names = ()
    reasoning: Names = ()
    user: Names = ()
    team: Names = ()
    conversation: Names = ()


class PrivacySettings(Table):
    """What may be seen of people and prompts."""

    user_salt: SecretStr = SecretStr("")
    """Mixed into the hash of user ids: `HONE_PRIVACY__USER_SALT`, or `user_salt_file` in the file."""
    show_text: bool = False
    """Whether report and dashboard may show words of prompts; otherwise they are masked (letters as x, digits as 9)."""


class HttpSettings(Table):
    """Where `/metrics` and `/healthz` are served. There is no authentication: keep to the loopback or a private net."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = Field(9464, ge=0, le=65_535)
    """0 takes any free port and logs which."""


class LogSettings(Table):
    """What goes to stderr."""

    format: Literal["text", "json"] = "text"
    level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(Table):
    """Everything Hone can be told."""

    source: SourceSettings = SourceSettings()
    store: StoreSettings
    ingest: IngestSettings = IngestSettings()
    sample: SampleSettings = SampleSettings()
    prices: PriceSettings = PriceSettings()
    formats: dict[FormatName, MappingSettings] = Field({})
    """Logs of your own, by name: where in a record what lies."""
    envoy: EnvoySettings = EnvoySettings()
    prompt_caching: PromptCachingSettings = PromptCachingSettings()
    fine_tuning: FineTuningSettings = FineTuningSettings()
    response_caching: ResponseCachingSettings = ResponseCachingSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    analysis: AnalysisSettings = AnalysisSettings()
    events: EventSettings = EventSettings()
    dashboard: DashboardSettings = DashboardSettings()
    recommend: RecommendSettings = RecommendSettings()
    privacy: PrivacySettings = PrivacySettings()
    digest: DigestSettings = DigestSettings()
    channels: dict[ChannelName, ChannelSettings] = Field({})
    """Where digests and events are sent, by name."""
    publish: PublishSettings = PublishSettings()
    http: HttpSettings = HttpSettings()
    log: LogSettings = LogSettings()

    @model_validator(mode="after")
    def _published(self) -> Settings:
        self.publish.brokers(self.source.kafka)
        return self


KAFKA_SECURITY = (("source", "kafka", "security"), ("publish", "kafka", "security"))
"""Tables that go to the Kafka client as they are."""

SECRETS = (
    ("store", "password"),
    ("privacy", "user_salt"),
    *((*table, key) for table in KAFKA_SECURITY for key in ("sasl_plain_password", "ssl_password")),
    ("channels", "*", "apprise"),
    ("channels", "*", "secret"),
)
"""Never in the file: the environment holds them, or the file that the same key with `_file` names. `*` is any name."""

SECRET_URLS = (("store", "url"), *((*table, "proxy_url") for table in KAFKA_SECURITY), ("channels", "*", "webhook"))
"""May hold a password in the environment, not in the file."""


def default_url(data_home: str | None, home: Path) -> str:
    """The database of a person who named none."""
    folder = Path(data_home) if data_home else home / ".local" / "share"
    return f"sqlite:///{folder / 'hone' / 'hone.db'}"
