"""Lines of the spend tables: counts of many cells with the money on them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from operator import sub
from typing import NamedTuple

from analyzers.price_key import PriceKey
from analyzers.prices import Rates, Unpriced, priced
from analyzers.spend.state import Counts, add_counts

OTHER_NAME = "(other)"
_NO_PRICE_FOR = "the price list has no price for one of the kinds of token it used"
_TOO_MANY = "too many values to tell apart"


class Tokens(NamedTuple):
    """Sums of the disjoint counters; `input_split_unknown` is input of which no log says how much was cached."""

    uncached_input: int = 0
    cache_read: int = 0
    cache_write_short: int = 0
    cache_write_long: int = 0
    output: int = 0
    reasoning: int = 0
    input_split_unknown: int = 0


class Row(NamedTuple):
    """One line of a table. `usd` covers the calls that are not among `unpriced_calls`, and is None when there is none."""

    name: str | None
    calls: int
    usd: Decimal | None
    unpriced_calls: int
    errors: int
    tokens: Tokens
    reason: str | None = None
    """Why `usd` is None."""
    logged_as: tuple[str, ...] = ()
    """Of a model: every name under which the log has it."""


class Sum:
    """Counts and money of one line in the making."""

    __slots__ = ("counts", "free", "hits", "priced", "reasons", "standard", "unpriced", "upper", "usd")

    def __init__(self) -> None:
        self.priced = self.unpriced = self.free = self.hits = self.upper = self.standard = 0
        self.usd = Decimal(0)
        self.counts: Counts | None = None
        self.reasons: dict[str, int] = {}

    @property
    def calls(self) -> int:
        """All of them."""
        return self.counts[0] if self.counts else 0

    @property
    def errors(self) -> int:
        """Calls that failed."""
        return self.counts[1] if self.counts else 0

    @property
    def tokens(self) -> Tokens:
        """All of them."""
        c = self.counts
        return Tokens() if c is None else Tokens(c[4], c[5], c[6], c[7], c[8], c[9], c[3])

    def add(self, key: PriceKey, counts: Counts, found: Rates | Unpriced) -> None:
        """Calls of one price key."""
        self.counts = counts if self.counts is None else add_counts(self.counts, counts)
        calls = counts[0]
        if key.billing == "failed":
            self.free += calls
        elif key.billing == "answered_from_cache":
            self.hits += calls
        elif isinstance(found, Unpriced):
            self._without_price(calls, found.reason)
        else:
            usd = priced(found, (counts[4] + counts[3], *counts[5:10]), calls)  # type: ignore[arg-type]
            if usd is None:
                self._without_price(calls, _NO_PRICE_FOR)
            else:
                self.usd += usd
                self.priced += calls
                self.upper += counts[2]
                self.standard += calls if found.at_standard else 0

    def _without_price(self, calls: int, reason: str) -> None:
        self.unpriced += calls
        self.reasons[reason] = self.reasons.get(reason, 0) + calls

    def without(self, parts: Iterable[Sum]) -> Sum:
        """What is left of this line when `parts`, each of them within it, are taken out."""
        left = Sum()
        left.usd, left.counts, left.reasons = self.usd, self.counts, dict(self.reasons)
        left.priced, left.unpriced, left.free, left.hits = self.priced, self.unpriced, self.free, self.hits
        for part in parts:
            left.usd -= part.usd
            left.priced -= part.priced
            left.unpriced -= part.unpriced
            left.free -= part.free
            left.hits -= part.hits
            if left.counts and part.counts:
                left.counts = tuple(map(sub, left.counts, part.counts))
            for reason, calls in part.reasons.items():
                left.reasons[reason] -= calls
        return left

    def row(self, name: str | None) -> Row:
        """The finished line."""
        known = self.priced + self.free + self.hits > 0
        reason = None if known else max(self.reasons, key=lambda r: (self.reasons[r], r), default="no calls")
        return Row(name, self.calls, self.usd if known else None, self.unpriced, self.errors, self.tokens, reason)


def by_money(rows: Iterable[Row]) -> list[Row]:
    """The dearest first, what has no price last."""
    return sorted(rows, key=lambda row: (row.usd is None, -(row.usd or 0), -row.calls, row.name or ""))


def lines(sums: dict[str | None, Sum], rest: Counts | None, whole: Sum, *, exclusive: bool) -> list[Row]:
    """The table of one dimension. `rest` counts the values that were not told apart.

    Where every call has one value (`exclusive`) they cost what the others leave of the whole, which is known exactly.
    """
    rows = [one.row(value) for value, one in sums.items()]
    if rest is not None:
        if exclusive:
            rows.append(whole.without(sums.values()).row(OTHER_NAME))
        else:
            tokens = Tokens(rest[4], rest[5], rest[6], rest[7], rest[8], rest[9], rest[3])
            rows.append(Row(OTHER_NAME, rest[0], None, rest[0], rest[1], tokens, _TOO_MANY))
    return by_money(rows)
