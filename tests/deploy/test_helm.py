"""The chart, as Helm renders it and as Kubernetes reads the result."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.config import load
from tests.deploy.tools import DEPLOY, tool

CHART = DEPLOY / "helm" / "hone"
SUPPORTED = ("1.27", "1.37")
"""The oldest that the chart says it takes, and the newest whose schemas the tests have."""

EVERYTHING = {
    "secret": "hone-secrets",
    "secretFiles": [{"name": "kafka-tls", "path": "/etc/kafka-tls"}],
    "autoscaling": {"enabled": True, "maxReplicas": 8},
    "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
    "serviceAccount": {"name": "reader", "annotations": {"a": "b"}},
    "podAnnotations": {"a": "b"},
    "podLabels": {"team": "llm"},
    "nodeSelector": {"kubernetes.io/arch": "amd64"},
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "topologySpreadConstraints": [
        {"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway"}
    ],
    "priorityClassName": "low",
    "imagePullSecrets": [{"name": "registry"}],
    "extraEnv": [{"name": "HONE_LOG__LEVEL", "value": "warning"}],
}


def helm(*arguments: str, values: dict[str, Any] | None = None) -> subprocess.CompletedProcess[str]:
    """Helm with values from standard input."""
    program = tool("helm", "helm.sh, or with Go: helm.sh/helm/v3/cmd/helm")
    return subprocess.run(
        [program, *arguments, "--values", "-"],
        input=json.dumps(values or {}),
        capture_output=True,
        text=True,
        timeout=60,
    )


def rendered(values: dict[str, Any] | None = None, version: str = SUPPORTED[-1]) -> dict[str, Any]:
    """Every object of the chart by its kind."""
    done = helm("template", "release", str(CHART), "--kube-version", version, values=values)
    assert done.returncode == 0, done.stderr
    found = [document for document in yaml.safe_load_all(done.stdout) if document]
    assert len({document["kind"] for document in found}) == len(found)
    return {document["kind"]: document for document in found}


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["as it comes", "everything"])
def test_helm_finds_no_fault(values: dict[str, Any]) -> None:
    done = helm("lint", "--strict", str(CHART), values=values)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("version", SUPPORTED)
@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["as it comes", "everything"])
def test_kubernetes_knows_every_field(values: dict[str, Any], version: str, tmp_path: Path) -> None:
    objects = rendered(values, version)
    objects.pop("ServiceMonitor", None)  # its schema comes with the operator
    path = tmp_path / "rendered.yaml"
    path.write_text(yaml.safe_dump_all(objects.values()))
    command = [tool("kubernetes-validate", "PyPI"), "--strict", "--kubernetes-version", version, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (done.stdout + done.stderr).count("passed for resource") == len(objects)


def test_a_configuration_file_arrives_as_it_is(tmp_path: Path) -> None:
    example = (DEPLOY / "hone.example.toml").read_text()
    arrived = rendered({"config": example})["ConfigMap"]["data"]["hone.toml"]
    assert arrived.strip() == example.strip()


def test_what_the_chart_comes_with_is_a_configuration(tmp_path: Path) -> None:
    objects = rendered()
    path = tmp_path / "hone.toml"
    path.write_text(objects["ConfigMap"]["data"]["hone.toml"])
    (container,) = objects["Deployment"]["spec"]["template"]["spec"]["containers"]
    settings = load(path, {entry["name"]: entry["value"] for entry in container["env"]})
    assert settings.http.host == "0.0.0.0"
    assert (
        settings.http.port == container["ports"][0]["containerPort"] == objects["Service"]["spec"]["ports"][0]["port"]
    )


def test_agents_run_as_the_image_has_it_and_may_write_nowhere_else() -> None:
    pod = rendered(EVERYTHING)["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert f"USER {pod['securityContext']['runAsUser']}:" in (DEPLOY / "Dockerfile").read_text()
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    written = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
    assert written == {"/var/lib/hone", "/tmp"}
    assert not pod["automountServiceAccountToken"]


def test_secrets_come_by_name_alone() -> None:
    objects = rendered(EVERYTHING)
    (container,) = objects["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert container["envFrom"] == [{"secretRef": {"name": "hone-secrets"}}]
    assert "Secret" not in objects


def test_several_agents_without_postgresql_are_refused() -> None:
    config = '[source.kafka]\nbootstrap_servers = ["kafka:9092"]\ntopics = ["calls"]\n'
    for several in ({"replicas": 2}, {"autoscaling": {"enabled": True, "maxReplicas": 2}}):
        done = helm("template", "release", str(CHART), "--kube-version", "1.30", values={"config": config, **several})
        assert done.returncode != 0, several
        assert "several agents need one PostgreSQL" in done.stderr


def test_a_new_configuration_starts_the_agents_anew() -> None:
    def stamp(config: str) -> str:
        template = rendered({"config": config})["Deployment"]["spec"]["template"]
        return str(template["metadata"]["annotations"]["checksum/config"])

    assert stamp("[http]\nport = 1\n") != stamp("[http]\nport = 2\n")


def test_the_number_of_agents_is_left_to_the_autoscaler() -> None:
    objects = rendered(EVERYTHING)
    assert "replicas" not in objects["Deployment"]["spec"]
    assert objects["HorizontalPodAutoscaler"]["spec"]["maxReplicas"] == 8
    assert rendered({"replicas": 3})["Deployment"]["spec"]["replicas"] == 3


def test_what_watches_over_the_agents_finds_them() -> None:
    objects = rendered(EVERYTHING)
    labels = objects["Deployment"]["spec"]["template"]["metadata"]["labels"]
    chosen = [
        objects["Deployment"]["spec"]["selector"]["matchLabels"],
        objects["Service"]["spec"]["selector"],
        objects["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
    ]
    assert all(selector.items() <= labels.items() for selector in chosen)
    monitored = objects["ServiceMonitor"]["spec"]
    assert monitored["selector"]["matchLabels"].items() <= objects["Service"]["metadata"]["labels"].items()
    assert monitored["endpoints"][0]["port"] == objects["Service"]["spec"]["ports"][0]["name"]


def test_probes_ask_where_the_agent_answers() -> None:
    (container,) = rendered()["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/healthz"
    # A broker that is away makes an agent ill, not dead.
    for probe in ("livenessProbe", "startupProbe"):
        assert set(container[probe]["tcpSocket"]) == {"port"}
