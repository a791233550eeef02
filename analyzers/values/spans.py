"""A value in a text, whole: a time, an id, a number, a word."""

from __future__ import annotations

import re

from analyzers.values.times import DAY_NAMES, MONTH_NAMES


def _any(names: tuple[str, ...]) -> str:
    return "(?:" + "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) + r")\b"


_MONTH = _any(MONTH_NAMES)
_HALF = r"(?:\s?[ap]\.?m\b\.?|\s?Uhr\b)"
_ZONE = r"(?:\s?(?:Z|UTC|GMT|CES?T|[ECMP][SD]T)\b|\s?(?:(?:UTC|GMT)\s?)?[+-]\d{2}:?\d{2}\b|\s?UTC[+-]\d{1,2}\b)"
_CLOCK = rf"\d{{1,2}}[:h]\d{{2}}(?::\d{{2}}(?:[.,]\d+)?)?{_HALF}?{_ZONE}?"
_DATE = (
    rf"(?:{_any(DAY_NAMES)}\.?,?\s+)?(?:\d{{1,4}}[-/.]\d{{1,2}}[-/.]\d{{1,4}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.)?\s+(?:de\s+|of\s+)?{_MONTH}\.?,?\s+(?:de\s+)?\d{{4}}"
    rf"|{_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s+\d{{4}}\b)?)"
)
_HOUR = rf"(?:T\d{{2}}\b|\s\d{{2}}(?={_ZONE})|,?\s\d{{1,2}}{_HALF})"
TIME = (
    rf"{_DATE}(?:(?:T|,?\s+(?:at\s|um\s|à\s|-\s)?){_CLOCK}(?:\s+(?:19|20)\d\d\b)?|{_HOUR})?"
    rf"|{_CLOCK}(?:,?\s+(?:on\s|am\s)?{_DATE})?"
)
_VALUE = re.compile(rf"(?<![^\W_])(?:{TIME})(?![^\W_])|[\w$%+@#]+(?:[-_.:/][\w$%+@#]+)*", re.IGNORECASE)


def widened(text: str, start: int, end: int) -> tuple[int, int]:
    """`start` and `end` moved outwards to the borders of the values that they cut."""
    for found in _VALUE.finditer(text, max(0, start - 200), min(len(text), end + 200)):
        if found.start() < start < found.end() or (start == found.start() and start == end):
            start = found.start()
        if found.start() < end < found.end():
            end = found.end()
        if found.start() >= end:
            break
    return start, end
