"""The table `[fine_tuning]`. The text below a field is its documentation."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from agent.config.table import Names, Table
from analyzers.fine_tuning.assumptions import PUBLISHED

Amount = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[Decimal, Field(ge=0, le=1, allow_inf_nan=False)]


class TuningAssumptions(Table):
    """What no log can know. Every verdict rests on these; nobody has published better ones."""

    engineer_day_usd: Amount = PUBLISHED.engineer_day_usd
    initial_days: Amount = PUBLISHED.initial_days
    """To build, evaluate and deploy."""
    retrain_days: Amount = PUBLISHED.retrain_days
    retrain_every_months: Positive = PUBLISHED.retrain_every_months
    runs_per_retrain: Amount = PUBLISHED.runs_per_retrain
    epochs: Amount = PUBLISHED.epochs
    examples: Amount = PUBLISHED.examples
    eval_usd_per_retrain: Amount = PUBLISHED.eval_usd_per_retrain
    amortise_months: Positive = PUBLISHED.amortise_months
    static_prompt_removed: Share = PUBLISHED.static_prompt_removed
    """Of the static prompt, once instructions are tuned in: to be tested, not believed."""
    fallback_share: Share = PUBLISHED.fallback_share
    """Calls that still go to the model of before."""
    yearly_price_decline: Share = PUBLISHED.yearly_price_decline
    """How fast list prices of untuned models fall."""
    caching_minimum: int = Field(PUBLISHED.caching_minimum, ge=0)
    """A tuned prompt whose static part has fewer tokens is not cached."""


class FineTuningSettings(Table):
    """When tuning a model pays."""

    least_days: float = Field(14.0, ge=0)
    """With fewer days of log the verdict is "cannot tell"."""
    least_calls: int = Field(1_000, ge=1)
    least_examples: int = Field(100, ge=1)
    """Clean examples below which a trial is not worth it."""
    max_price_age_days: int = Field(60, ge=1)
    """Older rows of prices give no verdict."""
    tuned_models: Names = ()
    """Names in the log that are tuned models of yours; "ft:..." is known anyway."""
    routes: tuple[dict[str, Any], ...] = ()
    """Routes of your own: `[[fine_tuning.routes]]` with the fields of analyzers/fine_tuning/routes.toml; `like` takes over what a
    row does not say, and a row with the id of the package's replaces it."""
    assumptions: TuningAssumptions = TuningAssumptions()
