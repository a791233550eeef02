from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.response_caching.both_ways import both_ways

TEXTS = 9
pairs = st.tuples(st.integers(0, TEXTS - 1), st.integers(0, TEXTS - 1)).filter(lambda pair: pair[0] != pair[1])


@settings(deadline=None)
@given(st.dictionaries(pairs, st.sampled_from([0.7, 0.75, 0.8, 0.80000001, 0.9, 1.0])))
def test_whoever_lists_a_text_is_in_its_list_and_lists_are_by_similarity_then_number(
    listed: dict[tuple[int, int], float],
) -> None:
    owner, near = np.array(list(listed), np.int32).reshape(-1, 2).T
    start, found, likes = both_ways(owner, near, np.array(list(listed.values()), np.float32), TEXTS)
    for text in range(TEXTS):
        want = []
        for other in range(TEXTS):
            stands = (min(text, other), max(text, other))
            turned = (stands[1], stands[0])
            if stands in listed or turned in listed:
                want.append((-np.float32(listed.get(stands, listed.get(turned, 0.0))), other))
        row = slice(start[text], start[text + 1])
        assert list(zip((-likes[row]).tolist(), found[row].tolist(), strict=True)) == sorted(want)
