"""`hone report FILE` on every format that is read, on a mix of them, and on broken files."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
import zstandard
from typer.testing import CliRunner

from agent import intake
from agent.cli import program
from tests.collectors.test_formats import READ, parse, sample


def report(*files: str) -> dict[str, Any]:
    """What the command says of files, in this process: to start one takes a hundred times as long as a small file."""
    done = CliRunner().invoke(program("report"), ["report", *files, "--json", "-"], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout_bytes)
    return found


def piped(given: bytes) -> dict[str, Any]:
    """What the command says of its standard input, as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "agent", "report", "-", "--json", "-"], capture_output=True, input=given, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def mix() -> bytes:
    """Every sample, one a line, with a broken line between."""
    lines = [
        data for path in READ if type(json.loads(path.read_text())["value"]) is not str for data in [sample(path)[0]]
    ]
    return b"\n".join([*lines[:5], b'{"broken": ', *lines[5:]]) + b"\n"


def one_of_each() -> list[Path]:
    """The first sample of every format, and of records that hold no whole call."""
    first: dict[str, Path] = {}
    for path in READ:
        calls = parse(sample(path)[0]).calls
        first.setdefault(calls[0].format if calls else "", path)
    return list(first.values())


@pytest.mark.parametrize("path", one_of_each(), ids=lambda p: p.stem)
def test_a_file_of_one_format(path: Path, tmp_path: Path) -> None:
    whole = json.loads(path.read_text())
    file = tmp_path / ("log.bin" if type(whole["value"]) is str else "log.json")
    file.write_bytes(b64decode(whole["value"]) if type(whole["value"]) is str else sample(path)[0])
    found = report(str(file))
    assert found["schema"] == "hone.report/1"
    assert found["input"]["calls"] == len(parse(sample(path)[0]).calls)
    assert found["input"]["rejected"] == 0


def test_a_mix_of_all_formats_in_every_wrapping(mix: bytes, tmp_path: Path) -> None:
    (tmp_path / "mix.jsonl").write_bytes(mix)
    (tmp_path / "mix.jsonl.gz").write_bytes(gzip.compress(mix))
    (tmp_path / "mix.jsonl.zst").write_bytes(zstandard.compress(mix))
    plain = report(str(tmp_path / "mix.jsonl"))
    known = {call.format for path in READ for call in parse(sample(path)[0]).calls}
    # Where two formats log one call, it counts as the first one's.
    assert {"openai", "anthropic", "bedrock", "litellm", "otel"} <= set(plain["input"]["formats"]) <= known
    assert plain["input"]["rejected_by_reason"] == {"not_json": 1}
    assert plain["input"]["records"] == mix.count(b"\n")
    for other in (
        report(str(tmp_path / "mix.jsonl.gz")),
        report(str(tmp_path / "mix.jsonl.zst")),
        piped(mix),
    ):
        assert other["spend"] == plain["spend"]
        assert other["input"] == plain["input"]


def test_what_the_logs_do_not_say_is_counted_with_the_setting_that_would_change_it(mix: bytes, tmp_path: Path) -> None:
    (tmp_path / "mix.jsonl").write_bytes(mix)
    found = report(str(tmp_path / "mix.jsonl"))
    told = found["input"]
    assert told["examined_calls"] == told["calls"]
    text = {one["state"] for one in told["lacks"] if one["what"] == "text"}
    assert text
    for state in text - {"apart"}:
        states = ("absent", "apart") if state == "absent" else (state,)
        counted = sum(one["calls"] for one in told["lacks"] if one["state"] in states)
        assert counted == told["text_states"][state]
    untimed = sum(one["calls"] for one in told["lacks"] if one["what"] == "time")
    assert untimed == told["calls"] - told["time_sources"]["record"]
    unsplit = sum(one["calls"] for one in told["lacks"] if one["what"] == "cache_split")
    assert unsplit >= found["spend"]["upper_bound_calls"]
    assert all((one["switch"] is None) == (one["switch_reason"] is not None) for one in told["lacks"])
    assert any(one["switch"] for one in told["lacks"] if one["what"] == "text")


def test_text_that_may_have_come_apart_is_not_said_to_be_absent(tmp_path: Path) -> None:
    spans, events = (
        sample(next(path for path in READ if path.stem == f"otel_genai_{kind}_lab_openai_v2_2.3b0_default"))[0]
        for kind in ("span", "events")
    )

    def states(*lines: bytes) -> set[str | None]:
        (tmp_path / "log.jsonl").write_bytes(b"\n".join(lines))
        return {one["state"] for one in report(str(tmp_path / "log.jsonl"))["input"]["lacks"] if one["what"] == "text"}

    assert states(spans) == {"absent"}
    assert states(spans, events) == {"apart"}


def test_hours_counted_before_lacks_were_are_read_and_said() -> None:
    before = intake.decode(b'{"records":5,"calls":4,"formats":{"openai":4},"text_states":{"absent":4}}')
    after = intake.Intake(calls=1, lacks={"openai": {"text:absent": 1}}, examined=1)
    both = before + after
    assert (both.calls, both.examined, both.lacks) == (5, 1, {"openai": {"text:absent": 1}})
    assert intake.decode(intake.encode(both)) == both


def test_files_that_repeat_each_other_count_once(mix: bytes, tmp_path: Path) -> None:
    # A record without a time of its own is its place in the file: equal bytes are two calls.
    timed = b"\n".join(line for line in mix.splitlines() if b'"hash_ids"' not in line)
    for name in ("monday.jsonl", "again.jsonl"):
        (tmp_path / name).write_bytes(timed)
    once = report(str(tmp_path / "monday.jsonl"))
    twice = report(str(tmp_path / "monday.jsonl"), str(tmp_path / "again.jsonl"))
    assert twice["spend"]["total_usd"] == once["spend"]["total_usd"]
    assert twice["input"]["calls"] == once["input"]["calls"]


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"\x00" * 1000, b"\xff\xfe" * 500, b"not a log\n" * 10, b"[" * 3_000, b'{"a": {' * 2_000]
)
def test_a_file_that_is_no_log_is_an_empty_report(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "odd.jsonl").write_bytes(content)
    found = report(str(tmp_path / "odd.jsonl"))
    assert found["input"]["calls"] == 0
    assert found["spend"]["total_usd"] is None
    assert found["spend"]["total_usd_reason"]


def test_a_page_and_json_of_one_run(mix: bytes, tmp_path: Path) -> None:
    (tmp_path / "mix.jsonl").write_bytes(mix)
    command = [sys.executable, "-m", "agent", "report", str(tmp_path / "mix.jsonl"), "--html", "-"]
    done = subprocess.run([*command, "--json", str(tmp_path / "report.json")], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    page = done.stdout.decode()
    assert page.startswith("<!doctype html>")
    found = json.loads((tmp_path / "report.json").read_text())
    assert f"{found['input']['calls']:,} calls" in page
    refused = subprocess.run([*command, "--markdown", "-"], capture_output=True, check=False)
    assert refused.returncode == 2
    assert b"only one of" in refused.stderr
