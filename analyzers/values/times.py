"""Whether values are readings of a clock: they parse as a time and move with the time of the requests that carry them.

Formats are not enumerated. The numbers of a value are tried in every usual order (year-month-day, day-month-year, with and without
a time of day, before and behind it), and the order is taken whose times stay at one distance from those of the requests.
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from math import gcd
from typing import Literal, NamedTuple

Resolution = Literal["second", "minute", "hour", "day"]

_MONTHS = (
    "jan|januar|january|janvier|enero|ene|gennaio|gen|janeiro|januari|styczeń|stycznia",
    "feb|februar|february|février|févr|febrero|febbraio|fevereiro|fev|februari|luty|lutego",
    "mar|märz|mär|maerz|march|mars|marzo|março|maart|mrt|marzec|marca",
    "apr|april|avril|avr|abril|abr|aprile|kwiecień|kwietnia",
    "may|mai|mayo|maggio|mag|maio|mei|maj|maja",
    "jun|juni|june|juin|junio|giugno|giu|junho|czerwiec|czerwca",
    "jul|juli|july|juillet|juil|julio|luglio|lug|julho|lipiec|lipca",
    "aug|august|août|agosto|ago|augustus|augusti|sierpień|sierpnia",
    "sep|sept|september|septembre|septiembre|settembre|set|setembro|wrzesień|września",
    "oct|okt|october|oktober|octobre|octubre|ottobre|ott|outubro|out|październik|października",
    "nov|november|novembre|noviembre|novembro|listopad|listopada",
    "dec|dez|december|dezember|décembre|déc|diciembre|dic|dicembre|dezembro|grudzień|grudnia",
)
_MONTH = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split("|")}
_DAYS = (
    "mon|monday|montag|lundi|lun|lunes|lunedì|segunda|maandag|måndag|poniedziałek",
    "tue|tues|tuesday|dienstag|mardi|martes|martedì|terça|dinsdag|tisdag|wtorek",
    "wed|wednesday|mittwoch|mercredi|mer|miércoles|mercoledì|quarta|woensdag|onsdag|środa",
    "thu|thur|thurs|thursday|donnerstag|jeudi|jeu|jueves|giovedì|quinta|donderdag|torsdag|czwartek",
    "fri|friday|freitag|vendredi|ven|viernes|venerdì|sexta|vrijdag|fredag|piątek",
    "sat|saturday|samstag|sonnabend|samedi|sábado|sabato|zaterdag|lördag|sobota",
    "sun|sunday|sonntag|dimanche|dim|domingo|domenica|zondag|söndag|niedziela",
)
_DAY = {name: number for number, names in enumerate(_DAYS) for name in names.split("|")}
MONTH_NAMES, DAY_NAMES = tuple(_MONTH), tuple(_DAY)
"""Names and their short forms in the languages that are known, in lower case."""
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+")
_ZONE = re.compile(r"(?<=:\d\d)\s?[+-]\d{2}(?::?\d{2})?(?!\d)|(?<![^\W\d_])(?:utc|gmt)(?:\s?[+-]\d{1,2}(?::?\d{2})?)?")
_FRACTION = re.compile(r"(?<=:\d\d)[.,]\d{1,9}")
_PM = re.compile(r"(?<=\d)\s?([ap])\.?m\b\.?")
_COMPACT = re.compile(r"(?<!\d)((?:19|20)\d\d)(\d\d)(\d\d)(?:[t_-]?(\d\d)(\d\d)(\d\d)?)?(?!\d)")
_LONGEST = 120
_MOST_OTHER_LETTERS = 24

_ORDERS = {
    order: tuple(order)
    for date in ("YMD", "DMY", "MDY", "DM", "MD", "DY", "YD", "D")
    for order in (date, *(date + t for t in ("h", "hm", "hms")), *(t + date for t in ("hm", "hms")))
} | {"hm": ("h", "m"), "hms": ("h", "m", "s"), "DhmsY": tuple("DhmsY"), "DhmY": tuple("DhmY")}
_BY_COUNT: dict[int, list[tuple[str, ...]]] = {}
for _roles in _ORDERS.values():
    _BY_COUNT.setdefault(len(_roles), []).append(_roles)

_FINEST = {"s": 1.0, "m": 60.0, "h": 3_600.0, "D": 86_400.0}
_RESOLUTION: dict[str, Resolution] = {"s": "second", "m": "minute", "h": "hour", "D": "day"}
_DAY_S = 86_400.0
_SLACK_S = 120.0
_FROZEN_S = 26 * 3_600.0
_ZONES_S = 15 * 3_600.0
_MOST_SAMPLES = 40
_CLEAR = 0.9


class Clock(NamedTuple):
    """`resolution` as far as the values really move; `frozen`: taken once and kept, rather than read anew for every request."""

    resolution: Resolution
    frozen: bool


class _Read(NamedTuple):
    numbers: tuple[int, ...]
    month: int | None
    afternoon: bool | None


def clock(samples: Sequence[tuple[str, float]]) -> Clock | None:
    """What clock the values are read from; `samples` are (value, unix seconds of the request). None for no clock."""
    distinct = list(dict.fromkeys(samples))
    some = distinct[:: len(distinct) // _MOST_SAMPLES + 1]
    if len({value for value, _ in some}) < 2:
        return None
    return _epoch(some) or _by_name(some) or _dated(some)


def _epoch(some: Sequence[tuple[str, float]]) -> Clock | None:
    """Seconds (milli, micro, nano) since 1970."""
    lags = []
    for value, at in some:
        numbers = [n for n in _NUMBER.findall(value) if len(n) in (10, 13, 16, 19)]
        if len(numbers) != 1 or sum(c.isalpha() for c in value) > _MOST_OTHER_LETTERS:
            return None
        lags.append(at - int(numbers[0]) / 10 ** (len(numbers[0]) - 10))
    spread = max(lags) - min(lags)
    if spread > _FROZEN_S or max(map(abs, lags)) > _FROZEN_S:
        return None
    return Clock("second", spread > _SLACK_S)


def _by_name(some: Sequence[tuple[str, float]]) -> Clock | None:
    """Nothing but the name of the day."""
    days = []
    for value, at in some:
        names = [word for word in _WORD.findall(value.lower()) if word in _DAY]
        if len(names) != 1 or _NUMBER.search(value) or len(value) > _LONGEST:
            return None
        days.append((_DAY[names[0]] - datetime.fromtimestamp(at, UTC).weekday() + 3) % 7 - 3)
    return Clock("day", False) if max(days) <= 1 and min(days) >= -1 else None


def _dated(some: Sequence[tuple[str, float]]) -> Clock | None:
    reads = [_read(value) for value, _ in some]
    counts: dict[int, int] = {}
    for read in reads:
        if read is not None:
            counts[len(read.numbers)] = counts.get(len(read.numbers), 0) + 1
    if not counts:
        return None
    count = max(counts, key=lambda n: counts[n])
    fitting = [
        (read, at) for read, (_, at) in zip(reads, some, strict=True) if read is not None and len(read.numbers) == count
    ]
    if len(fitting) < _CLEAR * len(some):
        return None
    found = [fit for roles in _BY_COUNT.get(count, ()) if (fit := _fit(roles, fitting)) is not None]
    return min(found, key=lambda one: one[0])[1] if found else None


def _fit(roles: tuple[str, ...], some: Sequence[tuple[_Read, float]]) -> tuple[float, Clock] | None:
    """How far the distances from the requests spread (s), and the clock; None where it does not fit."""
    named = "D" in roles and "M" not in roles
    if not named and any(read.month is not None for read, _ in some):
        return None
    if named and any(read.month is None for read, _ in some):
        return None
    lags, moved = [], set()
    for read, at in some:
        parts = dict(zip(roles, read.numbers, strict=True))
        time = _time(parts, read, at, named=named)
        if time is None:
            return None
        moved |= {role for role in "hms" if parts.get(role)}
        lag = at - time
        lags.append(lag if "D" in roles else _of_day(lag))
    if "D" not in roles:
        # Times of day lie on a circle: seen from the first of them.
        lags = [_of_day(lag - lags[0]) for lag in lags]
    elif sorted(map(abs, lags))[len(lags) // 2] > _ZONES_S + _DAY_S:
        return None
    finest = next((role for role in "smh" if role in moved), "D" if "D" in roles else "h")
    spread = max(lags) - min(lags)
    live = spread <= _step(roles, some, finest) + _SLACK_S
    if not live and (spread > _FROZEN_S or "D" not in roles):
        return None
    if "D" not in roles and len({read for read, _ in some}) < 4:
        return None
    return spread, Clock(_RESOLUTION[finest], not live and finest != "D")


def _step(roles: tuple[str, ...], some: Sequence[tuple[_Read, float]], finest: str) -> float:
    """Seconds that the clock stands still: a minute, or the ten minutes to which all its times are rounded."""
    of = roles.index(finest) if finest in roles else -1
    if finest not in "sm" or of < 0:
        return _FINEST[finest]
    return _FINEST[finest] * max(1, gcd(*(read.numbers[of] for read, _ in some)))


def _of_day(lag: float) -> float:
    return (lag + _DAY_S / 2) % _DAY_S - _DAY_S / 2


def _time(parts: dict[str, int], read: _Read, at: float, *, named: bool) -> float | None:
    now = datetime.fromtimestamp(at, UTC)
    year = parts.get("Y", now.year)
    month = read.month if named else parts.get("M", now.month)
    hour = parts.get("h", 0)
    if read.afternoon is not None and "h" in parts:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if read.afternoon else 0)
    if year < 100:
        year += 2000
    try:
        when = datetime(
            year, month or 1, parts.get("D", now.day), hour, parts.get("m", 0), parts.get("s", 0), tzinfo=UTC
        )
    except (ValueError, OverflowError):
        return None
    return float(timegm(when.timetuple()))


@lru_cache(maxsize=20_000)
def _read(value: str) -> _Read | None:
    if len(value) > _LONGEST:
        return None
    text = value.lower()
    afternoon = None
    half = _PM.search(text)
    if half is not None:
        afternoon = half.group(1) == "p"
        text = text[: half.start()] + text[half.end() :]
    text = _FRACTION.sub("", text)
    text = _COMPACT.sub(_apart, text)
    text = _ZONE.sub("", text)
    words = _WORD.findall(text)
    months = [_MONTH[word] for word in words if word in _MONTH]
    other = sum(len(word) for word in words if word not in _MONTH and word not in _DAY)
    numbers = tuple([int(number) for number in _NUMBER.findall(text) if len(number) <= 4])
    if not numbers or len(months) > 1 or other > _MOST_OTHER_LETTERS or any(len(n) > 4 for n in _NUMBER.findall(text)):
        return None
    return _Read(numbers, months[0] if months else None, afternoon)


def _apart(found: re.Match[str]) -> str:
    return " ".join(part for part in found.groups() if part)


def resolution_words(found: Iterable[Clock]) -> str:
    """For people: "to the second", or "kept for the conversation" where no request reads it anew."""
    some = list(found)
    finest = min(some, key=lambda one: list(_RESOLUTION.values()).index(one.resolution))
    return "kept for the conversation" if all(one.frozen for one in some) else f"to the {finest.resolution}"
