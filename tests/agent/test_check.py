"""`hone check` on records: what they are, what they do not say, and what a log of one's own lacks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.collectors.test_formats import READ, parse, sample

CONFIG = """\
[formats.mine]
when = "$.kind"
model = "$.req.model"
timestamp = "$.t"
app = "$.svc.name"
messages = "$.req.prompt"
output_tokens = "$.n.out"
cost_usd = "$.nowhere"
"""


def check(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "agent", "check", *arguments],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(home)},
    )


def own(number: int) -> dict[str, Any]:
    service = {"name": "shop"} if number % 2 else {}
    tokens = {"out": 20, "prompt_tokens": 1500}
    return {
        "kind": "llm",
        "t": 1_788_220_800 + number,
        "svc": service,
        "req": {"model": "gpt-4o-mini", "prompt": "my secret"},
        "n": tokens,
    }


def rows(said: str) -> dict[str, list[str]]:
    """First word of a line -> its words; of the last table that has it."""
    return {words[0]: words for line in said.splitlines() if (words := line.split())}


def test_a_log_of_ones_own_field_by_field(tmp_path: Path) -> None:
    (tmp_path / "hone.toml").write_text(CONFIG)
    (tmp_path / "log.jsonl").write_text("\n".join(json.dumps(own(n)) for n in range(25)))
    done = check(tmp_path, "--config", str(tmp_path / "hone.toml"), str(tmp_path / "log.jsonl"))
    assert done.returncode == 0, done.stderr
    assert "[formats.mine]: 20 of 20 records are of it" in done.stdout
    found = rows(done.stdout)
    assert found["model"][1:] == ["$.req.model", "20", "of", "20"]
    assert found["app"][1:] == ["$.svc.name", "10", "of", "20"]
    assert found["cost_usd"][1:] == ["$.nowhere", "0", "of", "20"]
    assert found["input_tokens"][1:] == ["(not", "mapped)", "$.n.prompt_tokens", "(20)"]
    assert found["output"][1:] == ["(not", "mapped)"]
    assert "map it in [formats.mine]" in " ".join(done.stdout.split())
    assert "my secret" not in done.stdout


def test_one_format_of_ones_own_by_name(tmp_path: Path) -> None:
    (tmp_path / "hone.toml").write_text(CONFIG)
    (tmp_path / "log.jsonl").write_text(json.dumps(own(1)) + "\n" + json.dumps({"kind": None}) + "\n")
    done = check(tmp_path, "--config", str(tmp_path / "hone.toml"), "--format", "mine", str(tmp_path / "log.jsonl"))
    assert "[formats.mine]: 1 of 2 records are of it" in done.stdout
    wrong = check(tmp_path, "--config", str(tmp_path / "hone.toml"), "--format", "yours", str(tmp_path / "log.jsonl"))
    assert wrong.returncode == 1
    assert "there is no log format 'yours'" in wrong.stderr and "mine" in wrong.stderr


def test_paths_are_proposed_for_records_of_no_format(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text("\n".join(json.dumps({**own(n), "req": {"modelName": "x"}}) for n in range(3)))
    done = check(tmp_path, str(tmp_path / "log.jsonl"))
    assert done.returncode == 1
    assert "Records not understood: what may lie where" in done.stdout
    found = rows(done.stdout)
    assert found["model"][1:] == ["$.req.modelName", "3", "of", "3"]
    assert found["input_tokens"][1:] == ["$.n.prompt_tokens", "3", "of", "3"]


@pytest.mark.parametrize(
    ("name", "noted"),
    [
        ("anthropic_messages", "cache marks 1 of 5m"),
        ("bedrock_invocation_log_converse", "us-west-2"),
        ("bedrock_invocation_log_error", "ThrottlingException"),
        ("litellm_slp_cache_2", "answered by a gateway's cache"),
        ("mooncake_trace", "blocks of 512 tokens"),
    ],
)
def test_what_else_decides_price_and_cache_is_noted(name: str, noted: str, tmp_path: Path) -> None:
    path = next(path for path in READ if path.stem == name)
    (tmp_path / "log.json").write_bytes(sample(path)[0])
    assert noted in " ".join(check(tmp_path, str(tmp_path / "log.json")).stdout.split())


def test_what_calls_do_not_say_is_counted_with_its_setting(tmp_path: Path) -> None:
    path = next(path for path in READ if path.stem == "litellm_slp_redacted")
    (tmp_path / "log.json").write_bytes(sample(path)[0])
    said = " ".join(check(tmp_path, str(tmp_path / "log.json")).stdout.split())
    assert f"What these {len(parse(sample(path)[0]).calls)} calls do not say" in said
    assert "litellm text (redacted) 1 remove turn_off_message_logging from litellm_settings" in said


@pytest.mark.parametrize(("model", "said"), [("minilm-int8", "all-MiniLM-L6-v2-int8-"), ("static", "static-")])
def test_the_model_of_texts_is_loaded_and_named(model: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "hone.toml").write_text(f'[embedding]\nmodel = "{model}"\n')
    (tmp_path / "log.jsonl").write_text(json.dumps({"hone": 1, "timestamp": 1_788_220_800}))
    done = check(tmp_path, "--config", str(tmp_path / "hone.toml"), str(tmp_path / "log.jsonl"))
    assert done.returncode == 0, done.stderr
    assert f"embedding: {said}" in done.stderr


def test_a_model_that_is_nowhere_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "hone.toml").write_text('[embedding]\nmodel = "/no/such/folder"\n')
    (tmp_path / "log.jsonl").write_text(json.dumps({"hone": 1, "timestamp": 1_788_220_800}))
    done = check(tmp_path, "--config", str(tmp_path / "hone.toml"), str(tmp_path / "log.jsonl"))
    assert done.returncode != 0
    assert "'/no/such/folder'" in done.stderr and "Traceback" not in done.stderr
