"""Numbers of a text as what they measure: with units, currencies, dates and times of day, whatever way they are written."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from analyzers.response_caching.judge.normal import unaccented

_CONVERTED = 0.006
"""Relative error at which a length in miles is still taken for one in kilometres."""
_NUMBER = r"\d{1,3}(?:[ '\u202f]\d{3})+(?![\d.,])|\d+(?:[.,]\d+)*"
_UNIT = r"[A-Za-zÀ-ÿµμ°%$€£¥₹]+(?:/[a-z]+)?|[時秒分日年円度人名週営かヶ間業月内ドルユロキメートパセン]+"
_FOUND = re.compile(
    rf"(?=[-+$€£¥₹vV \d])(?:(?P<iso>\d{{4}}-\d{{2}}-\d{{2}})"
    rf"|(?P<east>\d{{4}}年\d{{1,2}}月\d{{1,2}}日|\d{{1,2}}月\d{{1,2}}日)"
    rf"|(?P<clock>\b\d{{1,2}}[:h]\d{{2}}(?!\d)(?:\s?[ap]\.?m\b)?|\b\d{{1,2}}\s?[ap]\.?m\b|\b\d{{1,2}}\s?(?:Uhr\b|o'clock|時(?!間))|\b\d{{1,2}}h\b(?=\s|[.,]|$))"
    rf"|(?P<slash>\b\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{4}}\b)"
    rf"|(?P<code>\b[vV]?\d+(?:\.\d+){{2,}}\b)"
    rf"|(?P<sign>[-+](?=[\d$€£¥])(?<![\w)]-))?(?:(?P<money>[$€£¥₹])\s?)?(?P<number>{_NUMBER})(?P<ordinal>(?:st|nd|rd|th)\b)?\s?-?(?P<unit>{_UNIT})?)",
)
_DIGIT = re.compile(r"\d")
_NAMED = re.compile(r"(?:\b[A-Z][A-Za-z+#]+|\b[vV]ersion) $")
_WORD = re.compile(r"[^\W\d_]+")
_DAY = re.compile(
    r"(?P<d1>\d{1,2})(?:st|nd|rd|th|\.|er)?\s+(?:of\s+|de\s+)?(?P<m1>[^\W\d_]{3,10})\.?(?:,?\s+(?:de\s+)?(?P<y1>\d{4}))?"
    r"|(?P<m2>[^\W\d_]{3,10})\.?\s+(?P<d2>\d{1,2})(?:st|nd|rd|th)?(?!\d)(?:,?\s+(?P<y2>\d{4}))?"
)


class Quantity(NamedTuple):
    """What it measures ("" for a bare number), and the values it may have: more than one where 1.500 may mean either."""

    dimension: str
    values: tuple[float, ...]
    unit: float = 1.0
    """How many of the first unit of its dimension its own is."""

    def like(self, other: Quantity) -> bool:
        """Whether both are the same amount; a bare number is like any of its value."""
        if self == other:
            return True
        if self.dimension and other.dimension and self.dimension != other.dimension:
            return False
        if not self.dimension or not other.dimension:
            return any(a / self.unit == b / other.unit for a in self.values for b in other.values)
        if self.unit == other.unit or self.dimension in ("date", "clock"):
            return any(a == b for a in self.values for b in other.values)
        return any(abs(a - b) <= _CONVERTED * max(abs(a), abs(b)) for a in self.values for b in other.values)


class _Tables(NamedTuple):
    words: Mapping[str, float]
    single: frozenset[str]
    articles: frozenset[str]
    before_articles: frozenset[str]
    units: Mapping[str, tuple[str, float]]
    written: Mapping[str, tuple[str, float]]
    months: Mapping[str, int]
    degrees: frozenset[str]
    counted: frozenset[str]
    """Words that may be a number."""


@cache
def _tables() -> _Tables:
    table = tomllib.loads((Path(__file__).parent / "numerals.toml").read_text(encoding="utf-8"))
    return _Tables(
        words=table["words"],
        single=frozenset(table["single"]["words"].split()),
        articles=frozenset(table["single"]["articles"].split()),
        before_articles=frozenset(table["single"]["after"].split()),
        units={name: (kind, factor) for kind, given in table["units"].items() for name, factor in given.items()},
        written={name: (kind, factor) for kind, given in table["written"].items() for name, factor in given.items()},
        months=table["months"],
        degrees=frozenset(table["degrees"]["words"].split()),
        counted=frozenset([*table["words"], *table["single"]["words"].split(), *table["single"]["articles"].split()]),
    )


def known_unit(word: str) -> bool:
    """Whether the word is a unit, a currency or a month, which count as parts of amounts."""
    tables = _tables()
    return word in tables.units or word in tables.months or word in tables.degrees or word in ("am", "pm", "uhr")


def known_number(word: str) -> bool:
    """Whether the word is a number."""
    return word in _tables().words


def quantities(text: str) -> tuple[Quantity, ...]:
    """Every number, amount, date and time of day in the text (as `plain` gives it), in order, each once."""
    found: dict[Quantity, None] = {}
    tables = _tables()
    if _DIGIT.search(text):
        text = _DAY.sub(lambda match: _named_day(match, found, tables), text)
        for match in _FOUND.finditer(text):
            found[_quantity(match, text, tables)] = None
    words = _WORD.findall(unaccented(text))
    for n, word in enumerate(words):
        if word not in tables.counted:
            continue
        following = words[n + 1] if n + 1 < len(words) else ""
        if following in ("business", "working", "calendar", "full") and n + 2 < len(words):
            following = words[n + 2]
        kind, factor = tables.units.get(following, ("", 1.0))
        value = None if word == "once" and n and words[n - 1] == "at" else tables.words.get(word)
        if value is not None:
            found[Quantity(kind, (value * factor,), factor)] = None
        elif not kind or len(following) <= 2:
            continue
        elif word in tables.single or (word in tables.articles and n and words[n - 1] in tables.before_articles):
            found[Quantity(kind, (factor,), factor)] = None
    return tuple(found)


def _named_day(match: re.Match[str], found: dict[Quantity, None], tables: _Tables) -> str:
    month = tables.months.get(unaccented(match["m1"] or match["m2"]))
    if month is None:
        return match.group()
    year = match["y1"] or match["y2"]
    found[_date(int(year) if year else None, month, int(match["d1"] or match["d2"]))] = None
    return " "


def _date(year: int | None, month: int, day: int) -> Quantity:
    # A date without its year is like that day of any year.
    return Quantity("date", (year * 10_000.0 + month * 100 + day,) if year else (month * 100.0 + day,))


def _quantity(match: re.Match[str], text: str, tables: _Tables) -> Quantity:
    if match["iso"]:
        year, month, day = match["iso"].split("-")
        return _date(int(year), int(month), int(day))
    if match["east"]:
        parts = [int(part) for part in re.findall(r"\d+", match["east"])]
        return _date(parts[0] if len(parts) == 3 else None, parts[-2], parts[-1])
    if match["clock"]:
        return _clock(match["clock"])
    if match["slash"]:
        first, second, year = (int(part) for part in re.split(r"[/.]", match["slash"]))
        orders = (
            [(first, second)]
            if first > 12 or "." in match["slash"]
            else [(second, first)]
            if second > 12
            else [(first, second), (second, first)]
        )
        return Quantity("date", tuple(year * 10_000.0 + month * 100 + day for day, month in orders))
    if match["code"]:
        return Quantity(f"version {match['code'].lstrip('vV')}", ())
    values = _values(match["number"])
    if match["sign"] == "-":
        values = tuple(-value for value in values)
    if match["ordinal"]:
        return Quantity("ordinal", values)
    unit = match["unit"] or ""
    kind, factor = tables.units[match["money"]] if match["money"] else _unit(unit, text, match.end(), tables)
    if not kind and "." in match["number"] and _NAMED.search(text, 0, match.start("number")):
        # Python 3.10 is not Python 3.1.
        return Quantity(f"version {match['number']}", ())
    return Quantity(kind, tuple(value * factor for value in values), factor)


def _unit(unit: str, text: str, end: int, tables: _Tables) -> tuple[str, float]:
    if unit in tables.written:
        return tables.written[unit]
    low = unaccented(unit)
    if "/" in unit and low not in tables.units:
        over, _, under = unit.partition("/")
        kind, factor = _unit(over, text, end, tables)
        return f"{kind or over}/{under}", factor
    if low in tables.degrees:
        after = _WORD.match(text, end + 1)
        return tables.units.get(unaccented(after.group()), ("", 1.0)) if after else ("", 1.0)
    if low in ("business", "working", "calendar", "full", "consecutive", "more"):
        after = _WORD.match(text, end + 1)
        low = unaccented(after.group()) if after else low
    if low in tables.units:
        return tables.units[low]
    # In Japanese and Chinese the unit is followed by more text without a space.
    for length in range(min(3, len(low)), 0, -1):
        if not low.isascii() and low[:length] in tables.units:
            return tables.units[low[:length]]
    return "", 1.0


def _clock(written: str) -> Quantity:
    numbers = [int(part) for part in re.findall(r"\d+", written)]
    low = written.lower()
    hour = numbers[0] % 12 + 12 if "p" in low else numbers[0] % 12 if "a" in low and "m" in low else numbers[0]
    return Quantity("clock", (hour * 60.0 + (numbers[1] if len(numbers) > 1 else 0),))


def _values(written: str) -> tuple[float, ...]:
    """What a number may mean: 1.500 is one and a half or fifteen hundred, depending on who writes."""
    bare = re.sub(r"[ '\u202f]", "", written)
    comma, point = bare.count(","), bare.count(".")
    if comma and point:
        decimal = "," if bare.rfind(",") > bare.rfind(".") else "."
        other = "." if decimal == "," else ","
        return (
            (float(bare.replace(other, "").replace(decimal, ".")),)
            if bare.count(decimal) == 1
            else (float(bare.replace(",", "").replace(".", "")),)
        )
    mark = "," if comma else "."
    if comma + point > 1:
        return (float(bare.replace(mark, "")),)
    if comma + point == 1 and len(bare) - bare.index(mark) == 4 and not bare.startswith("0"):
        grouped = float(bare.replace(mark, ""))
        # A comma before three digits nearly always groups; a point may be either.
        return (grouped,) if mark == "," else (float(bare), grouped)
    return (float(bare.replace(",", ".")),)
