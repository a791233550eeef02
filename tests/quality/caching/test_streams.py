"""The streams are what they say, of every kind, and the same every time."""

from __future__ import annotations

from pathlib import Path
from random import Random

import orjson
import pytest

from tests.quality.caching.cases import CASES, build, main
from tests.quality.caching.labels import assert_true
from tests.quality.caching.log import assigned

SEED = 7
KINDS = {
    "timestamp_before_static", "random_id_before_static", "user_data_before_static", "memory_before_static",
    "state_before_history", "tool_order", "tool_set_varies", "tool_text_varies", "key_order", "history_reserialized",
    "history_edited", "history_truncated", "history_pruned", "history_compacted", "chunk_order",
    "message_ids_rerendered", "whitespace_drift", "model_switch", "settings_toggle", "cache_key_unstable", "idle_gap",
    "parallel_fanout", "below_minimum", "breakpoint_on_variable", "lookback_exceeded", "marker_lost", "wrong_ttl",
    "last_message_extended", "prefix_rebuilt", "keep_warm",
}  # fmt: skip
"""Every kind of fault that a report may name."""
FEW = ("clean-suspicious-anthropic", "two-clock-cache-key", "last-message-extended")


def test_every_kind_of_fault_has_a_stream() -> None:
    found = set()
    for case in CASES:
        turns = case.base(Random(SEED), case.models[0], case.pace._replace(conversations=4))
        found |= {inject(Random(SEED), turns).kind for inject in case.injects}
    assert found == KINDS


@pytest.mark.parametrize("name", FEW)
def test_a_stream_holds_what_its_label_says(name: str) -> None:
    assert_true(build(name, SEED))


@pytest.mark.parametrize("name", FEW)
def test_a_seed_decides_every_byte(name: str) -> None:
    assert build(name, 3) == build(name, 3)
    assert build(name, 3).records != build(name, 4).records


@pytest.mark.parametrize("name", FEW)
def test_a_log_can_be_served_again(name: str) -> None:
    stream = build(name, SEED)
    assert assigned(stream.records) == stream.records
    values = map(orjson.loads, stream.records)
    emptied = [orjson.dumps({**value, "response": {**value["response"], "usage": None}}) for value in values]
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
