"""The words of a text that may name a kind: no digits, no addresses, none that every text has."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

_READ = 2_000
"""Characters of a text that are looked at."""
_ADDRESS = re.compile(r"\S*(?:@|://|www\.|\\\\|/\S*/)\S*", re.IGNORECASE)
_TOKEN = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_IDEOGRAPHS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af]+")
_SHORTEST, _LONGEST = 3, 30


def words(text: str) -> list[str]:
    """Each word once, in the order in which they come; of scripts without spaces each pair of characters that stand together."""
    found: dict[str, None] = {}
    for token in _TOKEN.findall(_ADDRESS.sub(" ", text[:_READ])):
        if any(map(str.isdigit, token)):
            continue
        word = token.casefold().replace("’", "'").removesuffix("'s")
        runs = _IDEOGRAPHS.findall(word)
        if runs:
            found.update(dict.fromkeys(run[i : i + 2] for run in runs for i in range(max(len(run) - 1, 1))))
        elif _SHORTEST <= len(word) <= _LONGEST and word not in stop_words():
            found[word] = None
    return list(found)


@cache
def stop_words() -> frozenset[str]:
    """Words that carry no subject, of all languages at once."""
    with (files("analyzers.clusters") / "stop_words.toml").open("rb") as file:
        languages = tomllib.load(file)
    return frozenset(word for text in languages.values() for word in text.split())
