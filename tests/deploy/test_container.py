"""Image and compose file: what can be known of them without a container, by the real parts where there are any."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.config import load
from agent.demo import traffic
from agent.demo.__main__ import main as demo
from agent.demo.record import Sent
from agent.metrics import Metrics, MetricsServer
from analyzers.errors import HoneError
from tests.deploy.tools import DEPLOY, ROOT, tool

DOCKERFILE = DEPLOY / "Dockerfile"
COMPOSE = DEPLOY / "compose.yaml"
HEALTHCHECK = re.compile(r"HEALTHCHECK .*?CMD (\[.*?\])$", re.DOTALL | re.MULTILINE)
SECRETS = {"HONE_STORE__PASSWORD": "hunter2", "HONE_PRIVACY__USER_SALT": "salt"}


def stages() -> list[list[str]]:
    """Instructions of each stage, continued lines joined."""
    lines = DOCKERFILE.read_text().replace("\\\n", " ").splitlines()
    found: list[list[str]] = []
    for line in lines:
        if line.startswith("FROM "):
            found.append([])
        if line and not line.startswith("#"):
            found[-1].append(line)
    return found


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
    return found


def test_the_last_stage_runs_as_nobody_special_and_installs_nothing() -> None:
    build, final = stages()
    assert any("pip install" in line and "--constraint constraints.txt" in line for line in build)
    assert not any(word in line for line in final for word in ("apt-get", "pip install", "gcc"))
    assert "USER 10001:10001" in final
    assert "VOLUME /var/lib/hone" in final


def test_images_are_pinned() -> None:
    bases = [line.split()[1] for stage in stages() for line in stage if line.startswith("FROM ")]
    images = [*bases, *(service["image"] for service in services().values() if "build" not in service)]
    images.remove("hone")  # built here
    assert len(images) == 4
    for image in images:
        assert re.search(r":\d+\.\d+|:\d+-", image), image


def test_the_context_has_what_the_package_is_built_from_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*"
    allowed = {line[1:] for line in lines if line.startswith("!")}
    assert all((ROOT / name).exists() for name in allowed)
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert packages | {"pyproject.toml", "constraints.txt", "README.md", "LICENSE", "NOTICE"} == allowed


def test_the_health_check_tells_well_from_ill() -> None:
    match = HEALTHCHECK.search(DOCKERFILE.read_text())
    assert match
    command = json.loads(match[1])
    python = shutil.which("python3")
    assert command[0] == "python" and ":9464/" in command[-1] and python
    metrics = Metrics()
    server = MetricsServer(metrics, "127.0.0.1", 0)
    asked = [python, *command[1:-1], command[-1].replace(":9464/", f":{server.port}/")]
    try:
        assert subprocess.run(asked, capture_output=True, timeout=30).returncode == 0
        metrics.waiting(HoneError("the database is away", "wait"))
        assert subprocess.run(asked, capture_output=True, timeout=30).returncode != 0
    finally:
        server.close()


def test_the_database_of_the_image_and_of_the_unit_lies_in_the_volume() -> None:
    final = " ".join(stages()[1])
    assert "XDG_DATA_HOME=/var/lib " in final
    assert "XDG_DATA_HOME=/var/lib " in (DEPLOY / "systemd" / "hone.service").read_text()
    assert load(None, {"XDG_DATA_HOME": "/var/lib"}).store.url == "sqlite:////var/lib/hone/hone.db"


def test_hone_takes_its_settings_in_compose() -> None:
    hone = services()["hone"]
    assert set(hone["environment"]) == set(SECRETS)
    assert all(value.startswith("${") and ":?" in value for value in hone["environment"].values())
    settings = load(DEPLOY / "compose" / "hone.toml", SECRETS)
    kafka = settings.source.kafka
    assert kafka is not None
    assert kafka.bootstrap_servers == ("kafka:9092",)
    assert (
        services()["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"] == f"PLAINTEXT://{kafka.bootstrap_servers[0]}"
    )
    assert settings.store.url == "postgresql://hone@postgres/hone"
    assert hone["ports"] == [f"127.0.0.1:{settings.http.port}:{settings.http.port}"]
    assert "hunter2" not in COMPOSE.read_text()


def test_every_topic_of_the_demo_is_read_in_compose() -> None:
    kafka = load(DEPLOY / "compose" / "hone.toml", SECRETS).source.kafka
    assert kafka is not None and kafka.pattern
    topics = {record.topic for record in traffic(7, start=1_795_392_000.0, hours=2, protobuf=True)}
    assert len(topics) > 3
    assert [topic for topic in topics if not re.match(kafka.pattern, topic)] == []


def test_the_demo_of_compose_sends_a_day_to_the_broker_of_compose(monkeypatch: pytest.MonkeyPatch) -> None:
    python, flag, module, *arguments = services()["demo"]["entrypoint"]
    assert (python, flag, module) == ("python", "-m", "agent.demo")
    sent: list[tuple[float, str]] = []

    def take(records: Iterable[Sent], bootstrap: str) -> int:
        sent.append((next(iter(records)).at, bootstrap))
        return 1

    # Sending itself is tested on a broker; here it is what the arguments mean.
    monkeypatch.setattr("agent.demo.produce.produce", take)
    assert demo(arguments) == 0
    ((at, bootstrap),) = sent
    assert bootstrap == "kafka:9092"
    assert 0 <= at - 1_795_392_000.0 < 24 * 3600


def test_hone_and_the_demo_may_write_nowhere_but_in_their_volumes() -> None:
    for name in ("hone", "demo"):
        service = services()[name]
        assert service["read_only"] and service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_docker_reads_the_compose_file(tmp_path: Path) -> None:
    docker = tool("docker", "docker.com")
    if subprocess.run([docker, "compose", "version"], capture_output=True, timeout=30).returncode:
        pytest.skip("docker has no `compose` here: compose.yaml is not checked by it")
    env = tmp_path / "env"
    env.write_text("POSTGRES_PASSWORD=a\nHONE_USER_SALT=b\n")
    command = [
        docker,
        "compose",
        "--env-file",
        str(env),
        "--file",
        str(COMPOSE),
        "--profile",
        "demo",
        "config",
        "--quiet",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_hadolint_finds_no_fault_in_the_dockerfile() -> None:
    done = subprocess.run(
        [tool("hadolint", "github.com/hadolint"), str(DOCKERFILE)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout
