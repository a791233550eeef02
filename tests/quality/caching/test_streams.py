"""The streams are what they say: their usage adds up, their faults cost money, their spans hold what varies."""

from __future__ import annotations

from functools import lru_cache

import pytest

from tests.quality.caching.cases import MAY_NOT_PAY, build, names
from tests.quality.caching.log import assigned, calls, input_cost
from tests.quality.caching.stream import Stream, text

SEED = 11


@lru_cache(maxsize=2)
def made(name: str) -> Stream:
    return build(name, SEED)


@pytest.mark.parametrize("name", names())
def test_a_stream_holds_what_its_label_says(name: str) -> None:
    stream = made(name)
    found = calls(stream.records)
    assert 100 <= len(found) <= 600
    assert stream.hours >= 1.0
    for record, call in zip(stream.records, found, strict=True):
        usage = call.usage
        split = (usage.uncached_input, usage.cache_read, usage.cache_write_short or 0, usage.cache_write_long or 0)
        assert sum(part or 0 for part in split) == usage.input_total
        assert record.isascii() or not {"\ue000", "\ue001"} & set(record.decode())
    assert assigned(stream.records) == stream.records
    assert assigned(stream.fixed) == stream.fixed
    if not stream.truths:
        assert stream.fixed == stream.records
        return
    assert stream.fixed != stream.records
    if name not in MAY_NOT_PAY:
        assert input_cost(stream.records) > input_cost(stream.fixed)
    for truth in stream.truths:
        assert 0.0 < truth.share <= 1.0
        assert truth.segment is not None or not truth.spans
        assert all(text(stream, span) for span in truth.spans[:: max(len(truth.spans) // 40, 1)])
