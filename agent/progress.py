"""A bar for long work, on a terminal only: elsewhere nothing is drawn."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int, str], None]
"""Told how much is done, and a word on it."""


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Advance]:
    """Draw a bar on stderr while the block runs. `total` None draws only that it goes on."""
    if not sys.stderr.isatty():
        yield lambda done, note: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    note = TextColumn("{task.fields[note]}", markup=False)
    with Progress(*columns, note, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total or None, note="")
        yield lambda done, said: bar.update(task, completed=done, note=said)
