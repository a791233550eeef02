"""Figures in little room."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.figures import trend


@given(st.lists(st.none() | st.floats(0, 1e9), min_size=1, max_size=200), st.integers(1, 200))
def test_a_trend_fills_its_room_with_equal_steps(values: list[float | None], width: int) -> None:
    drawn = trend(values, width)
    assert width // 2 < len(drawn) <= width
    assert len(drawn) % min(width, len(values)) == 0


def test_a_trend_stands_on_nought_and_leaves_gaps_blank() -> None:
    assert trend([1, 2, None, 4], 9) == "▂▂▄▄  ██"
    assert trend([0, 0], 3) == "▁▁"
    assert trend([], 9) == ""
