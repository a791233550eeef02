"""A masked excerpt shows the shape of a record and none of its words."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from agent.mask import EXCERPT_BYTES, masked_excerpt


def test_keys_stay_and_values_go() -> None:
    masked = masked_excerpt(b'{"model": "gpt-4o", "messages": [{"content": "My card 4111"}]}')
    assert masked == '{"model": "xxx-9x", "messages": [{"content": "Xx xxxx 9999"}]}'.replace("Xx", "xx")


@given(st.binary(max_size=900))
def test_no_letter_or_digit_of_a_value_survives(data: bytes) -> None:
    outside = re.sub(r'"[A-Za-z0-9_.\-]{1,40}"(?=\s*:)', "", masked_excerpt(data))
    assert all(not c.isalpha() or c == "x" for c in outside if c.isascii() or c.isalpha())
    assert not re.search(r"[0-8]", outside)


@given(st.text(max_size=600))
def test_nothing_that_moves_a_cursor_or_turns_text_survives(text: str) -> None:
    masked = masked_excerpt(text.encode("utf-8", "surrogatepass"))
    kinds = {unicodedata.category(char) for char in masked}
    assert kinds.isdisjoint({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Mn", "Mc", "Me"})
    assert len(masked) <= EXCERPT_BYTES
