"""What a comparison of two answers comes to."""

from __future__ import annotations

from typing import NamedTuple


class Verdict(NamedTuple):
    """Whether the cached answer was right for the later question.

    `same` is None where that cannot be told. `by` names the comparison that decided; `score` is how much alike the answers
    are (0 to 1), which orders verdicts by how near they are to the edge, and is no probability.
    """

    same: bool | None
    by: str
    score: float
