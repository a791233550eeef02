"""The table `[recommend]`. The text below a field is its documentation."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from agent.config.table import Table

Usd = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]
Days = Annotated[float, Field(ge=0, le=1_000)]


class EffortDays(Table):
    """Days of work until a change is in production. An assumption: say what it takes with you."""

    prompt: Days = 0.5
    """To move, sort or leave out a part of a prompt."""
    history: Days = 2.0
    """To keep, cut or summarise the history of a conversation another way."""
    setting: Days = 0.25
    """A lifetime, a breakpoint, a cache key."""
    longer_prompt: Days = 1.0
    """To lengthen what all calls share."""
    exact_cache: Days = 2.0
    single_flight: Days = 1.0
    """To join calls that ask the same at the same time."""
    semantic_cache: Days = 5.0
    model_choice: Days = 3.0
    """To evaluate another model and to change over."""
    batch: Days = 2.0
    fine_tuning: Days = 10.0


class RecommendSettings(Table):
    """What a change must bring to be recommended."""

    usd_day: Usd = Decimal(800)
    """What a day of work costs, as in `[fine_tuning.assumptions]`; an assumption. 0 recommends whatever saves anything."""
    payback_months: float = Field(3.0, gt=0)
    """A change that does not bring in its work in so many months is not recommended, but named with the volume from which it would."""
    effort_days: EffortDays = EffortDays()
