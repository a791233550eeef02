"""What break-even assumes where no log can know: every figure is a setting, and every verdict prints those it used."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class Assumptions(msgspec.Struct, frozen=True, kw_only=True):
    """Money in USD, shares 0 to 1. Nobody has published the figures marked "assumed"."""

    engineer_day_usd: Decimal = Decimal(800)
    """Assumed."""
    initial_days: Decimal = Decimal(10)
    """To build, evaluate and deploy; assumed."""
    retrain_days: Decimal = Decimal(2)
    retrain_every_months: Decimal = Decimal(3)
    runs_per_retrain: Decimal = Decimal(3)
    epochs: Decimal = Decimal(3)
    examples: Decimal = Decimal(1_000)
    eval_usd_per_retrain: Decimal = Decimal(100)
    amortise_months: Decimal = Decimal(12)
    """Over which building is spread, and the longest life that is counted on."""
    static_prompt_removed: Decimal = Decimal("0.7")
    """Of the static prompt, once instructions are tuned in. OpenAI tells of "up to 90 %" (2023); to be tested, not believed."""
    fallback_share: Decimal = Decimal("0.05")
    """Calls that still go to the model of before."""
    yearly_price_decline: Decimal = Decimal("0.5")
    """How fast list prices of untuned models fall; measured once at ten times a year (2024), taken far lower."""
    caching_minimum: int = 1_024
    """A tuned prompt whose static part is shorter is not cached."""

    @property
    def monthly_people(self) -> tuple[Decimal, Decimal]:
        """(building spread over its months, retraining), USD a month."""
        building = self.engineer_day_usd * self.initial_days / self.amortise_months
        return building, self.engineer_day_usd * self.retrain_days / self.retrain_every_months


PUBLISHED = Assumptions()
