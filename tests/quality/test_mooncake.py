"""The published hit ratios of a public trace, through the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

TRACE = Path(__file__).parents[1] / "data" / "traces" / "mooncake-conversation.jsonl.zst"


@pytest.mark.quality
def test_hit_ratios_of_the_conversation_trace() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "agent", "report", str(TRACE), "--format", "mooncake", "--json", "-"],
        capture_output=True,
        text=True,
        check=True,
    )
    report = json.loads(done.stdout)
    assert report["input"]["calls"] == 12_031
    simulated = report["prompt_caching"]["simulated"]
    assert simulated["infinite"]["hit_ratio"] == pytest.approx(0.374, abs=0.001)
    assert simulated["infinite"]["hit_ratio_per_request"] == pytest.approx(0.409, abs=0.001)
    by_lifetime = {one["lifetime_s"]: one["hit_ratio"] for one in simulated["by_lifetime"]}
    assert by_lifetime[300.0] == pytest.approx(0.293, abs=0.001)
    assert by_lifetime[1_800.0] == pytest.approx(0.371, abs=0.001)
    assert by_lifetime[3_600.0] == pytest.approx(0.374, abs=0.001)
    assert simulated["as_is"]["hit_ratio"] is None
    assert simulated["as_is"]["hit_ratio_reason"]
