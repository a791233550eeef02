"""How the simulated providers count tokens: prose about 5 bytes a token, JSON about 3, digits at most 3, others 1 to 2.

No real tokenizer is imitated; what matters is that bytes and tokens are not proportional.
"""

from __future__ import annotations

import re
from functools import lru_cache

_TOKEN = re.compile(r" ?[A-Za-z]{1,9}|[0-9]{1,3}|\n+|[ \t\r]+|[!-/:-@\[-`{-~]{1,3}|.", re.DOTALL)


@lru_cache(maxsize=20_000)
def tokenize(text: str) -> tuple[str, ...]:
    """The tokens of a text; joined they are the text."""
    return tuple(_TOKEN.findall(text))


def count(text: str) -> int:
    """How many tokens a text has."""
    return len(tokenize(text))
