"""The section `prompt_caching` of the report: what is cached, what could be, and what stands in the way.

Hit ratios are token-weighted (tokens read for each token of input) unless their name says otherwise; savings are against the
same calls without any cache. `example` is masked unless the configuration allows text.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from agent.report_values import Moment, Usd


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Actual(_Part):
    """From the usage that the logs report."""

    hit_ratio: float | None = None
    hit_ratio_reason: str | None = None
    hit_ratio_per_request: float | None = None
    cached_tokens: int | None = None
    cached_tokens_reason: str | None = None
    calls_reporting: int = 0
    saving_usd: Usd | None = None
    """Against the same calls without a cache, net of what writing cost; negative where writing cost more than reading saved."""
    saving_usd_month: Usd | None = None
    saving_usd_month_reason: str | None = None


class Simulated(_Part):
    """One regime over the calls that could be compared."""

    hit_ratio: float | None = None
    hit_ratio_reason: str | None = None
    hit_ratio_per_request: float | None = None
    cached_tokens: int = 0
    written_tokens: int = 0
    saving_usd: Usd | None = None
    saving_usd_month: Usd | None = None
    saving_usd_month_reason: str | None = None


class ByLifetime(_Part):
    """Everything cached, nothing too short, entries gone after so many seconds unused."""

    lifetime_s: float
    hit_ratio: float | None = None
    hit_ratio_per_request: float | None = None


class Regimes(_Part):
    """Ceilings side by side. `best_marking` writes only what is read again in time; `infinite` knows neither expiry nor minimum."""

    as_is: Simulated
    restructured: Simulated
    best_marking: Simulated
    infinite: Simulated
    by_lifetime: list[ByLifetime] = []


class Lifetime(_Part):
    """What a provider served of what its rules promise; forecasts are multiplied by `share`."""

    provider: str
    model: str
    with_cache_key: bool
    key_routes: bool = False
    """The provider routes by a cache key where a request has one."""
    calls: int
    simulated_tokens: int
    reported_tokens: int
    share: float | None = None
    share_reason: str | None = None
    lifetime_s: float
    lifetime_learnt: bool


class StaticCost(_Part):
    """USD a day of the static tokens of a template's calls."""

    uncached: Usd
    """Nothing read from any cache."""
    as_is: Usd
    mended: Usd
    """With the faults mended, at the gaps between the calls of the log."""
    mended_half_the_calls: Usd
    """Mended, and half of the calls answered by a response cache, so not made."""


class PromptTemplate(_Part):
    """Calls that share one prompt, found from the texts. Tokens are of an average call."""

    id: str
    app: str | None
    model: str
    calls: int
    static_tokens: int
    variable_tokens: int
    hit_ratio: float | None = None
    hit_ratio_restructured: float | None = None
    input_usd: Usd | None = None
    static_usd_day: StaticCost | None = None
    proposed_order: str = ""
    """A unified diff of the template, what varies as placeholders; empty where no order is proposed. Its words are masked unless
    the configuration allows text."""
    first: Moment
    last: Moment
    follows: str | None = None
    """Id of the template in whose place this one came: a deploy that left less than half of it."""


class PromptFault(_Part):
    """What breaks a shared prefix, where, and what mending it saves after the faults before it."""

    kind: str
    template: str
    app: str | None
    model: str
    segment: Literal["system", "tools", "message"]
    position: int
    part: int = 0
    start: int
    end: int
    share_of_calls: float
    calls: int
    stranded_tokens: int
    example: tuple[str, str]
    fix: str
    saving_usd: Usd
    """Of the period."""
    saving_usd_month: Usd | None = None
    saving_usd_month_reason: str | None = None
    alone_usd_month: Usd | None = None
    """Mended alone."""
    together_with: list[str] = []
    """Kinds of faults of this template that pay only when they and this one are mended together: their savings are one."""
    confidence: Literal["confirmed", "suspected"]


class PromptDrift(_Part):
    """A text of a template that was replaced for good, and when: a deploy."""

    template: str
    app: str | None
    model: str
    at: Moment
    segment: Literal["system", "tools", "message"]
    position: int
    start: int
    end: int
    example: tuple[str, str]


class CacheRegression(_Part):
    """Hits that fell and stayed down. `cause` prompt: the fault is new since then; provider: the bytes are the same."""

    template: str
    app: str | None
    model: str
    at: Moment
    cause: Literal["prompt", "provider"]
    kind: str | None = None
    segment: Literal["system", "tools", "message"] | None = None
    position: int | None = None
    start: int | None = None
    end: int | None = None
    example: tuple[str, str] | None = None
    fix: str = ""
    hit_ratio_before: float
    hit_ratio_after: float
    calls_before: int
    calls_after: int
    reported: bool
    """The ratios are from usage; otherwise simulated."""
    usd_day: Usd | None = None


class ProviderReason(_Part):
    """What the provider itself says of its cache in so many calls. `seen`: the call differs from the one before in its conversation
    just there; `named`: a fault of that kind covers it (for a hit: none does); `without_call_before`: nothing to compare.
    """

    reason: str
    calls: int
    without_call_before: int
    seen: int
    named: int


class PromptCaching(_Part):
    """Prompt caching at the provider."""

    calls: int = 0
    compared_calls: int = 0
    """Calls with text or block hashes and a known rule: those that are simulated."""
    told_apart_calls: int | None = None
    """Those of them that templates and faults are of: of many calls the newest, whose money is brought up to all that are compared."""
    scaled_by: float = 1.0
    """Where only a share of the calls is kept with its structure: input tokens of all calls for each one looked at; money is
    multiplied by it."""
    calls_without_text: int = 0
    calls_without_rule: dict[str, int] = {}
    sized_by_usage: int = 0
    """Compared calls whose own total of input tokens is logged; the others are sized by their text."""
    actual: Actual = Actual()
    simulated: Regimes
    availability: list[Lifetime] = []
    templates: list[PromptTemplate] = []
    faults: list[PromptFault] = []
    drifts: list[PromptDrift] = []
    regressions: list[CacheRegression] = []
    provider_reasons: list[ProviderReason] = []
    """Only where calls carry the provider's diagnosis."""
    rules_date: str = ""


class Restraint(_Part):
    """A lever that is not worth pulling now, and from when it would be."""

    lever: str
    subject: str = ""
    verdict: Literal["not_yet", "no", "cannot_tell"]
    why: str
    worth_it_from: str = ""
