"""What screens ask: the database, opened once and asked in threads. Everything heavy is imported here, after the first picture."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from tui.ranges import Hours, Range, hours_of

if TYPE_CHECKING:
    from agent.report import Report
    from agent.spend_hours import SpendHours, Spent
    from agent.store import Store
    from agent.store.pulse import Pulse
    from analyzers.prices import Prices


class Database:
    """An open database with what was read of it already. Its methods are called in threads, one or several at a time."""

    def __init__(
        self,
        store: Store,
        prices: Callable[[], Prices],
        name: str,
        *,
        may_show_text: bool = False,
        theme: str | None = None,
        keys: Mapping[str, str] | None = None,
    ) -> None:
        self.store = store
        self.name = name
        self.may_show_text = may_show_text
        self.theme = theme
        self.keys = keys or {}
        self._prices_of = prices
        self._prices: Prices | None = None
        self._report: tuple[float, Report] | None = None
        self._hours: SpendHours | None = None
        self._lock = threading.Lock()

    @property
    def prices(self) -> Prices:
        """The price list of the configuration."""
        with self._lock:
            if self._prices is None:
                self._prices = self._prices_of()
            return self._prices

    def pulse(self) -> Pulse:
        """Whether anything changed. Raises StoreUnavailable."""
        from agent.store.pulse import pulse

        return pulse(self.store.engine)

    def report(self) -> tuple[float, Report] | None:
        """When the newest report was made, and what it says; parsed once."""
        from agent.report import Report
        from agent.store.analyses import newest

        found = newest(self.store.engine)
        if found is None:
            return None
        with self._lock:
            if self._report is None or self._report[0] != found.at:
                self._report = (found.at, Report.model_validate_json(found.report))
            return self._report

    def spent(self, start: int, middle: int, end: int, now: float) -> tuple[Spent, Spent]:
        """What was spent from the hour `start` (unix time // 3600) up to `middle`, and from there up to `end`.

        Raises StoreUnavailable.
        """
        from agent.spend_hours import SpendHours

        prices = self.prices
        with self._lock:
            if self._hours is None:
                self._hours = SpendHours(self.store, prices)
            return self._hours.spent(start, middle, end, now)

    def close(self) -> None:
        """Close every connection."""
        self.store.close()


Opening = Callable[[], Database]
"""Opens the database, in a thread; raises HoneError while it cannot be opened."""


class Reading(NamedTuple):
    """One reading of one screen: the database, the time (unix seconds), and what the reader chose to see."""

    database: Database
    now: float
    range: Range
    shows_text: bool = False

    @property
    def store(self) -> Store:
        """For the functions of `agent.store` and `agent.views`."""
        return self.database.store

    def report(self) -> Report | None:
        """The newest report of the analyst, None before the first."""
        found = self.database.report()
        return None if found is None else found[1]

    def analysed_at(self) -> float | None:
        """When that report was made."""
        found = self.database.report()
        return None if found is None else found[0]

    def hours(self) -> Hours:
        """The hours of the chosen range: up to now, or up to the newest call where that is long ago."""
        from agent.store.pulse import newest_hour
        from analyzers.spend import Spend

        spend = Spend()
        return hours_of(self.range, self.now, newest_hour(self.store.engine, spend.name, spend.version))

    def text(self, text: str) -> str:
        """A text of a prompt as it may be shown now."""
        from agent.mask import masked

        return text if self.shows_text and self.database.may_show_text else masked(text)
