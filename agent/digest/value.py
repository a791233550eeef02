"""The digest, schema `hone.digest/1`. Names from logs are cleaned of control and direction characters in it already.

Money is USD; times are UTC; `null` means "not known", and the key of the same name with `_reason` says why. Keys may be added; a
changed meaning bumps the number of the schema. No text of prompts is in it.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agent.printable import json_inert
from agent.report_plan import Interval, TrackRecord
from agent.report_values import Moment, Usd

SCHEMA: Literal["hone.digest/1"] = "hone.digest/1"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class DigestPeriod(_Part):
    """A day or seven days from midnight to midnight of `timezone`; `end` is not part of it."""

    kind: Literal["day", "week"]
    start: Moment
    end: Moment
    timezone: str


class DaySpend(_Part):
    """One day of local time."""

    date: date
    usd: Usd | None
    usd_reason: str | None = None
    calls: int


class Mover(_Part):
    """An application whose spend moved most against the period before."""

    app: str
    usd: Usd
    before_usd: Usd


class Spent(_Part):
    """What the period cost, and the one before it; `change` is relative."""

    usd: Usd | None
    usd_reason: str | None = None
    calls: int
    unpriced_calls: int = 0
    before_usd: Usd | None = None
    before_usd_reason: str | None = None
    before_calls: int | None = None
    change: float | None = None
    change_reason: str | None = None
    movers: list[Mover] = []
    by_day: list[DaySpend] = []


class CachedShare(_Part):
    """Input tokens read from the providers' prompt caches, of those of which the log says."""

    share: float | None
    share_reason: str | None = None
    input_tokens: int
    before: float | None = None
    before_reason: str | None = None


class Advice(_Part):
    """A recommendation, short."""

    id: str
    lever: str
    subject: str
    action: str
    first_step: str | None
    status: str
    saving_usd_month: Interval
    """After everything above it in the plan."""
    saving_usd_month_reason: str | None = None
    alone_usd_month: Usd | None = None
    effort_days: float
    risk: str
    measured: bool
    n: int | None = None
    """Calls that the first of its measured facts rests on, over so many `hours`."""
    hours: float | None = None


class Change(_Part):
    """What became of a recommendation since the digest before."""

    id: str
    what: Literal["new", "gone", "more", "less", "decided", "back"]
    """`more`, `less`: the likely saving left the interval of before. `decided`, `back`: its status changed."""
    subject: str
    action: str
    status: str | None = None
    usd_month: Usd | None = None
    before_usd_month: Usd | None = None


class Proof(_Part):
    """What an adopted recommendation really saves."""

    id: str
    subject: str
    action: str
    verdict: Literal["confirmed", "not_confirmed", "cannot_tell"]
    why: str
    calls: int
    saving_usd_month: Interval
    forecast_usd_month: Usd | None = None
    new: bool
    """The verdict was another one before."""


class Happening(_Part):
    """An event that was raised or resolved in the period, or is open since before."""

    kind: str
    message: str
    raised_at: Moment
    resolved_at: Moment | None = None


class Unchecked(_Part):
    """Something that nobody should believe was looked at: how much of it, and what would change that."""

    what: str
    n: int | None = None
    of: int | None = None
    why: str = ""


class Basis(_Part):
    """The analysis that recommendations and proofs are from."""

    made_at: Moment
    start: Moment | None = None
    end: Moment | None = None
    hours: float | None = None
    calls: int


class Plan(_Part):
    """What the calls cost a month, and what the open recommendations leave of it."""

    today_usd_month: Usd | None = None
    after_usd_month: Usd | None = None
    reason: str | None = None


class Undelivered(_Part):
    """A channel that did not take a message."""

    channel: str
    state: Literal["waiting", "given_up"]
    messages: int
    error: str


class Digest(_Part):
    """All of it. Lists hold the most important ones; `more_...` counts those that are not in them."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, serialize_by_alias=True)

    version: Literal["hone.digest/1"] = Field(default=SCHEMA, alias="schema")
    period: DigestPeriod
    made_at: Moment
    due_at: Moment | None = None
    late: bool = False
    """It was made well after it was due: no agent ran, or none could."""
    quiet: bool = False
    """Nothing changed that somebody has to know."""
    spend: Spent
    cached: CachedShare
    basis: Basis | None = None
    basis_reason: str | None = None
    plan: Plan = Plan()
    recommendations: list[Advice] = []
    more_recommendations: int = 0
    restraint: str | None = None
    """Where nothing is recommended: what is nearest to being worth it."""
    changes: list[Change] = []
    more_changes: int = 0
    changes_reason: str | None = None
    proofs: list[Proof] = []
    more_proofs: int = 0
    track_record: TrackRecord = TrackRecord()
    events: list[Happening] = []
    more_events: int = 0
    open_events: int = 0
    unchecked: list[Unchecked] = []
    more_unchecked: int = 0
    undelivered: list[Undelivered] = []

    def to_json(self, indent: int | None = 2) -> str:
        """The digest as JSON, with a newline at the end."""
        return json_inert(self.model_dump_json(indent=indent, by_alias=True)) + "\n"


def json_schema() -> dict[str, Any]:
    """JSON Schema of what `to_json` writes."""
    return Digest.model_json_schema(by_alias=True, mode="serialization")
