"""Settings of response caching."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from agent.config.table import Table

Usd = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


class ResponseCacheCosts(Table):
    """What a cache of answers costs to run, in USD; taken off its saving. Hone asks no price list: say what you pay."""

    embedding_usd_million_tokens: Usd = Decimal("0.02")
    """A vector of each question; the default is OpenAI's text-embedding-3-small (genai-prices), 0 fits one that you run yourself."""
    store_usd_gb_month: Usd = Decimal(91)
    """Memory of the store; the default is the 0.125 USD a GB-hour of Amazon ElastiCache Serverless for Redis OSS (US East, June 2026), at 730
    hours. Its price of requests, 0.0034 USD a million, is left out."""


class ResponseCachingSettings(Table):
    """A cache of answers in front of the provider: what it may break, and what is simulated."""

    max_wrong_rate: float = Field(0.01, gt=0, lt=1)
    """At most this share of requests may be answered wrongly; a threshold is recommended only below it."""
    lifetime_s: float = Field(86_400.0, gt=0)
    """How long an entry of the semantic cache lives."""
    entries: int = Field(100_000, ge=1)
    """How many entries it holds."""
    judged_pairs: int = Field(400, ge=50, le=100_000)
    """Different pairs of answers that are compared for each threshold."""
    embed_characters: int = Field(250_000, ge=1)
    """Of different questions that are embedded for one report (some 70,000 a second); of more, those of each app's newest calls."""
    verified_lookups: int = Field(2_000, ge=100, le=100_000)
    """Look-ups verified where those calls are less than a quarter; at most four times `embed_characters` are embedded for them."""
    costs: ResponseCacheCosts = ResponseCacheCosts()
