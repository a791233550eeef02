"""Records of a wished size: the prose in a real one is cut short or said again, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

_KEPT = 12
"""Characters that a cut text keeps: short, and still a text."""
_WORDS = 3


def near(value: bytes, size: int) -> bool:
    """Whether it has the size, give or take a half."""
    return abs(len(value) - size) <= size // 2


def sized(value: bytes, size: int) -> bytes:
    """The record with its longest texts cut, or its longest one repeated, towards `size` bytes; as near as it gets."""
    record = orjson.loads(value)
    for _ in range(64):
        surplus = len(orjson.dumps(record)) - size
        texts: list[str] = []
        _mapped(record, _noted(texts))
        longest = max(texts, key=len, default="")
        if not longest or abs(surplus) < _KEPT or (surplus > 0 and len(longest) <= _KEPT):
            break
        wanted = _fitted(longest, max(len(longest) - surplus, _KEPT))
        record = _mapped(record, _instead(longest, wanted))
    return orjson.dumps(record)


def _noted(texts: list[str]) -> Callable[[str], str]:
    def note(text: str) -> str:
        texts.append(text)
        return text

    return note


def _instead(of: str, wanted: str) -> Callable[[str], str]:
    return lambda text: wanted if text == of else text


def _fitted(text: str, length: int) -> str:
    return (
        (text + " ") * (length // (len(text) + 1)) + text[: length % (len(text) + 1)]
        if length > len(text)
        else text[:length].strip()
    )


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """The value with every prose in it changed, also in JSON that is kept as a text, which stays JSON."""
    if isinstance(value, dict):
        return {key: _mapped(inner, change) for key, inner in value.items()}
    if isinstance(value, list):
        return [_mapped(inner, change) for inner in value]
    if not isinstance(value, str):
        return value
    if value[:1] in ("{", "["):
        try:
            return orjson.dumps(_mapped(orjson.loads(value), change)).decode()
        except orjson.JSONDecodeError:
            return value
    return change(value) if value.count(" ") >= _WORDS - 1 and "\n" not in value else value
