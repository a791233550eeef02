"""The sections `plan` and `recommendations` of the report: what to do, in which order, and what each step is still worth then.

The savings of the plan add up: each step is priced on the calls as the steps above it leave them. Money is USD a month of 730 hours.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from agent.report_values import Moment, Usd

Lever = Literal["prompt_caching", "exact_cache", "semantic_cache", "model_choice", "fine_tuning"]
Status = Literal["open", "accepted", "dismissed", "snoozed", "done"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class PlanStep(_Part):
    """What the calls cost once this step is done too, and what it takes off; `today` is the spend as it is."""

    step: Literal["today", "prompt_caching", "exact_cache", "semantic_cache", "model_choice", "fine_tuning"]
    usd_month: Usd | None
    usd_month_reason: str | None = None
    saving_usd_month: Usd | None = None
    saving_usd_month_reason: str | None = None
    recommendations: list[str] = []
    """Ids of what the step consists of."""


class Interval(_Part):
    """Bounds of 95 %; `low` may be negative. All null where there is no number yet."""

    low: Usd | None = None
    likely: Usd | None = None
    high: Usd | None = None


class Evidence(_Part):
    """A measured fact: over how many calls and hours. `fact` holds no text of prompts."""

    fact: str
    n: int | None = None
    hours: float | None = None


class Realised(_Part):
    """What became of a recommendation, against the same calls without it: adjusted for volume, mix and price."""

    verdict: Literal["confirmed", "not_confirmed", "cannot_tell"]
    why: str
    method: str
    adopted_at: Moment | None = None
    """When the stream shows it; null where it does not."""
    calls: int = 0
    saving_usd_month: Interval = Interval()
    forecast_usd_month: Usd | None = None
    """What had been promised, for the volume, mix and prices of the calls since."""


class StatusChange(_Part):
    """Who decided what, and when."""

    at: Moment
    status: Status
    who: str
    why: str = ""


class Recommendation(_Part):
    """Something worth doing. The id stays the same over runs and restarts."""

    id: str
    kind: str
    """A fault kind, or exact_cache, single_flight, semantic_cache, model_choice, batch, fine_tuning."""
    lever: Lever
    subject: str
    """What it is about, for a person: application and model."""
    app: str | None = None
    model: str | None = None
    template: str | None = None
    action: str
    """One line, imperative."""
    saving_usd_month: Interval
    """After everything above it in the plan."""
    saving_usd_month_reason: str | None = None
    """Why there is no number yet, and when there will be one."""
    alone_usd_month: Usd | None = None
    """Were it the only thing that is done; below 0 it would cost so much more: it pays only after what stands above it in the plan."""
    effort_days: float
    payback_months: float | None = None
    risk: Literal["none", "low", "review"]
    measured: bool
    """From the user's own data; otherwise it rests on modelled figures too, which `evidence` names."""
    status: Status = "open"
    status_reason: str | None = None
    snoozed_until: Moment | None = None
    first_seen: Moment | None = None
    evidence: list[Evidence] = []
    how: list[str] = []
    """Steps, the first one first."""
    realised: Realised | None = None
    history: list[StatusChange] = []


class TrackRecord(_Part):
    """How the forecasts of the newest ten recommendations that were carried out came out; those still being measured are none of them."""

    proven: int = 0
    """Of them, those with a forecast and a realised saving to hold against it."""
    confirmed: int = 0
    not_confirmed: int = 0
    cannot_tell: int = 0
    within_share: float = 0.2
    within: int = 0
    """Of `proven`, those whose realised saving is not further from the forecast than `within_share` of it."""
    largest_error: float | None = None
    """Largest relative difference of realised and forecast among `proven`."""
