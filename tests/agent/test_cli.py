"""The command line: what it prints where, and how it ends."""

from __future__ import annotations

import copy
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from agent.cli import COMMANDS
from tests.fixtures.ports import wait_until

DATA = Path(__file__).parents[1] / "data"
HONE = [sys.executable, "-m", "agent"]


def env(home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home)}


def hone(home: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*HONE, *arguments], capture_output=True, input=given, env=env(home))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nope"], 2, "error: No such command 'nope'."),
        (["report", "--oops"], 2, "hint: hone report --help"),
        (["replay"], 2, "error: Missing argument"),
        (["report", "--json", "-", "--markdown", "-"], 2, "only one of --json, --markdown and --html"),
        (["report", "x", "--db", "y"], 2, "not both"),
        (["run"], 1, "the configuration names no source"),
        (["run", "--config", "none.toml"], 2, "none.toml: cannot be read"),
        (["report"], 1, "there is no database"),
        (["report", "none.jsonl"], 1, "none.jsonl"),
        (["explain", "nope"], 1, "hint: there are: "),
        (["report", "none.jsonl", "--format", "nope"], 1, "none.jsonl"),
    ],
)
def test_what_cannot_be_done_is_said_on_stderr(tmp_path: Path, arguments: list[str], code: int, said: str) -> None:
    done = hone(tmp_path, *arguments)
    assert done.returncode == code
    assert done.stdout == b""
    assert said in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_debug_shows_where_an_error_came_from(tmp_path: Path) -> None:
    done = hone(tmp_path, "--debug", "report")
    assert done.returncode == 1
    assert b"Traceback" in done.stderr


def test_every_command_shows_an_example(tmp_path: Path) -> None:
    listed = hone(tmp_path).stdout.decode()
    for name, command in COMMANDS.items():
        assert f"  {name} " in listed
        done = hone(tmp_path, name, "--help")
        assert done.returncode == 0
        assert f"Example: {command.example}" in done.stdout.decode()


def test_the_version_and_the_schema_are_data(tmp_path: Path) -> None:
    assert hone(tmp_path, "--version").stdout.startswith(b"hone ")
    assert json.loads(hone(tmp_path, "report", "--json-schema").stdout)["title"] == "Report"


def test_a_method_is_explained(tmp_path: Path) -> None:
    listed = [line.split()[0] for line in hone(tmp_path, "explain").stdout.splitlines()]
    assert listed == sorted(listed)
    assert {b"fine_tuning", b"prompt_caching", b"spend"} <= set(listed)
    assert b"Assumptions." in hone(tmp_path, "explain", "spend").stdout


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    running = subprocess.Popen(
        [*HONE, "report", "--json-schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env(tmp_path)
    )
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.close()
    assert running.stderr.read() == b""
    assert running.wait() == 0


def test_records_that_are_no_calls_are_shown_and_said(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('not json\n{"a": 1}\n')
    checked = hone(tmp_path, "check", str(tmp_path / "x.jsonl"))
    assert checked.returncode == 1
    assert b"not_json" in checked.stdout
    assert b"unknown_format" in checked.stdout
    reported = hone(tmp_path, "report", "-", given=b"not json\n")
    assert b"1 records were read, 1 refused." in reported.stdout
    assert b"hint: no record was a call" in reported.stderr


def test_the_demo_takes_its_traffic_through_the_whole_pipeline(tmp_path: Path) -> None:
    done = hone(tmp_path, "demo", "--hours", "1", "--json", "-")
    assert done.returncode == 0, done.stderr.decode()
    report = json.loads(done.stdout)
    assert report["schema"] == "hone.report/1"
    assert report["input"]["calls"] > 500
    assert report["spend"]["total_usd"] > 0
    assert {row["app"] for row in report["spend"]["by_app"]} >= {"support-bot", "agent-coder"}
    assert not list(Path(tmp_path).rglob("*.db"))


def test_sigterm_ends_the_agent_with_everything_committed(tmp_path: Path) -> None:
    config = tmp_path / "hone.toml"
    config.write_text('[source.files]\npaths = ["-"]\n[http]\nport = 0\n[ingest]\ninterval_s = 0.05\n')
    agent = subprocess.Popen(
        [*HONE, "run", "--config", str(config)], stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=env(tmp_path)
    )
    assert agent.stdin is not None
    assert agent.stderr is not None
    agent.stdin.write(b"not json\n" * 7)
    agent.stdin.flush()
    served = next(found for line in agent.stderr if (found := re.search(rb"http://[0-9.:]+", line)))
    metrics = f"{served.group().decode()}/metrics"
    wait_until(lambda: "hone_records_total 7.0" in urlopen(metrics).read().decode(), 30, "seven records")
    agent.send_signal(signal.SIGTERM)
    said = agent.stderr.read()
    assert agent.wait() == 0
    assert b"everything read is committed" in said
    assert b"7 records were read, 7 refused." in hone(tmp_path, "report").stdout


def test_a_dataset_is_exported_from_files(tmp_path: Path) -> None:
    record = json.loads((DATA / "formats" / "read" / "openai_chat_completions.json").read_text("utf-8"))["value"]
    lines = []
    for number in range(60):
        own = copy.deepcopy(record)
        own["request"]["messages"][-1]["content"] = f"Question number {number} about topic {number * 7}, please"
        own["response"]["id"] = f"chatcmpl-{number}"
        lines.append(json.dumps(own))
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(lines), encoding="utf-8")
    report = json.loads(hone(tmp_path, "report", str(log), "--json", "-").stdout)
    task = report["prompt_caching"]["templates"][0]["id"]
    refused = hone(tmp_path, "export", task, str(log), "--out", str(tmp_path / "set"))
    assert (refused.returncode, (tmp_path / "set").exists()) == (1, False)
    assert b"names of people" in refused.stderr
    made = hone(tmp_path, "export", task[:6], str(log), "--out", str(tmp_path / "set"), "--names-may-stay")
    assert made.returncode == 0, made.stderr
    assert {"train.jsonl", "manifest.json", "evaluation.md", "job.json"} <= {
        p.name for p in (tmp_path / "set").iterdir()
    }
    unknown = hone(tmp_path, "export", "nothing", str(log), "--out", str(tmp_path / "other"))
    assert unknown.returncode == 1
    assert task.encode() in unknown.stderr
