"""The dashboard in a browser: nothing from elsewhere, nobody from elsewhere."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.fixtures.agents import ROOT, wait_until
from tests.fixtures.browser import Browser
from tui.web import is_loopback


@pytest.fixture(scope="module")
def address(filled: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "agent", "watch", "--web", "--port", str(port), "--db", str(filled)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)})
    try:
        assert process.stderr is not None
        said = process.stderr.readline() + process.stderr.readline()
        assert f"http://127.0.0.1:{port}".encode() in said
        assert b"there is no authentication" in said
        wait_until(lambda: _answers(port), 20)
        yield f"127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def _answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def _get(address: str, **headers: str) -> tuple[int, str]:
    asked = urllib.request.Request(f"http://{address}/", headers=headers)
    try:
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, ""


def test_the_page_fetches_nothing_from_elsewhere(address: str) -> None:
    status, page = _get(address)
    assert status == 200
    assert "googleapis" not in page
    assert f"ws://{address}/ws" in page


def test_a_browser_draws_it_and_asks_for_nothing_elsewhere(address: str, browser: Browser) -> None:
    # What is drawn lies on a canvas: six seconds after the first byte it is there, also on a busy machine.
    begun = "document.body.classList.contains('-first-byte') && (window.begun ??= Date.now())"
    seen = browser.see(f"http://{address}/", until=f"{begun} && Date.now() - window.begun > 6000")
    assert len(seen.picture) > 15_000
    assert seen.complaints == ()
    assert {urlsplit(asked).netloc for asked in seen.requests if not asked.startswith("data:")} == {address}
    assert any(asked.startswith(f"ws://{address}/ws") for asked in seen.requests)


def test_no_other_page_and_no_other_name_gets_in(address: str) -> None:
    assert _get(address, Origin=f"http://{address}")[0] == 200
    assert _get(address, Origin="https://evil.example")[0] == 403
    assert _get(address, Host="evil.example")[0] == 403


@pytest.mark.parametrize(
    ("host", "is_it"), [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("a.b", False)]
)
def test_knows_the_loopback(host: str, is_it: bool) -> None:
    assert is_loopback(host) == is_it
