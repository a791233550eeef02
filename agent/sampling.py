"""Which calls are kept with their structure and text: whole conversations by a share, fewer of them as a day's budget runs out.

The first half of what one day may take is kept in full; of what comes then every second conversation is kept, in the last
quarter every fourth, and so on, so that a flood of any size stays within the budget. Who was kept at a smaller share
was kept at the greater one too. Totals always count every call.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from math import log2

from agent.store.room import Used
from analyzers.core import Call
from analyzers.sample import keeper
from collectors.source import Incident

_DAY_S = 86_400
MOST_HALVINGS = 40
"""Then nothing more is kept."""
_EVERY = -1
"""In the place of a day: all of them, since days were last forgotten."""
THINNED = "sample_thinned"


class Sampling:
    """`share` of conversations within `rows` and `size` bytes for each day, and within twice that between two times of forgetting."""

    def __init__(
        self, share: float = 1.0, rows: int = 20_000_000, size: int = 20 << 30, used: Used | None = None
    ) -> None:
        """`used` is what the database has of its newest day already."""
        self._share = share
        used = used or Used()
        self._rows, self._bytes = rows, size
        self._news: list[Incident] = []
        self._keepers = {0: keeper(share)}
        self._days = {used.day: used}
        self._levels: dict[int, int] = {}
        self._all = Used()
        self._level(used.day, told=False)

    def share(self, day: int) -> float:
        """Of the conversations of a day, what is kept now."""
        return self._share * 0.5 ** self._at(day)

    def used(self, day: int) -> Used:
        """What a day has taken, as far as it is known here."""
        return self._days.get(day, Used(day))

    @property
    def messages(self) -> bool:
        """Whether messages apart from their calls are kept: of one alone nobody knows which conversation it is of."""
        return self._share > 0 and max(self._levels.values(), default=0) < MOST_HALVINGS

    def keep(self, call: Call) -> bool:
        """Whether a call is kept."""
        return self._keeper(self._at(int(call.started_at // _DAY_S)))(call)

    def stored(self, day: int, rows: int, size: int) -> None:
        """Told after a commit: what it kept of one day."""
        self._days[day] = _more(self.used(day), rows, size)
        self._all = _more(self._all, rows, size)
        self._level(day)

    def forgotten(self, used: Used) -> None:
        """Told after old days were forgotten: the database's own count of the newest, which other agents have a part in."""
        mine = self.used(used.day)
        self._all = Used()
        self._days = {used.day: Used(used.day, max(used.rows, mine.rows), max(used.bytes, mine.bytes))}
        self._levels = {day: level for day, level in self._levels.items() if day == used.day}
        self._level(used.day)

    def news(self) -> list[Incident]:
        """What people must hear of, once."""
        said, self._news = self._news, []
        return said

    def _at(self, day: int) -> int:
        return max(self._levels.get(day, 0), self._levels.get(_EVERY, 0))

    def _keeper(self, level: int) -> Callable[[Call], bool]:
        found = self._keepers.get(level)
        if found is None:
            found = self._keepers[level] = keeper(0.0 if level >= MOST_HALVINGS else self._share * 0.5**level)
        return found

    def _level(self, day: int, told: bool = True) -> None:
        for of, left in ((day, self._left(self.used(day), 1)), (_EVERY, self._left(self._all, 2))):
            level = MOST_HALVINGS if left <= 0 else int(-log2(min(left, 1.0)))
            if level <= self._levels.get(of, 0):
                continue
            self._levels[of] = level
            if told:
                self._news.append(_thinned(day, of == _EVERY, level, left))

    def _left(self, used: Used, times: int) -> float:
        """Share of the budget that is left."""
        return 1 - max(used.rows / self._rows, used.bytes / self._bytes) / times


def _more(used: Used, rows: int, size: int) -> Used:
    return Used(used.day, used.rows + rows, used.bytes + size)


def _thinned(day: int, every: bool, level: int, left: float) -> Incident:
    which = "calls of many days" if every else f"{datetime.fromtimestamp(day * _DAY_S, UTC):%Y-%m-%d}"
    kept = "no further conversation" if level >= MOST_HALVINGS else f"1 of {2**level} further conversations"
    return Incident(
        THINNED,
        None,
        f"{which}: {max(0.0, left):.1%} of the budget of kept calls ([sample] rows, bytes) is left: {kept} is kept with "
        "structure and text; totals count every call",
    )
