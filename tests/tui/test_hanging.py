"""Lines that are too long go on below their words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from tui.hanging import hung


@pytest.mark.parametrize(
    ("said", "drawn"),
    [
        ("Effort   half a day of work", "Effort   half a day of\n         work"),
        ("1. Take the line out of it", "1. Take the line out\n   of it"),
        ("· it changes in every call", "· it changes in every\n  call"),
        ("         and so it goes on", "         and so it\n         goes on"),
        ("short", "short"),
        ("Kind  客服机器人客服机器人", "Kind  客服机器人客服机\n      器人"),
    ],
)
def test_goes_on_below_the_words(said: str, drawn: str) -> None:
    assert hung(Content(said), 22).plain == drawn


@given(st.text(alphabet="ab ·1.\n客", max_size=80), st.integers(14, 40))
def test_no_word_is_lost(said: str, width: int) -> None:
    assert "".join(hung(Content(said), width).plain.split()) == "".join(said.split())
