"""Texts become tokens, one after the other in this thread: a process uses one core."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from analyzers.embed.package_file import checked

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TOKENIZER = "tokenizer.json"
MOST_TOKENS = 256
"""What the model was trained to read; the rest of a text is left out."""

LONGEST_TEXT = 1 << 15
"""Characters of a text that are looked at: far more than a model reads, far less than a log may hold."""


@cache
def tokenizer() -> Tokenizer:
    """The tokenizer that comes with the package. Raises HoneError when it is damaged."""
    from tokenizers import Tokenizer

    found = Tokenizer.from_buffer(checked(TOKENIZER)[0])
    found.no_padding()
    found.enable_truncation(MOST_TOKENS)
    return found


def well_formed(text: str) -> str:
    """The beginning of `text` that is read, with lone surrogates (which are no text) replaced."""
    text = text[:LONGEST_TEXT]
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def tokens(tokenizer: Tokenizer, texts: Sequence[str], *, marks: bool = True) -> list[list[int]]:
    """Ids of the tokens of each text; with `marks` those that the model wants at both ends."""
    # One at a time, or the tokenizer takes every core; this call leaves out what else it could tell of a token.
    encode = tokenizer.encode_batch_fast
    return [encode([well_formed(text)], add_special_tokens=marks)[0].ids for text in texts]
