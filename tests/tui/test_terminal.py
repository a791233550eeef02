"""A dashboard whose terminal is gone ends by itself, also where no signal says so."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

from agent.store import open_store


def test_a_dashboard_ends_with_its_terminal(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/hone.db"
    open_store(url).close()
    ours, theirs = pty.openpty()
    # In a session of its own the terminal does not control it: no SIGHUP comes.
    dashboard = subprocess.Popen(
        [sys.executable, "-m", "agent", "watch", "--db", url],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color"},
        start_new_session=True,
    )
    os.close(theirs)
    try:
        drawn, began = b"", time.monotonic()
        while b"hone" not in drawn.lower():
            assert time.monotonic() - began < 60, drawn
            assert select.select([ours], [], [], 60)[0]
            drawn += os.read(ours, 65_536)
        assert dashboard.poll() is None
        os.close(ours)
        assert dashboard.wait(60) == 0
    finally:
        dashboard.kill()
        dashboard.wait()
