"""Starting again with what is configured now: at SIGHUP, and when a file that holds a secret has changed.

A password that is changed is known to whoever connects next, so the agent has to read it anew by itself: who rotates secrets does not
restart programs. The batch in hand is finished and committed, then the same command takes this process's place. A configuration
that cannot be read is said, and the agent goes on with the one that it has.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from types import FrameType
from typing import NoReturn

from analyzers.errors import HoneError

log = logging.getLogger("hone.again")


class Again:
    """Sets `stop` when the agent is to start again; `wanted` tells that from being told to end.

    `look` is called by the clock; `readable` reads the whole configuration and raises HoneError where that cannot be done.
    """

    def __init__(self, stop: threading.Event, secrets: Sequence[Path], readable: Callable[[], object]) -> None:
        self.wanted = False
        self._stop = stop
        self._secrets = secrets
        self._readable = readable
        self._asked = threading.Event()
        self._known = _digests(secrets)

    def on_hangup(self) -> None:
        """SIGHUP asks for it; where a terminal that is closed sends it, or nohup has it ignored, it means what it means to all programs."""
        if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL and not sys.stdin.isatty():
            signal.signal(signal.SIGHUP, self._hangup)

    def _hangup(self, _number: int, _frame: FrameType | None) -> None:
        self._asked.set()

    def look(self, _now: float = 0.0) -> None:
        """Stop where it was asked for, or where a secret is another than at the start; a file that is away is waited for."""
        present = _digests(self._secrets)
        changed = [path for path, digest in present.items() if self._known.get(path) != digest]
        if self._stop.is_set() or not (changed or self._asked.is_set()):
            return
        self._known |= present
        self._asked.clear()
        why = f"{', '.join(map(str, changed))} changed" if changed else "SIGHUP"
        try:
            self._readable()
        except HoneError as error:
            log.error("%s, but the configuration has a fault, so nothing is changed: %s", why, error.message)
            return
        log.info("%s: finishing the batch and starting again", why)
        self.wanted = True
        self._stop.set()


def _digests(paths: Sequence[Path]) -> dict[Path, bytes]:
    found = {}
    for path in paths:
        try:
            found[path] = sha256(path.read_bytes()).digest()
        except OSError:
            continue
    return found


def start_again() -> NoReturn:
    """The same command in the place of this process."""
    log.info("starting again")
    logging.shutdown()
    # The arguments are those this very process was started with.
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - no shell reads the arguments again: that is what is wanted
