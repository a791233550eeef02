"""Times and durations as logs write them, in unix seconds and seconds."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isfinite

FIRST_SECOND = 1_420_070_400.0
"""2015-01-01; no LLM call is older, so an earlier clock was never set."""
DAY_S = 86_400.0
_LONGEST_S = 7 * DAY_S


def seconds(value: object) -> float | None:
    """Unix seconds of a number (s, ms, us, ns by its magnitude), a numeric string or an ISO 8601 string.

    A date without a zone is read as UTC. None for everything else.
    """
    kind = type(value)
    if kind is float or kind is int:
        return _scaled(value)  # type: ignore[arg-type]
    if kind is str:
        return _written(value)  # type: ignore[arg-type]
    return None


def _scaled(number: float) -> float | None:
    if not 0 < number < 1e20 or not isfinite(number):
        return None
    if number < 1e11:
        return float(number)
    if number < 1e14:
        return number / 1e3
    if number < 1e17:
        return number / 1e6
    return number / 1e9


def _written(text: str) -> float | None:
    if len(text) > 64:
        return None
    if text[4:5] != "-":
        try:
            return _scaled(float(text))
        except (ValueError, OverflowError):
            return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        try:
            at = datetime.fromisoformat(text.strip().replace(" UTC", "Z"))
        except ValueError:
            return None
    try:
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (OverflowError, ValueError, OSError):
        return None


def span(start: float | None, end: float | None) -> float | None:
    """Seconds from start to end; None when one is unknown, the order is wrong or it took more than a week."""
    if start is None or end is None:
        return None
    return lasting(end - start)


def lasting(value: object, unit: float = 1.0) -> float | None:
    """A duration in seconds from a number (or numeric string) in `unit` seconds; None when it cannot be one."""
    if type(value) is str and len(value) < 32:
        try:
            value = float(value)
        except ValueError:
            return None
    if type(value) is not float and type(value) is not int:
        return None
    if not 0 <= value * unit <= _LONGEST_S:
        return None
    return float(value * unit)
