"""Values that every section of the report writes alike: money, moments, and what a period comes to in a month."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import PlainSerializer, WithJsonSchema

HOURS_A_MONTH = 730
LEAST_HOURS = 0.1
"""Less than this is too little to say anything about a month."""

Usd = Annotated[
    Decimal,
    PlainSerializer(lambda usd: float(round(usd, 6)), return_type=float, when_used="json"),
    WithJsonSchema({"type": "number"}),
]
"""Exact in memory; in JSON exact to the micro-dollar up to a thousand million dollars."""

Moment = Annotated[
    datetime,
    PlainSerializer(
        lambda at: at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"), when_used="json"
    ),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


def a_month(usd: Decimal | None, hours: float | None) -> tuple[Decimal | None, str | None]:
    """`usd` of `hours` hours as USD a month of 730 hours, or None with the reason why there is none."""
    if usd is None:
        return None, "the spend of the period is not known"
    if hours is None or hours < LEAST_HOURS:
        return None, "less than six minutes of calls says nothing about a month"
    return usd * HOURS_A_MONTH / Decimal(str(hours)), None
