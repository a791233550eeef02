"""Settings of digests, and of the channels that they and events are sent through."""

from __future__ import annotations

import re
from datetime import time
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from agent.config.table import Names, Table

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_CHANNEL = re.compile(r"[a-z][a-z0-9_-]{0,39}")


class DigestSettings(Table):
    """When digests are sent. Which of them go where is said by the channels."""

    daily: str = "08:00"
    """Of the day before, from midnight to midnight; empty for none."""
    weekly: str = "monday 08:00"
    """Of the seven days before that day; empty for none."""
    timezone: str = "UTC"
    """Whose midnight begins a day, e.g. Europe/Berlin."""
    recommendations: int = Field(3, ge=1, le=5)
    """Shown in one digest."""
    give_up_hours: float = Field(24.0, gt=0)
    """A message that a channel does not take for so long is given up."""

    @field_validator("daily")
    @classmethod
    def _daily(cls, value: str) -> str:
        if value:
            clock(value)
        return value

    @field_validator("weekly")
    @classmethod
    def _weekly(cls, value: str) -> str:
        if value:
            weekday_and_clock(value)
        return value

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (OSError, ValueError, KeyError):
            raise ValueError("is no time zone that this machine knows; e.g. Europe/Berlin") from None
        return value


def clock(value: str) -> time:
    """`08:00`. Raises ValueError."""
    found = _CLOCK.fullmatch(value.strip())
    if found is None:
        raise ValueError('should be a time of day like "08:00"')
    return time(int(found[1]), int(found[2]))


def weekday_and_clock(value: str) -> tuple[int, time]:
    """`monday 08:00`: 0 is Monday. Raises ValueError."""
    day, _, rest = value.strip().lower().partition(" ")
    if day not in WEEKDAYS or not _CLOCK.fullmatch(rest.strip()):
        raise ValueError('should be a day and a time like "monday 08:00"')
    return WEEKDAYS.index(day), clock(rest)


EVENTS = (
    "cache_regression",
    "spend_anomaly",
    "unpriced_model",
    "price_change",
    "model_ends",
    "rejects_rising",
    "falling_behind",
    "volume_reached",
    "volume_ahead",
    "recommendation",
    "adoption",
    "verdict",
)
"""Every kind of event."""
ALL = "all"


class ChannelSettings(Table):
    """Where messages go: exactly one of `apprise`, `webhook`, `folder` and `stdout`, and what is sent there."""

    apprise: SecretStr | None = None
    """A URL of Apprise (mail, Slack, Teams, Discord, ...): `HONE_CHANNELS__NAME__APPRISE`, or `apprise_file` in the file."""
    webhook: str | None = None
    """An address that JSON is posted to, signed with `secret`."""
    secret: SecretStr | None = None
    """Signs what is posted: `HONE_CHANNELS__NAME__SECRET`, or `secret_file` in the file."""
    folder: Path | None = None
    """Where each message becomes files: text, Markdown, HTML and JSON."""
    stdout: bool = False
    """Text, on the standard output of `hone run`."""
    digests: Names = ("week",)
    """`day`, `week`, both or none."""
    events: Names = ()
    """Kinds of events that are sent at once, or `all`."""
    ended: bool = True
    """Whether it is told, too, when such an event is over, and how long it lasted."""
    timeout_s: float = Field(30.0, gt=0)
    """A try that takes longer has failed."""

    @field_validator("events")
    @classmethod
    def _events(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in (ALL, *EVENTS):
                meant = get_close_matches(name, EVENTS, 1)
                raise ValueError(
                    f"{name!r} is no kind of event"
                    + (f"; did you mean {meant[0]!r}?" if meant else f"; there are: {', '.join(EVENTS)}")
                )
        return value

    @model_validator(mode="after")
    def _one(self) -> ChannelSettings:
        given = [self.apprise is not None, self.webhook is not None, self.folder is not None, self.stdout]
        if sum(given) != 1:
            raise ValueError("give exactly one of apprise (or apprise_file), webhook, folder and stdout = true")
        if self.webhook is not None and not self.webhook.startswith(("http://", "https://")):
            raise ValueError("webhook should be http://... or https://...")
        if self.webhook is not None and (self.secret is None or not self.secret.get_secret_value()):
            raise ValueError("a webhook needs a secret to sign with: HONE_CHANNELS__NAME__SECRET or secret_file")
        if self.secret is not None and self.webhook is None:
            raise ValueError("secret is for a webhook")
        if not set(self.digests) <= {"day", "week"}:
            raise ValueError("digests should be of day and week")
        return self


def _channel_name(name: str) -> str:
    if not _CHANNEL.fullmatch(name):
        raise ValueError("should be a name of small letters, digits, - and _, beginning with a letter")
    return name


ChannelName = Annotated[str, AfterValidator(_channel_name)]
