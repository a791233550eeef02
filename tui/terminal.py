"""Whether there still is somebody to draw for."""

from __future__ import annotations

import os
import select

_STDIN = 0


def watched() -> bool:
    """Whether the program's input is a terminal."""
    return hasattr(select, "poll") and os.isatty(_STDIN)


def gone() -> bool:
    """Whether the terminal's other end is closed: a lost connection, of which a program under nohup is told by no signal."""
    poll = select.poll()
    poll.register(_STDIN, select.POLLHUP)
    return any(flags & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, flags in poll.poll(0))
