"""What a stream says of itself, held against its bytes: usage adds up, faults cost money, spans hold what varies."""

from __future__ import annotations

from tests.quality.caching.cases import MAY_NOT_PAY
from tests.quality.caching.log import calls, hit_ratio, input_cost
from tests.quality.caching.stream import Stream, Truth, text

SAME_TEXT = {"whitespace_drift", "history_pruned", "history_edited", "history_reserialized"}
"""What is marked is the changed form of a text, which is the same in every call."""


def assert_true(stream: Stream) -> None:
    """All that the label says."""
    assert 100 <= len(stream.records) <= 600
    assert len(stream.fixed) == len(stream.records) or (
        stream.kind == "keep_warm" and len(stream.fixed) > len(stream.records)
    )
    assert stream.hours >= 1.0
    _adds_up(stream.records)
    _adds_up(stream.fixed)
    if not stream.truths:
        assert stream.fixed == stream.records
        assert hit_ratio(stream.records) > 0.9
        return
    for truth in stream.truths:
        assert 0.0 < truth.share <= 1.0
        _spans_hold_what_varies(stream, truth)
    if stream.name in MAY_NOT_PAY:
        assert abs(stream.saving()) < input_cost(stream.records) * 15 / 100
        return
    assert stream.saving() > 0
    assert hit_ratio(stream.fixed) > hit_ratio(stream.records) or stream.kind == "wrong_ttl"


def _adds_up(records: tuple[bytes, ...]) -> None:
    found = calls(records)
    assert sorted(call.started_at for call in found) == [call.started_at for call in found]
    assert len({call.id for call in found}) == len(found)
    for call in found:
        usage = call.usage
        parts = (usage.uncached_input, usage.cache_read, usage.cache_write_short or 0, usage.cache_write_long or 0)
        assert sum(part or 0 for part in parts) == usage.input_total
    assert not any(mark.encode() in record for record in records for mark in ("\ue000", "\ue001"))


def _spans_hold_what_varies(stream: Stream, truth: Truth) -> None:
    step = max(len(truth.spans) // 60, 1)
    shown = [text(stream, span) for span in truth.spans[::step]]
    assert all(shown)
    if shown and truth.kind not in SAME_TEXT:
        assert len(set(shown)) > 1
    for span in truth.spans[::step]:
        assert truth.covers(span.segment, span.position, span.start, span.end)
        assert not truth.covers("tools" if span.segment == "system" else "system", span.position)
