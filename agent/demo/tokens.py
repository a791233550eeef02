"""How the simulated providers count tokens.

No real tokenizer is imitated: a token is up to six letters or digits with the space before them, a run of white
space, or up to two other characters. English prose comes to about 3.9 characters a token, JSON to 2.6. A message costs
two tokens more, for its role and its end. Counts are additive by construction: a prompt has as many tokens as its
pieces together, whoever cuts it at a line break.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_TOKEN = re.compile(r" ?\w{1,6}|\s+|[^\w\s]{1,2}")


def tokenize(text: str) -> list[str]:
    """The tokens of a text; joined they are the text."""
    return _TOKEN.findall(text)


class Piece:
    """A stretch of a prompt as its provider sees it: its tokens, and what the prefix cache derives from them.

    Equal pieces may be distinct objects. A piece that many prompts share should be one object, so that its
    tokens are cut into blocks once.
    """

    __slots__ = ("_blocks", "key", "size", "tokens")

    def __init__(self, tokens: Iterable[str]) -> None:
        self.tokens = tuple(tokens)
        self.size = len(self.tokens)
        self.key = hash(self.tokens)
        """Stands for the tokens within one process; nothing that is written depends on its value."""
        self._blocks: dict[int, tuple[tuple[int, ...], int]] = {}

    def blocks(self, begin: int, size: int) -> tuple[tuple[int, ...], int]:
        """Keys of the whole blocks of `size` tokens from token `begin` on, and where the rest begins."""
        found = self._blocks.get(begin)
        if found is None:
            tokens = self.tokens
            stop = begin + (self.size - begin) // size * size
            found = tuple(hash(tokens[at : at + size]) for at in range(begin, stop, size)), stop
            self._blocks[begin] = found
        return found


@lru_cache(maxsize=4096)
def message(role: str, content: str) -> Piece:
    """A whole message: role, text, end. Pieces are remembered, because much is said more than once."""
    return Piece((f"<{role}>", *tokenize(content), "<end>"))


@lru_cache(maxsize=4096)
def count(content: str) -> int:
    """Tokens of a text without framing; what an answer with this text is charged for."""
    return len(_TOKEN.findall(content))
