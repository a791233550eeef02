"""What stays of a text when its form is taken away: equal canonical texts with different bytes differ in form only."""

from __future__ import annotations

import json
import re
import unicodedata
from functools import lru_cache

_LONGEST_JSON = 200_000
_SPACE = re.compile(r"\s+")
_VARYING = re.compile(r"[0-9A-Fa-f]{8,}|\d+")


@lru_cache(maxsize=20_000)
def canonical(text: str) -> str:
    """JSON with sorted keys and no spaces; other text in one Unicode form with single spaces."""
    start = text.lstrip()[:1]
    if start in ("{", "[") and len(text) <= _LONGEST_JSON:
        try:
            return json.dumps(_inner(json.loads(text)), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        except (ValueError, RecursionError):
            pass
    return spaceless(text)


def _inner(value: object) -> object:
    """JSON inside JSON strings (arguments of tool calls) has a form of its own."""
    if isinstance(value, dict):
        return {key: _inner(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_inner(inner) for inner in value]
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return _inner(json.loads(value))
        except (ValueError, RecursionError):
            return value
    return value


@lru_cache(maxsize=20_000)
def spaceless(text: str) -> str:
    """One Unicode form, every run of white space one space, none at the ends."""
    plain = text if text.isascii() else unicodedata.normalize("NFC", text)
    return _SPACE.sub(" ", plain).strip()


@lru_cache(maxsize=50_000)
def shape(text: str) -> str:
    """The canonical text with numbers and ids masked: what a message is, whatever stamp it carries today."""
    return _VARYING.sub("#", canonical(text))
