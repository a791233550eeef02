"""One thing that a log shows about a task."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from analyzers.fine_tuning.exchange import Exchange

Axis = Literal["knowledge", "behaviour", "capability"]

FOLLOWS_WITHIN_S = 1_800.0
"""A message of the same conversation this long after an answer is a reaction to it."""


class Signal(NamedTuple):
    """`affected`: which exchanges show it (positions); `of`: how many could have."""

    name: str
    affected: frozenset[int]
    of: int
    counts: bool = True
    """Whether it is a failure; otherwise it only hints at what could be done."""

    @property
    def share(self) -> float | None:
        """Of those that could have shown it; None where none could."""
        return len(self.affected) / self.of if self.of else None


def normal(text: str) -> str:
    """Without case and with single spaces: for telling whether two texts ask or answer the same."""
    return " ".join(text.casefold().split())


def followed(exchanges: Sequence[Exchange]) -> Iterator[tuple[int, int]]:
    """(position, position of the next exchange in the same conversation), where that comes soon."""
    last: dict[str, int] = {}
    for number, one in enumerate(exchanges):
        if one.conversation is None:
            continue
        before = last.get(one.conversation)
        if before is not None and one.at - exchanges[before].at <= FOLLOWS_WITHIN_S:
            yield before, number
        last[one.conversation] = number
