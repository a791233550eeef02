"""Phrases that tell what kind of answer or reaction a text is (`words.toml`)."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

LOOKED_AT = 400
"""Characters at the beginning of a text: what it is about stands there, and hostile lengths cost nothing."""


@cache
def _pattern(name: str) -> re.Pattern[str]:
    table = tomllib.loads((files(__package__) / "words.toml").read_text("utf-8"))
    return re.compile("|".join(f"(?:{one})" for one in table[name]["patterns"]), re.IGNORECASE)


def says(name: str, text: str) -> bool:
    """Whether the beginning of `text` says what the list `name` of words.toml holds."""
    return bool(text) and _pattern(name).search(text, 0, LOOKED_AT) is not None
