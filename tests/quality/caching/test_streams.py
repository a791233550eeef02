"""The streams are what they say: their usage adds up, their faults cost money, their spans hold what varies."""

from __future__ import annotations

from pathlib import Path
from random import Random

import orjson
import pytest

from tests.quality.caching.cases import CASES, MAY_NOT_PAY, build, main, names
from tests.quality.caching.log import assigned, calls, hit_ratio, input_cost
from tests.quality.caching.stream import Stream, Truth, text

SEED = 11
KINDS = {
    "timestamp_before_static", "random_id_before_static", "user_data_before_static", "memory_before_static",
    "state_before_history", "tool_order", "tool_set_varies", "tool_text_varies", "key_order", "history_reserialized",
    "history_edited", "history_truncated", "history_pruned", "history_compacted", "chunk_order",
    "message_ids_rerendered", "whitespace_drift", "model_switch", "settings_toggle", "cache_key_unstable", "idle_gap",
    "parallel_fanout", "below_minimum", "breakpoint_on_variable", "lookback_exceeded", "marker_lost", "wrong_ttl",
    "last_message_extended", "prefix_rebuilt",
}  # fmt: skip
"""Every kind of fault that a report may name."""
SAME_TEXT = {"whitespace_drift", "history_pruned", "history_edited", "history_reserialized"}
"""What is marked is the changed form of a text, which is the same in every call."""
FEW = ("clean-suspicious-anthropic", "two-clock-cache-key", "last-message-extended")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in FEW else (pytest.mark.quality,)) for name in names()]
)
def test_a_stream_holds_what_its_label_says(name: str) -> None:
    stream = build(name, SEED)
    assert 100 <= len(stream.records) <= 600
    assert len(stream.fixed) == len(stream.records)
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
    if name in MAY_NOT_PAY:
        assert abs(stream.saving()) < input_cost(stream.records) * 15 / 100
        return
    assert stream.saving() > 0
    assert hit_ratio(stream.fixed) > hit_ratio(stream.records) or stream.kind == "wrong_ttl"


def _adds_up(records: list[bytes]) -> None:
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


def test_every_kind_of_fault_has_a_stream() -> None:
    found = set()
    for case in CASES:
        turns = case.base(Random(SEED), case.models[0], case.pace._replace(conversations=4))
        found |= {inject(Random(SEED), turns).kind for inject in case.injects}
    assert found == KINDS


@pytest.mark.parametrize("name", FEW)
def test_a_seed_decides_every_byte(name: str) -> None:
    assert build(name, 3) == build(name, 3)
    assert build(name, 3).records != build(name, 4).records


@pytest.mark.parametrize("name", FEW)
def test_a_log_can_be_served_again(name: str) -> None:
    stream = build(name, SEED)
    assert assigned(stream.records) == stream.records
    emptied = [orjson.dumps({**(value := orjson.loads(record)), "response": {**value["response"], "usage": None}})
               for record in stream.records]  # fmt: skip
    assert assigned(emptied) == stream.records


def test_streams_are_written_for_the_command_line(tmp_path: Path) -> None:
    main(["--out", str(tmp_path), "--seed", "3", "--only", "clean-single"])
    assert {path.name for path in tmp_path.iterdir()} == {
        f"clean-single-{provider}{end}"
        for provider in ("openai", "anthropic")
        for end in (".jsonl", ".fixed.jsonl", ".json")
    }
    told = orjson.loads((tmp_path / "clean-single-openai.json").read_bytes())
    assert told["kind"] == "clean"
    assert told["records"] == len((tmp_path / "clean-single-openai.jsonl").read_bytes().splitlines())
