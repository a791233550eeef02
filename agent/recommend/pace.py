"""From money of the calls that were looked at to money a month of all calls, by the exact totals of the summaries."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from agent.recommend.bills import Columns, Flags, Floats
from agent.report_values import HOURS_A_MONTH, LEAST_HOURS
from analyzers.spend.view import SpendView

_TOO_SHORT = "less than six minutes of calls says nothing about a month"
_NO_SPEND = "no call that is looked at has a price"


class Spent(NamedTuple):
    """What the summaries say of the period: USD of all calls and by application, and its hours."""

    total: Decimal
    by_app: Mapping[str | None, Decimal]
    hours: float | None


def spent_of(spent: SpendView, hours: float | None) -> Spent:
    """What the summaries say."""
    return Spent(spent.total_usd, {row.name: row.usd for row in spent.by_app if row.usd is not None}, hours)


class Pace:
    """`reason` says why there is no figure for a month; figures are those of the period then."""

    def __init__(self, columns: Columns, spent: Spent, first: int = 0) -> None:
        """`first` is the number of the first call that faults were looked for in; earlier ones stand for nothing."""
        self._columns = columns
        self._looked: Flags = np.arange(len(columns.app)) >= first
        whole = columns.input + columns.output
        known = spent.hours is not None and spent.hours >= LEAST_HOURS
        self.factor = HOURS_A_MONTH / spent.hours if known and spent.hours else 1.0
        self._of_looked = self._scales(np.where(self._looked, whole, 0.0), spent)
        self._of_all = self._scales(whole, spent)
        self.reason = None if known else _TOO_SHORT
        if not whole.any():
            self.reason = _NO_SPEND

    def month(self, usd: Floats) -> Floats:
        """USD of each call as what it stands for in a month."""
        return np.where(self._looked, usd, 0.0) * self._of_looked[self._columns.app] * self.factor

    def period(self, app: str | None, usd: float) -> float:
        """USD a month of all calls for so much of those that faults were looked for in."""
        number = self._columns.apps.index(app) if app in self._columns.apps else -1
        return usd * self.factor * float(self._of_looked[number]) if number >= 0 else 0.0

    def scale(self, app: str | None) -> float:
        """All calls of an application for each one that was looked at, by their money."""
        number = self._columns.apps.index(app) if app in self._columns.apps else -1
        return float(self._of_looked[number]) if number >= 0 else 1.0

    def running(self, app: str | None, usd: float) -> float:
        """What it costs a month to run what costs `usd` over the calls that were looked at."""
        number = self._columns.apps.index(app) if app in self._columns.apps else -1
        return usd * self.factor * (float(self._of_all[number]) if number >= 0 else 1.0)

    def calls_month(self, app: str | None, calls: int) -> float:
        """So many calls of an application as calls a month; by its money, as everything here."""
        return self.running(app, float(calls))

    def _scales(self, whole: Floats, spent: Spent) -> Floats:
        apps = self._columns.apps
        sums = np.bincount(self._columns.app, weights=whole, minlength=len(apps))
        exact = [spent.by_app.get(app) for app in apps]
        # Applications that the summaries do not tell apart share what is left of the total.
        rest = float(spent.total - sum((one for one in exact if one is not None), Decimal(0)))
        unknown = float(sum(s for s, one in zip(sums, exact, strict=True) if one is None))
        scales = [
            (float(one) / s if s else 0.0) if one is not None else (rest / unknown if unknown else 0.0)
            for s, one in zip(sums.tolist(), exact, strict=True)
        ]
        return np.array(scales, np.float64)
