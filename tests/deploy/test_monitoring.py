"""The dashboard and the alerts: they ask for figures that exist, and fire when they should."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.metrics import Metrics
from collectors.source import Partition
from tests.deploy.tools import DEPLOY, tool

ALERTS = DEPLOY / "prometheus" / "alerts.yaml"
CASES = Path(__file__).with_name("alerts_test.yaml")
SERIES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}


def exposed() -> set[str]:
    families = Metrics(lambda: {Partition("t", 0): 1}).registry.collect()
    return {family.name + end for family in families for end in SERIES[family.type]}


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DEPLOY / "grafana" / "hone.json").read_text())
    return found


def asked(expressions: list[str]) -> set[str]:
    return {name for expression in expressions for name in re.findall(r"\bhone_\w+", expression)}


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def test_every_panel_asks_for_figures_that_are_exposed() -> None:
    panels = dashboard()["panels"]
    for panel in panels:
        names = asked([target["expr"] for target in panel["targets"]])
        assert names and names <= exposed(), panel["title"]
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_the_dashboard_shows_every_figure_that_is_exposed() -> None:
    shown = asked([target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]])
    assert exposed() - shown == {"hone_batch_seconds_sum", "hone_batch_seconds_count"}


def test_every_alert_asks_for_figures_that_are_exposed() -> None:
    for rule in rules():
        names = asked([rule["expr"]])
        assert names and names <= exposed(), rule["alert"]


def test_every_alert_has_a_case_in_which_it_fires() -> None:
    cases = yaml.safe_load(CASES.read_text())["tests"]
    fires = {one["alertname"] for case in cases for one in case["alert_rule_test"] if one.get("exp_alerts")}
    assert fires == {rule["alert"] for rule in rules()}


@pytest.fixture
def promtool(tmp_path: Path) -> str:
    path = tool("promtool", "Debian: prometheus")
    shutil.copy(ALERTS, tmp_path)
    shutil.copy(CASES, tmp_path)
    return path


@pytest.mark.parametrize(
    "command", [["check", "rules", ALERTS.name], ["test", "rules", CASES.name]], ids=["read", "fire"]
)
def test_prometheus_reads_the_alerts_and_fires_them(promtool: str, tmp_path: Path, command: list[str]) -> None:
    done = subprocess.run([promtool, *command], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
