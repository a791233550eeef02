"""How wide and how colourful a stream is."""

from __future__ import annotations

import os
import shutil
from typing import TextIO, TypedDict

PIPE_WIDTH = 120


class Look(TypedDict):
    """What the renderers of text want to know."""

    width: int
    color: bool


def look(stream: TextIO) -> Look:
    """The terminal's width, and colour unless it was declined; a pipe gets neither."""
    if not stream.isatty():
        return Look(width=PIPE_WIDTH, color=False)
    color = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Look(width=shutil.get_terminal_size().columns, color=color)
