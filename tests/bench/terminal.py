"""A program in a terminal of its own, timed from outside: how long until it has drawn what it was asked for."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_CONTROL = re.compile(
    r"\x1b(?:\[[0-9;?<>=]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[@-Z\\-_=>])"
)
_QUIET_S = 0.12
_LIMIT_S = 60.0


class Took(NamedTuple):
    """Seconds since the program was started or the key was pressed: on the clock, and of processors (Linux; elsewhere 0)."""

    wall: float
    cpu: float


class Terminal:
    """Runs `command` at 120x36."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], columns: int = 120, lines: int = 36) -> None:
        self._to, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._began = time.perf_counter()
        self._last = self._began
        self._drawn = b""
        seen = {**env, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self._process = subprocess.Popen(
            list(command), stdin=theirs, stdout=theirs, stderr=theirs, env=seen, start_new_session=True
        )
        os.close(theirs)
        self._spent = 0.0

    @property
    def pid(self) -> int:
        """Of the program."""
        return self._process.pid

    def until(self, words: str) -> Took:
        """Until `words` are drawn."""
        while words not in _CONTROL.sub("", self._drawn.decode("utf-8", "replace")):
            self._read(_LIMIT_S, words)
        return self._took()

    def press(self, key: str, words: str | None) -> Took:
        """Until `words` are drawn after a key; None: until anything is."""
        while self._ready(0.0):
            self._read(_LIMIT_S, "anything")
        self._drawn = b""
        self._spent = self._cpu()
        self._began = time.perf_counter()
        os.write(self._to, key.encode())
        if words is not None:
            return self.until(words)
        self._read(_LIMIT_S, "anything")
        return self._took()

    def _took(self) -> Took:
        return Took(self._last - self._began, self._cpu() - self._spent)

    def _cpu(self) -> float:
        """Of all threads so far."""
        tasks = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def rest(self) -> bool:
        """Until it draws nothing for a moment."""
        while self._ready(_QUIET_S):
            self._read(_LIMIT_S, "anything")
        return True

    def look(self, seconds: float) -> None:
        """Take in what it draws, so that it can go on, and keep none of it."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            if self._ready(left):
                self._read(_LIMIT_S, "anything")
                self._drawn = b""

    def _ready(self, timeout: float) -> bool:
        return bool(select.select([self._to], [], [], timeout)[0])

    def _read(self, timeout: float, words: str) -> None:
        if not self._ready(timeout):
            raise SystemExit(f"{words!r} was not drawn in {timeout:.0f} s: {self._drawn[-2000:]!r}")
        self._drawn += os.read(self._to, 1 << 16)
        self._last = time.perf_counter()

    def close(self) -> None:
        """End it."""
        os.write(self._to, b"q")
        deadline = time.monotonic() + 10
        while self._process.poll() is None and time.monotonic() < deadline:
            if self._ready(0.05):
                try:
                    os.read(self._to, 1 << 16)
                except OSError:
                    break
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._to)
