"""Masks log text so that its shape can be shown and its content cannot."""

from __future__ import annotations

import re
import unicodedata

EXCERPT_BYTES = 500
_KEY = re.compile(r'"([A-Za-z0-9_.\-]{1,40})"(?=\s*:)')
_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"\d")
_DOT = "\u00b7"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffd]")


def masked_excerpt(value: bytes, limit: int = EXCERPT_BYTES) -> str:
    """The beginning of a record with letters as x and digits as 9; JSON keys stay readable.

    Control and direction characters come out as a middle dot, so the result is safe on a screen.
    """
    text = value[:limit].decode("utf-8", "replace")
    out: list[str] = []
    end = 0
    for key in _KEY.finditer(text):
        out.append(_mask(text[end : key.start()]))
        out.append(key.group())
        end = key.end()
    out.append(_mask(text[end:]))
    return "".join(out)


def _mask(text: str) -> str:
    shape = _CONTROL.sub(_DOT, _DIGIT.sub("9", _LETTER.sub("x", text)))
    return shape if shape.isascii() else "".join(map(_still, shape))


def _still(char: str) -> str:
    """Marks are parts of letters; what draws nothing or is in no font (soft hyphens, tags, private use) is a dot."""
    kind = unicodedata.category(char)
    if kind.startswith("M"):
        return "x"
    return char if char.isprintable() or kind == "Zs" else _DOT


def masked(text: str) -> str:
    """A text with letters as x and digits as 9, safe on a screen."""
    return _mask(text)
