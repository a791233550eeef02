"""The first seconds of the search, always the same; `python -m tests.fuzz.parse` goes on for as long as one likes."""

from __future__ import annotations

import random

from tests.fuzz.mutate import mutated
from tests.fuzz.parse import check, seeds

_RECORDS = 4_000


def test_records_that_are_nearly_right_never_break_the_parser() -> None:
    rng = random.Random(20_261_124)
    known = seeds()
    for _ in range(_RECORDS):
        check(mutated(rng.choice(known), known, rng))
