"""The section `response_caching` of the report: what a cache of answers would hit, and how often it would be wrong.

Rates are shares of the eligible calls. Hit rates are those of a cache that inserts on a miss, over the calls of the log in their order;
`wrong_rate` is for each eligible call, hit or not, `wrong_rate_of_hits` for each hit. Savings are of what the calls cost once prompt
caching is in order, net of what the cache costs (modelled from `[response_caching.costs]`). `examples` are masked unless the
configuration allows text.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from agent.report_values import Moment, Usd


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class ByTtl(_Part):
    """A cache without limit of size whose entries live so long."""

    ttl_s: float
    hit_rate: float


class ByEntries(_Part):
    """A cache of so many entries, the least recently used giving way: exact without expiry, semantic with the section's `ttl_s`."""

    entries: int
    hit_rate: float


class InFlight(_Part):
    """Calls that were made while the answer to the same request was under way: no cache has them, joining the calls does."""

    calls: int = 0
    share: float = 0.0
    saving_usd_month: Usd | None = None


class Spoiler(_Part):
    """What makes equal requests unequal: without it an exact cache would have so many more hits."""

    kind: Literal["timestamp", "random_id", "seed", "key_order", "whitespace", "user_data"]
    app: str | None
    segment: str
    position: int
    example: list[str] = []
    """Was and now; masked unless the configuration allows text."""
    calls: int
    """That carry it."""
    more_hits: int
    saving_usd_month: Usd | None = None
    """Of the more hits, on top of `saving_usd_month` of the exact cache."""
    confidence: Literal["confirmed", "suspected"]
    fix: str


class Exact(_Part):
    """A cache by hash of the request."""

    hit_rate: float | None = None
    """Of the shortest lifetime and fewest entries that keep nearly all of the saving: `ttl_s` and `entries`."""
    hit_rate_reason: str | None = None
    ttl_s: float | None = None
    entries: int | None = None
    """Null where every different request has room."""
    by_ttl: list[ByTtl] = []
    by_entries: list[ByEntries] = []
    in_flight: InFlight = InFlight()
    spoilers: list[Spoiler] = []
    saving_usd_month: Usd | None = None
    saving_usd_month_reason: str | None = None
    saving_usd: Usd | None = None
    running_usd_month: Usd | None = None
    """What the cache costs; modelled, and taken off the saving."""


class Threshold(_Part):
    """One threshold of similarity: what it would hit and break. Bounds are those of 95 %."""

    threshold: float
    hit_rate: float
    hit_rate_low: float
    hit_rate_high: float
    wrong_rate: float | None
    wrong_rate_reason: str | None = None
    wrong_rate_high: float
    wrong_rate_of_hits: float | None = None
    wrong_rate_of_hits_high: float | None = None
    judged_pairs: int
    """Different pairs of questions and answers that the wrong rate rests on."""
    unknown_pairs: int = 0
    """Pairs of which nobody could tell whether the answers agree."""
    unknown_share: float = 0.0
    """Their share of the judged hits: left out of the rate, and wrong in the bound."""
    saving_usd_month: Usd | None = None


class Noise(_Part):
    """How often the model answers the very same request in two ways (one pair of each request); not charged to a cache."""

    pairs: int = 0
    differ: int = 0
    rate: float | None = None
    rate_reason: str | None = None
    rate_high: float | None = None


class AppCache(_Part):
    """What a semantic cache would do for one application."""

    app: str | None
    eligible_calls: int
    exact_hit_rate: float
    verdict: Literal["use", "no", "not_yet", "cannot_tell"]
    why: str = ""
    recommended_threshold: float | None = None
    hit_rate: float | None = None
    wrong_rate: float | None = None
    wrong_rate_high: float | None = None
    judged_pairs: int = 0
    saving_usd_month: Usd | None = None


class Semantic(_Part):
    """A cache by similarity of the last question, of the given lifetime and size."""

    embedder: str | None = None
    """Model, weights and quantisation: a threshold of one means nothing to another."""
    own_vectors: bool = False
    """The vectors are those that the log brings, and `embedder` is what it calls their model."""
    calls_without_vector: int = 0
    """Where they are: eligible calls that bring none, and are left out."""
    complete: bool = True
    """Every different question was embedded with `embedder`; otherwise rates are estimated (`verified_lookups`), or, where there are
    none, of each app's newest calls alone (`replayed_calls`), and so are savings."""
    replayed_calls: int = 0
    verified_lookups: int = 0
    """Where all calls are estimated: look-ups for which `embedder` said how near the best candidate of a static model is."""
    exactly_replayed_calls: int = 0
    """Where all calls are estimated: each app's newest, on which the recommended threshold was confirmed."""
    judged_pairs_in_all: int = 0
    verdict: Literal["use", "no", "not_yet", "cannot_tell"] | None = None
    questions: int = 0
    """Different texts."""
    ttl_s: float | None = None
    entries: int | None = None
    curve: list[Threshold] = []
    curve_reason: str | None = None
    max_wrong_rate: float = 0.01
    recommended_threshold: float | None = None
    recommended_threshold_reason: str | None = None
    hit_rate: float | None = None
    hit_rate_reason: str | None = None
    wrong_rate: float | None = None
    wrong_rate_high: float | None = None
    """At the recommended threshold, judged once more on draws that had no part in choosing it."""
    wrong_rate_of_hits: float | None = None
    wrong_rate_of_hits_high: float | None = None
    judged_pairs: int = 0
    by_ttl: list[ByTtl] = []
    by_entries: list[ByEntries] = []
    saving_usd_month: Usd | None = None
    saving_usd_month_reason: str | None = None
    saving_usd: Usd | None = None
    beyond_exact_usd_month: Usd | None = None
    """Of it, what an exact cache would not save."""
    running_usd_month: Usd | None = None
    """What embedding and the cache cost; modelled, and taken off the saving."""
    above_limit: list[str] = []
    """Applications that alone would be answered wrongly more often than the limit at the recommended threshold."""
    by_app: list[AppCache] = []
    by_app_saving_usd_month: Usd | None = None
    """Of all applications that may have a cache, each at its own threshold."""


class Cluster(_Part):
    """A kind of request of one application. The id stays from analysis to analysis, where analyses are kept."""

    id: str
    label: str
    """Words that set it apart from the application's other kinds; masked unless the configuration allows text."""
    app: str | None = None
    calls: int
    share: float
    """Of the application's calls."""
    share_of_spend: float | None = None
    """Of the application's spend; null without prices."""
    texts: int = 0
    """Different ones."""
    usd_month: Usd | None = None
    usd_month_reason: str | None = None
    repeat_rate: float | None = None
    """Share of its calls that an earlier one of the period was equal to, letter for letter."""
    trend: float | None = None
    """Slope over the period for each of the mean: 0.5 is half as much again at its end, less by as much at its start."""
    trend_word: Literal["rising", "falling", "steady"] | None = None
    """Null where the calls are too few or too uneven to tell."""
    trend_of: Literal["volume", "share"] = "volume"
    """Calls a day; of less than six whole days the share of the application's calls."""
    first_seen: Moment | None = None
    last_seen: Moment | None = None
    examples: list[str] = []
    """The most typical first, then ones unlike those before; masked unless the configuration allows text."""


class ResponseCaching(_Part):
    """A cache of answers in front of the provider."""

    calls: int = 0
    eligible_calls: int = 0
    ineligible_by_reason: dict[str, int] = {}
    scopes: int = 0
    """Groups of calls that may share answers: same app, prompt, tools, model, parameters, conversation."""
    after_prompt_caching: float | None = None
    """What the eligible calls cost once what the plan says of their prompts is done, for each USD they cost now."""
    unpriced_calls: int = 0
    """Eligible calls without a price: their hits save nothing in these figures."""
    noise: Noise = Noise()
    exact: Exact = Exact()
    semantic: Semantic = Semantic()
    clusters: list[Cluster] = []
