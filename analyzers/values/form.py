"""What a text says apart from how it is written: two texts of one content may differ in the order of keys and in white space."""

from __future__ import annotations

import json
import re
from hashlib import blake2b
from typing import NamedTuple

from analyzers.values.canonical import canonical, spaceless

_SPACES = re.compile(r"\s+|^(?=\S)|(?<=\S)$")
_LONGEST_JSON = 200_000


class Form(NamedTuple):
    """Texts of equal `content` say the same; `written` tells the order of their keys, `space` their white space."""

    content: str
    """JSON with sorted keys and no spaces; other text with single spaces."""
    written: str
    """The same with the keys as they were sent."""
    space: int
    """Number for the white space of the text; 0 for the plainest."""


def form(text: str) -> Form:
    """The text's content and its way of writing."""
    plain = spaceless(text)
    if plain[:1] in ("{", "[") and len(plain) <= _LONGEST_JSON:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            pass
        else:
            written = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
            return Form(canonical(text), written, 0 if len(written) == len(text) else _spaces(text))
    return Form(plain, plain, 0 if plain == text else _spaces(text))


def _spaces(text: str) -> int:
    return number("\x00".join(_SPACES.findall(text)))


def number(text: str) -> int:
    """63 bits that identify a text, never 0."""
    found = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(found, "little") >> 1 | 1
