"""Settings of events."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from agent.config.table import Table


class EventSettings(Table):
    """When something is worth telling at once, rather than in the next report."""

    quiet_s: float = Field(86_400.0, ge=0)
    """After an event is over, the same one is not raised again for so long, unless it is half as bad again."""
    spend_usd_day: Decimal = Field(Decimal(10), ge=0, allow_inf_nan=False)
    """What abnormal spend of an application on a model has to cost above the usual, for a day."""
    recommendation_usd_month: Decimal = Field(Decimal(500), ge=0, allow_inf_nan=False)
    """A new recommendation that would save at least so much is an event."""
    weeks_ahead: int = Field(8, ge=0, le=52)
    """By the trend of its volume a task pays for tuning within so many weeks: told ahead; 0 tells nothing ahead."""
    lifecycle_days: tuple[int, ...] = (60, 14, 0)
    """So many days before a provider ends a model that is called, and when it has ended."""
    rejected_share: float = Field(0.01, gt=0, le=1)
    """Of an hour's records; refusals above it, and above three times what was usual, are told."""
    lag_records: int = Field(10_000, ge=1)
    """Records that wait and get no fewer in ten minutes are told; nothing committed for two minutes is in any case."""
