"""The systemd unit, as systemd itself reads it."""

from __future__ import annotations

import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest

from tests.deploy.tools import DEPLOY, tool

UNIT = DEPLOY / "systemd" / "hone.service"
MOST_EXPOSED = 20
"""Of 100, as `systemd-analyze security` counts: an unhardened service has 96."""


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that is there: systemd refuses one that is not."""
    text = UNIT.read_text()
    assert "ExecStart=/opt/hone/bin/hone run" in text
    path = tmp_path / UNIT.name
    path.write_text(text.replace("/opt/hone/bin/hone", sys.executable))
    return path


class _Unit(RawConfigParser):
    """systemd tells upper and lower case apart."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def test_systemd_finds_no_fault_in_the_unit(unit: Path) -> None:
    analyze = tool("systemd-analyze", "Debian: systemd")
    done = subprocess.run([analyze, "verify", "--man=no", str(unit)], capture_output=True, text=True, timeout=60)
    ours = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert (done.returncode, ours) == (0, []), done.stderr


def test_the_unit_is_hardened_by_systemds_own_count(unit: Path) -> None:
    analyze = tool("systemd-analyze", "Debian: systemd")
    command = [analyze, "security", "--offline=yes", f"--threshold={MOST_EXPOSED}", "--no-pager", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_stop_waits_for_the_batch_in_hand_and_a_wrong_configuration_is_not_tried_again() -> None:
    parser = _Unit(strict=False)
    parser.read_string(UNIT.read_text())
    service = parser["Service"]
    assert service["KillMode"] == "mixed"
    assert int(service["TimeoutStopSec"]) >= 60
    assert service["RestartPreventExitStatus"] == "2"
