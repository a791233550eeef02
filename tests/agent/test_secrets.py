"""Secrets are planted wherever one may stand; no command shows one, whatever fails, with --debug too."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.cli import main
from tests.fixtures.ports import free_ports

PLANTED = {
    "HONE_STORE__PASSWORD": "zq-database",
    "HONE_PRIVACY__USER_SALT": "zq-salt",
    "HONE_SOURCE__KAFKA__SECURITY__SASL_PLAIN_PASSWORD": "zq-sasl",
    "HONE_SOURCE__KAFKA__SECURITY__SSL_PASSWORD": "zq-key",
    "HONE_CHANNELS__MAIL__APPRISE": "mailto://hone:zq-mail@localhost:{port}?to=a@example.org",
    "HONE_CHANNELS__OPS__WEBHOOK": "http://hone:zq-hook@127.0.0.1:{port}/hone?token=zq-token",
    "HONE_CHANNELS__OPS__SECRET": "zq-secret",
}
COMMANDS = [
    ["run"],
    ["check"],
    ["report"],
    ["report", "nowhere.jsonl"],
    ["replay", "nowhere.jsonl"],
    ["analyse"],
    ["digest", "--send"],
    ["judge"],
    ["accept", "pc-go45hz"],
    ["undo"],
    ["forget", "--user", "somebody", "--yes"],
    ["explain", "pc-go45hz"],
    ["export", "3f2a", "--format", "openai", "--out", "out"],
]

Said = Callable[[list[str]], str]


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Said:
    """Runs a command that fails, and returns everything it said: streams, log, and what a traceback would show."""
    port = free_ports(1)[0]
    for name, value in PLANTED.items():
        monkeypatch.setenv(name, value.format(port=port))
    monkeypatch.setenv("HONE_STORE__URL", f"postgresql://hone@127.0.0.1:{port}/hone")
    monkeypatch.setenv("HONE_HTTP__ENABLED", "false")
    config = tmp_path / "hone.toml"
    config.write_text(
        f"""
[source.kafka]
bootstrap_servers = ["127.0.0.1:{port}"]
topics = ["calls"]
connect_timeout = 0.3

[source.kafka.security]
security_protocol = "SASL_PLAINTEXT"
sasl_mechanism = "PLAIN"
sasl_plain_username = "hone"

[channels.mail]
digests = ["week"]

[channels.ops]
digests = ["week"]
"""
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HONE_CONFIG", str(config))

    def run(arguments: list[str]) -> str:
        root = logging.getLogger()
        handlers = root.handlers[:]
        try:
            with pytest.raises(BaseException) as ended:
                main(arguments)
        finally:
            root.handlers[:] = handlers
        assert not (isinstance(ended.value, SystemExit) and ended.value.code == 0)
        out, err = capfd.readouterr()
        return f"{out}{err}{''.join(traceback.format_exception(ended.value))}"

    return run


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: " ".join(arguments[:2]))
def test_no_command_that_fails_shows_a_secret(said: Said, arguments: list[str]) -> None:
    for given in (arguments, ["--debug", *arguments]):
        shown = said(given)
        assert "zq-" not in shown
        assert shown


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_a_value_that_is_refused_is_not_repeated(said: Said, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, '{"zq-inner": ["zq-value"]}')
    monkeypatch.setenv("HONE_HTTP__PORT", "zq-port")
    shown = said(["check"])
    assert name in shown or name.rpartition("__")[0] in shown or "HONE_HTTP__PORT" in shown
    assert "zq-value" not in shown and "zq-port" not in shown


def test_the_log_has_none_in_its_finest_level(said: Said, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        said(["run"])
    assert "zq-" not in caplog.text
