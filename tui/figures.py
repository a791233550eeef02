"""How figures are written where there is little room. What is not known is a dash, never a nought."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise

DASH = "–"
_STEPS = ((1_000_000_000_000, "T"), (1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k"))
_EIGHTHS = " ▏▎▍▌▋▊▉"
_LEVELS = "▁▂▃▄▅▆▇█"
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400


def dollars(amount: Decimal | None, *, signed: bool = False) -> str:
    """Money: `$11,900`, `$4.12`, `$0.0031`; `signed` puts a plus before gains."""
    if amount is None:
        return DASH
    size = abs(amount)
    if size >= 100:
        figure = f"{size:,.0f}"
    elif size >= 1 or size == 0:
        figure = f"{size:.2f}"
    elif size < Decimal("0.000001"):
        return "< $0.000001"
    else:
        figure = f"{size:.{min(6, 1 - size.adjusted())}f}"
    sign = "−" if amount < 0 else "+" if signed and amount > 0 else ""
    return f"{sign}${figure}"


def short(number: float | None) -> str:
    """A count in three digits: `212`, `8.1 M`, `430 k`."""
    if number is None:
        return DASH
    size = abs(number)
    for step, letter in _STEPS:
        if size >= step * 0.9995:
            return f"{number / step:.{2 if size < 9.995 * step else 1 if size < 99.95 * step else 0}f} {letter}"
    return f"{number:.0f}" if size >= 10 or number == int(number) else f"{number:.1f}"


def rate(a_second: float | None) -> str:
    """So many a second."""
    if a_second is None:
        return DASH
    return f"{a_second:,.0f}/s" if a_second >= 10 else f"{a_second:.1f}/s" if a_second >= 1 else f"{a_second:.2f}/s"


def percent(share: float | Decimal | None, places: int = 0) -> str:
    """A share; what is more than nought and rounds to it says so."""
    if share is None:
        return DASH
    share = float(share)
    least = 10**-places
    if 0 < abs(share) * 100 < least / 2:
        return f"< {least:g} %"
    return f"{100 * share:.{places}f} %".replace("-", "−")


def lasting(seconds: float) -> str:
    """A stretch of time in one unit: `2 s`, `4 min`, `3 h`, `6 d`."""
    seconds = max(seconds, 0.0)
    if seconds < _MINUTE_S:
        return f"{seconds:.0f} s"
    if seconds < _HOUR_S:
        return f"{seconds // _MINUTE_S:.0f} min"
    if seconds < 2 * _DAY_S:
        return f"{seconds // _HOUR_S:.0f} h"
    return f"{seconds // _DAY_S:.0f} d"


def ago(at: float | datetime | None, now: float) -> str:
    """How long ago."""
    if at is None:
        return "never"
    seconds = now - (at.timestamp() if isinstance(at, datetime) else at)
    return "now" if abs(seconds) < 1 else f"in {lasting(-seconds)}" if seconds < 0 else f"{lasting(seconds)} ago"


def moment(at: float | datetime | None, now: float) -> str:
    """A time (UTC): of the day, with the date when that is not today's."""
    if at is None:
        return DASH
    when = at if isinstance(at, datetime) else datetime.fromtimestamp(at, UTC)
    today = datetime.fromtimestamp(now, UTC).date()
    return f"{when:%H:%M:%S}" if when.date() == today else f"{when:%m-%d %H:%M}"


def bar(share: float | Decimal | None, width: int) -> str:
    """A share of `width` columns in eighths, padded to the full width."""
    if share is None:
        return " " * width
    eighths = round(min(max(float(share), 0.0), 1.0) * width * 8)
    whole, rest = divmod(eighths, 8)
    drawn = "█" * whole + (_EIGHTHS[rest] if rest else "")
    return drawn.ljust(width)


def trend(values: Sequence[float | None], width: int) -> str:
    """Values in time as a line of blocks, all equally wide and at most `width` cells together; gaps stay blank. The lowest is nought."""
    if not values or width <= 0:
        return ""
    groups = min(width, len(values))
    edges = [round(i * len(values) / groups) for i in range(groups + 1)]
    means: list[float | None] = []
    for start, end in pairwise(edges):
        known = [value for value in values[start:end] if value is not None]
        means.append(sum(known) / len(known) if known else None)
    most = max((mean for mean in means if mean is not None), default=0.0)
    levels = (" " if mean is None else _level(mean / most if most > 0 else 0.0) for mean in means)
    return "".join(level * (width // groups) for level in levels)


def _level(share: float) -> str:
    return _LEVELS[min(7, max(0, int(share * 7.999)))]


def change(before: float | Decimal | None, after: float | Decimal | None) -> str:
    """By how much something rose or fell, with its sign: `▲ 6 %`; nothing where there is no comparison."""
    if before is None or after is None or not before:
        return ""
    by = float(after) / float(before) - 1
    return "= 0 %" if abs(by) < 0.005 else f"{'▲ +' if by > 0 else '▼ −'}{abs(by) * 100:,.0f} %"


def many(number: int, what: str) -> str:
    """So many of something that is counted: `1 fault`, `1,204 faults`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
