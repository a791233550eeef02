"""The report, schema `hone.report/1`: what came in, what it cost, and what there is to gain.

Money is USD and becomes a JSON number of six decimals; times are UTC; `null` means "not known", and the key of
the same name with `_reason` says why. Keys may be added; a changed meaning bumps the number of the schema.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agent.printable import json_inert
from agent.report_caching import PromptCaching, Restraint
from agent.report_plan import PlanStep, Recommendation, TrackRecord
from agent.report_response import ResponseCaching
from agent.report_tuning import FineTuning
from agent.report_values import Moment, Usd

SCHEMA: Literal["hone.report/1"] = "hone.report/1"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True)


class Period(_Section):
    """From the first call to the end of the last; null before there is a call."""

    start: Moment | None = None
    end: Moment | None = None
    hours: float | None = None
    hours_reason: str | None = None


class IncidentKind(_Section):
    """Something that happened to the stream itself: how often, when last, and what it said then."""

    kind: str
    count: int
    last: Moment
    message: str


class Lack(_Section):
    """Something that calls of one producer do not say, and the producer's setting that would change it."""

    what: Literal["text", "usage", "cache_split", "time"]
    """Prompt and answer; input or output tokens; how much of the input was cached; when the call began."""
    state: str | None = None
    """Of text: absent, redacted, encrypted, truncated, offloaded; apart: absent, or among the `messages`."""
    format: str
    observer: str | None = None
    """The instrumentation that logs them, where it decides which setting it is."""
    calls: int
    switch: str | None = None
    switch_reason: str | None = None


class Input(_Section):
    """What was read. Records hold no, one or several calls; duplicates are further reports of a counted call."""

    records: int = 0
    calls: int = 0
    duplicates: int = 0
    skipped: int = 0
    """Records that are no LLM calls by design."""
    messages: int = 0
    """Messages in records of their own, which are joined to their calls; those sent again included."""
    rejected: int = 0
    rejected_by_reason: dict[str, int] = {}
    formats: dict[str, int] = {}
    text_states: dict[str, int] = {}
    time_sources: dict[str, int] = {}
    lacks: list[Lack] = []
    """What calls do not say, the most frequent first; a call may lack several things."""
    examined_calls: int = 0
    """Calls of which `lacks` tells: fewer than all where hours were counted by a version that did not look."""
    incidents: list[IncidentKind] = []


class Tokens(_Section):
    """Five disjoint counters (`reasoning` is part of `output`). `input_split_unknown` is input of which no log says how much was cached."""

    uncached_input: int = 0
    cache_read: int = 0
    cache_write_short: int = 0
    cache_write_long: int = 0
    output: int = 0
    reasoning: int = 0
    """Of `output`, where the log says so."""
    input_split_unknown: int = 0

    @property
    def input(self) -> int:
        """All input tokens."""
        cached = self.cache_read + self.cache_write_short + self.cache_write_long
        return self.uncached_input + cached + self.input_split_unknown


class Spender(_Section):
    """One line of a table of spend. `usd` covers the calls that are priced; null when none is."""

    calls: int
    usd: Usd | None
    usd_reason: str | None = None
    unpriced_calls: int = 0
    errors: int = 0
    tokens: Tokens | None = None


class ModelSpend(Spender):
    """A model by the name in the log; where calls that failed name the one asked for, by the one that answered."""

    model: str | None
    logged_as: list[str] = []
    """All its names in the log, where it has more than one."""


class AppSpend(Spender):
    app: str | None


class EnvironmentSpend(Spender):
    environment: str | None


class TeamSpend(Spender):
    team: str | None


class TagSpend(Spender):
    """A call with several tags is in several of these lines: they do not add up to the total."""

    tag: str


class UnpricedModel(_Section):
    """Calls that no price can be put on, and why."""

    model: str | None
    calls: int
    reason: str


class Errors(_Section):
    """Calls that failed, by class."""

    calls: int = 0
    by_type: dict[str, int] = {}


class Quantiles(_Section):
    """Seconds, over the `n` calls whose log says it; null where none does."""

    n: int = 0
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


class Spend(_Section):
    """What the calls cost, at the prices of the day of each call."""

    total_usd: Usd | None
    total_usd_reason: str | None = None
    month_usd: Usd | None = None
    """At this pace in 730 hours."""
    month_usd_reason: str | None = None
    priced_calls: int = 0
    unpriced_calls: int = 0
    upper_bound_calls: int = 0
    """Priced calls whose cost is at most what is said: the log hides how much of the input was cached."""
    price_source: str
    by_model: list[ModelSpend] = []
    by_app: list[AppSpend] = []
    by_environment: list[EnvironmentSpend] = []
    by_team: list[TeamSpend] = []
    by_tag: list[TagSpend] = []
    unpriced_models: list[UnpricedModel] = []
    tokens: Tokens = Tokens()
    logged_cost_usd: Usd | None = None
    """Sum of the costs that the logs themselves name, over `logged_cost_calls` calls."""
    logged_cost_calls: int = 0
    response_cache_hits: int = 0
    """Calls that a gateway answered from its own cache: nothing is owed for them."""
    errors: Errors = Errors()
    latency: Quantiles = Quantiles()
    time_to_first_token: Quantiles = Quantiles()


class Event(_Section):
    """Something that changed: raised once, open until `resolved_at`."""

    kind: str
    subject: str
    at: Moment
    raised_at: Moment
    resolved_at: Moment | None = None
    message: str


class Undelivered(_Section):
    """Messages of the last seven days that a channel did not take: `waiting` to be tried again, or `given_up`."""

    channel: str
    state: Literal["waiting", "given_up"]
    messages: int
    error: str


class Report(_Section):
    """All sections so far. A section that was not computed is null."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, serialize_by_alias=True)

    version: Literal["hone.report/1"] = Field(default=SCHEMA, alias="schema")
    period: Period
    input: Input
    spend: Spend
    prompt_caching: PromptCaching | None = None
    response_caching: ResponseCaching | None = None
    fine_tuning: FineTuning | None = None
    plan: list[PlanStep] = []
    """Today's spend and what the levers leave of it, in the order of resort."""
    recommendations: list[Recommendation] = []
    """Open ones first, those that save most first."""
    track_record: TrackRecord = TrackRecord()
    restraint: list[Restraint] = []
    """What is not worth doing now, and why."""
    events: list[Event] = []
    """Newest first."""
    undelivered: list[Undelivered] = []

    def to_json(self, indent: int | None = 2) -> str:
        """The report as JSON, with a newline at the end."""
        return json_inert(self.model_dump_json(indent=indent, by_alias=True)) + "\n"


def json_schema() -> dict[str, Any]:
    """JSON Schema of what `to_json` writes."""
    return Report.model_json_schema(by_alias=True, mode="serialization")
