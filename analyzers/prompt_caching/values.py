"""A value in a text, whole: a time, an id, a number, a word."""

from __future__ import annotations

import re

_TIME = (
    r"(?:[A-Za-z]{3,9},?\s+)?(?:\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{1,2}\.?\s+[A-Za-z]{3,9}\.?,?\s+\d{4}"
    r"|[A-Za-z]{3,9}\.?\s+\d{1,2},?\s+\d{4})(?:[T,]?\s?(?:at\s)?\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)?"
    r"|\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?"
)
_ZONE = r"(?:\s?(?:[AaPp]\.?[Mm]\.?))?(?:\s?(?:Z|UTC|GMT|[A-Z]{3,4}\b|[+-]\d{2}:?\d{2}))?"
_VALUE = re.compile(rf"(?:{_TIME}){_ZONE}|[\w$%+@#]+(?:[-_.:/][\w$%+@#]+)*")


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
